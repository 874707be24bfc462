import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDays, dateOf, dayNumber } from '../calendar.ts';
import type { ControlTotal, Entry, KeyPass, Pass } from '../entry.ts';
import { conservedSums } from '../match/conservation.ts';
import { reconcileSides, type Rules } from '../match/reconcile.ts';
import { isTransposed, missingPart } from './explain-unequal.ts';
import { type ExceptionRules, NO_RULES } from './rules.ts';

const days = businessDays([0, 6], []);
const TODAY = dayNumber('2026-12-31');

function entry(id: string, minor: number, date: string, values: Entry['values'] = {}): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values };
}

const SLIP: KeyPass = { kind: 'key', name: 'slip', on: [{ left: 'slip', right: 'slip' }], sides: 'many_to_one', confirm: 'automatic' };
const MANY: KeyPass = { ...SLIP, sides: 'many_to_many' };

function reconcile(
  exceptions: Partial<ExceptionRules>,
  left: Entry[],
  right: Entry[],
  given: { passes?: Pass[]; today?: string; open?: Partial<Rules['open']>; fiscalYearStarts?: number } = {},
) {
  const rules: Rules = {
    reconciliation: 'r',
    passes: given.passes ?? [SLIP],
    open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'deposit_without_receipt', within: 0 }, ...given.open },
    exceptions: { ...NO_RULES, ...exceptions },
    fiscalYearStarts: given.fiscalYearStarts ?? 7,
  };
  const result = reconcileSides(rules, { left, right }, [], days, given.today ? dayNumber(given.today) : TODAY);
  conservedSums('r', { left, right }, result);
  return {
    ...result,
    found: result.exceptions.map((e) => [e.type, ...[...e.left, ...e.right].map(({ id }) => id)].join(' ')).sort(),
    confirmed: result.matches.filter((m) => m.state === 'confirmed').map((m) => [...m.left, ...m.right].map(({ id }) => id).join(' ')),
  };
}

test('what is older than the other side is an opening item, unless something fits', () => {
  const open = { right: { type: 'deposit_without_receipt', within: 0, opening: dayNumber('2026-07-01') } };
  const left = [entry('a', 700, '2026-07-01', { slip: '9' })];
  const right = [
    entry('x', 500, '2026-06-30', { slip: '7' }),
    entry('y', 500, '2026-07-02', { slip: '8' }),
    entry('z', 700, '2026-06-30', { slip: '9' }),
  ];
  const { found, confirmed, outOfScope } = reconcile({}, left, right, { open });
  expect(found).toEqual(['deposit_without_receipt y']);
  expect(confirmed).toEqual(['a z']);
  expect(outOfScope.map(({ entry: { id }, rule }) => [id, rule])).toEqual([['x', 'an opening item, of before 2026-07-01']]);
});

test('so is what may be of before, as long as the left is in transit; of the left only what is older', () => {
  const opening = dayNumber('2026-07-01');
  const open = { left: { type: 'not_deposited', within: 2, opening }, right: { type: 'deposit_without_receipt', within: 0, opening } };
  const right = ['2026-07-01', '2026-07-02', '2026-07-03'].map((day) => entry(day, 500, day));
  const { found, outOfScope } = reconcile({}, [entry('a', 700, '2026-07-01'), entry('b', 700, '2026-06-30')], right, { open });
  expect(found).toEqual(['deposit_without_receipt 2026-07-03', 'not_deposited a']);
  expect(outOfScope.map(({ entry: { id } }) => id).sort()).toEqual(['2026-07-01', '2026-07-02', 'b']);
});

describe('a receipt that was entered twice', () => {
  const rules = { duplicates: [{ side: 'left' as const, type: 'duplicate_receipt', fields: ['payer'], at: 'at', minutes: 5 }] };
  const once = { slip: '7', payer: 'Diaz', at: '2026-07-01T10:00:00Z' };

  test('is left out of its group, which then adds up', () => {
    const { found, confirmed } = reconcile(
      rules,
      [
        entry('a', 1200, '2026-07-01', once),
        entry('b', 1200, '2026-07-01', { ...once, at: '2026-07-01T10:03:00Z' }),
        entry('c', 500, '2026-07-01', { slip: '7' }),
      ],
      [entry('d', 1700, '2026-07-01', { slip: '7' })],
    );
    expect(found).toEqual(['duplicate_receipt b']);
    expect(confirmed).toEqual(['a c d']);
  });

  test('is not a copy when the money of both is there', () => {
    const { found, confirmed } = reconcile(
      rules,
      [entry('a', 1200, '2026-07-01', once), entry('b', 1200, '2026-07-01', { ...once, at: '2026-07-01T10:03:00Z' })],
      [entry('d', 2400, '2026-07-01', { slip: '7' })],
    );
    expect([found, confirmed]).toEqual([[], ['a b d']]);
  });

  test('is not a copy an hour later', () => {
    const { found } = reconcile(
      rules,
      [entry('a', 1200, '2026-07-01', once), entry('b', 1200, '2026-07-01', { ...once, at: '2026-07-01T11:03:00Z' })],
      [entry('d', 1200, '2026-07-01', { slip: '7' })],
    );
    // One of the two is in no deposit. Which one is not known: both have the amount.
    expect(found).toEqual(['not_deposited a b d']);
  });

  test('makes no pair of equal amounts ambiguous', () => {
    const amount: Pass = {
      kind: 'amount',
      name: 'amount',
      block: [],
      within: { from: 0, to: 3 },
      text: [],
      chance: 1000,
      confirm: 'automatic',
    };
    const { found, confirmed } = reconcile(
      rules,
      [entry('a', 1200, '2026-07-01', once), entry('b', 1200, '2026-07-01', { ...once, at: '2026-07-01T10:03:00Z' })],
      [entry('d', 1200, '2026-07-01')],
      { passes: [amount] },
    );
    expect([found, confirmed]).toEqual([['duplicate_receipt b'], ['a d']]);
  });

  describe('and only the second entry has the number', () => {
    const amount: Pass = {
      ...{ kind: 'amount', name: 'amount', block: [], within: { from: 0, to: 3 }, text: [], chance: 1000, confirm: 'automatic' },
    };
    const first = entry('a', 1200, '2026-07-01', { ...once, slip: null });
    const second = entry('b', 1200, '2026-07-01', { ...once, at: '2026-07-01T10:03:00Z' });
    const numbered = entry('x', 1200, '2026-07-01', { slip: '7' });

    test('has the money in its first entry', () => {
      const { found, confirmed } = reconcile(rules, [first, second], [numbered], { passes: [SLIP, amount] });
      expect([found, confirmed]).toEqual([['duplicate_receipt b'], ['a x']]);
    });

    test('also where a wider key holds the first one in a sum that differs: there the copy takes its place', () => {
      const place: KeyPass = { ...MANY, name: 'place', on: ['payer'].map((field) => ({ left: field, right: field })) };
      const more = [entry('y', 4400, '2026-07-01', { payer: once.payer! })];
      const { confirmed, exceptions } = reconcile(rules, [first, second], [numbered, ...more], { passes: [SLIP, place] });
      expect(confirmed).toEqual(['a x']);
      expect(exceptions.flatMap((e) => e.left.map(({ id }) => id))).toEqual(['b']);
    });

    test('each keeps its own where the money of both is there', () => {
      const { found, confirmed } = reconcile(rules, [first, second], [numbered, entry('y', 1200, '2026-07-01')], {
        passes: [SLIP, amount],
      });
      expect([found, confirmed]).toEqual([[], ['b x', 'a y']]);
    });
  });

  test('does not stand for a note of the same amount that has lost its number', () => {
    const parts = [{ left: 'tender', right: { cash: ['cash'], check: ['checks'] }, type: 'composition_differs' }];
    const copy = entry('b', 1200, '2026-07-01', { ...once, tender: 'check', at: '2026-07-01T10:03:00Z' });
    const { matches } = reconcile(
      { ...rules, parts },
      [
        entry('a', 1200, '2026-07-01', { ...once, tender: 'check' }),
        copy,
        entry('c', 1200, '2026-07-01', { slip: null, tender: 'cash' }),
        entry('e', 500, '2026-07-01', { slip: '7', tender: 'cash' }),
      ],
      [entry('d', 2900, '2026-07-01', { slip: '7', cash: '1700', checks: '1200' })],
    );
    expect(matches.map(({ state }) => state)).toEqual(['proposed']);
  });

  test('in the ledger: the second of two entries with equal lines was posted twice, whole', () => {
    const line = (id: string, journal: string, account: string, minor: number): Entry =>
      entry(id, minor, '2026-07-02', { slip: '7', journal, account });
    const { found, confirmed } = reconcile(
      { duplicates: [{ side: 'right', type: 'duplicate_posting', fields: ['slip', 'account'], entry: 'journal' }] },
      [entry('a', 5000, '2026-07-01', { slip: '7' }), entry('b', 3000, '2026-07-01', { slip: '7' })],
      [line('p', 'J1', 'A', 5000), line('q', 'J1', 'B', 3000), line('x', 'J2', 'A', 5000), line('y', 'J2', 'B', 3000)],
      { passes: [MANY] },
    );
    expect([found, confirmed]).toEqual([['duplicate_posting x y'], ['a b p q']]);
  });

  test('in the ledger by accounts: the lines of the second entry are in several groups, and are one exception', () => {
    const by = (account: string) => ({ slip: '7', account });
    const line = (id: string, journal: string, account: string, minor: number): Entry =>
      entry(id, minor, '2026-07-02', { ...by(account), journal });
    const passes: Pass[] = [{ ...SLIP, on: ['slip', 'account'].map((field) => ({ left: field, right: field })) }];
    const given = (account: string, right: Entry[]) =>
      reconcile(
        { duplicates: [{ side: 'right', type: 'duplicate_posting', fields: ['slip', 'account'], entry: 'journal' }] },
        [
          entry('a', 5000, '2026-07-01', by('A')),
          entry('b', 1000, '2026-07-01', by('B')),
          entry('c', 2000, '2026-07-01', by('B')),
          entry('d', 3000, '2026-07-01', by(account)),
        ],
        right,
        { passes },
      );
    const first = [line('p', 'J1', 'A', 5000), line('q', 'J1', 'B', 3000)];
    const second = [line('x', 'J2', 'A', 5000), line('y', 'J2', 'B', 3000)];
    const third = [line('z', 'J3', 'A', 5000), line('zz', 'J3', 'B', 3000)];
    const twice = given('C', [...first, ...second]);
    expect([twice.found, twice.confirmed.sort()]).toEqual([
      ['duplicate_posting x y', 'not_deposited d'],
      ['a p', 'b c q'],
    ]);
    expect(given('C', [...first, ...second, ...third]).found).toEqual([
      'duplicate_posting x y',
      'duplicate_posting z zz',
      'not_deposited d',
    ]);
  });
});

describe('a voided receipt', () => {
  const rules = { voids: [{ side: 'left' as const, type: 'void_after_deposit', where: { status: ['voided'] }, on: 'voided' }] };
  const voided = (on: string | null) => ({ slip: '7', status: 'voided', voided: on });
  const good = entry('a', 500, '2026-07-01', { slip: '7' });

  test('on its own day never had money', () => {
    const { found, confirmed, outOfScope } = reconcile(
      rules,
      [good, entry('v', 900, '2026-07-01', voided('2026-07-01'))],
      [entry('d', 500, '2026-07-01', { slip: '7' })],
    );
    expect([found, confirmed, outOfScope.map((o) => o.entry.id)]).toEqual([[], ['a d'], ['v']]);
  });

  test('whose money was deposited is an exception, and the slip adds up', () => {
    const { found, confirmed } = reconcile(
      rules,
      [good, entry('v', 900, '2026-07-01', voided('2026-07-09'))],
      [entry('d', 1400, '2026-07-01', { slip: '7' })],
    );
    expect([found, confirmed]).toEqual([['void_after_deposit v'], ['a v d']]);
  });

  test('before the deposit is out of scope when the slip adds up without it', () => {
    const { found, confirmed, outOfScope } = reconcile(
      rules,
      [good, entry('v', 900, '2026-07-01', voided('2026-07-02'))],
      [entry('d', 500, '2026-07-03', { slip: '7' })],
    );
    expect([found, confirmed, outOfScope.map((o) => o.entry.id)]).toEqual([[], ['a d'], ['v']]);
  });
});

describe('what a difference is called', () => {
  const two = (more: Partial<ExceptionRules>, slip: number, values: Entry['values'] = {}) =>
    reconcile(
      more,
      [entry('a', 5000, '2026-07-01', { slip: '7' }), entry('b', 2345, '2026-07-01', { slip: '7' })],
      [entry('d', slip, '2026-07-01', { slip: '7', ...values })],
    ).found;

  test.each([
    ['within the limit, cash over or short', 7340, {}, 'cash_over_short a b d'],
    ['two neighboring digits swapped', 7435, {}, 'transposed a b d'],
    ['a bag of two whose second is missing', 5000, { text: 'BAG 1/2' }, 'split_incomplete a b d'],
    ['anything else, by the name of the reconciliation', 9999, {}, 'bank_amount_differs a b d'],
  ])('%s', (_, slip, values, wanted) => {
    const splits = [{ side: 'right' as const, type: 'split_incomplete', field: 'text' }];
    expect(two({ overShort: 2000, unequal: 'bank_amount_differs', splits }, slip, values)).toEqual([wanted]);
  });

  test('one receipt that is the whole difference is the exception; the rest is proposed, not confirmed', () => {
    const { found, matches } = reconcile(
      { overShort: 2000 },
      [entry('a', 5000, '2026-07-01', { slip: '7' }), entry('b', 2345, '2026-07-01', { slip: '7' })],
      [entry('d', 5000, '2026-07-01', { slip: '7' })],
    );
    expect(found).toEqual(['not_deposited b']);
    expect(matches.map((m) => [m.state, m.evidence.doubt])).toEqual([['proposed', 'without_one']]);
  });

  test.each([
    ['where nothing else comes to it, the rest is confirmed', [3001, 4417, 1209], 0, 2000, 'confirmed'],
    ['where two others come to it too, the rest is proposed', [3001, 1800, 1201], 0, 2000, 'proposed'],
    ['where the drawer may be short by as much, the rest is proposed', [3001, 4417, 1209], 0, 5000, 'proposed'],
  ])('the slip says its cash and its checks, and lacks one check: %s', (_, checks, lost, overShort, state) => {
    const of = (id: string, minor: number, tender: string) => entry(id, minor, '2026-07-01', { slip: '7', tender });
    const sum = checks.reduce((n, minor, i) => n + (i === lost ? 0 : minor), 0);
    const parts = [{ type: 'composition_differs', left: 'tender', right: { cash: ['cash'], check: ['checks'] } }];
    const { found, matches } = reconcile(
      { overShort, parts },
      [of('a', 500, 'cash'), of('b', 2501, 'cash'), ...checks.map((minor, i) => of(`c${i}`, minor, 'check'))],
      [entry('d', 3001 + sum, '2026-07-01', { slip: '7', cash: '3001', checks: String(sum) })],
    );
    expect([found, matches.map((match) => match.state)]).toEqual([['not_deposited c0'], [state]]);
  });

  const BY_TILL: KeyPass = { ...SLIP, name: 'till and day', on: [{ left: 'till', right: 'till' }] };
  const bag = (...minors: number[]) => minors.map((minor, i) => entry(`a${i}`, minor, '2026-07-01', { slip: '7', till: 'T1' }));

  test('one of several receipts of the amount is missing: the bag is named as not deposited, with what is missing of it', () => {
    const { exceptions, matches } = reconcile({ overShort: 2000 }, bag(1200, 1200, 3001), [entry('d', 4201, '2026-07-01', { slip: '7' })]);
    expect(exceptions).toMatchObject([{ type: 'not_deposited', minor: 1200, facts: { side: 'left', one_of: 2, records: 1 } }]);
    expect([exceptions[0]!.left.length, exceptions[0]!.right.length, matches]).toEqual([3, 1, []]);
  });

  test.each([
    ['of one way of paying', { tender: 'check' }, { tender: 'cash' }],
    ['of one till', { till: 'T2' }, { till: 'T1' }],
    ['of one receipt that was paid in two ways', { receipt: 'R7' }, { receipt: null }],
  ])('all records %s are missing: they are the exception, and the rest is proposed', (_, missing, there) => {
    const rules: Partial<ExceptionRules> = {
      overShort: 2000,
      parts: [{ type: 'composition_differs', left: 'tender', right: 'tender' }],
      duplicates: [{ side: 'left', type: 'duplicate_receipt', fields: ['payer'], entry: 'receipt' }],
    };
    const one = (id: string, minor: number, values: Entry['values']) =>
      entry(id, minor, '2026-07-01', { slip: '7', tender: 'cash', ...values });
    const { found, matches } = reconcile(
      rules,
      [one('a', 411, there), one('b', 222, missing), one('c', 533, there), one('e', 114, missing)],
      [entry('d', 944, '2026-07-01', { slip: '7', tender: 'cash' })],
      { passes: [SLIP, BY_TILL] },
    );
    expect(found).toEqual(['not_deposited b e']);
    expect(matches.map((m) => [m.state, m.evidence.doubt, ...m.left.map(({ id }) => id)])).toEqual([['proposed', 'without_one', 'a', 'c']]);
  });

  test('two or three receipts are missing where no others come near to the difference, not where many would fit by chance', () => {
    const lacks = (minors: number[], ...missing: number[]) => {
      const sum = minors.reduce((n, minor, i) => n + (missing.includes(i) ? 0 : minor), 0);
      return reconcile({}, bag(...minors), [entry('d', sum, '2026-07-01', { slip: '7', till: 'T1' })]).found;
    };
    expect(lacks([1817, 3241, 5563, 829, 12_071], 0, 3)).toEqual(['not_deposited a0 a3']);
    expect(lacks([1817, 3241, 5563, 829, 12_071, 2999], 0, 1, 3)).toEqual(['not_deposited a0 a1 a3']);
    // 30.00 in whole tens: 10.00 and 20.00 are missing, or a 30.00 bill; it is not known which.
    expect(lacks([1000, 2000, 4000, 5000, 6000, 7000], 0, 1)).toEqual(['amount_differs a0 a1 a2 a3 a4 a5 d']);
  });

  test('a day of two that did not arrive with the bag is missing', () => {
    const day = (id: string, minor: number, date: string) => entry(id, minor, date, { slip: '7' });
    const { found } = reconcile(
      { overShort: 2000 },
      [day('a', 411, '2026-07-01'), day('b', 222, '2026-07-01'), day('c', 533, '2026-07-02'), day('e', 114, '2026-07-02')],
      [entry('d', 633, '2026-07-02', { slip: '7' })],
    );
    expect(found).toEqual(['not_deposited c e']);
  });

  test('lines of the bank of which one is missing on the other side, where the other side has one record', () => {
    const lines = [700, 1900, 4400].map((minor, i) => entry(`d${i}`, minor, '2026-07-02', { slip: '7' }));
    const { found } = reconcile({ unequal: 'bank_amount_differs' }, [entry('a', 6300, '2026-07-01', { slip: '7' })], lines, {
      passes: [{ ...SLIP, sides: 'one_to_many' }],
    });
    expect(found).toEqual(['deposit_without_receipt d0']);
  });

  test('a later line with the number of the slip is a correction: what the bank has differs', () => {
    const correction = (more: Partial<Entry>, unequal = 'bank_amount_differs', on = SLIP.on) =>
      reconcile(
        { unequal },
        [entry('a', 6300, '2026-07-01', { slip: '7', day: '1' })],
        [entry('d', 6300, '2026-07-02', { slip: '7', day: '1' }), { ...entry('e', -2000, '2026-07-03', { slip: '7', day: '1' }), ...more }],
        { passes: [{ ...MANY, on }] },
      ).found;
    expect(correction({})).toEqual(['bank_amount_differs a d e']);
    expect(correction({ minor: 450 })).toEqual(['bank_amount_differs a d e']);
    // Of the same day it may be another deposit; so may what only has a day in common. Without a name for it, it is open.
    expect(correction({ day: dayNumber('2026-07-02') })).toEqual(['deposit_without_receipt e']);
    expect(correction({}, 'amount_differs')).toEqual(['deposit_without_receipt e']);
    expect(correction({}, 'bank_amount_differs', [...SLIP.on, { left: 'day', right: 'day' }])).toEqual(['deposit_without_receipt e']);
  });

  test('so it is where a number has one line of the bank only', () => {
    const of = (...lines: Entry[]) =>
      reconcile({ unequal: 'bank_amount_differs' }, [entry('a', 6300, '2026-07-01', { slip: '7' })], lines).found;
    const credit = entry('d', 6300, '2026-07-02', { slip: '7' });
    expect(of(credit, entry('e', -2000, '2026-07-03', { slip: '7' }))).toEqual(['bank_amount_differs a d e']);
    // Not the amount of the slip: it is not known which of the two lines is its own.
    expect(of({ ...credit, minor: 6200 }, entry('e', -2000, '2026-07-03', { slip: '7' }))).not.toContain('bank_amount_differs a d e');
  });

  test('a record without the number of its bag is part of the difference, not an exception of its own', () => {
    const keyless = entry('k', 1950, '2026-07-01', { slip: null, till: 'T1' });
    const given = { passes: [SLIP, BY_TILL] };
    const at = (slip: number) =>
      reconcile(
        { overShort: 2000 },
        [...bag(5000, 2345, 5300), keyless],
        [entry('d', slip, '2026-07-01', { slip: '7', till: 'T1' })],
        given,
      ).found;
    // Without the keyless record, cash would seem short by 3.95 or 4.50: within the limit, and wrong.
    expect(at(14595 - 2345)).toEqual(['not_deposited a1']);
    expect(at(14595 - 2400)).toEqual(['amount_differs a0 a1 a2 k d']);
    // Where the narrower group is explained to the cent and the wider one is not, the narrower one holds.
    expect(at(12645 - 2345)).toEqual(['not_deposited a1', 'not_deposited k']);
  });

  test('swapped digits that a missing record would explain as well say so', () => {
    const { exceptions } = reconcile({}, bag(5500, 900), [entry('d', 4600, '2026-07-01', { slip: '7' })]);
    expect(exceptions).toMatchObject([{ type: 'transposed', facts: { left_sum: 6400, right_sum: 4600 } }]);
    const also = reconcile({}, bag(4600, 1800), [entry('d', 4600, '2026-07-01', { slip: '7' })]);
    expect(also.exceptions).toMatchObject([{ type: 'transposed', facts: { or_missing: 1 } }]);
  });

  test('digits are swapped in both directions, and a date is not a part of a bag', () => {
    expect([isTransposed(5400, 4500), isTransposed(4500, 5400), isTransposed(4500, 4590), isTransposed(-4500, 5400)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const at = (text: string) => missingPart([entry('x', 1, '2026-07-01', { text })], 'text');
    expect([at('bag 2/2'), at('bag 1 of 3'), at('7/1/2026'), at('1/1')]).toEqual(['1/2', '2/3', undefined, undefined]);
  });
});

describe('findings about money that is accounted for', () => {
  const left = [
    entry('a', 5000, '2026-06-30', { slip: '7', tender: 'cash' }),
    entry('b', 3000, '2026-06-30', { slip: '7', tender: 'check' }),
  ];

  test('what was dated back into a closed month is no late deposit', () => {
    const afterClose = [{ side: 'left' as const, type: 'refund_after_close', where: {}, entered: 'entered', closes: 10 }];
    const paid = [entry('a', 5000, '2026-08-20', { slip: '7' }), entry('r', -400, '2026-07-01', { slip: '7', entered: '2026-08-20' })];
    const found = (on: string) =>
      reconcile({ afterClose, late: [{ type: 'late_deposit', businessDays: 2 }] }, paid, [entry('d', 4600, on, { slip: '7' })]).found;
    expect(found('2026-08-21')).toEqual(['refund_after_close r']);
    expect(found('2026-08-27')).toEqual(['late_deposit a r d', 'refund_after_close r']);
  });

  test('a late deposit is one finding, and stays confirmed', () => {
    const { found, confirmed } = reconcile({ late: [{ type: 'late_deposit', businessDays: 2 }] }, left, [
      entry('d', 8000, '2026-07-06', { slip: '7' }),
    ]);
    expect([found, confirmed]).toEqual([['late_deposit a b d'], ['a b d']]);
    expect(
      reconcile({ late: [{ type: 'late_deposit', businessDays: 4 }] }, left, [entry('d', 8000, '2026-07-06', { slip: '7' })]).found,
    ).toEqual([]);
  });

  test('that two rules find on the same records are one exception', () => {
    const { found } = reconcile(
      {
        late: [
          { type: 'late_deposit', businessDays: 2 },
          { type: 'late_deposit', businessDays: 4 },
        ],
        voids: [
          { side: 'left', type: 'void_after_deposit', where: { status: ['voided'] } },
          { side: 'left', type: 'void_after_deposit', where: { reason: ['typo'] } },
        ],
        items: [
          { side: 'right', type: 'chargeback', where: { kind: ['cb'] }, always: true, original: [] },
          { side: 'right', type: 'chargeback', where: { code: ['9'] }, always: true, original: [] },
        ],
      },
      [entry('a', 1000, '2026-07-01', { slip: '7', status: 'voided', reason: 'typo' })],
      [entry('d', 1000, '2026-07-14', { slip: '7', kind: 'cb', code: '9' })],
    );
    expect(found).toEqual(['chargeback d', 'late_deposit a d', 'void_after_deposit a']);
  });

  test('checks in place of cash, by columns or by records', () => {
    const slip = entry('d', 8000, '2026-06-30', { slip: '7', cash: '4000', check: '4000' });
    const parts = [{ type: 'composition_differs', left: 'tender', right: { cash: ['cash'], check: ['check'] } }];
    const result = reconcile({ parts }, left, [slip]);
    expect(result.found).toEqual(['composition_differs a b d']);
    expect(result.exceptions[0]).toMatchObject({ minor: 1000, facts: { short: 'cash', over: 'check' }, holds: false });
    const coins = { ...slip, values: { ...slip.values, cash: '3900', coin: '100' } };
    const added = [{ ...parts[0]!, right: { cash: ['cash', 'coin'], check: ['check'] } }];
    expect(reconcile({ parts: added }, left, [coins]).exceptions[0]).toMatchObject({
      minor: 1000,
      facts: { short: 'cash', over: 'check' },
    });
    expect(reconcile({ parts: added }, left, [{ ...coins, values: { ...coins.values, coin: null } }]).found).toEqual([]);
    const blank = { ...slip, values: { ...slip.values, cash: null } };
    expect(reconcile({ parts }, left, [blank]).found).toEqual([]);
    const lines = [
      entry('x', 6000, '2026-06-30', { slip: '7', tender: 'cash' }),
      entry('y', 2000, '2026-06-30', { slip: '7', tender: 'check' }),
    ];
    const same = [{ type: 'wrong_account', left: 'tender', right: 'tender' }];
    expect(reconcile({ parts: same }, left, lines, { passes: [MANY] }).found).toEqual(['wrong_account a b x y']);
  });

  test.each([
    ['a date of the next month', '2026-07-01', true],
    ['a date of the same month', '2026-06-01', false],
    ['another fiscal period', '1', true],
    ['its fiscal period', '12', false],
    ['nothing', null, false],
  ])('posted in the wrong period: %s', (_, posted, wrong) => {
    const { found } = reconcile(
      { periods: [{ type: 'wrong_period', left: 'day', right: 'posted' }] },
      [entry('a', 5000, '2026-06-30', { slip: '7', day: '2026-06-30' })],
      [entry('d', 5000, '2026-07-01', { slip: '7', posted })],
    );
    expect(found).toEqual(wrong ? ['wrong_period d'] : []);
  });

  test.each([
    ['the month in which it was entered', '2026-08-21', false],
    ['the month that it is dated in', '2026-06-12', false],
    ['any other month', '2026-07-31', true],
  ])('a refund that was dated back is told once; its entry is in %s', (_, posted, wrong) => {
    const { found } = reconcile(
      {
        periods: [{ type: 'wrong_period', left: 'day', right: 'posted' }],
        afterClose: [{ side: 'left', type: 'refund_after_close', where: {}, entered: 'entered', closes: 10 }],
      },
      [entry('a', -500, '2026-06-10', { slip: '7', day: '2026-06-10', entered: '2026-08-20' })],
      [entry('d', -500, '2026-08-21', { slip: '7', posted })],
    );
    expect(found).toEqual(['refund_after_close a', ...(wrong ? ['wrong_period d'] : [])]);
  });

  test('the lines of one receipt are one refund that was dated back, and one void, where the rule names the receipt', () => {
    const dated = { entered: '2026-08-20', receipt: 'R1', slip: '7', status: 'voided' };
    const lines = [entry('a', -500, '2026-06-10', dated), entry('b', -300, '2026-06-10', dated)];
    const found = (entry_?: string) => {
      const by = entry_ === undefined ? {} : { entry: entry_ };
      return reconcile(
        {
          afterClose: [{ side: 'left', type: 'refund_after_close', where: {}, entered: 'entered', closes: 10, ...by }],
          voids: [{ side: 'left', type: 'void_after_deposit', where: { status: ['voided'] }, ...by }],
        },
        lines,
        [entry('d', -800, '2026-08-20', { slip: '7' })],
      );
    };
    expect(found('receipt').found).toEqual(['refund_after_close a b', 'void_after_deposit a b']);
    expect(found('receipt').exceptions.map(({ minor }) => minor)).toEqual([-800, -800]);
    expect(found().found).toHaveLength(4);
  });

  test('a refund dated in a month that was closed when it was entered', () => {
    const refund = (entered: string) =>
      reconcile(
        { afterClose: [{ side: 'left', type: 'refund_after_close', where: {}, entered: 'entered', closes: 10 }] },
        [entry('a', -500, '2026-06-10', { entered }), entry('b', 500, '2026-06-10', { entered })],
        [],
      ).found;
    expect(refund('2026-07-14')).toEqual(['not_deposited a', 'not_deposited b']);
    expect(refund('2026-07-15')).toContain('refund_after_close a');
  });

  test('a chargeback needs a person although its settlement adds up; a returned check only while it is open', () => {
    const items = [
      { side: 'right' as const, type: 'chargeback', where: { kind: ['chargeback'] }, always: true, original: [] },
      { side: 'right' as const, type: 'nsf', where: { kind: ['555'] }, always: false, original: [{ left: 'check', right: 'check' }] },
    ];
    const { found, exceptions } = reconcile(
      { items },
      [entry('a', 500, '2026-07-01', { slip: '7' }), entry('k', 700, '2026-07-01', { slip: '8', check: '0012' })],
      [
        entry('d', 900, '2026-07-01', { slip: '7' }),
        entry('c', -400, '2026-07-01', { slip: '7', kind: 'chargeback' }),
        entry('e', 700, '2026-07-01', { slip: '8' }),
        entry('n', -700, '2026-07-05', { kind: '555', check: '0012' }),
      ],
      { passes: [MANY] },
    );
    expect(found).toEqual(['chargeback c', 'nsf n']);
    expect(exceptions.find((e) => e.type === 'nsf')!.facts).toEqual({ original: 'k' });
  });

  test('what finance rejected is not posted, though its lines add up; posted again, it is', () => {
    const items = [
      { side: 'right' as const, type: 'rejected', where: { status: ['rejected'] }, always: false, original: [], entry: 'journal' },
    ];
    const receipts = [entry('a', 500, '2026-07-01', { slip: '7' }), entry('b', 300, '2026-07-01', { slip: '8' })];
    const posting = (journal: string, status: string) => [
      entry(`${journal}-1`, 500, '2026-07-01', { slip: '7', journal, status }),
      entry(`${journal}-2`, 300, '2026-07-01', { slip: '8', journal, status }),
    ];
    const first = reconcile({ items }, receipts, posting('j1', 'rejected'));
    expect([first.found, first.confirmed]).toEqual([['not_deposited a', 'not_deposited b', 'rejected j1-1 j1-2'], []]);
    const again = reconcile({ items }, receipts, [...posting('j1', 'rejected'), ...posting('j2', 'posted')]);
    expect([again.found, again.confirmed]).toEqual([['rejected j1-1 j1-2'], ['a j2-1', 'b j2-2']]);
  });
});

describe('what is not there', () => {
  const gaps = [{ side: 'left' as const, type: 'receipt_gap', number: 'no', series: ['place'] }];
  const numbered = (...numbers: string[]) => numbers.map((no) => entry(no, 100, '2026-07-01', { no, place: 'pool', slip: no }));

  test('a run of numbers between two used ones is one gap; a new series is none', () => {
    const { exceptions } = reconcile({ gaps }, [...numbered('R0098', 'R0101', 'R0102', 'X7')], []);
    expect(exceptions.filter((e) => e.type === 'receipt_gap').map((e) => [e.facts, e.minor, e.currency])).toEqual([
      [{ first: 'R0099', last: 'R0100', count: 2, after: 'R0098', before: 'R0101' }, 0, 'USD'],
    ]);
  });

  test.each([
    ['the prefix of the number', 'A-', 'B-', {}],
    ['the place', '', '', { series: ['place'] }],
  ])('a batch that did not come hides the gaps of its own series only: by %s', (_, missing, other, more) => {
    const totals: ControlTotal = {
      ...{ id: 't', currency: 'USD', minor: 300, count: 3, first: `${missing}102`, last: `${missing}104`, day: dayNumber('2026-07-01') },
      values: { place: 'rink' },
    };
    const of = (place: string, prefix: string, ...numbers: number[]) =>
      numbers.map((n) => entry(`${place} ${n}`, 100, '2026-07-01', { no: `${prefix}${n}`, place }));
    const named: Pass = { kind: 'control', name: 'closes', of: 'left', on: [{ left: 'place', right: 'place' }] };
    const left = [...of('rinks', missing, 100, 101), ...of('pool', other, 101, 105)];
    const rules: Rules = {
      reconciliation: 'r',
      passes: [named],
      open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'deposit_without_receipt', within: 0 } },
      exceptions: { ...NO_RULES, gaps: [{ ...gaps[0]!, series: [], ...more }] },
      totals: { closes: [totals] },
    };
    const { exceptions } = reconcileSides(rules, { left, right: [] }, [], days, TODAY);
    const found = exceptions.filter((e) => e.type === 'receipt_gap').map((e) => [e.facts.first, e.facts.last]);
    expect(found).toEqual([[`${other}102`, `${other}104`]]);
    expect(exceptions.filter((e) => e.type === 'missing_batch')).toHaveLength(1);
  });

  test('numbers of a batch whose total does not hold are an echo of that', () => {
    const total = (count: number): ControlTotal => ({
      ...{ id: 't', currency: 'USD', minor: null, count, first: '101', last: '104', day: dayNumber('2026-07-01') },
      values: { place: 'pool' },
    });
    const causesOf = (count: number) => {
      const rules: Rules = {
        reconciliation: 'r',
        passes: [{ kind: 'control', name: 'closes', of: 'left', on: [{ left: 'place', right: 'place' }] }],
        open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'deposit_without_receipt', within: 0 } },
        exceptions: { ...NO_RULES, gaps },
        totals: { closes: [total(count)] },
      };
      const { exceptions } = reconcileSides(rules, { left: numbered('101', '102', '104'), right: [] }, [], days, TODAY);
      const [gap] = exceptions.filter((e) => e.type === 'receipt_gap');
      return [gap!.facts.first, exceptions.find(({ id }) => id === gap!.cause)?.type];
    };
    expect(causesOf(4)).toEqual(['103', 'control_total_differs']);
    expect(causesOf(3)).toEqual(['103', undefined]);
  });

  test('a day without a settlement, by the calendar and by habit', () => {
    const seen = (skip: string[], weekend = false) =>
      Array.from({ length: 80 }, (_, i) => dayNumber('2026-07-01') + i)
        .filter((day) => weekend || ((day + 4) % 7) % 6 !== 0)
        .map((day) => ({ ...entry(`s${day}`, 100, '2026-07-01', { place: 'pool' }), day }))
        .filter(({ day }) => !skip.some((date) => dayNumber(date) === day));
    const expected = (kind: 'business' | 'habit', right: Entry[]) =>
      reconcile({ expected: [{ side: 'right', type: 'missing_settlement', by: ['place'], days: kind, within: 1 }] }, [], right, {
        today: '2026-09-18',
        open: { right: { type: 'x', within: 400 } },
      }).exceptions.map((e) => e.facts.day);
    expect(expected('business', seen(['2026-09-09']))).toEqual(['2026-09-09']);
    expect(expected('habit', seen(['2026-09-09']))).toEqual(['2026-09-09']);
    expect(expected('habit', seen(['2026-09-12'], true))).toEqual(['2026-09-12']);
    expect(expected('habit', seen([]))).toEqual([]);
  });

  test('days after the last one that either side has anything of are one exception for each place', () => {
    const [pool, rink] = ['pool', 'rink'].map((place) => entry(place, 100, '2026-07-01', { place }));
    const found = (left: Entry[]) =>
      reconcile(
        { expected: [{ side: 'right', type: 'missing_settlement', by: ['place'], days: 'business', within: 1 }] },
        left,
        [pool!, rink!],
        {
          today: '2026-07-10',
          open: { left: { type: 'y', within: 400 }, right: { type: 'x', within: 400 } },
        },
      ).exceptions.map((e) => `${e.facts.of} ${e.facts.day}${e.facts.onward === 1 ? ' and since' : ''}`);
    expect(found([])).toEqual(['pool 2026-07-02 and since', 'rink 2026-07-02 and since']);
    // Where payments go on, each day without a settlement is known to lack one.
    expect(found([entry('p', 100, '2026-07-03', { place: 'pool' })])).toEqual([
      'pool 2026-07-02',
      'pool 2026-07-03',
      'pool 2026-07-06 and since',
      'rink 2026-07-02',
      'rink 2026-07-03',
      'rink 2026-07-06 and since',
    ]);
  });

  test('payments of one number that are all open lack their settlement, however new the sender is; a single one is not settled', () => {
    const expected = [{ side: 'right' as const, type: 'missing_settlement', by: ['place'], days: 'habit' as const, within: 0 }];
    const passes = [{ ...SLIP, name: 'batch', on: ['place', 'batch'].map((field) => ({ left: field, right: field })) }];
    const paid = (id: string, batch: string) => entry(id, 500, '2026-07-01', { place: 'pool', batch });
    const found = (left: Entry[], right: Entry[]) => {
      const { exceptions } = reconcile({ expected }, left, right, {
        passes,
        today: '2026-07-20',
        open: { left: { type: 'not_settled', within: 2 } },
      });
      const cause = exceptions.find((e) => e.type === 'missing_settlement');
      return exceptions.map((e) => `${e.type}${cause && e.cause === cause.id ? ' echo' : ''} ${e.facts.of ?? ''}`.trim()).sort();
    };
    const settled = entry('s', 1000, '2026-07-01', { place: 'pool', batch: '1' });
    const first = [paid('a', '1'), paid('b', '1')];
    expect(found([...first, paid('c', '2'), paid('d', '2')], [settled])).toEqual([
      'missing_settlement pool',
      'not_settled echo',
      'not_settled echo',
    ]);
    expect(found([...first, paid('c', '2')], [settled])).toEqual(['not_settled']);
  });

  test('by habit, a day lacks a settlement only where something waits for it, or nothing is known of the day', () => {
    const expected = [{ side: 'right' as const, type: 'missing_settlement', by: ['place', 'brand'], days: 'habit' as const, within: 0 }];
    const keys = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
    const passes = [
      { ...SLIP, name: 'batch', on: keys('batch') },
      { ...SLIP, on: keys('place', 'brand', 'date') },
    ];
    const dates = Array.from({ length: 84 }, (_, i) => dateOf(dayNumber('2026-01-05') + i)).filter((_, i) => i % 7 < 5);
    const [day, next] = [dates[50]!, dates[51]!];
    const at = (side: string, brand: string, date: string, minor = 500, batch: string | null = null): Entry =>
      entry(`${side} ${brand} ${date}`, minor, date, { place: 'pool', brand, date, batch });
    const found = (unpaid: string[], unsettled: string[], moreOfNext = 0) => {
      const all = dates.flatMap((date) => ['amex', 'visa'].map((brand) => `${brand} ${date}`));
      const batchOf = (name: string): string | null => (moreOfNext && [`amex ${day}`, `amex ${next}`].includes(name) ? '7' : null);
      const of = (side: string, without: string[]) =>
        all
          .filter((name) => !without.includes(name))
          .map((name) => {
            const [brand, date] = name.split(' ') as [string, string];
            const more = side === 'set' && name === `amex ${next}` ? moreOfNext : 0;
            return at(side, brand, date, 500 + more, batchOf(name));
          });
      const { exceptions } = reconcile({ expected }, of('pay', unpaid), of('set', [...unpaid, ...unsettled]), {
        ...{ passes, today: dates.at(-1)! },
      });
      return exceptions.filter((e) => e.type === 'missing_settlement').map((e) => `${e.facts.of} ${e.facts.day}`);
    };
    expect(found([], [])).toEqual([]);
    // Nobody paid by that card. Of the whole day nothing is known.
    expect(found([`amex ${day}`], [])).toEqual([]);
    expect(found([`amex ${day}`, `visa ${day}`], [])).toEqual([`pool, amex ${day}`, `pool, visa ${day}`]);
    expect(found([], [`amex ${day}`])).toEqual([`pool, amex ${day}`]);
    // The terminal was closed a day later, and its payments wait for nothing.
    expect(found([], [`amex ${day}`], 500)).toEqual([]);
    // What waits for the settlement of one day says nothing about the next, on which nobody paid by that card.
    expect(found([`amex ${next}`], [`amex ${day}`])).toEqual([`pool, amex ${day}`]);
    expect(found([], [`amex ${day}`, `amex ${next}`])).toEqual([`pool, amex ${day}`, `pool, amex ${next}`]);
  });

  test('the records of one bag are one exception, which keeps its id when one of them is found', () => {
    const open = { left: { type: 'not_deposited', within: 1, together: ['slip'] } };
    const bag = [entry('a', 500, '2026-07-01', { slip: '7' }), entry('b', 700, '2026-07-01', { slip: '7' })];
    const both = reconcile({}, bag, [], { open });
    expect(both.found).toEqual(['not_deposited a b']);
    expect(reconcile({}, bag.slice(0, 1), [], { open }).exceptions[0]!.id).toBe(both.exceptions[0]!.id);
  });
});

describe('a bag in two parts', () => {
  const splits = [{ side: 'right' as const, type: 'split_incomplete', field: 'text' }];
  const DAY: KeyPass = { ...SLIP, name: 'place and day', on: ['place', 'date'].map((field) => ({ left: field, right: field })) };
  const at = (place: string, slip: string | null, text: string | null = null, date = '2026-07-01') => ({ place, slip, text, date });
  const paid = [entry('a', 500, '2026-07-01', at('pool', '7')), entry('b', 300, '2026-07-01', at('pool', '8'))];
  const one = entry('s', 500, '2026-07-02', at('pool', '7', 'bag 1/2'));

  test('of which one is there and tied: what the other one has is missing with it, and is found when it comes', () => {
    const first = reconcile({ splits }, paid, [one], { passes: [SLIP, DAY] });
    expect([first.found, first.confirmed]).toEqual([['split_incomplete b'], ['a s']]);
    expect(first.exceptions[0]).toMatchObject({ minor: 300, facts: { missing: '2/2' } });
    const two = entry('t', 300, '2026-07-03', at('pool', '8', 'bag 2/2'));
    expect(reconcile({ splits }, paid, [one, two], { passes: [SLIP, DAY] }).found).toEqual([]);
    const elsewhere = reconcile({ splits }, [entry('c', 300, '2026-07-01', at('rink', '8')), paid[0]!], [one], { passes: [SLIP, DAY] });
    expect(elsewhere.found).toEqual(['not_deposited c']);
  });

  test('whose text does not say which bag: parts of two places or days are not parts of one', () => {
    const parts = [
      entry('d', 500, '2026-07-02', at('pool', null, 'bag 1/2')),
      entry('e', 700, '2026-07-02', at('rink', null, 'bag 2/2')),
      entry('f', 900, '2026-07-03', at('pool', null, 'bag 2/2', '2026-07-02')),
      entry('g', 100, '2026-07-02', at('dock', null, 'bag 9 1/2')),
      entry('h', 200, '2026-07-03', at('dock', null, 'bag 9 2/2', '2026-07-02')),
    ];
    const { found } = reconcile({ splits }, [], parts, { passes: [SLIP, DAY] });
    expect(found).toEqual(['deposit_without_receipt g h', 'split_incomplete d', 'split_incomplete e', 'split_incomplete f']);
  });
});

describe('for every input', () => {
  const record = fc.record({
    minor: fc.constantFrom(500, 1000, 1500, -500, 2500),
    day: fc.integer({ min: 0, max: 9 }),
    slip: fc.option(fc.constantFrom('1', '2', '3'), { freq: 6 }),
    payer: fc.constantFrom('Diaz', 'Roe', null),
    status: fc.constantFrom('posted', 'posted', 'voided'),
    voided: fc.constantFrom('2026-07-01', '2026-07-05', null),
    kind: fc.constantFrom(null, null, 'chargeback'),
    text: fc.constantFrom(null, 'bag 1/2', 'bag 2/2'),
  });
  const side = (prefix: string) =>
    fc.array(record, { maxLength: 12 }).map((list) =>
      list.map(({ minor, day, ...values }, i): Entry => ({
        ...entry(`${prefix}${i}`, minor, '2026-07-01', values),
        day: dayNumber('2026-07-01') + day,
      })),
    );
  const rules: Partial<ExceptionRules> = {
    overShort: 500,
    duplicates: [
      { side: 'left', type: 'duplicate_receipt', fields: ['payer', 'slip'] },
      { side: 'right', type: 'duplicate_posting', fields: ['payer', 'slip'] },
    ],
    voids: [{ side: 'left', type: 'void_after_deposit', where: { status: ['voided'] }, on: 'voided' }],
    late: [{ type: 'late_deposit', businessDays: 1 }],
    items: [{ side: 'right', type: 'chargeback', where: { kind: ['chargeback'] }, always: true, original: [] }],
    splits: [{ side: 'right', type: 'split_incomplete', field: 'text' }],
    gaps: [{ side: 'left', type: 'receipt_gap', number: 'slip', series: [] }],
  };
  const amount: Pass = {
    kind: 'amount',
    name: 'amount',
    block: [],
    within: { from: 0, to: 3 },
    text: [],
    chance: 1000,
    confirm: 'automatic',
  };
  const shown = (result: ReturnType<typeof reconcile>) => ({
    matches: result.matches.map((m) => [m.id, m.state]).sort(),
    exceptions: result.exceptions.map((e) => [e.id, e.type, e.minor]).sort(),
    out: result.outOfScope.map((o) => o.entry.id).sort(),
  });

  test('money is conserved, ids are unique, and the order of the records changes nothing', () => {
    fc.assert(
      fc.property(side('l'), side('r'), fc.array(fc.nat(), { minLength: 30, maxLength: 30 }), (left, right, seeds) => {
        const given = { passes: [MANY, amount], open: { left: { type: 'not_deposited', within: 1, together: ['slip'] } } };
        const result = reconcile(rules, left, right, given);
        const ids = result.exceptions.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const mixed = (list: Entry[]) =>
          list
            .map((e, i) => [seeds[i]!, e] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, e]) => e);
        expect(shown(reconcile(rules, mixed(left), mixed(right), given))).toEqual(shown(result));
      }),
      { numRuns: 400 },
    );
  });
});
