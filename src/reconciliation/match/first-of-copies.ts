import type { Entry, Pass, Side, Unequal } from '../entry.ts';
import { firstInstead } from '../exceptions/extras.ts';
import { wrongParts } from '../exceptions/parts.ts';
import { keyOf } from '../fields.ts';
import { matchId } from './match-id.ts';
import { isRefused, type ReconciledMatch, SIDES, type Work } from './work.ts';

/**
 * Of two entries that say the same, the first one has the money: where only the copy has the number, the match gets the first one, and the
 * copy is open. After all passes: a first one that another pass has tied has money of its own, and so has the copy. In a group whose sums
 * differ, the copy takes its place.
 */
export function settleFirsts(work: Work): void {
  if (!work.extras.size) return;
  const passes = new Map(work.rules.passes.map((pass) => [pass.name, pass]));
  const held = new Map<Entry, Unequal>();
  for (const group of work.unequal) if (!group.otherwise) for (const side of SIDES) for (const entry of group[side]) held.set(entry, group);
  work.matches.forEach((match, i) => {
    const pass = match.by === 'rule' ? passes.get(match.pass) : undefined;
    if (pass) work.matches[i] = withFirsts(work, pass, match, held);
  });
}

function withFirsts(work: Work, pass: Pass, match: ReconciledMatch, held: Map<Entry, Unequal>): ReconciledMatch {
  let now = match;
  for (const side of SIDES)
    for (const copy of match[side]) {
      const first = firstInstead(
        work.extras,
        copy,
        (one) => (work.open[side].has(one) || held.has(one)) && mayStand(pass, one, copy, side),
      );
      if (!first) continue;
      const next = { ...now, [side]: now[side].map((entry) => (entry === copy ? first : entry)) };
      if (isRefused(work, next)) continue;
      now = { ...next, id: matchId(work.rules.reconciliation, next.left, next.right) };
      const group = held.get(first);
      if (group) putInto(work, group, side, { first, copy }, held);
      work.open[side].delete(first);
      work.states.set(first, match.state);
      work.states.delete(copy);
      if (!group) work.open[side].add(copy);
    }
  return now;
}

/** The copy in place of the first one in a group that does not add up: its sums stay what they are. */
function putInto(
  work: Work,
  group: Unequal,
  side: Side,
  { first, copy }: Record<'first' | 'copy', Entry>,
  held: Map<Entry, Unequal>,
): void {
  const now = { ...group, [side]: group[side].map((entry) => (entry === first ? copy : entry)) };
  work.unequal.delete(group);
  work.unequal.add(now);
  held.delete(first);
  for (const own of SIDES) for (const entry of now[own]) held.set(entry, now);
}

/** Whether the pass may tie the first entry in place of its copy: by a number that it has lost, or by a sum of its own block. */
function mayStand(pass: Pass, first: Entry, copy: Entry, side: Side): boolean {
  if (pass.kind === 'key' || pass.kind === 'settlement') return keyOf(first, pass.on, side) === null;
  return pass.kind === 'subset' && keyOf(first, pass.block, side) === keyOf(copy, pass.block, side);
}

/**
 * Whether a group that adds up has a copy without which the sum of its way of paying would be right: the copy may be there in place of a
 * record of the same amount that has lost its number.
 */
export function hasCopyForAnother({ rules, extras }: Work, { left, right }: Record<Side, readonly Entry[]>): boolean {
  if (!extras.size) return false;
  return rules.exceptions.parts.some((rule) => {
    const copies = left.filter((entry) => extras.get(entry)?.kind === 'copy');
    const wrong = copies.length ? new Map(wrongParts(left, right, rule)) : new Map<string, number>();
    return copies.some(({ minor, values }) => wrong.get(values[rule.left] ?? '') === -minor);
  });
}
