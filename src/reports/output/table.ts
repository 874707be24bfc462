import type { Readable } from 'node:stream';
import { ConfigError, didYouMean } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { type Drill, drillsOf } from './drill.ts';
import type { ReportCell, ReportRow } from './row.ts';
import { type CsvCell, spreadsheetCsvLines } from './spreadsheet-csv.ts';
import { type WorkbookCell, workbookStream } from './workbook.ts';
import { shaped } from '../shapes/json.ts';
import type { ShapeName } from '../shapes/shapes.ts';

/**
 * money: minor units in the row's `currency`. flag: true or false. time: a moment as UTC text; people read it by the town's clock, with
 * the name of its zone, and programs read it in JSON as it is.
 */
export type ColumnKind = 'text' | 'count' | 'money' | 'flag' | 'time';

export interface ReportColumn {
  /** Its name in JSON. */
  key: string;
  /** What people read. */
  title: string;
  kind: ColumnKind;
  /** Of a time: whose clock people go by. */
  zone?: string;
}

export type { ReportCell, ReportRow };

/** One table of a report. A row with money has its `currency`, also where no column shows it. */
export interface ReportTable {
  /** Its name in JSON, and with several tables the sheet's. */
  name: string;
  title: string;
  columns: readonly ReportColumn[];
  rows: readonly ReportRow[];
  /** Where its figures lead, in the order in which people read it. */
  drills?: readonly Drill[];
}

/** A report as it leaves the product: the same tables as text, CSV, workbook and JSON. */
export interface Report {
  title: string;
  /** What it is based on, in sentences: the period, the last run, what is missing. */
  notes: readonly string[];
  /** What it was asked for, so that the same figures can be asked for again. */
  definition: Readonly<Record<string, ReportCell>>;
  tables: readonly ReportTable[];
  /** The table that a CSV file has, where nobody says which; without it, the first. */
  main?: string;
}

/** Columns from `key:Title:kind`; kind is text where it is not named. */
export function columnsFrom(...texts: string[]): ReportColumn[] {
  return texts.map((text) => {
    const [key, title, kind = 'text'] = text.split(':') as [string, string, ColumnKind?];
    return { key, title, kind };
  });
}

/** The report as people of a town in this zone read it: its times by their clock. */
export function inZone(report: Report, zone: string): Report {
  const columns = (list: readonly ReportColumn[]): ReportColumn[] =>
    list.map((column) => (column.kind === 'time' ? { ...column, zone } : column));
  return { ...report, tables: report.tables.map((table) => ({ ...table, columns: columns(table.columns) })) };
}

/** How an amount stands: the four figures that add up to it. */
export const SPLIT_COLUMNS = [
  'reconciled:Reconciled:money',
  'in_transit:On its way:money',
  'exception:Exception:money',
  'not_covered:Not covered:money',
] as const;

/** Shapes that are not called like their report, because `--json` alone gives another one. */
const SHAPE_NAMES: Readonly<Record<string, ShapeName>> = {
  revenue: 'report revenue --by',
  reconciliation: 'report reconciliation --table',
};

/** A report as machines get it: amounts are decimal text, what is not there is null. Its shape is named by the definition's `report`. */
export function reportJson({ title, notes, definition, tables }: Report): Record<string, unknown> {
  const name = String(definition.report);
  // The tables are named by the report; the check holds them against its shape.
  return shaped((SHAPE_NAMES[name] ?? `report ${name}`) as 'report gaps', {
    report: title,
    definition,
    notes,
    ...Object.fromEntries(
      tables.map((table) => [
        table.name,
        table.rows.map((row) => ({
          ...Object.fromEntries(table.columns.map((column) => [column.key, jsonCell(column, row)])),
          ...(table.drills ? drillsOf(table.drills, row) : {}),
        })),
      ]),
    ),
  });
}

/** The table that a CSV file has, where nobody says which. */
export function mainTable({ tables, main }: Report): ReportTable {
  return tables.find(({ name }) => name === main) ?? tables[0]!;
}

/** The report with one of its tables alone. Throws ConfigError USAGE where there is no such table. */
export function withTable(report: Report, name: string): Report {
  const table = report.tables.find((one) => one.name === name);
  if (table) return { ...report, tables: [table] };
  const known = report.tables.map((one) => one.name);
  const meant = didYouMean(name, known);
  throw new ConfigError({
    code: 'USAGE',
    place: { path: '--table' },
    message: `This report has no table ${JSON.stringify(name.slice(0, 60))}.`,
    hint: meant ? `Did you mean ${meant}?` : `Its tables: ${known.join(', ')}.`,
  });
}

/** One table as delimited text, in pieces of whole lines. A CSV file has one table: what reads it knows no second header. */
export function tableCsvLines({ columns, rows }: ReportTable): Generator<string> {
  return spreadsheetCsvLines(
    columns.map(({ title }) => title),
    rows.values().map((row) => columns.map((column) => csvCell(column, row))),
  );
}

/** The main table as delimited text. */
export function reportCsv(report: Report): string {
  return [...tableCsvLines(mainTable(report))].join('');
}

export async function reportXlsx({ title, tables, notes }: Report): Promise<Readable> {
  return workbookStream(title, [
    ...tables.map((table) => ({
      // Excel takes 31 characters, and no slash.
      name: table.title.replaceAll(/[\\/?*[\]:]/g, ' ').slice(0, 28),
      columns: table.columns.map(({ title: name, kind }): [string, number] => [name, kind === 'text' ? 26 : 16]),
      rows: table.rows.map((row) => table.columns.map((column) => workbookCell(column, row))),
    })),
    { name: 'About', columns: [['About this report', 100]] as [string, number][], rows: notes.map((note) => [note]) },
  ]);
}

/** A cell as people read it. */
export function cellText(column: ReportColumn, row: ReportRow, money: (minor: number, currency: string) => string): string {
  const value = row[column.key] ?? null;
  if (value === null) return '';
  if (column.kind === 'money') return money(Number(value), currencyOf(row));
  if (column.kind === 'count') return Number(value).toLocaleString('en-US');
  return wordsOf(column, value);
}

function jsonCell(column: ReportColumn, row: ReportRow): ReportCell {
  const value = row[column.key] ?? null;
  return value !== null && column.kind === 'money' ? plainMoney(Number(value), currencyOf(row)) : value;
}

function csvCell(column: ReportColumn, row: ReportRow): CsvCell {
  const value = row[column.key] ?? null;
  if (column.kind === 'money') return { number: value === null ? '' : plainMoney(Number(value), currencyOf(row)) };
  if (column.kind === 'count') return { number: value === null ? '' : String(value) };
  return { text: value === null ? '' : wordsOf(column, value) };
}

function workbookCell(column: ReportColumn, row: ReportRow): WorkbookCell {
  const value = row[column.key] ?? null;
  if (value === null) return '';
  if (column.kind === 'money') return { minor: Number(value), currency: currencyOf(row) };
  return column.kind === 'count' ? Number(value) : wordsOf(column, value);
}

/** A cell that is not a figure. */
function wordsOf({ kind, zone }: ReportColumn, value: string | number | boolean): string {
  if (kind === 'flag') return value === true ? 'yes' : '';
  return kind === 'time' && zone !== undefined ? zonedTime(String(value), zone) : String(value);
}

function currencyOf(row: ReportRow): string {
  return String(row.currency ?? '');
}
