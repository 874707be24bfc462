import type { Entry, Side, Unequal } from '../entry.ts';
import { sumOf } from '../sums.ts';

export interface DifferenceRules {
  /** Differences up to this many minor units are over or short at the counter. */
  overShort?: number;
  /** Records of one side that agree in these fields and in amount are one receipt entered twice. */
  duplicateOn?: { side: Side; fields: readonly string[] };
}

/** An exception before it has an id. */
export interface Difference {
  type: string;
  left: readonly Entry[];
  right: readonly Entry[];
  /** Minor units. */
  minor: number;
  facts: Readonly<Record<string, string | number>>;
}

/** Names why records that a key ties have different sums: the first of these that explains the whole difference. */
export function explainUnequal(group: Unequal, rules: DifferenceRules): Difference[] {
  const { left, right, difference } = group;
  const sums = { left_sum: sumOf(left), right_sum: sumOf(right), pass: group.pass };
  const one = (type: string, facts: Record<string, string | number> = {}): Difference[] => [
    { type, left, right, minor: difference, facts: { ...sums, ...facts } },
  ];
  if (isTransposed(sums.left_sum, sums.right_sum)) return one('transposed');
  if (rules.overShort !== undefined && Math.abs(difference) <= rules.overShort) return one('cash_over_short');
  return one('amount_differs');
}

/** Two neighboring digits were swapped in one of two amounts: 54.00 for 45.00. */
export function isTransposed(left: number, right: number): boolean {
  if (Math.sign(left) !== Math.sign(right) || (left - right) % 9 !== 0) return false;
  const [a, b] = [String(Math.abs(left)), String(Math.abs(right))];
  if (a.length !== b.length) return false;
  const differ = [...a].flatMap((digit, i) => (digit === b[i] ? [] : [i]));
  return differ.length === 2 && differ[1] === differ[0]! + 1 && a[differ[0]!] === b[differ[1]] && a[differ[1]] === b[differ[0]!];
}
