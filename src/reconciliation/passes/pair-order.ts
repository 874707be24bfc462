import { compareNatural } from '../../core/text/natural-order.ts';
import { firstAtLeast } from '../../core/first-at-least.ts';
import type { AmountPass, Entry, FieldPair, Side } from '../entry.ts';
import { keyOf, valueOf } from '../fields.ts';

/** Two records that are tied, or may be. */
export interface Tie {
  left: Entry;
  right: Entry;
}

/** What the order of records says of pairs. */
export interface PairOrder {
  /** Whether a pair would cross one that is tied. */
  excludes(left: Entry, right: Entry): boolean;
  /** Whether two pairs cross each other. */
  crosses(a: Tie, b: Tie): boolean;
}

/**
 * A bank lists the checks of a lockbox as it took them, and so does the file of receipts: of two pairs whose left records have one day and
 * whose right records have one day, the earlier of the left has the earlier of the right. `tied`: pairs that are known. Where those of a day
 * cross each other, the order says nothing of that day; nor does it of a record that lacks a value of it.
 */
export function pairOrder(pass: Pick<AmountPass, 'block'>, order: readonly FieldPair[], open: Entries, tied: readonly Tie[]): PairOrder {
  const ranks = { left: ranksOf(order, 'left', open, tied), right: ranksOf(order, 'right', open, tied) };
  const cells = new Map<string, { left: number; right: number }[]>();
  for (const { left, right } of tied) {
    const [name, l, r] = [cellOf(left, right), ranks.left.get(left), ranks.right.get(right)];
    if (name === null || l === undefined || r === undefined) continue;
    const cell = cells.get(name);
    if (cell) cell.push({ left: l, right: r });
    else cells.set(name, [{ left: l, right: r }]);
  }
  const rows = new Map<string, { left: number[]; right: number[] }>();
  for (const [name, cell] of cells) {
    cell.sort((a, b) => a.left - b.left);
    if (cell.every(({ right }, i) => i === 0 || cell[i - 1]!.right < right))
      rows.set(name, { left: cell.map(({ left }) => left), right: cell.map(({ right }) => right) });
  }
  function cellOf(left: Entry, right: Entry): string | null {
    const key = left.day === null || right.day === null ? null : keyOf(left, pass.block, 'left');
    return key === null ? null : `${left.day} ${right.day} ${key}`;
  }
  return {
    excludes(left, right) {
      const [name, l, r] = [cellOf(left, right), ranks.left.get(left), ranks.right.get(right)];
      const row = name === null ? undefined : rows.get(name);
      if (!row || l === undefined || r === undefined) return false;
      const at = firstAtLeast(row.left, l);
      return (at > 0 && row.right[at - 1]! > r) || (at < row.left.length && row.right[at]! < r);
    },
    crosses(a, b) {
      if (a.left.day !== b.left.day || a.right.day !== b.right.day) return false;
      const [al, ar, bl, br] = [ranks.left.get(a.left), ranks.right.get(a.right), ranks.left.get(b.left), ranks.right.get(b.right)];
      if (al === undefined || ar === undefined || bl === undefined || br === undefined) return false;
      return al < bl !== ar < br;
    },
  };
}

/** Records of both sides. */
type Entries = Readonly<Record<Side, readonly Entry[]>>;

/** The places of records in the order of their side. */
function ranksOf(order: readonly FieldPair[], side: Side, open: Entries, tied: readonly Tie[]): Map<Entry, number> {
  const all: { entry: Entry; values: string[] }[] = [];
  const add = (entry: Entry): void => {
    const values = order.map((pair) => valueOf(entry, pair, side));
    if (!values.includes(null)) all.push({ entry, values: values as string[] });
  };
  for (const entry of open[side]) add(entry);
  for (const one of tied) add(one[side]);
  all.sort((a, b) => compareValues(a.values, b.values) || (a.entry.id < b.entry.id ? -1 : 1));
  return new Map(all.map(({ entry }, rank) => [entry, rank]));
}

function compareValues(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i++) {
    const found = compareNatural(a[i]!, b[i]!);
    if (found !== 0) return found;
  }
  return 0;
}
