import { counted } from '../../../core/text/counted.ts';
import { fails, holds, holdsBut, type Verdict } from '../finding.ts';
import { changedAt, lineStarts, regionOf, spots } from '../recordings/changes.ts';
import { columnChanges, NEW_COLUMN } from '../recordings/columns.ts';
import { isNested } from '../../../config/checks/source-fields.ts';
import { hasAt, placesAt, type Value, type Values } from '../../../core/record.ts';
import type { FileCheck, FileContext } from './context.ts';
import { goodOf, sameValues, saidOf } from '../reading.ts';

/** What a vendor's update does to a layout, and what control figures are for. */
export const FILE_DRIFT: readonly FileCheck[] = [
  { check: 'column_added', title: 'A new column is handled as the schema says', run: columnAdded },
  { check: 'column_removed', title: 'A required column that is missing refuses the file', run: columnRemoved },
  { check: 'column_renamed', title: 'A required column under another name refuses the file', run: columnRenamed },
  { check: 'retyped', title: 'A value of another type is handled as the schema says', run: retyped },
  { check: 'control_figures', title: 'A figure changed by one, or a record left out, is noticed', run: controlFigures },
];

async function columnAdded(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading } = context;
  const changed = recorded && columnChanges(recorded, stream.decoder!)?.add();
  if (changed === undefined) return undefined;
  const read = await context.read(recorded!.bytes(changed));
  const rule = stream.schema.drift.columns;
  if (rule === 'freeze')
    return read.refused
      ? holds('Refused, as drift.columns: freeze says.')
      : fails('A file with a new column was read, although drift.columns: freeze says that it must be refused.', 'Report this.');
  if (read.refused) return fails(`The file is refused: ${saidOf(read.refused)}`, 'Report this.');
  if (rule === 'quarantine_row')
    return goodOf(read).length === 0
      ? holds('Its records are rejected, as drift.columns: quarantine_row says.')
      : fails(
          'Records with a new column were read, although drift.columns: quarantine_row says that they must be rejected.',
          'Report this.',
        );
  const before = goodOf(reading);
  const now = goodOf(read);
  if (now.length !== before.length || now.some((r, i) => !sameValues(withoutNew(r.values) as Values, before[i]!.values)))
    return fails('With a new column in the file, the values of the known columns were read differently.', 'Report this.');
  return read.newColumns.includes(NEW_COLUMN)
    ? holds('The known columns are read as before, and the new one is reported.')
    : fails('A new column in the file was not reported.', 'Report this.');
}

function withoutNew(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutNew);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (name === NEW_COLUMN ? [] : [[name, withoutNew(inner)]])));
}

/** A column that the stream cannot do without. */
function neededColumns({ stream, reading }: FileContext): string[] {
  const good = goodOf(reading);
  // An empty list is a list: where it is gone, or the group around it, nothing can tell that from a record without any.
  const lists = (stream.decoder!.xml?.lists ?? []).map((path) => path.replaceAll('/', '.'));
  const holdsList = (name: string): boolean => lists.some((path) => path === name || path.startsWith(`${name}.`));
  const names = Object.entries(stream.schema.fields)
    .filter(([name, f]) => !f.optional && !holdsList(name) && good.some((r) => hasAt(r.values, name)))
    .map(([name]) => name);
  const required = names.filter((name) => stream.schema.fields[name]!.required);
  return [...required, ...names.filter((name) => !required.includes(name))];
}

async function columnRemoved(context: FileContext): Promise<Verdict> {
  return withoutColumn(context, (changes, name) => changes.remove(name), 'is missing');
}

async function columnRenamed(context: FileContext): Promise<Verdict> {
  return withoutColumn(context, (changes, name) => changes.rename(name, `${name}_2`), 'has another name');
}

async function withoutColumn(
  context: FileContext,
  change: (changes: NonNullable<ReturnType<typeof columnChanges>>, name: string) => string | undefined,
  what: string,
): Promise<Verdict> {
  const { recorded, stream, main } = context;
  const changes = recorded && columnChanges(recorded, stream.decoder!);
  if (!changes) return undefined;
  let tried = 0;
  for (const name of neededColumns(context).slice(0, 12)) {
    // What is in a file for `dog.name` is the last part.
    const changed = change(changes, isNested(name, stream) ? name.split('.').at(-1)! : name);
    if (changed === undefined) continue;
    const bytes = recorded!.bytes(changed);
    const read = await context.read(bytes);
    if (!read.refused) return fails(`Where ${name} ${what}, ${counted(goodOf(read).length, 'record')} were read anyway.`, 'Report this.');
    if (++tried > 1) continue;
    const stored = await context.withBench(async (bench) => {
      await bench.put(main.name, bytes);
      await bench.run();
      return Object.keys((await bench.contents()).records).length;
    });
    if (stored > 0)
      return fails(
        `Where ${name} ${what}, ${stored} records are in the store.`,
        'This is a bug in Interlocal, since a refused file must leave nothing: please report it with the recording.',
      );
  }
  return tried === 0 ? undefined : holds(`Refused for each of ${counted(tried, 'column')} tried, nothing stored.`);
}

async function retyped(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading } = context;
  if (!recorded) return undefined;
  const { fields, drift } = stream.schema;
  const summed = (stream.control ?? []).map((c) => c.total?.of);
  const parents = stream.record_selector?.parents ?? [];
  const typed = (field: string): boolean =>
    !parents.includes(field.split('.')[0]!) &&
    ['integer', 'decimal', 'date', 'datetime'].includes(fields[field]?.type ?? 'text') &&
    !summed.includes(field);
  let tries = 0;
  for (const spot of spots(recorded, stream.decoder!, reading.records, (field) => typed(field))) {
    if (++tries > 20) break;
    const changed = await context.read(recorded.bytes(changedAt(recorded.text, spot, 'x'.repeat(spot.value.length))));
    const record = changed.records[spot.record];
    // Formats that are strict about figures refuse the file or the record themselves, which is as good.
    if (changed.refused && drift.data_type !== 'evolve')
      return holds(`${spot.field} with letters in it refuses the file (${changed.refused[0]!.code}).`);
    if (!record) continue;
    if (record.problem && drift.data_type !== 'evolve')
      return holds(`${spot.field} with letters in it rejects the record (${record.problem.code}).`);
    const { groups, name } = placesAt(record.values, spot.field);
    if (drift.data_type === 'quarantine_value' && groups.some((group) => group[name] === null))
      return holds(`${spot.field} with letters in it is removed and the record is kept.`);
    if (drift.data_type === 'evolve' && !changed.refused) return holds('Kept as it is, as drift.data_type: evolve says.');
    return fails(
      `${spot.field} with letters in it was read as ${JSON.stringify(groups.map((group) => group[name]))}.`,
      'Give the field its type in schema.fields of the connector.',
    );
  }
  return undefined;
}

/** Where the layout has control figures (a trailer, or a format that carries them), no single digit may change a sum unnoticed. */
async function controlFigures(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading } = context;
  if (!recorded) return undefined;
  const decoder = stream.decoder!;
  // Figures over other record types than the stream's own say nothing of its amounts.
  const own = stream.record_selector?.types;
  const totals = (stream.control ?? []).flatMap((c) =>
    c.total && (!own || !c.records || c.records.some((type) => own.includes(type))) ? [c.total.of] : [],
  );
  // Balances are about the entries that are booked, and about nothing else.
  const statement = (decoder.mt940 ?? decoder.camt053) !== undefined && (!own || own.includes('entry'));
  const balanced = decoder.bai2 !== undefined || statement;
  if (!stream.control && !balanced) return undefined;
  const summed = totals.length
    ? [...new Set(totals)]
    : balanced
      ? Object.entries(stream.schema.fields)
          .filter(([name, f]) => f.type === 'decimal' && /amount/i.test(name) && !name.includes('.'))
          .map(([name]) => name)
      : [];
  const before = sumsOf(reading, summed);
  let noticed = 0;
  if (summed.length)
    for (const at of digitsOf(recorded.text)) {
      const digit = String((Number(recorded.text[at]) + 1) % 10);
      const read = await context.read(recorded.bytes(changedAt(recorded.text, { from: at, to: at + 1 }, digit)));
      if (read.refused) noticed++;
      else if (goodOf(read).length === goodOf(reading).length && sumsOf(read, summed) !== before) {
        const line = lineStarts(recorded.text).filter((start) => start <= at).length;
        return fails(
          `A digit was changed in line ${line}, which changes the sum of ${summed.join(', ')}, but the file was read as if nothing was wrong.`,
          'In the connector, declare this total in control of the stream.',
        );
      }
    }
  // Figures about other types do not count this stream's records.
  const counts = balanced || (stream.control ?? []).some((c) => !own || !c.records || c.records.some((type) => own.includes(type)));
  if (!counts)
    return holdsBut(
      `The control figures cover other records (${[...new Set((stream.control ?? []).flatMap((c) => c.records ?? []))].join(', ')}). They do not show when one of this stream's records is missing.`,
      'If the trailer counts these records too, name their type in control.records.',
    );
  let left = 0;
  for (let i = 0; i < reading.records.length && left < 10; i++) {
    const region = reading.records[i]!.problem ? undefined : regionOf(recorded.text, reading.records, i);
    if (!region) continue;
    const read = await context.read(recorded.bytes(recorded.text.slice(0, region.from) + recorded.text.slice(region.to)));
    if (!read.refused)
      return fails(
        `Record ${i + 1} was left out of the file, which was read as if nothing was wrong.`,
        'In the connector, declare count in control of the stream. Its keys "records" and "where" say which records are counted; they must include these.',
      );
    left++;
  }
  if (noticed === 0 && left === 0) return undefined;
  const detail = `${noticed} single digits changed refuse the file${left ? `, and so does each of ${counted(left, 'record')} left out` : ''}.`;
  return summed.length || balanced
    ? holds(detail)
    : holdsBut(detail, 'The trailer only counts records, so a changed amount would not be noticed.');
}

function sumsOf(reading: { records: { values: Values; problem?: unknown }[] }, fields: readonly string[]): string {
  const sum = (field: string): bigint => reading.records.reduce((total, r) => (r.problem ? total : total + minor(r.values[field])), 0n);
  return fields.map((field) => String(sum(field))).join(' ');
}

function minor(value: Value | undefined): bigint {
  const m = typeof value === 'string' ? /^([-+]?)(\d*)(?:\.(\d{0,6}))?$/.exec(value.trim()) : null;
  return m ? BigInt(`${m[1] === '-' ? '-' : ''}${m[2] || '0'}${(m[3] ?? '').padEnd(6, '0')}`) : 0n;
}

/** At most 120 of the digits of a text, evenly spread. */
function digitsOf(text: string): number[] {
  const all = [...text.matchAll(/\d/g)].map((m) => m.index);
  const step = Math.max(1, all.length / 120);
  return Array.from({ length: Math.min(all.length, 120) }, (_, i) => all[Math.floor(i * step)]!);
}
