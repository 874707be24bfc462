import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { AmountPass, Entry, FoundMatch, KeyPass } from '../entry.ts';
import { tries } from '../../../test/effort.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { reconcileSides } from '../match/reconcile.ts';

const NUMBER: KeyPass = {
  ...{ kind: 'key', name: 'check', on: [{ left: 'check', right: 'check' }], sides: 'one_to_one', confirm: 'automatic' },
};
const AMOUNT: AmountPass = {
  ...{ kind: 'amount', name: 'amount', block: [], within: { from: 0, to: 1 }, text: [], chance: 1000, confirm: 'automatic' },
  order: [{ left: 'number', right: 'line' }],
};

function taken(id: string, minor: number, number: string | null, check: string | null = null, date = '2026-07-01'): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values: { number, check } };
}

function credited(id: string, minor: number, line: string | null, check: string | null = null, date = '2026-07-01'): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values: { line, check } };
}

/** Each confirmed match, with the first record of either side. */
function pairs(left: readonly Entry[], right: readonly Entry[], pass: AmountPass = AMOUNT, number: KeyPass = NUMBER): string[] {
  return confirmed(left, right, pass, number)
    .map((m) => `${m.left[0]!.id} ${m.right[0]!.id}`)
    .sort();
}

function confirmed(left: readonly Entry[], right: readonly Entry[], pass: AmountPass, number: KeyPass): FoundMatch[] {
  const open = { left: { type: 'not_deposited', within: 3 }, right: { type: 'deposit_without_receipt', within: 0 } };
  const rules = { reconciliation: 'lockbox', passes: [number, pass], open, exceptions: NO_RULES };
  const { matches } = reconcileSides(rules, { left, right }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
  return matches.filter(({ state }) => state === 'confirmed');
}

const { order, ...UNORDERED } = AMOUNT;

describe('checks of one amount that have lost their numbers', () => {
  const left = [taken('a', 6250, 'R8'), taken('b', 4111, 'R9', '711'), taken('c', 6250, 'R10')];

  test('come in the same order on both sides of a day', () => {
    const right = [credited('x', 6250, '1'), credited('y', 4111, '2', '711'), credited('z', 6250, '3')];
    expect(order).toHaveLength(1);
    expect(pairs(left, right, UNORDERED)).toEqual(['b y']);
    expect(pairs(left, right)).toEqual(['a x', 'b y', 'c z']);
    // It is enough that one of them has a neighbor that is known.
    const next = [credited('x', 6250, '1', null, '2026-07-02'), credited('y', 4111, '2', '711'), credited('z', 6250, '1')];
    expect(pairs(left, next, UNORDERED)).toEqual(['b y']);
    expect(pairs(left, next)).toEqual(['a z', 'b y', 'c x']);
  });

  test('of two days on one side, any may be of the next day', () => {
    const right = [credited('x', 6250, '1'), credited('z', 6250, '3', null, '2026-07-02')];
    expect(pairs([left[0]!, left[2]!], right)).toEqual([]);
  });

  test('that would cross a pair that is known are only proposed, and say nothing of others', () => {
    const right = [credited('x', 6250, '1'), credited('y', 4111, '2', '711'), credited('w', 9900, '3')];
    expect(pairs([taken('d', 9900, 'R7'), ...left.slice(1)], right, UNORDERED)).toEqual(['b y', 'c x', 'd w']);
    expect(pairs([taken('d', 9900, 'R7'), ...left.slice(1)], right)).toEqual(['b y']);
  });

  test('the order says nothing of a record without a place in it', () => {
    const right = [credited('x', 6250, '1'), credited('z', 6250, null)];
    expect(pairs([left[0]!, left[2]!], right)).toEqual([]);
  });

  test('nor of a day on which known pairs cross each other', () => {
    const crossing = [...left, taken('d', 902, 'R11', '712')];
    const right = [credited('x', 6250, '1'), credited('y', 4111, '9', '711'), credited('z', 6250, '5', null, '2026-07-02')];
    // x before y, as a before b; z is of the next day, so that c may be x as well where the order does not hold.
    expect(pairs(crossing, [...right, credited('w', 902, '2', '712')])).toEqual(['b y', 'd w']);
    expect(pairs(crossing, [...right, credited('w', 902, '10', '712')])).toEqual(['a x', 'b y', 'c z', 'd w']);
  });

  test('nor of any two records of such a day', () => {
    const two = [taken('a', 6250, 'R8'), taken('b', 4111, 'R9', '711'), taken('c', 6250, 'R10'), taken('d', 902, 'R11', '712')];
    const lines = (of: string): Entry[] => [
      ...[credited('x', 6250, '1'), credited('z', 6250, '3')],
      ...[credited('y', 4111, '2', '711'), credited('w', 902, of, '712')],
    ];
    expect(pairs(two, lines('4'))).toEqual(['a x', 'b y', 'c z', 'd w']);
    expect(pairs(two, lines('1'))).toEqual(['b y', 'd w']);
  });

  test('nor of numbers of two series: the entries of two offices begin with line 1 each', () => {
    // In truth a is line 3 of one office and d line 1 of the other.
    const offices = [taken('a', 6250, 'UTL-9'), taken('d', 6250, 'WEB-1')];
    expect(pairs(offices, [credited('x', 6250, '3'), credited('z', 6250, '1')])).toEqual([]);
    // What is known of one office says where its own are.
    const known = [taken('b', 4111, 'UTL-8', '711'), ...offices];
    expect(pairs(known, [credited('x', 6250, '3'), credited('z', 6250, '1'), credited('y', 4111, '2', '711')])).toEqual(['a x', 'b y', 'd z']);
  });

  test('nor where one is left over that may be any of them, unless it would cross a known pair', () => {
    const one = credited('x', 6250, '1');
    expect(pairs(left, [one])).toEqual([]);
    expect(pairs(left, [one, credited('y', 4111, '2', '711')])).toEqual(['a x', 'b y']);
  });
});

test('whatever is blank: where all is there and in order, no pair is wrong, and the order of the input changes nothing', () => {
  const record = fc.record({ minor: fc.constantFrom(6250, 8500, 4200), late: fc.boolean(), taken: fc.boolean(), credited: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 6 }), { minLength: 1, maxLength: 3 }), (ofDays) => {
      const days = ['2026-07-01', '2026-07-02', '2026-07-06', '2026-07-07'];
      const [left, right]: [Entry[], Entry[]] = [[], []];
      let n = 0;
      for (const [d, records] of ofDays.entries())
        for (const one of records) {
          const id = String(++n).padStart(2, '0');
          left.push(taken(`l${id}`, one.minor, id, one.taken ? `9${id}` : null, days[d]));
          right.push(credited(`r${id}`, one.minor, id, one.credited ? `9${id}` : null, days[one.late ? d + 1 : d]));
        }
      const found = pairs(left, right, { ...AMOUNT, within: { from: 0, to: 2 } });
      for (const pair of found) expect(pair.slice(1, 3)).toBe(pair.slice(5, 7));
      expect(pairs(left.toReversed(), right.toReversed(), { ...AMOUNT, within: { from: 0, to: 2 } })).toEqual(found);
    }),
    { numRuns: 500 },
  );
});

describe('lines of receipts that may have several of one amount', () => {
  const line = (id: string, number: string, receipt: string | null): Entry => taken(id, 4000, number, receipt);
  const booked = (id: string, number: string, receipt: string | null): Entry => credited(id, 4000, number, receipt);
  const of = (left: Entry[], right: Entry[]): string[] => pairs(left, right, AMOUNT, { ...NUMBER, sides: 'many_to_many' });

  test('a line says where others are, but not where the other line of its receipt may be', () => {
    const left = [line('a', '1', null), line('b', '2', '588'), line('c', '3', '589'), line('d', '4', null), line('e', '5', '602')];
    const right = [
      booked('v', '1', '588'),
      booked('w', '2', null),
      booked('x', '3', null),
      booked('y', '4', '602'),
      booked('z', '5', null),
    ];
    expect(of(left, right)).toEqual(['a w', 'b v', 'c x', 'd z', 'e y']);
    // Two receipts of one line each, between which nothing is open: all others are between them.
    expect(of([line('b', '1', '588'), line('c', '2', null), line('e', '3', '602')], [right[0]!, right[1]!, right[3]!])).toEqual([
      'b v',
      'c w',
      'e y',
    ]);
  });

  test('all lines of a receipt that lacks one are looked at with those that have lost their numbers', () => {
    const left = [line('a', '1', '409'), line('b', '2', null), line('c', '3', null), line('d', '4', '411')];
    const right = [booked('w', '1', '409'), booked('x', '2', '409'), booked('y', '3', null), booked('z', '4', '411')];
    expect(of(left, right)).toEqual(['a w', 'b x', 'c y', 'd z']);
  });

  test('whatever is blank, lines of one receipt are tied to lines of the same', () => {
    const one = fc.record({ minor: fc.constantFrom(4000, 8900), taken: fc.boolean(), credited: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.array(one, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }), (receipts) => {
        const [left, right]: [Entry[], Entry[]] = [[], []];
        for (const [r, lines] of receipts.entries())
          for (const { minor, taken: hasLeft, credited: hasRight } of lines) {
            const [id, number] = [`${r}-${left.length}`, String(left.length + 1)];
            left.push(taken(id, minor, number, hasLeft ? `90${r}` : null));
            right.push(credited(id, minor, number, hasRight ? `90${r}` : null));
          }
        const receiptsOf = (entries: readonly Entry[]): Set<string> => new Set(entries.map(({ id }) => id.split('-')[0]!));
        for (const match of confirmed(left, right, AMOUNT, { ...NUMBER, sides: 'many_to_many' }))
          expect(receiptsOf(match.left)).toEqual(receiptsOf(match.right));
      }),
      { numRuns: tries(1000) },
    );
  });
});
