import { columnBeside, type EntityConfig } from '../config/schema/model.ts';
import { plainMoney } from '../core/money.ts';
import type { Values } from '../core/record.ts';
import type { Columns } from './mapping.ts';

/**
 * The columns of a golden record as plain texts, which mappings to sinks read: money 1234.50 with `<field>_currency` beside
 * it, codes with `<field>_raw`, booleans true and false, dates as they are stored. Every field of the entity is there.
 */
export function canonicalValues(entity: EntityConfig, columns: Columns): Values {
  const values: Values = {};
  for (const [name, { type }] of Object.entries(entity.fields)) {
    const value = columns[name] ?? null;
    const beside = columnBeside(name, type);
    if (beside !== undefined) values[beside] = textOf(columns[beside]);
    if (value === null) values[name] = null;
    else if (type === 'money') values[name] = plainMoney(value as number, String(columns[beside!]));
    else if (type === 'boolean') values[name] = value ? 'true' : 'false';
    else values[name] = String(value);
  }
  return values;
}

function textOf(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
