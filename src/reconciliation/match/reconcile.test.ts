import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, Pass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { reconcileSides, type Rules } from './reconcile.ts';
import { tries } from '../../../test/effort.ts';

const days = businessDays([0, 6], [dayNumber('2026-07-03')]);
const TODAY = dayNumber('2026-12-31');

function entry(id: string, minor: number, date: string | null, values: Entry['values'] = {}): Entry {
  return { id, minor, currency: 'USD', day: date === null ? null : dayNumber(date), values };
}

const KEY: Pass = {
  kind: 'key',
  name: 'slip number',
  on: [{ left: 'slip', right: 'slip', clean: ['no_leading_zeros'] }],
  sides: 'many_to_one',
  confirm: 'automatic',
};
const AMOUNT: Pass = {
  kind: 'amount',
  name: 'amount and day',
  block: [{ left: 'place', right: 'place' }],
  within: { from: 0, to: 3 },
  text: [{ left: 'memo', right: 'memo' }],
  chance: 100,
  confirm: 'automatic',
};
const SUBSET: Pass = {
  kind: 'subset',
  name: 'batches of a deposit',
  block: [{ left: 'place', right: 'place' }],
  within: { from: 0, to: 2 },
  one: 'right',
  most: 20,
  together: [],
  negative: [],
  chance: 10,
  confirm: 'automatic',
};

function rules(...passes: Pass[]): Rules {
  return {
    reconciliation: 'receipts-to-bank',
    passes,
    open: { left: { type: 'not_deposited', within: 3 }, right: { type: 'deposit_without_receipt', within: 0 } },
    exceptions: NO_RULES,
  };
}

function reconcile(passes: Pass[], left: Entry[], right: Entry[], decisions: Parameters<typeof reconcileSides>[2] = [], today = TODAY) {
  return reconcileSides(rules(...passes), { left, right }, decisions, days, today);
}

describe('a key ties what it names', () => {
  test('the receipts of a slip are its deposit, whatever zeros are in front of the number', () => {
    const { matches, exceptions } = reconcile(
      [KEY],
      [entry('r1', 1250, '2026-07-01', { slip: '71' }), entry('r2', 4000, '2026-07-01', { slip: '00071' })],
      [entry('d1', 5250, '2026-07-02', { slip: '071' })],
    );
    expect(matches.map((m) => [m.state, m.left.length, m.right.length])).toEqual([['confirmed', 2, 1]]);
    expect(exceptions).toEqual([]);
  });

  test('equal keys with unequal sums are one exception, not a match', () => {
    const { matches, exceptions } = reconcile(
      [KEY],
      [entry('r1', 5400, '2026-07-01', { slip: '7' })],
      [entry('d1', 4500, '2026-07-02', { slip: '7' })],
    );
    expect(matches).toEqual([]);
    expect(exceptions.map((e) => [e.type, e.minor])).toEqual([['transposed', -900]]);
  });

  test('a slip number that comes round again a year later is another slip', () => {
    const { matches } = reconcile(
      [{ ...KEY, within: { from: 0, to: 10 } }],
      [entry('r1', 100, '2026-07-01', { slip: '7' }), entry('r2', 300, '2027-07-01', { slip: '7' })],
      [entry('d1', 100, '2026-07-02', { slip: '7' }), entry('d2', 300, '2027-07-02', { slip: '7' })],
    );
    expect(matches.map((m) => [m.left[0]!.id, m.right[0]!.id])).toEqual([
      ['r1', 'd1'],
      ['r2', 'd2'],
    ]);
  });

  test('an empty key is equal to no other', () => {
    const { matches } = reconcile([KEY], [entry('r1', 100, '2026-07-01', { slip: null })], [entry('d1', 100, '2026-07-01', { slip: ' ' })]);
    expect(matches).toEqual([]);
  });
});

describe('equal amounts are tied only when it is certain', () => {
  const place = { place: 'pool' };

  test('one receipt and one deposit of an amount nobody else has are tied', () => {
    const { matches } = reconcile([AMOUNT], [entry('r1', 12345, '2026-07-02', place)], [entry('d1', 12345, '2026-07-06', place)]);
    // July 3 is a holiday and the 4th a Saturday: the 6th is the next business day.
    expect(matches[0]).toMatchObject({ state: 'confirmed', evidence: { lag: 1 } });
  });

  test('two deposits of the amount are two solutions: nothing is tied by chance', () => {
    const { matches, exceptions } = reconcile(
      [AMOUNT],
      [entry('r1', 2500, '2026-07-01', place)],
      [entry('d1', 2500, '2026-07-01', place), entry('d2', 2500, '2026-07-02', place)],
    );
    expect(matches).toEqual([]);
    expect(exceptions.map((e) => e.type)).toEqual(['ambiguous']);
  });

  test('a reference decides among equal amounts, and what is left is then certain', () => {
    const { matches } = reconcile(
      [{ ...AMOUNT, chance: 1000 }],
      [
        entry('r1', 2500, '2026-07-01', { ...place, memo: 'BATCH 40071' }),
        entry('r2', 2500, '2026-07-01', { ...place, memo: 'BATCH 40072' }),
      ],
      [
        entry('d1', 2500, '2026-07-02', { ...place, memo: 'BATCH 40072' }),
        entry('d2', 2500, '2026-07-02', { ...place, memo: 'BATCH 40071' }),
      ],
    );
    expect(new Set(matches.map((m) => `${m.left[0]!.id}-${m.right[0]!.id}`))).toEqual(new Set(['r1-d2', 'r2-d1']));
  });

  test('an everyday amount without a reference is proposed, since a stranger would fit as well', () => {
    const strangers = Array.from({ length: 12 }, (_, i) => entry(`x${i}`, 2500, `2026-08-${String(3 + i).padStart(2, '0')}`, place));
    const { matches } = reconcile(
      [AMOUNT],
      [entry('r1', 2500, '2026-07-01', place)],
      [entry('d1', 2500, '2026-07-02', place), ...strangers],
    );
    expect(matches.map((m) => [m.state, m.evidence.doubt])).toEqual([['proposed', 'by_chance']]);
  });

  test('currencies are never mixed', () => {
    const { matches } = reconcile(
      [AMOUNT],
      [entry('r1', 2500, '2026-07-01', place)],
      [{ ...entry('d1', 2500, '2026-07-01', place), currency: 'CAD' }],
    );
    expect(matches).toEqual([]);
  });
});

describe('several records that add up to one', () => {
  const place = { place: 'pool' };
  const batch = (id: string, minor: number): Entry => entry(id, minor, '2026-07-01', { ...place, batch: id });

  test('the only subset is tied', () => {
    const { matches } = reconcile(
      [SUBSET],
      [batch('a', 1001), batch('b', 2003), batch('c', 4007)],
      [entry('d', 5008, '2026-07-02', place)],
    );
    expect(matches[0]!.left.map((e) => e.id).sort()).toEqual(['a', 'c']);
  });

  test('two subsets are ambiguous, never the first that was found', () => {
    const { matches, exceptions } = reconcile(
      [SUBSET],
      [batch('a', 1000), batch('b', 2000), batch('c', 3000)],
      [entry('d', 3000, '2026-07-02', place)],
    );
    expect(matches).toEqual([]);
    expect(exceptions[0]!.type).toBe('ambiguous');
  });

  test('a key group that lacks a record without a key finds it', () => {
    const { matches, exceptions } = reconcile(
      [KEY, SUBSET],
      [
        entry('a', 1001, '2026-07-01', { ...place, slip: '9' }),
        entry('b', 2003, '2026-07-01', place),
        entry('c', 555, '2026-07-01', place),
      ],
      [entry('d', 3004, '2026-07-02', { ...place, slip: '9' })],
    );
    expect(matches.map((m) => m.left.map((e) => e.id).sort())).toEqual([['a', 'b']]);
    expect(exceptions.map((e) => [e.type, e.left[0]!.id])).toEqual([['not_deposited', 'c']]);
  });
});

describe('what a person decided', () => {
  const left = [entry('r1', 2500, '2026-07-01', { place: 'pool' })];
  const right = [entry('d1', 2500, '2026-07-01', { place: 'pool' }), entry('d2', 2500, '2026-07-02', { place: 'pool' })];

  test('stands, and its money is used', () => {
    const { matches, exceptions } = reconcile([AMOUNT], left, right, [{ verdict: 'same', left: ['r1'], right: ['d2'] }]);
    expect(matches.map((m) => [m.by, m.right[0]!.id])).toEqual([['person', 'd2']]);
    expect(exceptions.map((e) => [e.type, e.right[0]!.id])).toEqual([['deposit_without_receipt', 'd1']]);
  });

  test('a refused match is never proposed again, and the rival is certain then', () => {
    const { matches } = reconcile(
      [KEY],
      [entry('r', 5, '2026-07-01', { slip: '1' })],
      [entry('d', 5, '2026-07-01', { slip: '1' })],
      [{ verdict: 'not_same', left: ['r'], right: ['d'] }],
    );
    expect(matches).toEqual([]);
  });

  test('that no longer balances is an exception, not undone in silence', () => {
    const { matches, exceptions } = reconcile(
      [AMOUNT],
      [{ ...left[0]!, minor: 400_000 }],
      [right[1]!],
      [{ verdict: 'same', left: ['r1'], right: ['d2'] }],
    );
    expect(matches).toEqual([]);
    expect(exceptions.map((e) => e.type)).toEqual(['decision_no_longer_balances']);
  });
});

describe('what holds for every input', () => {
  const amounts = fc.constantFrom(500, 1000, 1500, 2500, 2599, 12345);
  const record = fc.record({
    minor: amounts,
    day: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 12 }),
    slip: fc.option(fc.constantFrom('1', '2', '3', '4')),
    place: fc.option(fc.constantFrom('pool', 'clerk'), { freq: 8 }),
    memo: fc.option(fc.constantFrom('REF 10001', 'REF 10002', 'deposit')),
  });
  const sideOf = (prefix: string) =>
    fc.array(record, { maxLength: 14 }).map((list) =>
      list.map(({ minor, day, ...values }, i): Entry => ({
        id: `${prefix}${i}`,
        minor,
        currency: 'USD',
        day: day === null ? null : dayNumber('2026-07-01') + day,
        values,
      })),
    );
  const PASSES = [
    { ...KEY, within: { from: 0, to: 5 } },
    AMOUNT,
    SUBSET,
    { kind: 'balance', name: 'rest', block: AMOUNT.block, within: { from: 0, to: 3 } } as const,
  ];
  const shown = (result: ReturnType<typeof reconcileSides>) => ({
    matches: result.matches.map((m) => [m.id, m.state, m.pass]).sort(),
    exceptions: result.exceptions.map((e) => [e.id, e.type]).sort(),
  });

  test('each record is in exactly one state, and the states add up to both sides', () => {
    fc.assert(
      fc.property(sideOf('l'), sideOf('r'), (left, right) => {
        const result = reconcile(PASSES, left, right, [], dayNumber('2026-07-10'));
        expect(result.states.size).toBe(left.length + right.length);
        const listed = [
          ...result.matches.flatMap((m) => [...m.left, ...m.right]),
          ...result.exceptions.flatMap((e) => [...e.left, ...e.right]),
          ...result.inTransit.left,
          ...result.inTransit.right,
        ];
        expect(new Set(listed).size).toBe(listed.length);
        expect(listed.length).toBe(left.length + right.length);
        for (const match of result.matches) {
          const sum = (list: readonly Entry[]) => list.reduce((n, e) => n + e.minor, 0);
          expect(sum(match.right) - sum(match.left)).toBe(match.difference);
          expect(match.difference).toBe(0);
        }
      }),
      { numRuns: tries(300) },
    );
  });

  test('the order of the records changes nothing', () => {
    fc.assert(
      fc.property(sideOf('l'), sideOf('r'), fc.integer(), (left, right, seed) => {
        const mixed = (list: Entry[]) =>
          [...list].sort((a, b) => ((a.id.length * 7919 + a.id.charCodeAt(1) * seed) % 13) - ((b.id.charCodeAt(1) * seed) % 13));
        expect(shown(reconcile(PASSES, mixed(left), mixed(right)))).toEqual(shown(reconcile(PASSES, left, right)));
      }),
      { numRuns: tries(300) },
    );
  });
});
