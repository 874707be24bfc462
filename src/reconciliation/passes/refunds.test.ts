import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, Pass, SettlementPass, SubsetPass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { reconcileSides } from '../match/reconcile.ts';

const days = businessDays([0, 6], []);
const parts = { gross: 'gross', refunds: 'refunds', net: 'net' };

const KEY: SettlementPass = {
  ...{ kind: 'settlement', name: 'terminal', of: 'right', on: [{ left: 'batch', right: 'batch' }], sides: 'many_to_one' },
  ...{ parts, negative: [], contract: [], feeLimit: 0, confirm: 'automatic' },
};
const LATER: SubsetPass = {
  ...{ kind: 'subset', name: 'days of one batch', block: [{ left: 'merchant', right: 'merchant' }], within: { from: 0, to: 4 } },
  ...{ one: 'right', most: 16, together: ['batch', 'day'], parts, negative: [], chance: 10, confirm: 'automatic' },
};
const SAME_DAY: SubsetPass = { ...LATER, name: 'sales of the day', within: { from: 0, to: 0 } };

function entry(id: string, minor: number, date: string, values: Entry['values']): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values: { merchant: 'm', day: date, ...values } };
}

function paid(id: string, minor: number, date: string, batch: string | null = null): Entry {
  return entry(id, minor, date, { batch });
}

function settled(id: string, date: string, gross: number, refunds: number | null, batch: string | null = null): Entry {
  const net = gross - (refunds ?? 0);
  return entry(id, net, date, { batch, gross: String(gross), refunds: refunds === null ? null : String(refunds), net: String(net) });
}

/** Confirmed and proposed matches, and exceptions, as texts. */
function reconcile(passes: Pass[], left: Entry[], right: Entry[], together?: string[]) {
  const open = {
    left: { type: 'not_settled', within: 3, ...(together ? { together } : {}) },
    right: { type: 'settled_without_receipt', within: 0 },
  };
  const rules = { reconciliation: 'cards', passes, open, exceptions: NO_RULES };
  const { matches, exceptions } = reconcileSides(rules, { left, right }, [], days, dayNumber('2026-12-31'));
  const ids = (l: readonly Entry[], r: readonly Entry[]): string => [...l, ...r].map(({ id }) => id).join(' ');
  const of = (state: string): string[] =>
    matches
      .filter((m) => m.state === state)
      .map((m) => ids(m.left, m.right))
      .sort();
  return {
    confirmed: of('confirmed'),
    proposed: of('proposed'),
    found: exceptions.map((e) => `${e.type} ${ids(e.left, e.right)}`).sort(),
  };
}

describe('a refund of an earlier day has the same amount as one of today', () => {
  const sales = [paid('a', 3500, '2026-07-08', '1'), paid('b', 2800, '2026-07-08', '1')];
  const refunds = [paid('q', -1200, '2026-07-07'), paid('r', -1200, '2026-07-08')];
  const one = [settled('s', '2026-07-08', 6300, 1200, '1')];

  test('and is not left out because an earlier pass looks at one day only', () => {
    const { confirmed, found } = reconcile([KEY, SAME_DAY, LATER], [...sales, ...refunds], one);
    expect([confirmed, found]).toEqual([['a b s'], ['ambiguous q r']]);
  });

  test('nor because it waits longer than the configuration thought', () => {
    const narrow = { ...LATER, within: { from: 0, to: 1 } };
    const late = [paid('q', -1200, '2026-07-03'), refunds[1]!];
    const { confirmed, found } = reconcile([KEY, narrow], [...sales, ...late], one);
    expect([confirmed, found]).toEqual([['a b s'], ['ambiguous q r']]);
  });

  test('nor because so many wait that they cannot all be tried', () => {
    const many = Array.from({ length: 45 }, (_, i) => paid(`w${i}`, -101 - i, '2026-07-06'));
    const { confirmed, found } = reconcile([KEY, SAME_DAY, LATER], [...sales, refunds[1]!, ...many], one);
    expect([confirmed, found.includes('not_settled r')]).toEqual([['a b s'], true]);
  });

  test('nor because it waits next to another refund of its day', () => {
    const pair = [paid('p', -500, '2026-07-07'), ...refunds];
    const byDay = { ...LATER, together: ['day'] };
    const { confirmed, found } = reconcile([KEY, byDay, { ...byDay, name: 'refunds', together: [] }], [...sales, ...pair], one);
    expect([confirmed, found]).toEqual([['a b s'], ['ambiguous q r', 'not_settled p']]);
  });

  test('where the settlements are on the left, too', () => {
    const left: SettlementPass = { ...KEY, of: 'left', sides: 'one_to_many' };
    const day: SubsetPass = { ...SAME_DAY, one: 'left' };
    const { confirmed, found } = reconcile([left, day, { ...day, within: { from: -4, to: 0 } }], one, [...sales, ...refunds]);
    expect([confirmed, found]).toEqual([['s a b'], ['ambiguous q r']]);
  });

  test('and is not a rival once its own settlement is certain', () => {
    const earlier = [settled('t', '2026-07-07', 500, 1200, '0')];
    const { confirmed, found } = reconcile([KEY, LATER], [...sales, ...refunds, paid('c', 500, '2026-07-07', '0')], [...earlier, ...one]);
    expect([confirmed, found]).toEqual([['a b r s', 'c q t'], []]);
  });
});

describe('a pass by merchant and day', () => {
  const BY_DAY: SettlementPass = {
    ...KEY,
    name: 'merchant and day',
    on: ['merchant', 'day'].map((field) => ({ left: field, right: field })),
  };
  const sales = [paid('a', 3500, '2026-07-08'), paid('b', 2800, '2026-07-08')];

  test('ties a refund of its day only where no other one that waits has its amount', () => {
    const one = [settled('s', '2026-07-08', 6300, 1200)];
    const today = paid('r', -1200, '2026-07-08');
    expect(reconcile([KEY, BY_DAY, LATER], [...sales, today], one)).toEqual({ confirmed: ['a b r s'], proposed: [], found: [] });
    const { confirmed, found } = reconcile([KEY, BY_DAY, LATER], [...sales, today, paid('q', -1200, '2026-07-06')], one);
    expect([confirmed, found]).toEqual([['a b s'], ['ambiguous q r']]);
  });

  test('does not take a refund of its day for a settlement of refunds alone', () => {
    const one = [settled('s', '2026-07-08', 0, 1200)];
    const refunds = [paid('q', -1200, '2026-07-06'), paid('r', -1200, '2026-07-08')];
    expect(reconcile([KEY, BY_DAY, LATER], refunds, one).confirmed).toEqual([]);
    expect(reconcile([KEY, BY_DAY, LATER], refunds.slice(0, 1), one).confirmed).toEqual(['q s']);
  });
});

describe('sales are looked for among sales, and refunds among refunds', () => {
  test('where neither has the number of the batch', () => {
    // 90.03 and 15.00 less 5.00 come to 100.03 as well; the settlement says that there were no refunds.
    const { confirmed, found } = reconcile(
      [KEY, { ...LATER, together: [] }],
      [paid('a', 10_003, '2026-07-08'), paid('b', 9003, '2026-07-07'), paid('c', 1500, '2026-07-07'), paid('r', -500, '2026-07-07')],
      [settled('s', '2026-07-08', 10_003, 0)],
    );
    expect(confirmed).toEqual(['a s']);
    expect(found).toEqual(['not_settled b', 'not_settled c', 'not_settled r']);
  });

  test('so that refunds of several days make up what a batch nets', () => {
    const { confirmed, found } = reconcile(
      [KEY, SAME_DAY, LATER],
      [paid('a', 4000, '2026-07-09', '1'), paid('b', 6100, '2026-07-09'), paid('q', -1700, '2026-07-07'), paid('r', -825, '2026-07-08')],
      [settled('s', '2026-07-09', 10_100, 2525, '1')],
    );
    expect([confirmed, found]).toEqual([['a b q r s'], []]);
  });

  test('so that a sale that was not settled is named by itself, though refunds of other days are netted', () => {
    const { proposed, found } = reconcile(
      [KEY, LATER],
      [
        paid('a', 4000, '2026-07-09', '1'),
        paid('b', 6100, '2026-07-09', '1'),
        paid('c', 775, '2026-07-09', '1'),
        paid('q', -1700, '2026-07-07'),
      ],
      [settled('s', '2026-07-09', 10_100, 1700, '1')],
    );
    expect([proposed, found]).toEqual([['a b q s'], ['not_settled c']]);
  });

  test('and a report that leaves its refunds blank is read as before: all payments come to its gross', () => {
    const { confirmed } = reconcile(
      [KEY, { ...LATER, together: [] }],
      [paid('a', 10_000, '2026-07-08'), paid('r', -500, '2026-07-08')],
      [settled('s', '2026-07-08', 9500, null)],
    );
    expect(confirmed).toEqual(['a r s']);
  });
});

test('one of two equal sales stays a proposal, also where a later pass finds the refunds', () => {
  const { confirmed, proposed } = reconcile(
    [KEY, SAME_DAY, LATER],
    [...[paid('a', 4275, '2026-07-09', '1'), paid('b', 600, '2026-07-09'), paid('c', 600, '2026-07-09')], paid('r', -1200, '2026-07-08')],
    [settled('s', '2026-07-09', 4875, 1200, '1')],
  );
  expect([confirmed, proposed]).toEqual([[], ['a b r s']]);
});

describe('a settlement that says how many payments it has', () => {
  const COUNTED: SettlementPass = { ...KEY, count: 'count' };
  const batch = [paid('a', 4000, '2026-07-09', '1'), paid('b', 6100, '2026-07-09', '1'), paid('c', 775, '2026-07-09', '1')];
  const of = (count: string | null): Entry[] => {
    const one = settled('s', '2026-07-09', 10_100, 0, '1');
    return [{ ...one, values: { ...one.values, count } }];
  };

  test('has the others confirmed where one payment too many has its number', () => {
    expect(reconcile([COUNTED, LATER], batch, of('2'))).toEqual({ confirmed: ['a b s'], proposed: [], found: ['not_settled c'] });
  });

  test('has them proposed where it says another number or none, or where any of two may be missing', () => {
    for (const count of ['3', null])
      expect(reconcile([COUNTED, LATER], batch, of(count))).toEqual({ confirmed: [], proposed: ['a b s'], found: ['not_settled c'] });
    const { confirmed, found } = reconcile(
      [COUNTED, LATER],
      [...batch, paid('d', 775, '2026-07-09', '1')],
      [settled('s', '2026-07-09', 10_875, 0, '1')].map((one) => ({ ...one, values: { ...one.values, count: '3' } })),
    );
    expect([confirmed, found]).toEqual([[], ['not_settled a b c d s']]);
  });
});

describe('a settlement that pays out 0.00', () => {
  const out = settled('s', '2026-07-09', 1200, 1200, '1');

  test('needs no credit of the bank', () => {
    const PAYOUT: Pass = {
      kind: 'key',
      name: 'payout',
      on: [{ left: 'batch', right: 'batch' }],
      sides: 'many_to_one',
      confirm: 'automatic',
    };
    expect(reconcile([PAYOUT], [{ ...out, id: 'payout' }], []).found).toEqual([]);
    expect(reconcile([PAYOUT], [paid('receipt', 0, '2026-07-09'), paid('a', 100, '2026-07-09')], []).found).toEqual(['not_settled a']);
  });

  test('still needs the payments that it is made of', () => {
    expect(reconcile([KEY, LATER], [], [out]).found).toEqual(['settled_without_receipt s']);
    expect(reconcile([KEY, LATER], [], [settled('t', '2026-07-09', 0, 0, '1')]).found).toEqual([]);
  });
});

describe('a batch that was not settled is one exception', () => {
  const batch = [paid('a', 4000, '2026-07-09', '1'), paid('b', 6100, '2026-07-09', '1'), paid('c', 775, '2026-07-09')];

  test('also where one of its payments lacks the number', () => {
    expect(reconcile([KEY], batch, [], ['merchant', 'batch', 'day']).found).toEqual(['not_settled a b c']);
  });

  test('but not where two batches of the day are missing, or only the day agrees', () => {
    const two = [...batch, paid('d', 300, '2026-07-09', '2')];
    expect(reconcile([KEY], two, [], ['merchant', 'batch', 'day']).found).toEqual(['not_settled a b', 'not_settled c', 'not_settled d']);
    expect(reconcile([KEY], batch, [], ['batch', 'day']).found).toEqual(['not_settled a b', 'not_settled c']);
    const dayBefore = [...batch.slice(0, 2), paid('c', 775, '2026-07-08')];
    expect(reconcile([KEY], dayBefore, [], ['merchant', 'batch']).found).toEqual(['not_settled a b', 'not_settled c']);
  });

  test('and a refund that waits is none of it', () => {
    const refund = [...batch.slice(0, 2), paid('r', -775, '2026-07-09')];
    expect(reconcile([KEY], refund, [], ['merchant', 'batch', 'day']).found).toEqual(['not_settled a b', 'not_settled r']);
  });
});
