import { counted } from '../../core/counted.ts';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { ConfigError, didYouMean } from '../../core/errors.ts';
import { formatMoney } from '../../core/money.ts';
import { jsonLine, visible } from '../../core/visible.ts';
import { cellText, type Report, reportCsv, reportJson, reportXlsx } from '../../reports/report-table.ts';
import type { ClosingReport } from '../../reports/period-reports.ts';
import type { Cli } from '../cli.ts';
import { tableText } from '../table.ts';

export interface OutputOptions {
  format?: string;
  out?: string;
}

const FORMATS = ['table', 'csv', 'json', 'xlsx'];

/** The options of every report that is made of tables. */
export function withOutput(command: Command): Command {
  return command
    .option('--format <format>', `${FORMATS.join(', ')} (default: by the ending of --out, otherwise table)`)
    .option('--out <file>', 'write the report to a file');
}

/** Checks the options before the report is made. */
export function outputFormat(cli: Cli, options: OutputOptions): string {
  return chosenFormat(options.format, options.out, FORMATS, cli.json());
}

/** Writes a report in the format that outputFormat gave, to stdout or to the file. */
export async function writeReport(cli: Cli, report: Report, format: string, options: OutputOptions): Promise<void> {
  const content =
    format === 'xlsx'
      ? await reportXlsx(report)
      : format === 'csv'
        ? reportCsv(report)
        : format === 'json'
          ? `${jsonLine(reportJson(report))}\n`
          : visible(`${reportText(report)}\n`);
  const lines = report.tables.reduce((sum, { rows }) => sum + rows.length, 0);
  // A workbook always goes to a file.
  if (options.out === undefined) process.stdout.write(content as string);
  else await writeOut(cli, options.out, content, lines);
}

/** The format in which a closing keeps what is shown in another. */
export function keptFormat(format: string): ClosingReport['format'] {
  return format === 'table' ? 'data' : (format as ClosingReport['format']);
}

/** The bytes that a closing kept. */
export function keptContent({ format, content }: ClosingReport): string | Readable {
  return format === 'xlsx' ? Readable.from([Buffer.from(content, 'base64')]) : content;
}

/** Writes a report that a closing kept, as it was kept; a table for a terminal is made of what it kept. */
export async function writeKept(cli: Cli, kept: ClosingReport, data: ClosingReport, format: string, options: OutputOptions): Promise<void> {
  const report = JSON.parse(data.content) as Report;
  if (format === 'table') return writeReport(cli, report, format, options);
  const lines = report.tables.reduce((sum, { rows }) => sum + rows.length, 0);
  if (options.out === undefined) process.stdout.write(keptContent(kept) as string);
  else await writeOut(cli, options.out, keptContent(kept), lines);
}

/** A report for a terminal: each table under its title, then what it is based on. */
export function reportText({ title, tables, notes }: Report): string {
  return [
    ...tables.map(({ title: name, columns, rows }) => {
      const right = columns.flatMap(({ kind }, i) => (kind === 'money' || kind === 'count' ? [i] : []));
      const cells = rows.map((row) => columns.map((column) => cellText(column, row, formatMoney)));
      const head = tables.length > 1 ? name : title;
      return `${head}\n${
        rows.length
          ? tableText(
              columns.map((column) => column.title),
              cells,
              right,
            )
          : 'Nothing.'
      }\n`;
    }),
    ...notes,
  ].join('\n');
}

/** --format, or what the file's name says, or what --json asks for. A file is never written in another format than its name says. */
export function chosenFormat(given: string | undefined, out: string | undefined, known: readonly string[], json: boolean): string {
  const ending = /\.([^./\\]+)$/.exec(out ?? '')?.[1]?.toLowerCase();
  const format = given ?? (ending === undefined ? (json ? 'json' : 'table') : ending === 'txt' ? 'table' : ending);
  const wrong = (path: string, message: string, hint: string): ConfigError =>
    new ConfigError({ code: 'USAGE', place: { path }, message, hint });
  if (!known.includes(format) || (given === undefined && ending === 'table')) {
    const meant = didYouMean(format, known);
    throw wrong(
      given === undefined ? '--out' : '--format',
      given === undefined ? `This report cannot be written as .${ending}.` : `${JSON.stringify(format)} is not a format of this report.`,
      given === undefined
        ? `Name a file that ends in ${known.map((name) => (name === 'table' ? '.txt' : `.${name}`)).join(', ')}.`
        : meant
          ? `Did you mean ${meant}?`
          : `Known: ${known.join(', ')}.`,
    );
  }
  const own = format === 'table' ? ['txt'] : [format, ...(format === 'xlsx' ? [] : ['txt'])];
  if (ending !== undefined && !own.includes(ending))
    throw wrong('--out', `--format ${format} does not match a file that ends in .${ending}.`, `Use a name that ends in .${own[0]}.`);
  if (json && out === undefined && format !== 'json')
    throw wrong('--format', `--json and --format ${format} contradict each other.`, 'Give one of them.');
  if (format === 'xlsx' && out === undefined) throw wrong('--out', 'A workbook needs a file to be written to.', 'Add --out report.xlsx.');
  return format;
}

export async function writeOut(cli: Cli, file: string, content: string | Buffer | Readable, lines: number): Promise<void> {
  const { writeReportFile } = await import('../../reports/report-file.ts');
  await writeReportFile(file, content);
  cli.print({ written: file, rows: lines }, () => `Wrote ${counted(lines, 'line')} to ${file}.`);
}
