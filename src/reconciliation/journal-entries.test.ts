import fc from 'fast-check';
import { expect, test } from 'vitest';
import { journalEntries, type LedgerRules, type Postable } from './journal-entries.ts';
import { wholly } from './standing.ts';

const rules: LedgerRules = {
  fundOf: (account) => /^(\d{3})-/.exec(account)?.[1],
  debit: { cash: '100-1010', card: '200-1045' },
  clearing: {},
  dueFrom: '{fund}-1310-{other}',
  dueTo: '{fund}-2080-{other}',
};
const fact = (fields: Partial<Postable>, amount = 1000): Postable => ({
  account: '100-4210',
  tender: 'cash',
  currency: 'USD',
  amount,
  split: wholly('reconciled', amount),
  ...fields,
});

test('money of one fund that was taken in another is owed between them, and each fund balances', () => {
  const { lines, notPosted } = journalEntries([fact({}), fact({ account: '230-4215' }, 250), fact({ account: '230-4215' }, -50)], rules);
  expect(lines.map((l) => [l.fund, l.account, l.debit, l.credit])).toEqual([
    ['100', '100-1010', 1200, 0],
    ['100', '100-2080-230', 0, 200],
    ['100', '100-4210', 0, 1000],
    ['230', '230-1310-100', 200, 0],
    ['230', '230-4215', 0, 200],
  ]);
  expect(notPosted).toEqual([]);
});

test('a refund that outweighs what was taken turns the sides around', () => {
  expect(journalEntries([fact({}, -300)], rules).lines.map((l) => [l.account, l.debit, l.credit])).toEqual([
    ['100-4210', 300, 0],
    ['100-1010', 0, 300],
  ]);
});

test('what is not reconciled, has no account or no fund, or was paid in a way without an account, is told and not posted', () => {
  const { lines, notPosted } = journalEntries(
    [
      fact({ split: { reconciled: 600, in_transit: 400, exception: 0, not_covered: 0 } }),
      fact({ account: null }),
      fact({ account: 'parks' }),
      fact({ tender: 'waived' }),
      fact({ tender: null }),
    ],
    rules,
  );
  expect(lines.reduce((sum, l) => sum + l.debit, 0)).toBe(600);
  expect(notPosted.map((n) => [n.amount, n.reason])).toEqual([
    [1000, 'it has no account'],
    [1000, 'its account does not say the fund'],
    [1000, 'no account takes money that was paid by it is not known what'],
    [1000, 'no account takes money that was paid by waived'],
    [400, 'not reconciled: in transit'],
  ]);
});

test('whatever was taken: each fund balances in each currency, and posted and not posted together are all of it', () => {
  const any = fc.record({
    account: fc.constantFrom('100-1', '100-2', '230-1', 'x', null),
    tender: fc.constantFrom('cash', 'card', 'check', null),
    currency: fc.constantFrom('USD', 'CAD'),
    parts: fc.tuple(fc.integer({ min: -900, max: 900 }), fc.integer({ min: -900, max: 900 }), fc.integer({ min: -900, max: 900 })),
  });
  fc.assert(
    fc.property(fc.array(any), (list) => {
      const facts = list.map(({ parts: [reconciled, in_transit, exception], ...rest }): Postable => {
        return { ...rest, amount: reconciled + in_transit + exception, split: { reconciled, in_transit, exception, not_covered: 0 } };
      });
      const { lines, notPosted } = journalEntries(facts, rules);
      for (const group of Map.groupBy(lines, (l) => `${l.fund} ${l.currency}`).values())
        expect(group.reduce((sum, l) => sum + l.debit - l.credit, 0)).toBe(0);
      for (const { debit, credit } of lines) expect(debit >= 0 && credit >= 0 && debit + credit > 0 && debit * credit === 0).toBe(true);
      const revenue = lines.filter(({ what }) => what === 'revenue').reduce((sum, l) => sum + l.credit - l.debit, 0);
      expect(revenue + notPosted.reduce((sum, { amount }) => sum + amount, 0)).toBe(facts.reduce((sum, f) => sum + f.amount, 0));
    }),
  );
});

const clearing: LedgerRules = { ...rules, clearing: { cash: '100-1046', card: '200-1047' } };

test('with a clearing account all money is revenue at once: what is not reconciled is held, and moves when it is', () => {
  const taken = fact({ split: { reconciled: 600, in_transit: 300, exception: 100, not_covered: 0 } });
  const moved = fact({
    amount: 0,
    moved: true,
    split: { reconciled: 400, in_transit: -300, exception: -100, not_covered: 0 },
    before: { amount: 1000, reconciled: 600, posted: 1000 },
  });
  const lines = (facts: Postable[]) => journalEntries(facts, clearing).lines.map((l) => [l.account, l.what, l.debit, l.credit]);
  expect(lines([taken])).toEqual([
    ['100-1010', 'money', 600, 0],
    ['100-1046', 'clearing', 400, 0],
    ['100-4210', 'revenue', 0, 1000],
  ]);
  expect(lines([moved])).toEqual([
    ['100-1010', 'money', 400, 0],
    ['100-1046', 'clearing', 0, 400],
  ]);
});

test('money of a closed period whose entries do not have it is told, never posted as if they had', () => {
  const moved = fact({
    amount: 0,
    moved: true,
    split: { reconciled: 400, in_transit: -400, exception: 0, not_covered: 0 },
    before: { amount: 400, reconciled: 0, posted: null },
  });
  const { lines, notPosted } = journalEntries([moved], clearing);
  expect([lines, notPosted.map((n) => [n.amount, n.reason])]).toEqual([
    [],
    [[400, 'it belongs to a closed period whose entries do not have it: enter it by hand']],
  ]);
});
