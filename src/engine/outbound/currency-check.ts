import { columnBeside, type EntityConfig } from '../../config/schema/model.ts';
import type { SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import type { Place, Problem } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';

/** Looks for amounts whose currency would be lost on the way. */
export type CurrencyCheck = (entity: EntityConfig, record: Values, at: Place) => Problem[];

/**
 * A sink that gets an amount and not its currency takes it for the town's. Gives a check that refuses records with an amount in another
 * currency, where the mapping reads the amount and never reads its currency.
 */
export function currencyCheck(mapping: SinkMappingConfig, town: string): CurrencyCheck {
  const read = namesRead(mapping);
  return (entity, record, at) =>
    Object.entries(entity.fields).flatMap(([name, { type }]) => {
      const beside = columnBeside(name, type);
      if (type !== 'money' || beside === undefined) return [];
      const currency = record[beside];
      if (typeof currency !== 'string' || currency === town || !read.has(name) || read.has(beside)) return [];
      return [
        {
          code: 'CURRENCY_LOST',
          place: at,
          message: `The ${name} of this record is in ${currency}, but the mapping sends no currency, so the other system would take it as ${town}. The record was not sent.`,
          hint: `In the mapping send ${beside} to a field of the other system too, or leave such records out with where in the pipeline.`,
        },
      ];
    });
}

/** Every name that the rules of a mapping may read. */
export function namesRead(mapping: SinkMappingConfig): Set<string> {
  const read = new Set<string>();
  collect([mapping.fields, mapping.lists], read);
  return read;
}

/** Every name that rules may read, without what leads out of an item. */
function collect(value: unknown, names: Set<string>): void {
  if (typeof value === 'string')
    names.add(
      value
        .replace(/^(?:\.\.\/)+/, '')
        .split('.')
        .at(-1)!,
    );
  else if (Array.isArray(value)) for (const one of value) collect(one, names);
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) collect(one, names);
}
