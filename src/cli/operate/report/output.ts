import { counted } from '../../../core/text/counted.ts';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { ConfigError, didYouMean } from '../../../core/errors.ts';
import { formatMoney } from '../../../core/money.ts';
import { jsonLine, visible, visibleLine } from '../../../core/text/visible.ts';
import type { Engine } from '../../../engine/run/engine.ts';
import { reportHtmlParts } from '../../../reports/output/html.ts';
import { drillHints } from '../../../reports/output/drill.ts';
import {
  inZone,
  cellText,
  mainTable,
  type Report,
  reportJson,
  type ReportTable,
  reportXlsx,
  tableCsvLines,
  withTable,
} from '../../../reports/output/table.ts';
import type { ClosingReport } from '../../../reports/ledger/period-reports.ts';
import type { Cli } from '../../cli.ts';
import { tableText } from '../../table.ts';

export interface OutputOptions {
  format?: string;
  out?: string;
  table?: string;
}

const FORMATS = ['table', 'csv', 'json', 'xlsx', 'html'];

/** The options of every report that is made of tables. */
export function withOutput(command: Command): Command {
  return command
    .option('--format <format>', `${FORMATS.join(', ')} (default: by the ending of --out, otherwise table); html is for printing`)
    .option('--out <file>', 'write the report to a file')
    .option('--table <name>', 'only this table of the report; a CSV file has one table');
}

/** Checks the options before the report is made. */
export function outputFormat(cli: Cli, options: OutputOptions): string {
  return chosenFormat(options.format, options.out, FORMATS, cli.json());
}

/** Writes a report in the format that outputFormat gave, to stdout or to the file. A CSV file has one table: others go next to it. */
export async function writeReport(cli: Cli, { project }: Engine, given: Report, format: string, options: OutputOptions): Promise<void> {
  const report = inZone(options.table === undefined ? given : withTable(given, options.table), project.config.town.time_zone);
  if (format === 'csv') return writeTables(cli, report, options, (table) => Promise.resolve(Readable.from(tableCsvLines(table))));
  const content =
    format === 'xlsx'
      ? await reportXlsx(report)
      : format === 'html'
        ? Readable.from(reportHtmlParts(report, project.config.town.name, project.config.town.time_zone))
        : format === 'json'
          ? `${jsonLine(reportJson(report))}\n`
          : visible(`${reportText(report)}\n`);
  // A workbook always goes to a file.
  if (options.out === undefined) await writeOn(content);
  else await writeOut(cli, options.out, content, linesOf(report));
}

/** The main table to the file or to stdout; the other tables to files next to it, or told. */
async function writeTables(
  cli: Cli,
  report: Report,
  { out }: OutputOptions,
  contentOf: (table: ReportTable) => Promise<string | Readable>,
): Promise<void> {
  const main = mainTable(report);
  const others = report.tables.filter((table) => table !== main);
  if (out === undefined) {
    await writeOn(await contentOf(main));
    for (const { name, title, rows } of others)
      cli.note(`Not in this CSV: the table ${title}, ${counted(rows.length, 'line')}. --table ${name} gives it.`);
    return;
  }
  const { writeReportFile } = await import('../../../reports/output/file.ts');
  const written: { written: string; table: string; rows: number }[] = [];
  for (const table of [main, ...others]) {
    const file = table === main ? out : besides(out, table.name);
    await writeReportFile(file, await contentOf(table));
    written.push({ written: file, table: table.name, rows: table.rows.length });
  }
  const [first, ...more] = written;
  cli.print('written', { written: out, rows: first!.rows, ...(more.length ? { more } : {}) }, () =>
    written.map(({ written: file, rows }) => `Wrote ${counted(rows, 'line')} to ${file}.`).join('\n'),
  );
}

/** `may.csv` and `not_posted`: `may.not_posted.csv`. */
function besides(file: string, table: string): string {
  return file.replace(/(\.[^./\\]+)?$/, (ending) => `.${table}${ending}`);
}

/** To stdout, no faster than it is read; who stops reading early ends it. */
export async function writeOn(content: string | Readable): Promise<void> {
  for await (const part of typeof content === 'string' ? [content] : content) {
    if (process.stdout.destroyed) return;
    if (!process.stdout.write(part as string)) await drained();
  }
}

/** Resolves when standard output takes more, or will never again. */
function drained(): Promise<void> {
  const ends = ['drain', 'close', 'error'];
  return new Promise((done) => {
    const end = (): void => {
      for (const event of ends) process.stdout.off(event, end);
      done();
    };
    for (const event of ends) process.stdout.once(event, end);
  });
}

function linesOf({ tables }: Report): number {
  return tables.reduce((sum, { rows }) => sum + rows.length, 0);
}

/** The format in which a closing keeps what is shown in another. */
export function keptFormat(format: string): ClosingReport['format'] {
  return format === 'table' || format === 'html' ? 'data' : (format as ClosingReport['format']);
}

/** The bytes that a closing kept. */
export function keptContent({ format, content }: ClosingReport): string | Readable {
  return format === 'xlsx' ? Readable.from([Buffer.from(content, 'base64')]) : content;
}

/** What a closing kept of a report: its data, and in the format that is asked for each table or all of them. */
interface Kept {
  data: ClosingReport;
  of(table?: string): Promise<ClosingReport | undefined>;
}

/** Writes a report that a closing kept, as it was kept; what is not kept as bytes is made of what it kept. */
export async function writeKept(cli: Cli, engine: Engine, kept: Kept, format: string, options: OutputOptions): Promise<void> {
  const report = JSON.parse(kept.data.content) as Report;
  if (format === 'csv') {
    const shown = options.table === undefined ? report : withTable(report, options.table);
    return writeTables(cli, shown, options, async (table) => {
      const bytes = await kept.of(table.name === mainTable(report).name ? undefined : table.name);
      return bytes ? keptContent(bytes) : Readable.from(tableCsvLines(table));
    });
  }
  const bytes = format === 'table' || format === 'html' || options.table !== undefined ? undefined : await kept.of();
  if (!bytes) return writeReport(cli, engine, report, format, options);
  if (options.out === undefined) await writeOn(keptContent(bytes));
  else await writeOut(cli, options.out, keptContent(bytes), linesOf(report));
}

/** A report for a terminal: each table under its title, then what it is based on. */
function reportText({ title, tables, notes }: Report): string {
  return [
    ...tables.map((table) => {
      const { title: name, columns, rows } = table;
      const right = columns.flatMap(({ kind }, i) => (kind === 'money' || kind === 'count' ? [i] : []));
      const cells = rows.map((row) => columns.map((column) => cellText(column, row, formatMoney)));
      const head = visibleLine(tables.length > 1 ? name : title);
      return `${head}\n${
        rows.length
          ? tableText(
              columns.map((column) => column.title),
              cells,
              right,
            )
          : 'Nothing.'
      }\n${drillHints(table)
        .map((hint) => `${visibleLine(hint)}\n`)
        .join('')}`;
    }),
    ...notes.map(visibleLine),
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
    throw wrong('--format', `--json and --format ${format} contradict each other.`, 'Leave one of the two out.');
  if (format === 'xlsx' && out === undefined) throw wrong('--out', 'A workbook needs a file to be written to.', 'Add --out report.xlsx.');
  return format;
}

export async function writeOut(cli: Cli, file: string, content: string | Buffer | Readable, lines: number): Promise<void> {
  const { writeReportFile } = await import('../../../reports/output/file.ts');
  await writeReportFile(file, content);
  cli.print('written', { written: file, rows: lines }, () => `Wrote ${counted(lines, 'line')} to ${file}.`);
}
