/** Units of which it makes no difference which one is taken. */
export interface Kind {
  minor: number;
  units: { readonly length: number };
}

/** So few combinations are tried one by one: a table of sums would cost more. */
const FEW = 256;
/** Sums of the second half are kept in a table of at most so many. */
const MOST_IN_TABLE = 32_768;

/**
 * Calls `found` with each way to take units of these kinds that comes to `minor`: how many of each kind, in an array that is used again.
 * False when it took more than `mostSteps`, and ways may be missing. Meets in the middle: the sums of the smaller amounts are in a table, in
 * which what the larger ones leave is looked up. So all ways of 30 amounts are found in as many steps as those of 16 tried one by one.
 */
export function eachWay(kinds: readonly Kind[], minor: number, mostSteps: number, found: (taken: readonly number[]) => void): boolean {
  const reach = reachOf(kinds);
  const [head, size] = headOf(kinds);
  const table = head < kinds.length ? sumsOf(kinds, head, reach, minor) : undefined;
  const taken: number[] = kinds.map(() => 0);
  let steps = size;
  function search(i: number, rest: number): boolean {
    if (++steps > mostSteps) return false;
    if (rest < reach.least[i]! || rest > reach.most[i]!) return true;
    if (i === kinds.length) {
      found(taken);
      return true;
    }
    if (table && i === head) {
      for (const code of table.get(rest) ?? []) {
        if (++steps > mostSteps) return false;
        decode(kinds, head, code, taken);
        found(taken);
      }
      taken.fill(0, head);
      return true;
    }
    const { minor: each, units } = kinds[i]!;
    for (let n = 0; n <= units.length; n++) {
      taken[i] = n;
      if (!search(i + 1, rest - n * each)) return false;
    }
    taken[i] = 0;
    return true;
  }
  return search(0, minor);
}

interface Reach {
  least: readonly number[];
  most: readonly number[];
}

/** What the kinds from each one on can add, at the least and at the most: a branch that cannot arrive is left. */
function reachOf(kinds: readonly Kind[]): Reach {
  const least: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  const most: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  for (let i = kinds.length - 1; i >= 0; i--) {
    const all = kinds[i]!.minor * kinds[i]!.units.length;
    least[i] = least[i + 1]! + Math.min(0, all);
    most[i] = most[i + 1]! + Math.max(0, all);
  }
  return { least, most };
}

/** The first kind of the table, and how many combinations it has: about as many as those before it. */
function headOf(kinds: readonly Kind[]): [head: number, size: number] {
  const all = kinds.reduce((product, { units }) => product * (units.length + 1), 1);
  if (all <= FEW) return [kinds.length, 0];
  let [head, size] = [kinds.length, 1];
  while (head > 0) {
    const next = size * (kinds[head - 1]!.units.length + 1);
    if (next > MOST_IN_TABLE || next * next > all * 2) break;
    head--;
    size = next;
  }
  return head === kinds.length ? [head, 0] : [head, size];
}

/** The combinations of the kinds from `head` on, by their sum, without those that the kinds before cannot complete. */
function sumsOf(kinds: readonly Kind[], head: number, reach: Reach, minor: number): Map<number, number[]> {
  const lowest = minor - (reach.most[0]! - reach.most[head]!);
  const highest = minor - (reach.least[0]! - reach.least[head]!);
  const table = new Map<number, number[]>();
  function fill(i: number, sum: number, code: number): void {
    if (sum + reach.most[i]! < lowest || sum + reach.least[i]! > highest) return;
    if (i === kinds.length) {
      const codes = table.get(sum);
      if (codes) codes.push(code);
      else table.set(sum, [code]);
      return;
    }
    const { minor: each, units } = kinds[i]!;
    for (let n = 0; n <= units.length; n++) fill(i + 1, sum + n * each, code * (units.length + 1) + n);
  }
  fill(head, 0, 0);
  return table;
}

/** How many of each kind a combination of the table has. */
function decode(kinds: readonly Kind[], head: number, code: number, taken: number[]): void {
  let rest = code;
  for (let i = kinds.length - 1; i >= head; i--) {
    const base = kinds[i]!.units.length + 1;
    taken[i] = rest % base;
    rest = Math.floor(rest / base);
  }
}
