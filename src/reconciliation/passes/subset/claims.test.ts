import { expect, test } from 'vitest';
import { businessDays, dayNumber } from '../../calendar.ts';
import type { AmountPass, Entry, KeyPass, Pass, SubsetPass } from '../../entry.ts';
import { NO_RULES } from '../../exceptions/rules.ts';
import { reconcileSides } from '../../match/reconcile.ts';

const same = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
const BATCH: KeyPass = { kind: 'key', name: 'batch', on: same('batch'), sides: 'many_to_one', confirm: 'automatic' };
const DAY: SubsetPass = {
  ...{ kind: 'subset', name: 'of a day', block: same('place'), within: { from: 0, to: 0 }, one: 'right', most: 30 },
  ...{ together: [], negative: [], chance: 10, confirm: 'automatic' },
};
const AMOUNT: AmountPass = {
  ...{ kind: 'amount', name: 'payer', block: same('place'), within: { from: 0, to: 0 }, text: same('payer') },
  ...{ chance: 1000, confirm: 'automatic' },
};

function entry(id: string, minor: number, batch: string | null, payer: string | null = null): Entry {
  return { id, minor, currency: 'USD', day: dayNumber('2026-07-01'), values: { place: 'hall', batch, payer } };
}

function matches(passes: Pass[], left: Entry[], right: Entry[]): string[] {
  const open = { left: { type: 'unposted', within: 3 }, right: { type: 'only_right', within: 0 } };
  const rules = { reconciliation: 'ledger', passes, open, exceptions: NO_RULES };
  const result = reconcileSides(rules, { left, right }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
  const ids = (l: readonly Entry[], r: readonly Entry[]): string => [...l, ...r].map(({ id }) => id).join(' ');
  return result.matches.map((m) => (m.state === 'proposed' ? '? ' : '') + ids(m.left, m.right)).sort();
}

// A file did not come: of the cash only 5.00 is here, and of the checks nothing, which were 5.00.
const CASH = entry('cash', 1800, 'CA');
const CHECKS = entry('checks', 500, 'CK');

test('the only record of an amount is no proof where it may belong to another one, of which nothing is known', () => {
  expect(matches([BATCH, DAY], [entry('a', 500, null)], [CASH, CHECKS])).toEqual(['? a checks']);
});

test('it is where nothing else may want it, where its amount is not an everyday one, and where all is there', () => {
  expect(matches([BATCH, DAY], [entry('a', 500, null)], [CHECKS])).toEqual(['a checks']);
  expect(matches([BATCH, DAY], [entry('a', 91237, null)], [entry('cash', 180000, 'CA'), entry('checks', 91237, 'CK')])).toEqual([
    'a checks',
  ]);
  expect(matches([BATCH, DAY], [entry('a', 500, null), entry('b', 1800, null)], [CASH, CHECKS])).toEqual(['a checks', 'b cash']);
});

test('so it is where those that may belong to the other one are too many to try', () => {
  const many = Array.from({ length: 40 }, (_, i) => entry(`m${i}`, 1000 + i, null));
  expect(matches([BATCH, DAY], [entry('a', 500, null), ...many], [entry('cash', 99999, 'CA'), CHECKS])).toEqual(['? a checks']);
});

test('a later pass that knows more decides', () => {
  const left = [entry('a', 500, null, 'KARL 4711')];
  expect(matches([BATCH, DAY, AMOUNT], left, [CASH, entry('checks', 500, 'CK', 'PAYMENT KARL 4711')])).toEqual(['a checks']);
  // In the end it is proposed, if none does.
  const other = [entry('cash', 1800, 'CA'), entry('checks', 500, 'CK'), entry('x', 700, null)];
  expect(matches([BATCH, DAY, { ...AMOUNT, name: 'other', within: { from: 5, to: 6 } }], left, other)).toEqual(['? a checks']);
});
