import type { SinkConfig } from '../../schema/connector.ts';
import { listOf } from '../../schema/sink.ts';
import type { Add } from '../decoders.ts';
import { suggestion } from '../references.ts';

/** What a sink adds up: of fields that can be, by names that stand once, of parts that there can be. */
export function checkTotals(sink: SinkConfig, add: Add): void {
  const { totals, hash_totals, rows, target } = sink;
  const { fields } = sink.schema;
  /** What is written line by line is summed line by line. */
  const byLine = rows?.for_each ?? target.table?.for_each;
  const names = new Set<string>();
  totals.forEach((total, i) => {
    const part = typeof total === 'string' ? undefined : total;
    const name = part ? part.name : (total as string);
    if (names.has(name))
      add(part ? ['totals', i, 'name'] : ['totals', i], 'KEY_DUPLICATE', `there is already a total "${name}".`, 'Give each its own name.');
    names.add(name);
    summed(part ? part.of : (total as string), part ? ['totals', i, 'of'] : ['totals', i], true);
    for (const [field, values] of Object.entries(part?.where ?? {})) {
      const at = ['totals', i, 'where', field];
      // A record's value says which records count; one in a list, which of its lines, where the sum is of lines.
      if (!known(field, at, part !== undefined && listOf(sink, part.of) !== undefined)) continue;
      const taken = fields[field]!.values;
      for (const value of [values].flat())
        if (taken && !taken.includes(value))
          add(at, 'VALUE_INVALID', `"${value}" is not a value of ${field}, so no record would count.`, suggestion(value, taken));
    }
  });
  for (const [name, { of }] of Object.entries(hash_totals)) {
    const at = ['hash_totals', name, 'of'];
    if (!known(of, at)) continue;
    const { type, decimals } = fields[of]!;
    if (!['text', 'integer'].includes(type) && !(type === 'decimal' && decimals === 0))
      add(at, 'VALUE_INVALID', `"${of}" is ${type}, but a hash total needs digits only.`, 'Sum a field of type text or integer.');
  }

  function summed(field: string, at: (string | number)[], lines: boolean): void {
    if (known(field, at, lines) && fields[field]!.type !== 'decimal')
      add(at, 'VALUE_INVALID', `"${field}" is not a decimal field, so it cannot be summed.`);
  }

  function known(field: string, at: (string | number)[], lines = false): boolean {
    if (Object.hasOwn(fields, field)) {
      const list = listOf(sink, field);
      if (list === undefined || (lines && list === byLine)) return true;
      add(
        at,
        'VALUE_INVALID',
        `"${field}" is in the list ${list}, but only a field of the record itself can ${at.includes('where') ? 'say which records count' : 'be summed'}.`,
      );
      return false;
    }
    const names = Object.keys(fields);
    add(at, 'REFERENCE_UNKNOWN', `"${field}" is not a field in this sink's schema.`, suggestion(field, names));
    return false;
  }
}

/** The placeholders that rows have for it. */
export function figureNames({ totals, hash_totals }: SinkConfig): string[] {
  return [
    'count',
    ...totals.flatMap((total) => (typeof total === 'string' ? [`total.${total}`] : [`total.${total.name}`, `count.${total.name}`])),
    ...Object.keys(hash_totals).map((name) => `hash.${name}`),
  ];
}
