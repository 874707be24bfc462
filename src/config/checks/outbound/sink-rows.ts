import type { EncoderConfig, SinkConfig } from '../../schema/connector.ts';
import type { Add } from '../decoders.ts';
import { suggestion } from '../references.ts';
import { figureNames } from './sink-totals.ts';

type Path = (string | number)[];
type Row = Readonly<Record<string, string>>;
interface SinkRow {
  path: Path;
  row: Row;
  /** What may be in it next to the day, the sequence and the connection's options. */
  names: string[];
}

/** Every row of a sink, in the order in which they are in a file. */
export function rowsOfSink(sink: SinkConfig): SinkRow[] {
  if (!sink.rows) return [];
  const { header, group, for_each, each, trailer } = sink.rows;
  const figures = [...figureNames(sink), ...(for_each === undefined ? [] : ['lines'])];
  const fields = (names: readonly string[]): string[] => names.map((name) => `record.${name}`);
  const common = fields(sink.file_per);
  const around = [...figures, ...(group ? ['batches'] : []), ...common];
  const within = [...figures, 'batch', ...common, ...fields(group?.by ?? [])];
  const list = (rows: readonly Row[], path: Path, names: string[]): SinkRow[] =>
    rows.map((row, i) => ({ path: ['rows', ...path, i], row, names }));
  return [
    ...list(header, ['header'], around),
    ...list(group?.header ?? [], ['group', 'header'], within),
    ...list(
      each,
      ['each'],
      [
        ...figures,
        'number',
        ...(for_each === undefined ? [] : ['line']),
        ...(group ? ['batch'] : []),
        ...fields(Object.keys(sink.schema.fields)),
      ],
    ),
    ...list(group?.trailer ?? [], ['group', 'trailer'], within),
    ...list(trailer, ['trailer'], around),
  ];
}

/** Every column of a row, or of a record where the sink has no rows, is one that its encoder can write: a misspelled one would stop every file. */
export function checkColumns(sink: SinkConfig, add: Add): void {
  if (!sink.encoder) return;
  const rows = rowsOfSink(sink);
  const layouts = layoutsOf(sink.encoder, rows[0]?.row);
  if (!layouts?.length) return;
  for (const { path, row } of rows) {
    const layout = layoutOf(row, layouts);
    for (const name of Object.keys(row))
      if (!layout.columns.includes(name))
        add([...path, name], 'REFERENCE_UNKNOWN', unknown(name, layout), suggestion(name, layout.columns));
  }
  if (sink.rows) return;
  const columns = Object.keys(sink.schema.fields).filter((name) => !name.includes('.'));
  const layout = layoutOf(Object.fromEntries(columns.map((name) => [name, '{{ }}'])), layouts);
  for (const name of columns)
    if (!layout.columns.includes(name))
      add(['schema', 'fields', name], 'REFERENCE_UNKNOWN', unknown(name, layout), suggestion(name, layout.columns));
}

interface Layout {
  type?: string;
  columns: readonly string[];
  /** Column → what is in it in rows of this type alone. */
  mark?: Row;
}

/** What an encoder can write; undefined: whatever it is given. */
function layoutsOf({ csv, fixed_width }: EncoderConfig, first: Row | undefined): Layout[] | undefined {
  if (fixed_width)
    return Object.entries(fixed_width.record_types).map(([type, { fields, when }]) => {
      const marked = Object.entries(fields).find(([, field]) => field.from === when?.from && field.to === when.to)?.[0];
      return { type, columns: Object.keys(fields), ...(marked === undefined ? {} : { mark: { [marked]: when!.is } }) };
    });
  if (csv?.record_types)
    return Object.entries(csv.record_types).map(([type, columns]) => {
      const marked = columns[csv.record_type_column - 1];
      return { type, columns, ...(marked === undefined ? {} : { mark: { [marked]: type } }) };
    });
  if (csv && Array.isArray(csv.header)) return [{ columns: csv.header }];
  // Without a list, the first row says the columns of all.
  return csv && first ? [{ columns: Object.keys(first) }] : undefined;
}

/** The layout whose mark the row has; otherwise the one with the most of its columns. */
function layoutOf(row: Row, layouts: readonly Layout[]): Layout {
  const has = ({ columns }: Layout): number => Object.keys(row).filter((name) => columns.includes(name)).length;
  const marked = layouts.find(({ mark }) => mark && Object.entries(mark).every(([name, value]) => row[name] === value));
  return marked ?? layouts.reduce((best, layout) => (has(layout) > has(best) ? layout : best));
}

function unknown(name: string, { type }: Layout): string {
  return type === undefined ? `the file has no column "${name}".` : `the record type ${type} has no field "${name}".`;
}
