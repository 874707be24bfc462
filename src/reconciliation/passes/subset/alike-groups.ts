import type { Entry } from '../../entry.ts';
import { isByChanceAmong } from '../by-chance.ts';
import { onlySubset, type Subset, type Unit } from './only-subset.ts';

/** More candidates than this are not put into groups. */
export const MOST_IN_GROUPS = 2000;

/** What the groups came to: the records that add up, those of several ways to it, none, or what cannot be known. */
export type AmongAlike = { chosen: readonly Entry[]; doubt?: 'many' | 'equal' } | { several: readonly Entry[] } | 'none' | 'unknown';

/**
 * Looks for records that add up among those that agree in `alike`, group by group: a bank that joins the bags of one office does not join
 * those of two, so that many offices are tried where all of their bags together would be too many. Records that lack a value may be in any
 * group. `unknown` where a group has more than `most` candidates or takes too long: another way may be in it.
 */
export function amongAlike(
  units: readonly Unit[],
  alike: readonly string[],
  { minor, most, chance, isFit }: { minor: number; most: number; chance: number; isFit: (records: readonly Entry[]) => boolean },
): AmongAlike {
  const groups = groupsOf(units, alike);
  if (minor === 0) return 'none';
  if (groups.some((group) => group.length > most)) return 'unknown';
  const ways = new Map<string, Subset>();
  for (const group of groups) {
    const found = onlySubset(group, minor, isFit);
    if (found === 'unknown') return found;
    // The same records without a value are found in each group.
    if (found !== 'none') ways.set(JSON.stringify(found.chosen.map(({ id }) => id).sort()), found);
  }
  const [only] = ways.values();
  if (!only) return 'none';
  if (ways.size > 1 || only.several) return { several: [...new Set([...ways.values()].flatMap(({ chosen }) => chosen))] };
  const doubt = only.picked ? 'equal' : isByChanceAmong(groups, minor, chance, only.chosen) ? 'many' : undefined;
  return { chosen: only.chosen, ...(doubt ? { doubt } : {}) };
}

/** The units of each value, each with those that lack one. */
function groupsOf(units: readonly Unit[], alike: readonly string[]): Unit[][] {
  const lacking: Unit[] = [];
  const groups = new Map<string, Unit[]>();
  for (const unit of units) {
    const values = alike.map((field) => new Set(unit.entries.map((entry) => entry.values[field] ?? '')));
    if (values.some((own) => own.size > 1)) continue;
    const own = values.map((set) => [...set][0]!);
    if (own.includes('')) lacking.push(unit);
    else {
      const name = JSON.stringify(own);
      const group = groups.get(name);
      if (group) group.push(unit);
      else groups.set(name, [unit]);
    }
  }
  return groups.size ? [...groups.values()].map((group) => [...group, ...lacking]) : [lacking];
}
