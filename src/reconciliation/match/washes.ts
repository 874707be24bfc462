import type { Entry, FoundMatch, KeyPass, Pass, SettlementPass, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { SIDES, type Work } from './work.ts';

/**
 * Whether a match by a wider key has an amount and its reversal that no narrower key ties to the rest of it, while another record of the
 * other side has the wider key too: they come to 0.00, so they may as well belong to that one.
 */
export function hasUnprovenWash(work: Work, pass: KeyPass | SettlementPass, match: FoundMatch): boolean {
  const narrower = narrowerKeys(pass, work.rules.passes);
  if (!narrower.length) return false;
  return SIDES.some((side) => {
    const other = side === 'left' ? 'right' : 'left';
    const all = new Set(match[side].map(({ minor }) => minor));
    const isWash = ({ minor }: Entry): boolean => minor !== 0 && all.has(-minor);
    const washes = match[side].filter(isWash);
    if (!washes.length) return false;
    const rest = match[side].filter((entry) => !isWash(entry));
    const ties = narrower.map(({ on }) => ({ on, keys: new Set([...keysOf(match[other], on, other), ...keysOf(rest, on, side)]) }));
    const isUnproven = (entry: Entry): boolean =>
      ties.every(({ on, keys }) => {
        const key = keyOf(entry, on, side);
        return key === null || !keys.has(key);
      });
    const unproven = new Set(washes.filter(isUnproven).map(({ minor }) => minor));
    return [...unproven].some((minor) => unproven.has(-minor)) && hasSibling(work, pass, other, match);
  });
}

function keysOf(entries: readonly Entry[], on: KeyPass['on'], side: Side): (string | null)[] {
  return entries.map((entry) => keyOf(entry, on, side));
}

/** The passes by a key that come before this one. */
export function narrowerKeys(pass: Pass, passes: readonly Pass[]): (KeyPass | SettlementPass)[] {
  return passes
    .slice(0, passes.indexOf(pass))
    .flatMap((one) => ((one.kind === 'key' || one.kind === 'settlement') && one.on.length > 0 ? [one] : []));
}

function hasSibling(work: Work, { on }: KeyPass | SettlementPass, side: Side, match: FoundMatch): boolean {
  const own = new Set<Entry>(match[side]);
  const key = keyOf(match[side][0]!, on, side);
  return work.all[side].some((entry) => !own.has(entry) && keyOf(entry, on, side) === key);
}
