import type { Entry } from '../../entry.ts';

/** Records that are taken together or not at all. */
export interface Unit {
  /** Minor units of all of them. */
  minor: number;
  entries: readonly Entry[];
}

/** A search that looks at more partial sums than this gives up: what is not proved is not confirmed. */
const MAX_STEPS = 100_000;

/** Records that have the wanted sum. */
export interface Subset {
  chosen: Entry[];
  picked: boolean;
  /** There is more than one subset: `chosen` has the records of all of them. */
  several: boolean;
  /** Each subset that there is; undefined where they are many, or one of them picks among records that cannot be distinguished. */
  ways?: readonly (readonly Entry[])[];
}

/** More ways than this are not kept. */
const MOST_WAYS = 100;

/**
 * The only subset of `units` with this sum; the records of all of them when there are more; `none`, or `unknown` when the search
 * would take too long. Single records of equal amount, day and values are interchangeable: which of them it is makes no second solution, but
 * `picked` says that only some of them were taken. An empty subset is not a solution, and neither is one for which `isFit` says no.
 */
export function onlySubset(
  units: readonly Unit[],
  minor: number,
  isFit: (records: readonly Entry[]) => boolean = () => true,
): Subset | 'none' | 'unknown' {
  const kinds = kindsOf(units);
  // What the kinds from i on can still add, at the least and at the most: a branch that cannot arrive is left.
  const least: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  const most: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  for (let i = kinds.length - 1; i >= 0; i--) {
    const all = kinds[i]!.minor * kinds[i]!.units.length;
    least[i] = least[i + 1]! + Math.min(0, all);
    most[i] = most[i + 1]! + Math.max(0, all);
  }
  const recordsOf = (counts: readonly number[]): Entry[] =>
    kinds.flatMap(({ units: same }, i) => same.slice(0, counts[i]).flatMap(({ entries }) => entries));
  const isPicked = (counts: readonly number[]): boolean => kinds.some(({ units: same }, i) => counts[i]! > 0 && counts[i]! < same.length);
  const taken: number[] = [];
  const inAny = new Set<number>();
  const solutions: number[][] = [];
  let count = 0;
  let steps = 0;
  function search(i: number, rest: number): boolean {
    if (++steps > MAX_STEPS) return false;
    if (i === kinds.length) {
      if (rest !== 0 || !taken.some((n) => n > 0) || !isFit(recordsOf(taken))) return true;
      if (++count <= MOST_WAYS) solutions.push([...taken]);
      taken.forEach((n, kind) => n > 0 && inAny.add(kind));
      return true;
    }
    if (rest < least[i]! || rest > most[i]!) return true;
    const { minor: each, units: same } = kinds[i]!;
    for (let n = 0; n <= same.length; n++) {
      taken[i] = n;
      if (!search(i + 1, rest - n * each)) return false;
    }
    taken[i] = 0;
    return true;
  }
  search(0, minor);
  // Where not all solutions were seen, each record may be in one.
  const possible = kinds.flatMap(({ units: same }, i) => (steps > MAX_STEPS || inAny.has(i) ? same.flatMap(({ entries }) => entries) : []));
  if (count > 1) {
    const isKept = steps <= MAX_STEPS && count <= MOST_WAYS && !solutions.some(isPicked);
    return { chosen: possible, picked: true, several: true, ...(isKept ? { ways: solutions.map(recordsOf) } : {}) };
  }
  if (steps > MAX_STEPS) return 'unknown';
  const [solution] = solutions;
  if (!solution) return 'none';
  const [chosen, picked] = [recordsOf(solution), isPicked(solution)];
  return { chosen, picked, several: false, ...(picked ? {} : { ways: [chosen] }) };
}

/** Units that cannot be distinguished, together; the largest amounts first, so branches end early. */
function kindsOf(units: readonly Unit[]): { minor: number; units: Unit[] }[] {
  const kinds = new Map<string, Unit[]>();
  for (const unit of [...units].sort((a, b) => (a.entries[0]!.id < b.entries[0]!.id ? -1 : 1))) {
    const [first] = unit.entries;
    const name = unit.entries.length > 1 ? first!.id : JSON.stringify([unit.minor, first!.day, first!.values]);
    const list = kinds.get(name);
    if (list) list.push(unit);
    else kinds.set(name, [unit]);
  }
  return [...kinds.values()].map((list) => ({ minor: list[0]!.minor, units: list })).sort((a, b) => Math.abs(b.minor) - Math.abs(a.minor));
}
