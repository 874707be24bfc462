import type { Entry } from '../../entry.ts';
import { eachWay } from './each-way.ts';

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
  const recordsOf = (counts: readonly number[]): Entry[] =>
    kinds.flatMap(({ units: same }, i) => same.slice(0, counts[i]).flatMap(({ entries }) => entries));
  const isPicked = (counts: readonly number[]): boolean => kinds.some(({ units: same }, i) => counts[i]! > 0 && counts[i]! < same.length);
  const inAny = new Set<number>();
  const solutions: number[][] = [];
  let count = 0;
  const isWhole = eachWay(kinds, minor, MAX_STEPS, (taken) => {
    if (!taken.some((n) => n > 0) || !isFit(recordsOf(taken))) return;
    if (++count <= MOST_WAYS) solutions.push([...taken]);
    taken.forEach((n, kind) => n > 0 && inAny.add(kind));
  });
  // Where not all solutions were seen, each record may be in one.
  const possible = kinds.flatMap(({ units: same }, i) => (!isWhole || inAny.has(i) ? same.flatMap(({ entries }) => entries) : []));
  if (count > 1) {
    const isKept = isWhole && count <= MOST_WAYS && !solutions.some(isPicked);
    return { chosen: possible, picked: true, several: true, ...(isKept ? { ways: solutions.map(recordsOf) } : {}) };
  }
  if (!isWhole) return 'unknown';
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
