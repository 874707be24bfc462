import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, KeyPass, SubsetPass } from '../entry.ts';
import { type ExceptionRules, NO_RULES } from '../exceptions/rules.ts';
import { reconcileSides } from './reconcile.ts';

const same = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
const KEY: KeyPass = { kind: 'key', name: 'group', on: same('batch'), sides: 'many_to_one', confirm: 'automatic' };
const PLACE: KeyPass = { ...KEY, name: 'office and day', on: same('office') };
const SUBSET: SubsetPass = {
  ...{ kind: 'subset', name: 'without a number', block: same('office'), within: { from: 0, to: 5 }, one: 'right', most: 16 },
  ...{ together: [], negative: [], chance: 1000, confirm: 'automatic' },
};

function entry(id: string, minor: number, batch: string | null, journal = id): Entry {
  return { id, minor, currency: 'USD', day: dayNumber('2026-07-01'), values: { office: 'hall', batch, journal } };
}

/** Matches as texts, "?" in front of a proposed one, and the exceptions. */
function reconcile(passes: (KeyPass | SubsetPass)[], left: Entry[], right: Entry[], exceptions: Partial<ExceptionRules> = {}) {
  const open = { left: { type: 'unposted', within: 3 }, right: { type: 'only_right', within: 0 } };
  const rules = { reconciliation: 'ledger', passes, open, exceptions: { ...NO_RULES, ...exceptions } };
  const result = reconcileSides(rules, { left, right }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
  const ids = (l: readonly Entry[], r: readonly Entry[]): string => [...l, ...r].map(({ id }) => id).join(' ');
  return {
    matches: result.matches.map((m) => (m.state === 'proposed' ? '? ' : '') + ids(m.left, m.right)).sort(),
    found: result.exceptions.map((e) => `${e.type} ${ids(e.left, e.right)}`).sort(),
  };
}

describe('a weekly bag of which some payments lost its number', () => {
  const day = (n: number): number => dayNumber('2026-07-06') + n;
  const paid = (id: string, minor: number, at: number, batch: string | null): Entry => ({
    ...{ id, minor, currency: 'USD', day: day(at) },
    values: { office: 'library', batch, on: String(at) },
  });
  const DAYS: SubsetPass = { ...SUBSET, within: { from: 0, to: 7 }, together: ['on'], chance: 10 };
  // Small amounts, so that the days of two weeks come to any sum.
  const week = (name: string, from: number, batch: string): Entry[] =>
    [25, 50, 100, 200, 500].flatMap((minor, i) => [
      paid(`${name}${i}`, minor + 5 * i, from + i, batch),
      paid(`${name}${i}?`, minor + 20 * i, from + i, null),
    ]);
  const bag = (id: string, of: readonly Entry[], at: number, batch: string): Entry => ({
    ...paid(
      id,
      of.reduce((sum, { minor }) => sum + minor, 0),
      at,
      batch,
    ),
  });

  test('all that is open of the days of the number, and nothing else, is no sum by chance', () => {
    const [first, second] = [week('a', 0, '7'), week('b', 7, '8')];
    const { matches, found } = reconcile([KEY, DAYS], [...first, ...second], [bag('x', first, 7, '7')]);
    expect(matches.map((text) => text.split(' ').sort())).toEqual([[...first.map(({ id }) => id), 'x'].sort()]);
    expect(found.every((text) => text.startsWith('unposted'))).toBe(true);
  });

  test('where one of these days is not part of the sum, it is only proposed', () => {
    const [first, second] = [week('a', 0, '7'), week('b', 7, '8')];
    const without = first.filter(({ id }) => id !== 'a0?');
    const { matches } = reconcile([KEY, DAYS], [...first, ...second], [bag('x', without, 7, '7')]);
    expect(matches.filter((text) => !text.startsWith('?'))).toEqual([]);
  });
});

describe('a posting was made twice, and one of the two lost its number', () => {
  const duplicates = [{ side: 'right' as const, type: 'duplicate_posting', fields: ['office'], entry: 'journal' }];

  test('receipts of the number have the money in the first posting', () => {
    const receipts = [entry('a', 500, '7'), entry('b', 1300, '7')];
    expect(reconcile([KEY, SUBSET], receipts, [entry('x', 1800, null), entry('y', 1800, '7')], { duplicates })).toEqual({
      matches: ['a b x'],
      found: ['duplicate_posting y'],
    });
  });

  test('so have they where a receipt lost its number too, and the sums found it', () => {
    const receipts = [entry('a', 500, '7'), entry('b', 1300, null)];
    expect(reconcile([KEY, SUBSET], receipts, [entry('x', 1800, null), entry('y', 1800, '7')], { duplicates })).toEqual({
      matches: ['a b x'],
      found: ['duplicate_posting y'],
    });
  });
});

describe('a receipt and its reversal without a number come to 0.00', () => {
  const wash = [entry('p', 2500, null), entry('q', -2500, null)];
  const receipts = [entry('a', 500, '7'), entry('b', 1300, null), ...wash];

  test('where two postings of the place could have them, the match is proposed', () => {
    const postings = [entry('x', 500, '7'), entry('y', 1300, null)];
    expect(reconcile([KEY, PLACE], receipts, postings)).toEqual({ matches: ['? b p q y', 'a x'], found: [] });
  });

  test('nor is it told by a way of paying that only they have in the match', () => {
    const paid = (one: Entry, by: string | null): Entry => ({ ...one, values: { ...one.values, by } });
    const by: KeyPass = { ...PLACE, name: 'way of paying', on: [...PLACE.on, { left: 'by', right: 'by' }] };
    const cash = wash.map((one) => paid(one, 'cash'));
    const cards = [paid(entry('b', 1300, null), 'card'), paid(entry('c', 200, null), 'card')];
    const postings = [paid(entry('x', 700, '7'), 'cash'), entry('y', 1500, null)];
    const all = [paid(entry('a', 700, '7'), 'cash'), ...cards, ...cash];
    expect(reconcile([KEY, by, PLACE], all, postings)).toEqual({ matches: ['? b c p q y', 'a x'], found: [] });
    // It is told where the others have it too.
    const alike = [entry('a', 700, '7'), ...cards.map((one) => paid(one, 'cash')), ...cash];
    expect(reconcile([KEY, by, PLACE], alike, [entry('x', 700, '7'), entry('y', 1500, null)])).toEqual({
      matches: ['a x', 'b c p q y'],
      found: [],
    });
  });

  test('where no posting has them, they are out of scope: there is nothing to post', () => {
    const open = { left: { type: 'unposted', within: 3, together: ['batch'] }, right: { type: 'only_right', within: 0 } };
    const left = [entry('p', 2500, '9'), entry('q', -2500, '9'), entry('r', 700, '8'), entry('s', -600, '8')];
    const rules = { reconciliation: 'ledger', passes: [KEY], open, exceptions: NO_RULES };
    const { exceptions, outOfScope } = reconcileSides(rules, { left, right: [] }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
    expect(outOfScope.map(({ entry: { id } }) => id)).toEqual(['p', 'q']);
    expect(exceptions.map(({ type, minor }) => [type, minor])).toEqual([['unposted', 100]]);
  });

  test('where there is only one posting, they are in it', () => {
    expect(reconcile([KEY, PLACE], [entry('b', 1300, null), ...wash], [entry('y', 1300, null)]).matches).toEqual(['b p q y']);
  });
});
