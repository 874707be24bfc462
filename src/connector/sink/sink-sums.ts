import type { SinkConfig } from '../../config/schema/connector.ts';
import { listOf } from '../../config/schema/sink.ts';
import { placesAt, type Values, valueAt } from '../../core/record.ts';
import { scaled, textAt, unscaled } from '../stream/figures.ts';
import type { Variables } from '../template.ts';

type Total = SinkConfig['totals'][number];
/** A total as the sink says it: of a field, or of the records that have certain values. */
type NamedTotal = Exclude<Total, string>;

/** What a total is called: in `{{ total.NAME }}`, and next to what was sent. */
export function totalName(total: Total): string {
  return typeof total === 'string' ? total : total.name;
}

/** Exact sums that a sink adds up, of records that it would take; with the decimals of their fields. */
export function totalsOf(sink: SinkConfig, records: readonly Values[]): Record<string, string> {
  return Object.fromEntries(
    sink.totals.map((total) =>
      typeof total === 'string'
        ? [total, sumOf(sink, total, textsOf(records, total))]
        : [total.name, sumOf(sink, total.of, textsOf(partOf(sink, records, total), nameIn(sink, total.of)))],
    ),
  );
}

/** `{{ count }}`, `{{ total.NAME }}`, `{{ count.NAME }}` and `{{ hash.NAME }}` of these records, as rows write them. */
export function figuresOf(sink: SinkConfig, records: readonly Values[]): Variables {
  const parts = sink.totals.filter((total) => typeof total !== 'string');
  const entries = [
    ['count', String(records.length)],
    ...Object.entries(totalsOf(sink, records)).map(([name, sum]) => [`total.${name}`, sum]),
    ...parts.map((part) => [`count.${part.name}`, String(partOf(sink, records, part).length)]),
    ...Object.entries(sink.hash_totals).map(([name, { of, digits }]) => [`hash.${name}`, hashOf(records, of, digits)]),
  ];
  return Object.fromEntries(entries) as Variables;
}

/** The records that have certain values; of a field in a list, those of its lines that have them. */
function partOf(sink: SinkConfig, records: readonly Values[], { of, where }: NamedTotal): readonly Values[] {
  const wanted = Object.entries(where).map(([field, values]) => ({ field, values: [values].flat() }));
  const fits = (one: Values, lines: boolean): boolean =>
    wanted.every(({ field, values }) => (listOf(sink, field) !== undefined) !== lines || values.includes(textAt(one, nameIn(sink, field))));
  const found = records.filter((record) => fits(record, false));
  const isLines = listOf(sink, of) !== undefined;
  return isLines ? found.flatMap((record) => placesAt(record, of).groups).filter((line) => fits(line, true)) : found;
}

/** What a field is called in its record or line. */
function nameIn(sink: SinkConfig, field: string): string {
  const list = listOf(sink, field);
  return list === undefined ? field : field.slice(list.length + 1);
}

function textsOf(records: readonly Values[], field: string): string[] {
  return records.flatMap((values) => textsAt(values, field));
}

/** A field that says no decimals has two, or as many as its values need: nothing is rounded. */
function sumOf(sink: SinkConfig, field: string, amounts: readonly string[]): string {
  const decimals =
    sink.schema.fields[field]?.decimals ?? amounts.reduce((most, text) => Math.max(most, text.split('.')[1]?.length ?? 0), 2);
  return unscaled(
    amounts.reduce((sum, text) => sum + (scaled(text, decimals) ?? 0n), 0n),
    decimals,
  );
}

/** The value of a field, or of one in a list those of every line. */
function textsAt(values: Values, field: string): string[] {
  const direct = textAt(values, field);
  if (direct !== '') return [direct];
  const { groups, name } = placesAt(values, field);
  return groups.map((group) => textAt(group, name)).filter((text) => text !== '');
}

/** The last digits of a sum of account numbers and the like, with the zeros in front that belong to them. */
function hashOf(records: readonly Values[], field: string, digits: number | undefined): string {
  const sum = records.reduce((sum, values) => {
    const value = valueAt(values, field);
    return typeof value === 'string' && /^\d+$/.test(value) ? sum + BigInt(value) : sum;
  }, 0n);
  return digits === undefined ? String(sum) : String(sum % 10n ** BigInt(digits)).padStart(digits, '0');
}
