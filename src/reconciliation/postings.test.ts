import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LedgerRules, postingOf } from './journal-entries.ts';
import { monthOf } from './periods/fiscal.ts';
import { draftEntries, type DueLine, type PostedLine, unbalancedFunds } from './postings.ts';
import { wholly } from './standing.ts';

const ledger: LedgerRules = {
  fundOf: (account) => /^(\d{3})-/.exec(account)?.[1],
  debit: { cash: '100-1010', card: '200-1045' },
  clearing: { cash: '100-1046', card: '100-1046' },
  dueFrom: '{fund}-1310-{other}',
  dueTo: '{fund}-2080-{other}',
};
const july = monthOf('2026-07-01', '07-01');

interface Receipt {
  amount: number;
  account: string;
  tender: string;
  reconciled: boolean;
}

function due(receipts: readonly Receipt[], rules = ledger): DueLine[] {
  return receipts.flatMap(({ amount, account, tender, reconciled }, i) =>
    postingOf(
      { account, tender, currency: 'USD', amount, split: wholly(reconciled ? 'reconciled' : 'in_transit', amount) },
      rules,
    ).lines.map((line): DueLine => ({
      golden: i + 1,
      source: 'desk',
      receiptNumber: String(i + 1),
      day: '2026-07-01',
      department: 'pool',
      tender,
      currency: 'USD',
      period: july,
      ...line,
    })),
  );
}

const drafts = (lines: readonly DueLine[], posted: readonly PostedLine[], unsure: readonly number[] = []) =>
  draftEntries(lines, posted, { connection: 'ledger', by: [], ready: () => true, unsure: new Set(unsure) });

/** What was drafted, as it is once it is in the ledger. */
function asPosted(made: ReturnType<typeof drafts>, before: number): PostedLine[] {
  return made.entries.flatMap(({ id, period, receiptLines }, n) =>
    receiptLines.map((line): PostedLine => ({ ...line, period, entry: { number: before + n + 1, id } })),
  );
}

const netOf = (lines: readonly { account: string; debit: number }[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { account, debit } of lines) sums[account] = (sums[account] ?? 0) + debit;
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
};

const receipt = fc.record({
  amount: fc.integer({ min: -900, max: 900 }),
  account: fc.constantFrom('100-4', '200-4', '300-4'),
  tender: fc.constantFrom('cash', 'card'),
  reconciled: fc.boolean(),
});

test('whatever happens to receipts, what was posted adds up to what is due, each entry balances, and nothing is posted twice', () => {
  fc.assert(
    fc.property(fc.array(fc.array(receipt, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }), (versions) => {
      const posted: PostedLine[] = [];
      let entries = 0;
      for (const version of versions) {
        const lines = due(version);
        const made = drafts(lines, posted);
        // In whatever order it comes.
        expect(drafts(lines.toReversed(), posted.toReversed())).toEqual(made);
        for (const { lines: own } of made.entries) expect(unbalancedFunds(own, ledger)).toEqual([]);
        posted.push(...asPosted(made, entries));
        entries += made.entries.length;
        expect(netOf(posted)).toEqual(netOf(lines));
        expect(drafts(lines, posted).entries).toEqual([]);
      }
    }),
  );
});

const ONE: Receipt = { amount: 1000, account: '100-4', tender: 'cash', reconciled: false };

test('money that arrives moves from the clearing account and corrects nothing; another account, amount or way of paying does', () => {
  const first = drafts(due([ONE]), []);
  const posted = asPosted(first, 0);
  const next = (change: Partial<Receipt>) =>
    drafts(due([{ ...ONE, ...change }]), posted).entries.map(({ corrects, lines }) => [corrects?.number ?? null, lines.length]);
  expect(next({ reconciled: true })).toEqual([[null, 2]]);
  expect(next({ account: '100-5' })).toEqual([[1, 2]]);
  expect(next({ amount: 900 })).toEqual([[1, 2]]);
  expect(next({ tender: 'card', reconciled: true })).toEqual([[1, 4]]);
});

test('other accounts in the configuration leave what was posted as it is; a change takes it back from where it is', () => {
  const posted = asPosted(drafts(due([ONE]), []), 0);
  const other = { ...ledger, clearing: { cash: '100-1099' } };
  expect(drafts(due([ONE], other), posted).entries).toEqual([]);
  const [entry] = drafts(due([{ ...ONE, amount: 900 }], other), posted).entries;
  expect(netOf(entry!.receiptLines)).toEqual({ '100-1046': -1000, '100-1099': 900, '100-4': 100 });
});

test('a receipt of which it is not known how it stands keeps what is posted of it, and receipts that are gone are counted', () => {
  const posted = asPosted(drafts(due([ONE]), []), 0);
  expect(drafts([], posted, [1]).entries).toEqual([]);
  const gone = drafts([], posted);
  expect([gone.reversed, gone.entries.length]).toEqual([1, 1]);
});

test('a fund whose debits and credits differ is named with its lines, and so is an account without a fund', () => {
  const line = { currency: 'USD', fund: '100', what: 'money' as const };
  const wrong = unbalancedFunds(
    [
      { ...line, account: '100-1010', debit: 5, credit: 0 },
      { ...line, account: 'suspense', debit: 0, credit: 5 },
    ],
    ledger,
  );
  expect(wrong.map(({ fund, lines }) => [fund, lines.map(({ account }) => account)])).toEqual([
    ['100', ['100-1010']],
    ['(none)', ['suspense']],
  ]);
});
