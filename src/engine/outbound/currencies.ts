import type { SinkConfig } from '../../config/schema/connector.ts';
import { JOURNAL_ENTRY } from '../../config/schema/journal-entry.ts';
import { columnBeside, type EntityConfig } from '../../config/schema/model.ts';
import type { SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import { groupsOf } from '../../connector/sink/sink-rows.ts';
import { totalsOf } from '../../connector/sink/sink-sums.ts';
import type { Values } from '../../core/record.ts';
import { textAt } from '../../connector/stream/figures.ts';

/** The fields of a sink that get the currency of an amount of the record. */
export function currencyFields({ fields }: SinkMappingConfig, entity: EntityConfig): string[] {
  // An entry is in one currency.
  const currencies = new Set(
    entity.entity === JOURNAL_ENTRY
      ? ['currency']
      : Object.entries(entity.fields).flatMap(([name, { type }]) => (type === 'money' ? [columnBeside(name, type)!] : [])),
  );
  return Object.entries(fields).flatMap(([field, rule]) => {
    const from = typeof rule === 'string' ? rule : rule.from;
    return typeof from === 'string' && currencies.has(from) ? [field] : [];
  });
}

/**
 * Records in lists of one currency each, where the sink adds something up: no total of a file, and no sum that is noted of a delivery, adds
 * dollars to euros. Totals that count one currency alone (`where`) need no such lists.
 */
export function byCurrency<T extends { values: Values }>(sink: SinkConfig, fields: readonly string[], rows: readonly T[]): T[][] {
  const mixed = sink.totals.some((total) => typeof total === 'string' || !fields.some((field) => Object.hasOwn(total.where, field)));
  if (!mixed || fields.length === 0) return [[...rows]];
  const byValues = new Map(rows.map((row) => [row.values, row]));
  return groupsOf([...byValues.keys()], fields).map((list) => list.map((values) => byValues.get(values)!));
}

/** Sums of records for a person: by the name of the total, with the currency behind it where the records have several. */
export function totalsByCurrency(sink: SinkConfig, fields: readonly string[], rows: readonly { values: Values }[]): Record<string, string> {
  const groups = byCurrency(sink, fields, rows);
  const sums = groups.map((list) => {
    const values = list.map((row) => row.values);
    const currency = groups.length > 1 ? ` ${[...new Set(fields.map((field) => textAt(values[0]!, field)))].join('/')}` : '';
    return Object.entries(totalsOf(sink, values)).map(([name, sum]) => [`${name}${currency}`, sum]);
  });
  return Object.fromEntries(sums.flat()) as Record<string, string>;
}
