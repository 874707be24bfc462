import { keyOf } from '../fields.ts';
import type { Entry, KeyPass, Side } from '../entry.ts';
import { tiesManyToOne } from './key-groups.ts';
import { narrowerKeys } from './washes.ts';
import { type ReconciledMatch, SIDES, type Work } from './work.ts';

/**
 * Proposes what was confirmed by a number where a record that has lost its number is left over, and has the same amount as one that has it.
 * A total does not say which records are in it: of four payments of 85.00 one is not settled, and that its number is there is no proof.
 * Only records count that agree in a wider key, such as the place and the day, and in all others that both have.
 */
export function doubtExchangeable(work: Work): void {
  for (const side of SIDES) {
    const wider = widerKeys(work, side);
    if (!wider.length) continue;
    const left = Map.groupBy(
      [...work.open[side]].filter(
        (entry) => entry.minor !== 0 && wider.some(({ on, numbers }) => lacks(entry, numbers, side) && keyOf(entry, on, side) !== null),
      ),
      ({ minor }) => minor,
    );
    if (!left.size) continue;
    work.matches.forEach((match, i) => {
      if (match.state !== 'confirmed' || match.by !== 'rule' || match[side].length < 2) return;
      const isDoubtful = match[side].some((member) => left.get(member.minor)?.some((other) => mayStandFor(other, member, wider, side)));
      if (isDoubtful) propose(work, i, match);
    });
  }
}

/** A key that several passes before it are narrower than, with the numbers of these by which a group is tied to one record. */
interface Wider {
  on: KeyPass['on'];
  numbers: readonly KeyPass['on'][];
}

function widerKeys({ rules: { passes } }: Work, side: Side): Wider[] {
  return passes.flatMap((pass) => {
    if ((pass.kind !== 'key' && pass.kind !== 'settlement') || !pass.on.length) return [];
    const numbers = narrowerKeys(pass, passes).filter((one) => tiesManyToOne(one, side));
    return numbers.length ? [{ on: pass.on, numbers: numbers.map(({ on }) => on) }] : [];
  });
}

function lacks(entry: Entry, numbers: Wider['numbers'], side: Side): boolean {
  return numbers.some((on) => keyOf(entry, on, side) === null);
}

function mayStandFor(other: Entry, member: Entry, wider: readonly Wider[], side: Side): boolean {
  let isAlike = false;
  for (const { on, numbers } of wider) {
    const [own, its] = [keyOf(other, on, side), keyOf(member, on, side)];
    if (own === null || its === null) continue;
    if (own !== its) return false;
    if (numbers.some((number) => keyOf(other, number, side) === null && keyOf(member, number, side) !== null)) isAlike = true;
  }
  return isAlike;
}

function propose(work: Work, i: number, match: ReconciledMatch): void {
  work.matches[i] = { ...match, state: 'proposed', evidence: { ...match.evidence, doubt: 'equal' } };
  for (const side of SIDES) for (const entry of match[side]) work.states.set(entry, 'proposed');
}
