import { Fault } from '../fault.ts';
import { compileItems } from '../items.ts';
import type { MappingSettings } from '../mapping.ts';
import type { Parse } from '../parse.ts';
import { compileRead, type Scope } from '../source.ts';

/**
 * Adds up the last part of a path over the items of the list before it: `ReceiptPaymentLevel.ReceiptPaymentAmount`. Each is parsed
 * by itself, so no sum hides a bad amount; an empty one is a fault, no item at all is not a value. Whole numbers or minor units.
 */
export function compileSum(path: string, parse: Parse, settings: MappingSettings): (scope: Scope) => number | null | Fault {
  const dot = path.lastIndexOf('.');
  const { items } = compileItems(path.slice(0, dot));
  const read = compileRead(path.slice(dot + 1), true, settings);
  return (scope) => {
    let sum: number | null = null;
    for (const item of items(scope.values)) {
      const text = read({ ...scope, values: item.values, around: [...item.around, ...scope.around] });
      if (text instanceof Fault) return text;
      if (text === null) return new Fault('FIELD_REQUIRED', 'is empty in an item of the list that is added up', { field: path });
      const value = parse(text);
      if (value instanceof Fault) return value;
      sum = (sum ?? 0) + Number(value);
      if (!Number.isSafeInteger(sum))
        return new Fault('AMOUNT_INVALID', 'adds up to more than can be represented exactly', { field: path });
    }
    return sum;
  };
}
