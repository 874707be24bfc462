import { expect, test } from 'vitest';
import { EXCEPTION_TYPES, type ExceptionFacts } from './types.ts';

const ABOUT: ExceptionFacts = {
  leftName: 'receipts',
  rightName: 'the bank',
  leftCount: 2,
  rightCount: 1,
  minor: -400,
  currency: 'USD',
  since: '2026-07-01',
  facts: {
    ...{ left_sum: 4400, right_sum: 4000, short: 'cash', over: 'check', missing: '2/2', business_days: 4, deposited: '2026-07-08' },
    ...{ entered: '2026-08-20', closed: '2026-08-14', total: '200', says: 600, count: 1, have: 500, first: '3', last: '4' },
    ...{ after: '2', before: '5', fee: 300, expected: 220, net: 2400, parts: 2500, is: '2026-08', should_be: '2026-07' },
    ...{ difference: -100, accepted: 0, of: 'Pool', day: '2026-07-01' },
  },
};

test('every type of exception says in whole sentences what happened, with its figures, and what to do next', () => {
  for (const [code, type] of Object.entries(EXCEPTION_TYPES)) {
    const said = type.sentence(ABOUT);
    for (const text of [said, type.next]) {
      expect(text, code).toMatch(/^[A-Z0-9-].{14,}[.)]$/);
      expect(text, code).not.toMatch(/undefined|NaN|null|\{|\.\./);
    }
    // A figure or a day, so that it can be found; a missing source is told by its name.
    if (code !== 'source_missing') expect(said, code).toMatch(/\d/);
    // What to do begins with a verb, and is more than to look.
    expect(type.next, code).toMatch(/^(?:[A-Z][a-z]+) /);
    expect(type.next, code).not.toMatch(/^(?:Look|Check|See) at it\.$/);
  }
});

test('a difference says by how much the second side has more or less, whatever the sides are called', () => {
  expect(EXCEPTION_TYPES.amount_differs.sentence(ABOUT)).toBe('Receipts 44.00, the bank 40.00: 4.00 less.');
  expect(EXCEPTION_TYPES.bank_amount_differs.sentence({ ...ABOUT, minor: 150 })).toContain(': 1.50 more.');
});

test('a clerk can read it: no minus signs of the bank, the month of a posting, the sums of a deposit that came in parts', () => {
  const said = (code: keyof typeof EXCEPTION_TYPES, more: Partial<ExceptionFacts> = {}): string =>
    EXCEPTION_TYPES[code].sentence({ ...ABOUT, ...more });
  expect(said('chargeback')).toMatch(/^4\.00 of 2026-07-01 was charged back/);
  expect(said('fee_odd', { facts: { ...ABOUT.facts, month: '2026-06' } })).toBe(
    'The fees of 2026-06 were debited with 3.00; the contract gives 2.20.',
  );
  expect(said('nsf')).toBe('The bank returned a check: 4.00 of 2026-07-01.');
  expect(said('wrong_period', { facts: { is: '2026-08-04', should_be: '2026-07' } })).toContain(
    'is posted in 2026-08; it belongs to 2026-07.',
  );
  expect(said('wrong_period', { facts: { is: '2', should_be: '2026-07' } })).toContain('is posted in 2;');
  expect(said('split_incomplete')).toBe('A deposit of 2026-07-01 came in parts. Receipts 44.00, the bank 40.00: part 2/2 is missing.');
  expect(said('split_incomplete', { facts: { missing: '1/2' } })).toContain('4.00 is there: part 1/2 is missing.');
  expect(said('decision_no_longer_balances')).toBe(
    'What a person matched of 2026-07-01 has changed: 1.00 less in the bank now, no difference when it was decided.',
  );
  expect(said('missing_batch', { facts: { of: 'B7', first: '3', last: '4' } })).toBe(
    'Batch B7 of 2026-07-01 (numbers 3 to 4) did not come.',
  );
  expect(said('missing_batch', { facts: { of: 'Pool', day: '2026-07-01', side: 'left' } })).toBe(
    'The batch of Pool for 2026-07-01 did not come.',
  );
  expect(said('composition_differs', { rightName: 'slips', minor: 500 })).toBe(
    'The sum is right, but in slips of 2026-07-01 there is 5.00 too little of cash and too much of check.',
  );
  // Of several receipts that would explain it, it is not known which one is missing; the side says whose records they are.
  expect(said('not_deposited', { minor: 400, facts: { side: 'left', one_of: 3, records: 1 } })).toBe(
    '4.00 of receipts of 2026-07-01 is in no deposit: 3 records have just this amount, and it is not known which of them is missing.',
  );
  expect(said('only_right', { leftCount: 0, minor: 400, facts: {} })).toBe(
    '4.00 of the bank of 2026-07-01 has nothing that matches it in receipts.',
  );
  expect(said('ambiguous', { rightCount: 0 })).toBe(
    '2 records of receipts of 2026-07-01 fit more than one record of the bank equally well.',
  );
  expect(said('transposed', { facts: { left_sum: 5400, right_sum: 4500, or_missing: 1 }, minor: -900 })).toBe(
    'Receipts 54.00, the bank 45.00: two neighboring digits were swapped, or a record of 9.00 is missing.',
  );
  expect(said('deposit_without_receipt', { leftCount: 0, leftName: 'the slips' })).toContain('matches nothing in the slips.');
});
