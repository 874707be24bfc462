import type { Entry, Pass, Side } from '../entry.ts';
import { firstInstead } from '../exceptions/extras.ts';
import { wrongParts } from '../exceptions/parts.ts';
import { keyOf } from '../fields.ts';
import { matchId } from './match-id.ts';
import { isRefused, type ReconciledMatch, SIDES, type Work } from './work.ts';

/**
 * Of two entries that say the same, the first one has the money: where only the copy has the number, the match gets the first one, and the
 * copy is open. After all passes: a first one that another pass has tied has money of its own, and so has the copy.
 */
export function settleFirsts(work: Work): void {
  if (!work.extras.size) return;
  const passes = new Map(work.rules.passes.map((pass) => [pass.name, pass]));
  work.matches.forEach((match, i) => {
    const pass = match.by === 'rule' ? passes.get(match.pass) : undefined;
    if (pass) work.matches[i] = withFirsts(work, pass, match);
  });
}

function withFirsts(work: Work, pass: Pass, match: ReconciledMatch): ReconciledMatch {
  let now = match;
  for (const side of SIDES)
    for (const copy of match[side]) {
      const first = firstInstead(work.extras, copy, (one) => work.open[side].has(one) && mayStand(pass, one, copy, side));
      if (!first) continue;
      const next = { ...now, [side]: now[side].map((entry) => (entry === copy ? first : entry)) };
      if (isRefused(work, next)) continue;
      now = { ...next, id: matchId(work.rules.reconciliation, next.left, next.right) };
      work.open[side].delete(first);
      work.states.set(first, match.state);
      work.states.delete(copy);
      work.open[side].add(copy);
    }
  return now;
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
