import type { BalancePass, BusinessDays, Entry, FoundMatch } from '../entry.ts';
import { keyOf, pairName } from '../fields.ts';
import { sumOf } from '../sums.ts';

/** Proposes what is open in a block and near in days, where both sides add up to the same and have something. Never confirms. */
export function matchByBalance(
  pass: BalancePass,
  open: { left: readonly Entry[]; right: readonly Entry[] },
  days: BusinessDays,
): FoundMatch[] {
  const blocks = new Map<string, { entry: Entry; side: 'left' | 'right'; index: number }[]>();
  for (const side of ['left', 'right'] as const)
    for (const entry of open[side]) {
      const key = entry.day === null ? null : keyOf(entry, pass.block, side);
      if (key === null) continue;
      const item = { entry, side, index: days.index(entry.day!) };
      const block = blocks.get(key);
      if (block) block.push(item);
      else blocks.set(key, [item]);
    }
  const matches: FoundMatch[] = [];
  const widest = Math.max(Math.abs(pass.within.from), Math.abs(pass.within.to));
  for (const block of blocks.values()) {
    block.sort((a, b) => a.index - b.index || (a.entry.id < b.entry.id ? -1 : 1));
    let start = 0;
    for (let i = 1; i <= block.length; i++) {
      if (i < block.length && block[i]!.index - block[i - 1]!.index <= widest) continue;
      const group = block.slice(start, i);
      start = i;
      const left = group.filter(({ side }) => side === 'left').map(({ entry }) => entry);
      const right = group.filter(({ side }) => side === 'right').map(({ entry }) => entry);
      if (!left.length || !right.length || sumOf(left) !== sumOf(right)) continue;
      matches.push({
        pass: pass.name,
        state: 'proposed',
        left,
        right,
        difference: 0,
        evidence: { fields: pass.block.map(pairName), lag: null, rivals: 0, doubt: 'balance' },
      });
    }
  }
  return matches;
}
