import type { BusinessDays, Entry, SubsetPass } from '../../entry.ts';
import { keyOf } from '../../fields.ts';
import { manyOf, reachOf } from '../candidates.ts';
import type { Answer } from './subset-search.ts';

/** Says whether a record may belong to a target of which nothing is known. */
export type IsClaimed = (entry: Entry) => boolean;

/**
 * The records that a target without any solution may want: what belongs to it may be among those that would explain another one. Of one that
 * has too many candidates to try, these are all of its block and days.
 */
export function claimsOf(pass: SubsetPass, answers: readonly Answer[], days: BusinessDays): IsClaimed {
  const near = new Set<Entry>();
  const blocks = new Map<string, { from: number; to: number }[]>();
  for (const { target, found, sales, several, untried, near: own } of answers) {
    if (found || sales || several) continue;
    for (const entry of own) near.add(entry);
    const reach = untried ? reachOf(target.anchor, pass.one, pass, days) : undefined;
    if (!reach) continue;
    const known = blocks.get(reach.key);
    if (known) known.push(reach);
    else blocks.set(reach.key, [reach]);
  }
  return (entry) => {
    if (near.has(entry)) return true;
    const key = blocks.size && entry.day !== null ? keyOf(entry, pass.block, manyOf(pass)) : null;
    const at = key === null ? 0 : days.index(entry.day!);
    return key !== null && (blocks.get(key) ?? []).some(({ from, to }) => from <= at && at <= to);
  };
}
