import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../../calendar.ts';
import type { Entry, KeyPass, Pass, SettlementPass, SubsetPass } from '../../entry.ts';
import { NO_RULES } from '../../exceptions/rules.ts';
import { reconcileSides } from '../../match/reconcile.ts';

const BATCH: KeyPass = {
  ...{ kind: 'key', name: 'batch', on: [{ left: 'batch', right: 'batch' }], sides: 'many_to_one', confirm: 'automatic' },
};
const ROW: SubsetPass = {
  ...{ kind: 'subset', name: 'in a row', block: [{ left: 'box', right: 'box' }], within: { from: 0, to: 0 }, one: 'right', most: 30 },
  ...{ together: [], order: ['number'], negative: [], chance: 10, confirm: 'automatic' },
};

function check(number: number, minor: number, batch: string | null, date = '2026-07-01'): Entry {
  return { id: `c${number}`, minor, currency: 'USD', day: dayNumber(date), values: { box: '1', batch, number: `R-${number}` } };
}

function line(id: string, minor: number, batch: string | null, more: Entry['values'] = {}): Entry {
  return { id, minor, currency: 'USD', day: dayNumber('2026-07-01'), values: { box: '1', batch, ...more } };
}

/** Of each line, the records that it has, "?" in front of what is only proposed; and the types of exceptions. */
function reconcile(left: readonly Entry[], right: readonly Entry[], passes: Pass[] = [BATCH, ROW]) {
  const open = { left: { type: 'not_deposited', within: 3 }, right: { type: 'deposit_without_receipt', within: 0 } };
  const rules = { reconciliation: 'lockbox', passes, open, exceptions: NO_RULES };
  const result = reconcileSides(rules, { left, right }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
  return {
    matches: Object.fromEntries(
      result.matches.map((m) => [
        m.right[0]!.id,
        (m.state === 'proposed' ? '? ' : '') +
          m.left
            .map(({ id }) => id)
            .sort()
            .join(' '),
      ]),
    ),
    found: result.exceptions.map(({ type }) => type).sort(),
  };
}

describe('checks of a lockbox, of which some have lost the number of their batch', () => {
  const checks = [
    check(8, 4111, 'A'),
    check(9, 6250, null),
    check(10, 8573, 'A'),
    check(11, 6250, null),
    check(12, 12034, null),
    check(13, 6250, 'B'),
    check(14, 9977, null),
    check(15, 6250, 'B'),
  ];
  const ofA = 4111 + 6250 + 8573 + 6250;
  const ofB = 12034 + 6250 + 9977 + 6250;

  test('what lies between two of a batch is of it, and the sum says where it ends', () => {
    const whole = { matches: { x: 'c10 c11 c8 c9', y: 'c12 c13 c14 c15' }, found: [] };
    expect(reconcile(checks, [line('x', ofA, 'A'), line('y', ofB, 'B')])).toEqual(whole);
    // The bank may have lost a number, too.
    expect(reconcile(checks, [line('x', ofA, null), line('y', ofB, 'B')])).toEqual(whole);
    expect(reconcile(checks, [line('x', ofA, null), line('y', ofB, null)])).toEqual(whole);
  });

  test('an everyday amount at the end is no proof: the one before it may be missing at the bank', () => {
    expect(reconcile(checks.slice(0, 4), [line('x', 4111 + 6250 + 8573, 'A')]).matches).toEqual({ x: '? c10 c8 c9' });
    expect(reconcile(checks.slice(0, 3), [line('x', 4111 + 6250 + 8573, 'A')]).matches).toEqual({ x: 'c10 c8 c9' });
  });

  test('what is taken together is not torn apart: an entry for a week has whole days', () => {
    const days = [check(1, 4111, null), check(2, 6250, null), check(3, 8573, null), check(4, 2099, null), check(5, 7020, null)];
    const dated = days.map((one, i) => ({ ...one, values: { ...one.values, on: ['a', 'a', 'b', 'b', 'c'][i]! } }));
    const byDay = [{ ...ROW, together: ['on'], order: ['on'] }];
    // The second of one day and the first of the next.
    expect(reconcile(dated, [line('x', 6250 + 8573, null)], [ROW]).matches).toEqual({ x: 'c2 c3' });
    expect(reconcile(dated, [line('x', 6250 + 8573, null)], byDay).matches).toEqual({});
    const weeks = [line('x', 4111 + 6250 + 8573 + 2099, null), line('y', 7020, null)];
    expect(reconcile(dated, weeks, byDay)).toEqual({ matches: { x: 'c1 c2 c3 c4', y: 'c5' }, found: [] });
    // One of a day has the number of the entry.
    const known = dated.map((one, i) => (i === 1 ? { ...one, values: { ...one.values, batch: 'A' } } : one));
    expect(reconcile(known, [line('x', 4111 + 6250 + 8573 + 2099, 'A')], [BATCH, ...byDay]).matches).toEqual({ x: 'c1 c2 c3 c4' });
  });

  test('two ways to end are ambiguous', () => {
    const two = [check(8, 6250, null), check(9, 4111, 'A'), check(10, 6250, null)];
    expect(reconcile(two, [line('x', 4111 + 6250, null)])).toEqual({ matches: {}, found: ['ambiguous'] });
  });

  test('no batch reaches over one of another number, nor has some of another one', () => {
    const row = [check(8, 4111, 'A'), check(9, 5005, 'C'), check(10, 8573, null)];
    expect(reconcile(row, [line('x', 4111 + 8573, 'A')]).matches).toEqual({});
    const numbered = [check(8, 4111, 'C'), check(9, 5005, 'C'), check(10, 8573, 'D')];
    expect(reconcile(numbered, [line('x', 5005 + 8573, null)]).matches).toEqual({});
    expect(reconcile(numbered, [line('x', 4111 + 5005, null)]).matches).toEqual({ x: 'c8 c9' });
  });

  test('round amounts that many runs come to are only proposed', () => {
    const round = Array.from({ length: 12 }, (_, i) => check(i, 1000 * 2 ** i, null));
    expect(reconcile(round, [line('x', 3000, null)]).matches).toEqual({ x: '? c0 c1' });
  });

  test('where records are not in a row, or one has no place in it, the order says nothing', () => {
    const torn = [check(8, 4111, 'A'), check(9, 5005, 'B'), check(10, 8573, 'A'), check(11, 701, null), check(12, 902, null)];
    expect(reconcile(torn, [line('x', 4111 + 8573 + 902, 'A')]).matches).toEqual({ x: 'c10 c12 c8' });
    const lost = { ...check(11, 701, null), values: { box: '1', batch: null, number: null } };
    expect(reconcile([check(8, 4111, 'A'), lost], [line('x', 4111 + 701, 'A')]).matches).toEqual({ x: 'c11 c8' });
  });
});

test('groups of a day come in the order of what they add up to, where that is known', () => {
  const row = [check(1, 10750, null), check(2, 26258, null), check(3, 10750, null)];
  const entries = [line('x', 10750, null, { entry: 'J9' }), line('y', 10750 + 26258, null, { entry: 'J10' })];
  expect(reconcile(row, entries).matches).toEqual({});
  const ordered: SubsetPass = { ...ROW, orderOfOne: ['entry'] };
  expect(reconcile(row, entries, [ordered]).matches).toEqual({ x: 'c1', y: 'c2 c3' });
  // Nothing is said of an entry without its place.
  expect(reconcile(row, [entries[0]!, line('y', 10750 + 26258, null)], [ordered]).matches).toEqual({});
});

test('sales and refunds of a settlement are in one row, and each come to what it says', () => {
  const parts = { gross: 'gross', refunds: 'refunds', net: 'net' };
  const terminal: SettlementPass = {
    ...{ kind: 'settlement', name: 'terminal', of: 'right', on: BATCH.on, sides: 'many_to_one', parts, negative: [] },
    ...{ contract: [], feeLimit: 0, confirm: 'automatic' },
  };
  const row = [check(1, 5513, 'A'), check(2, -2500, null), check(3, 7101, null), check(4, 901, 'A'), check(5, 3333, null)];
  const settled = line('s', 11015, 'A', { gross: '13515', refunds: '2500', net: '11015' });
  expect(reconcile(row, [settled], [terminal, { ...ROW, parts }]).matches).toEqual({ s: 'c1 c2 c3 c4' });
});

test('whatever is blank: nothing wrong is confirmed, and the order of the input changes nothing', () => {
  const record = fc.record({ minor: fc.integer({ min: 1, max: 99_999 }), blank: fc.boolean() });
  const batch = fc.record({ records: fc.array(record, { minLength: 1, maxLength: 8 }), blank: fc.boolean() });
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 5 }), (batches) => {
      let number = 0;
      const truth = new Map<string, string>();
      const left: Entry[] = [];
      const right: Entry[] = [];
      for (const [i, { records, blank }] of batches.entries()) {
        for (const { minor, blank: own } of records) {
          truth.set(`c${++number}`, `x${i}`);
          left.push(check(number, minor, own ? null : `B${i}`));
        }
        const sum = records.reduce((all, { minor }) => all + minor, 0);
        right.push(line(`x${i}`, sum, blank ? null : `B${i}`));
      }
      const { matches, found } = reconcile(left, right);
      for (const [id, text] of Object.entries(matches))
        if (!text.startsWith('?')) for (const one of text.split(' ')) expect(truth.get(one)).toBe(id);
      expect(reconcile(left.toReversed(), right.toReversed())).toEqual({ matches, found });
    }),
    { numRuns: 300 },
  );
});
