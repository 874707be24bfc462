import fc from 'fast-check';
import { expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, SettlementPass, SubsetPass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { reconcileSides } from '../match/reconcile.ts';
import { jointWays } from './joint.ts';
import { matchBySubset } from './subset/subset.ts';

const days = businessDays([0, 6], []);
const parts = { gross: 'gross', refunds: 'refunds', net: 'net' };
const KEY: SettlementPass = {
  ...{ kind: 'settlement', name: 'terminal', of: 'right', on: [{ left: 'batch', right: 'batch' }], sides: 'many_to_one' },
  ...{ parts, negative: [], contract: [], feeLimit: 0, confirm: 'automatic' },
};
const LATER: SubsetPass = {
  ...{ kind: 'subset', name: 'days of one batch', block: [{ left: 'merchant', right: 'merchant' }], within: { from: 0, to: 4 } },
  ...{ one: 'right', most: 16, together: [], parts, negative: [], chance: 10, confirm: 'automatic' },
};

function paid(id: string, minor: number, date: string, batch: string | null = null, office = 'hall'): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values: { merchant: 'm', batch, office } };
}

function settled(id: string, date: string, gross: number, refunds: number, batch: string | null, items: number | null = null): Entry {
  const values = { merchant: 'm', batch, gross: String(gross), refunds: String(refunds), net: String(gross - refunds) };
  return { id, minor: gross - refunds, currency: 'USD', day: dayNumber(date), values: { ...values, items: items?.toString() ?? null } };
}

/** Records of each match by its settlement, "?" in front of a proposed one; and the exceptions. */
function reconcile(pass: SubsetPass, left: Entry[], right: Entry[]) {
  const open = { left: { type: 'not_settled', within: 3 }, right: { type: 'settled_without_receipt', within: 0 } };
  const rules = { reconciliation: 'cards', passes: [KEY, pass], open, exceptions: NO_RULES };
  const { matches, exceptions } = reconcileSides(rules, { left, right }, [], days, dayNumber('2026-12-31'));
  const ids = (entries: readonly Entry[]): string => entries.map(({ id }) => id).join(' ');
  return {
    matches: Object.fromEntries(matches.map((m) => [m.right[0]!.id, (m.state === 'proposed' ? '? ' : '') + ids(m.left)])),
    found: exceptions.map((e) => `${e.type} ${ids([...e.left, ...e.right])}`).sort(),
  };
}

test('what is the same in every solution is left of a choice, and two solutions stay two', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => paid(id, 100, '2026-07-01'));
  const sure = { ways: [[b!]] };
  const either = { ways: [[a!], [b!]] };
  const other = { ways: [[c!], [d!]] };
  const same = { ways: [[c!], [d!]] };
  expect([...jointWays([either, sure, other, same])]).toEqual([[either, [[a]]]]);
});

const sales = [paid('a', 3500, '2026-07-07', '1'), paid('b', 2800, '2026-07-08', '2'), paid('e', 4100, '2026-07-09', '3', 'library')];

test('two batches need the two refunds there are: the third refund is in the third batch, which alone could have any of them', () => {
  const refunds = [paid('x', -1200, '2026-07-06'), paid('y', -1200, '2026-07-07'), paid('z', -1200, '2026-07-09')];
  const batches = [
    settled('1', '2026-07-07', 3500, 1200, '1'),
    settled('2', '2026-07-08', 2800, 1200, '2'),
    settled('3', '2026-07-09', 4100, 1200, '3'),
  ];
  expect(reconcile(LATER, [...sales, ...refunds], batches)).toEqual({ matches: { 1: 'a', 2: 'b', 3: 'e z' }, found: ['ambiguous x y'] });
});

test('two equal refunds of two offices are in the batches of their offices', () => {
  const refunds = [paid('q', -1200, '2026-07-06'), paid('r', -1200, '2026-07-07', null, 'library')];
  const batches = [settled('1', '2026-07-07', 3500, 1200, '1'), settled('3', '2026-07-09', 4100, 1200, '3')];
  const own = [sales[0]!, sales[2]!];
  expect(reconcile(LATER, [...own, ...refunds], batches).found).toEqual(['ambiguous q r']);
  expect(reconcile({ ...LATER, alike: ['office'] }, [...own, ...refunds], batches)).toEqual({ matches: { 1: 'a q', 3: 'e r' }, found: [] });
});

test('a sale of another office that would make up a batch is only proposed for it', () => {
  const lone = [paid('a', 3500, '2026-07-07', '1'), paid('x', 1199, '2026-07-07', null, 'library')];
  const batch = [settled('1', '2026-07-07', 4699, 0, '1')];
  expect(reconcile(LATER, lone, batch).matches).toEqual({ 1: 'a x' });
  expect(reconcile({ ...LATER, alike: ['office'] }, lone, batch).matches).toEqual({ 1: '? a x' });
});

test('a batch says how many payments it has: others that add up as well are not they', () => {
  const own = [
    paid('a', 3500, '2026-07-07', '1'),
    paid('x', 1200, '2026-07-07'),
    paid('y', 700, '2026-07-07'),
    paid('z', 500, '2026-07-07'),
  ];
  const of = (items: number): Entry[] => [settled('1', '2026-07-07', 4700, 0, '1', items)];
  const counted = { ...LATER, chance: 1000, count: 'items' };
  expect(reconcile({ ...LATER, chance: 1000 }, own, of(2)).matches).toEqual({});
  expect(reconcile(counted, own, of(2)).matches).toEqual({ 1: 'a x' });
  expect(reconcile(counted, own, of(3)).matches).toEqual({ 1: 'a y z' });
  // Another number than any that fits: a person looks.
  expect(reconcile(counted, own.slice(0, 2), of(5)).matches).toEqual({ 1: '? a x' });
});

test('where all payments are settled, none is confirmed in another batch than its own', () => {
  const amounts = fc.array(fc.tuple(fc.constantFrom(300, 500, 700, 1000, 1200, 1500, 2599), fc.nat(3), fc.nat(2)), {
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(
    fc.property(amounts, fc.boolean(), (list, isCounted) => {
      const left = list.map(([minor, , day], i) => paid(`p${String(i).padStart(2, '0')}`, minor, `2026-07-0${7 + day}`));
      const batchOf = new Map(left.map((entry, i) => [entry.id, `s${list[i]![1]}`]));
      const right = [...Map.groupBy(left, ({ id }) => batchOf.get(id)!)].map(([id, own]) =>
        settled(
          id,
          '2026-07-09',
          own.reduce((sum, { minor }) => sum + minor, 0),
          0,
          null,
          own.length,
        ),
      );
      const { matches } = matchBySubset({ ...LATER, ...(isCounted ? { count: 'items' } : {}) }, { left, right }, [], days);
      for (const match of matches)
        if (match.state === 'confirmed')
          expect(match.left.map(({ id }) => batchOf.get(id))).toEqual(match.left.map(() => match.right[0]!.id));
    }),
    { numRuns: 300 },
  );
});
