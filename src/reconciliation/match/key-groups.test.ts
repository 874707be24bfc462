import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, KeyPass, Pass, SettlementPass, SubsetPass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { conservedSums } from './conservation.ts';
import { reconcileSides } from './reconcile.ts';

const days = businessDays([0, 6], []);
const same = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
const BAG: KeyPass = { kind: 'key', name: 'bag', on: same('bag'), sides: 'many_to_one', confirm: 'automatic' };
const DAY: KeyPass = { ...BAG, name: 'place and day', on: same('place', 'day') };
const SUBSET: SubsetPass = {
  ...{ kind: 'subset', name: 'days of one slip', block: same('place'), within: { from: 0, to: 5 }, one: 'right', most: 16 },
  ...{ together: [], negative: [], chance: 10, confirm: 'automatic' },
};

function entry(id: string, minor: number, bag: string | null, date = '2026-07-01', more: Entry['values'] = {}): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values: { place: 'pool', bag, day: date, ...more } };
}

/** Matches as texts, "?" in front of a proposed one. */
function matches(passes: Pass[], left: Entry[], right: Entry[]): string[] {
  const open = { left: { type: 'not_deposited', within: 3 }, right: { type: 'deposit_without_receipt', within: 0 } };
  const rules = { reconciliation: 'r', passes, open, exceptions: NO_RULES };
  const result = reconcileSides(rules, { left, right }, [], days, dayNumber('2026-12-31'));
  conservedSums('r', { left, right }, result);
  return result.matches
    .map(
      (m) =>
        `${m.state === 'proposed' ? '? ' : ''}${[...m.left, ...m.right]
          .map(({ id }) => id)
          .sort()
          .join(' ')}`,
    )
    .sort();
}

describe('a slip that has lost its number', () => {
  const bag = [entry('a', 500, '7'), entry('b', 800, '7', '2026-07-02'), entry('c', 300, '8'), entry('d', 700, '8', '2026-07-02')];

  test('has the receipts of one bag, although others would add up by chance', () => {
    expect(matches([BAG, SUBSET], bag, [entry('x', 1300, null, '2026-07-03')])).toEqual(['a b x']);
    const unnumbered = bag.map((receipt) => ({ ...receipt, values: { ...receipt.values, bag: null } }));
    expect(matches([BAG, SUBSET], unnumbered, [entry('x', 1300, null, '2026-07-03')])).toEqual(['? a b x']);
  });

  test('does not have some of a bag for certain: the others would be in it too', () => {
    expect(matches([BAG, { ...SUBSET, chance: 1000 }], bag, [entry('x', 1600, null, '2026-07-03')])).toEqual(['? a b c x']);
    const ofDay = [entry('a', 500, '7'), entry('c', 300, '8'), entry('d', 700, '8', '2026-07-02')];
    expect(matches([BAG, DAY], ofDay, [entry('x', 800, null)])).toEqual(['? a c x']);
  });

  test('has all receipts of its bag, also where the numbers of bags begin again each year', () => {
    const within = { from: 0, to: 5 };
    const left = [entry('a', 500, '7'), entry('b', 837, null)];
    const nextYear = [entry('c', 500, '7', '2027-01-04'), entry('d', 837, null, '2027-01-05')];
    const slips = [entry('x', 1337, '7', '2026-07-02'), entry('y', 1337, '7', '2027-01-05')];
    expect(matches([{ ...BAG, within }, SUBSET], [...left, ...nextYear], slips)).toEqual(['a b x', 'c d y']);
    // Without days, it is one bag, and neither slip has all of it.
    expect(matches([BAG, SUBSET], [...left, ...nextYear], slips)).toEqual(['? a b x', '? c d y']);
  });

  test('may have several bags, each of them whole', () => {
    expect(matches([BAG, DAY], [entry('a', 500, '7'), entry('c', 300, '8')], [entry('x', 800, null)])).toEqual(['a c x']);
  });
});

describe('one record of another day', () => {
  test('is only proposed where its amount is an everyday one: a stranger may have it', () => {
    const sum = { ...SUBSET, name: 'rest of a batch' };
    expect(matches([BAG, sum], [entry('a', 8500, null)], [entry('x', 8500, null, '2026-07-03')])).toEqual(['? a x']);
    expect(matches([BAG, sum], [entry('a', 8500, null)], [entry('x', 8500, null)])).toEqual(['a x']);
    expect(matches([BAG, sum], [entry('a', 8537, null)], [entry('x', 8537, null, '2026-07-03')])).toEqual(['a x']);
  });

  test('completes a group of its own day', () => {
    const left = [entry('a', 3500, '7'), entry('b', 8500, null)];
    expect(matches([BAG, SUBSET], left, [entry('x', 12_000, '7', '2026-07-03')])).toEqual(['a b x']);
    const other = [entry('a', 3500, '7', '2026-07-02'), entry('b', 8500, null)];
    expect(matches([BAG, SUBSET], other, [entry('x', 12_000, '7', '2026-07-03')])).toEqual(['? a b x']);
  });
});

describe('several tills of one day, tied as one group', () => {
  const by = same('bag', 'account');
  const passes: Pass[] = [{ ...BAG, name: 'bag and account', on: by, sides: 'many_to_many' }];
  const wide: KeyPass = { ...DAY, sides: 'many_to_many' };
  const tills = [entry('a', 500, '7', '2026-07-01', { account: '1' }), entry('b', 800, '8', '2026-07-01', { account: '1' })];
  const lines = (bag: string | null) => [500, 800].map((minor, i) => entry('xy'[i]!, minor, bag, '2026-07-01', { account: '1' }));

  test('are only proposed: which entry is of which till is not known', () => {
    expect(matches([...passes, wide], tills, lines(null))).toEqual(['? a b x y']);
    const one = tills.map((till) => ({ ...till, values: { ...till.values, bag: '7' } }));
    expect(matches([...passes, wide], one, lines(null))).toEqual(['a b x y']);
    expect(matches([...passes, wide], tills, [entry('x', 1300, null)])).toEqual(['a b x']);
  });

  test('are not several because a narrower key with more fields splits them', () => {
    const [a, b] = [entry('a', 500, '7', '2026-07-01', { account: '1' }), entry('b', 800, '7', '2026-07-01', { account: '2' })];
    const moved = [entry('x', 500, '7', '2026-07-01', { account: '3' }), entry('y', 800, '7', '2026-07-01', { account: '4' })];
    expect(matches([...passes, { ...BAG, sides: 'many_to_many' }], [a, b], moved)).toEqual(['a b x y']);
  });
});

test('a refund as large as a payment that was not settled does not make a settlement add up', () => {
  const pass: SettlementPass = {
    ...{ kind: 'settlement', name: 'batch', of: 'right', on: same('bag'), sides: 'many_to_one' },
    ...{ parts: { gross: 'gross', refunds: 'refunds' }, negative: [], contract: [], feeLimit: 0, confirm: 'automatic' },
  };
  const paid = [entry('a', 1000, '7'), entry('b', 1200, '7'), entry('r', -1200, '7')];
  // The gross is a alone with b or without it: 10.00 says that b is missing, and not that there are no refunds.
  expect(matches([pass], paid, [entry('s', -200, '7', '2026-07-02', { gross: '1000', refunds: '1200' })])).not.toContain('a b r s');
});

describe('numbers that are of one record on each side', () => {
  const NUMBER: KeyPass = { ...BAG, name: 'receipt', sides: 'one_to_one' };
  const GROUPS: KeyPass = { ...DAY, sides: 'many_to_many' };

  test('a group of two that balances is only proposed: a record without its number has another one', () => {
    const left = [entry('a', 500, '7'), entry('b', 500, null)];
    expect(matches([NUMBER, GROUPS], left, [entry('x', 500, null), entry('y', 500, '8')])).toEqual(['? a b x y']);
  });

  test('one that is split over two records is tied', () => {
    expect(matches([NUMBER, GROUPS], [entry('a', 500, '7')], [entry('x', 200, null), entry('y', 300, null)])).toEqual(['a x y']);
  });
});
