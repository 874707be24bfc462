import { compareNatural } from '../../core/text/natural-order.ts';
import { firstAtLeast } from '../../core/first-at-least.ts';
import type { AmountPass, Entry, FieldPair, Side } from '../entry.ts';
import { keyOf, valueOf } from '../fields.ts';

/** Two records that are tied, or may be. */
export interface Tie {
  left: Entry;
  right: Entry;
  /** Of a key that several records of a side may have: its fields. */
  by?: readonly FieldPair[];
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
 * cross each other, the order says nothing of that day; nor does it of a record that lacks a value of it, or may be the other one of two.
 * Numbers of two series (UTL-12 and WEB-7) are not in a row: the entries of two offices begin with line 1 each.
 */
export function pairOrder(pass: Pick<AmountPass, 'block'>, order: readonly FieldPair[], open: Entries, all: readonly Tie[]): PairOrder {
  const ranks = { left: ranksOf(order, 'left', open, all), right: ranksOf(order, 'right', open, all) };
  const unsure = new Set([...unsureTies(pass, 'left', open, all, ranks.left), ...unsureTies(pass, 'right', open, all, ranks.right)]);
  const tied = all.filter((tie) => !unsure.has(tie));
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
    if (key === null) return null;
    return `${left.day} ${right.day} ${key} ${JSON.stringify([seriesOf(left, order, 'left'), seriesOf(right, order, 'right')])}`;
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
      const cell = cellOf(a.left, a.right);
      if (cell === null || cell !== cellOf(b.left, b.right) || (cells.has(cell) && !rows.has(cell))) return false;
      const [al, ar, bl, br] = [ranks.left.get(a.left), ranks.right.get(a.right), ranks.left.get(b.left), ranks.right.get(b.right)];
      if (al === undefined || ar === undefined || bl === undefined || br === undefined) return false;
      return al < bl !== ar < br;
    },
  };
}

/**
 * Two lines of one receipt have the same amount, and one of them has lost its number: the other one may be tied to what is its neighbor's. So
 * it is of a record next to which one of its amount, without a number, is open; records of one number stand together.
 */
function unsureTies(
  pass: Pick<AmountPass, 'block'>,
  side: Side,
  open: Entries,
  all: readonly Tie[],
  ranks: ReadonlyMap<Entry, number>,
): Tie[] {
  const ties = new Map(all.map((tie) => [tie[side], tie]));
  const cells = new Map<string, Entry[]>();
  for (const entry of [...open[side], ...ties.keys()]) {
    const key = entry.day === null || !ranks.has(entry) ? null : keyOf(entry, pass.block, side);
    if (key === null) continue;
    const name = `${entry.day} ${key}`;
    const cell = cells.get(name);
    if (cell) cell.push(entry);
    else cells.set(name, [entry]);
  }
  const unsure: Tie[] = [];
  for (const cell of cells.values()) {
    cell.sort((a, b) => ranks.get(a)! - ranks.get(b)!);
    for (const [i, entry] of cell.entries()) {
      const tie = ties.get(entry);
      if (tie?.by && [-1, 1].some((step) => hasDouble(cell, i, step, tie, side, ties))) unsure.push(tie);
    }
  }
  return unsure;
}

/** Whether one of the open records next to a tied one, on this hand, may have its number and its amount. */
function hasDouble(cell: readonly Entry[], from: number, step: number, tie: Tie, side: Side, ties: ReadonlyMap<Entry, Tie>): boolean {
  const own = keyOf(tie[side], tie.by!, side);
  for (let i = from + step; i >= 0 && i < cell.length && !ties.has(cell[i]!); i += step) {
    const key = keyOf(cell[i]!, tie.by!, side);
    if (key !== null && key !== own) return false;
    if (cell[i]!.minor === tie[side].minor) return true;
  }
  return false;
}

/** The values of the order without their digits. */
function seriesOf(entry: Entry, order: readonly FieldPair[], side: Side): string[] {
  return order.map((pair) => (valueOf(entry, pair, side) ?? '').replace(/\d+/g, '#'));
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
