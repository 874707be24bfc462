import type { Readable } from 'node:stream';
import { plainMoney } from '../core/money.ts';
import { type CsvCell, spreadsheetCsv } from './spreadsheet-csv.ts';
import { type WorkbookCell, workbookStream } from './workbook.ts';

/** money: minor units in the row's `currency`. flag: true or false. */
export type ColumnKind = 'text' | 'count' | 'money' | 'flag';

export interface ReportColumn {
  /** Its name in JSON. */
  key: string;
  /** What people read. */
  title: string;
  kind: ColumnKind;
}

export type ReportCell = string | number | boolean | null;
export type ReportRow = Readonly<Record<string, ReportCell>>;

/** One table of a report. A row with money has its `currency`, also where no column shows it. */
export interface ReportTable {
  /** Its name in JSON, and with several tables the sheet's. */
  name: string;
  title: string;
  columns: readonly ReportColumn[];
  rows: readonly ReportRow[];
}

/** A report as it leaves the product: the same tables as text, CSV, workbook and JSON. */
export interface Report {
  title: string;
  /** What it is based on, in sentences: the period, the last run, what is missing. */
  notes: readonly string[];
  /** What it was asked for, so that the same figures can be asked for again. */
  definition: Readonly<Record<string, ReportCell>>;
  tables: readonly ReportTable[];
}

/** Columns from `key:Title:kind`; kind is text where it is not named. */
export function columnsFrom(...texts: string[]): ReportColumn[] {
  return texts.map((text) => {
    const [key, title, kind = 'text'] = text.split(':') as [string, string, ColumnKind?];
    return { key, title, kind };
  });
}

/** The contract of `--json`: amounts are decimal text, what is not there is null. */
export function reportJson({ title, notes, definition, tables }: Report): Record<string, unknown> {
  return {
    report: title,
    definition,
    notes,
    ...Object.fromEntries(
      tables.map((table) => [
        table.name,
        table.rows.map((row) => Object.fromEntries(table.columns.map((column) => [column.key, jsonCell(column, row)]))),
      ]),
    ),
  };
}

/** Several tables stand below each other, each with its title in a line of its own and its own header. */
export function reportCsv({ tables }: Report): string {
  const csv = ({ columns, rows }: ReportTable): string =>
    spreadsheetCsv(
      columns.map(({ title }) => title),
      rows.map((row) => columns.map((column) => csvCell(column, row))),
    );
  if (tables.length === 1) return csv(tables[0]!);
  return tables.map((table) => `${spreadsheetCsv([table.title], [])}${csv(table)}`).join('\r\n');
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
  if (column.kind === 'flag') return value === true ? 'yes' : '';
  return column.kind === 'count' ? Number(value).toLocaleString('en-US') : String(value);
}

function jsonCell(column: ReportColumn, row: ReportRow): ReportCell {
  const value = row[column.key] ?? null;
  return value !== null && column.kind === 'money' ? plainMoney(Number(value), currencyOf(row)) : value;
}

function csvCell(column: ReportColumn, row: ReportRow): CsvCell {
  const value = row[column.key] ?? null;
  if (column.kind === 'money') return { number: value === null ? '' : plainMoney(Number(value), currencyOf(row)) };
  if (column.kind === 'count') return { number: value === null ? '' : String(value) };
  return { text: column.kind === 'flag' ? (value === true ? 'yes' : '') : String(value ?? '') };
}

function workbookCell(column: ReportColumn, row: ReportRow): WorkbookCell {
  const value = row[column.key] ?? null;
  if (value === null) return '';
  if (column.kind === 'money') return { minor: Number(value), currency: currencyOf(row) };
  if (column.kind === 'flag') return value === true ? 'yes' : '';
  return column.kind === 'count' ? Number(value) : String(value);
}

function currencyOf(row: ReportRow): string {
  return String(row.currency ?? '');
}
