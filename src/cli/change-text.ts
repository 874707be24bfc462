import type { EntityConfig } from '../config/schema/model.ts';
import { formatMoney } from '../core/money.ts';

type Cell = string | number | null;

/** What changed in a golden record, as people read it: amounts with their decimals, and each value before and after. `known`: its other columns. */
export function changeText(
  changes: Readonly<Record<string, readonly [Cell, Cell]>>,
  config: EntityConfig,
  of: { action: string; currency: string; known?: Readonly<Record<string, Cell>> },
): string {
  const { action, currency, known = {} } = of;
  return Object.entries(changes)
    .map(([name, [before, after]]) => {
      const money = config.fields[name]?.type === 'money';
      const code = String(changes[`${name}_currency`]?.find((c) => c !== null) ?? known[`${name}_currency`] ?? currency);
      const show = (value: Cell): string => (value === null ? 'nothing' : money ? formatMoney(value as number, code) : String(value));
      return action === 'changed' ? `${name}: ${show(before)} → ${show(after)}` : `${name}: ${show(action === 'deleted' ? before : after)}`;
    })
    .join(', ');
}
