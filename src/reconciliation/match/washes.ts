import type { Entry, FoundMatch, KeyPass, Pass, SettlementPass, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { SIDES, type Work } from './work.ts';

/**
 * Whether a match by a wider key has an amount and its reversal that lack every narrower key, while another record of the other side has
 * the wider key too: they come to 0.00, so they may as well belong to that one.
 */
export function hasUnprovenWash(work: Work, pass: KeyPass | SettlementPass, match: FoundMatch): boolean {
  const narrower = narrowerKeys(pass, work.rules.passes);
  if (!narrower.length) return false;
  return SIDES.some((side) => {
    const keyless = match[side].filter((entry) => lacksAll(entry, side, narrower));
    const minors = new Set(keyless.map(({ minor }) => minor));
    if (!keyless.some(({ minor }) => minor < 0 && minors.has(-minor))) return false;
    return hasSibling(work, pass, side === 'left' ? 'right' : 'left', match);
  });
}

/** The passes by a key that come before this one. */
export function narrowerKeys(pass: Pass, passes: readonly Pass[]): (KeyPass | SettlementPass)[] {
  return passes
    .slice(0, passes.indexOf(pass))
    .flatMap((one) => ((one.kind === 'key' || one.kind === 'settlement') && one.on.length > 0 ? [one] : []));
}

/** Whether a record has none of these keys. */
function lacksAll(entry: Entry, side: Side, passes: readonly (KeyPass | SettlementPass)[]): boolean {
  return passes.every(({ on }) => keyOf(entry, on, side) === null);
}

function hasSibling(work: Work, { on }: KeyPass | SettlementPass, side: Side, match: FoundMatch): boolean {
  const own = new Set<Entry>(match[side]);
  const key = keyOf(match[side][0]!, on, side);
  return work.all[side].some((entry) => !own.has(entry) && keyOf(entry, on, side) === key);
}
