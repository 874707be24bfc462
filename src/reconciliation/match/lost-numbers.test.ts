import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { AmountPass, Entry, KeyPass, Pass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { conservedSums } from './conservation.ts';
import { reconcileSides } from './reconcile.ts';

const same = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
const BATCH: KeyPass = { kind: 'key', name: 'batch', on: same('batch', 'account'), sides: 'many_to_many', confirm: 'automatic' };
const DAY: KeyPass = { ...BATCH, name: 'account and day', on: same('account', 'day') };
const AMOUNT: AmountPass = {
  ...{
    kind: 'amount',
    name: 'amount',
    block: same('account', 'day'),
    within: { from: 0, to: 0 },
    text: [],
    chance: 1000,
    confirm: 'automatic',
  },
};

function line(id: string, minor: number, batch: string | null, receipt: string | null = null): Entry {
  return { id, minor, currency: 'USD', day: dayNumber('2026-07-01'), values: { account: '4200', day: '2026-07-01', batch, receipt } };
}

/** Matches as texts, "?" in front of a proposed one. */
function matched(passes: Pass[], left: Entry[], right: Entry[]): string[] {
  const rules = {
    ...{ reconciliation: 'ledger', passes, exceptions: NO_RULES },
    open: { left: { type: 'unposted', within: 1 }, right: { type: 'only_right', within: 0 } },
  };
  const result = reconcileSides(rules, { left, right }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
  conservedSums('ledger', { left, right }, result);
  return result.matches.map((m) => (m.state === 'proposed' ? '? ' : '') + [...m.left, ...m.right].map(({ id }) => id).join(' ')).sort();
}

describe('single lines of a day, of which some have lost the number of their batch', () => {
  test('equal amounts may be of each other: it is not known which is which', () => {
    expect(matched([BATCH, DAY], [line('a', 4000, '7'), line('b', 4000, null)], [line('x', 4000, '7'), line('y', 4000, null)])).toEqual([
      '? a x',
      '? b y',
    ]);
  });

  test('other amounts are not, and neither is one that stands without the number on one side only', () => {
    expect(matched([BATCH, DAY], [line('a', 4000, '7'), line('b', 2500, null)], [line('x', 4000, '7'), line('y', 2500, null)])).toEqual([
      'a x',
      'b y',
    ]);
  });

  test('where the day has several numbers, that a record has lost its own says nothing of this one', () => {
    const left = [line('a', 4000, '7'), line('c', 900, '8'), line('b', 4000, null)];
    expect(matched([BATCH, DAY], left, [line('x', 4000, '7'), line('z', 900, '8'), line('y', 4000, null)])).toEqual(['a x', 'b y', 'c z']);
  });
});

describe('two lines of one receipt, of which the ledger has lost the number of one', () => {
  const RECEIPT: KeyPass = { ...BATCH, name: 'receipt', on: same('receipt', 'account') };

  test('the line without a number is found by its amount, and the rest of the receipt adds up', () => {
    const left = [line('a', 7500, null, '1324'), line('b', 22500, null, '1324')];
    expect(matched([RECEIPT, AMOUNT], left, [line('x', 7500, null), line('y', 22500, null, '1324')])).toEqual(['a x', 'b y']);
  });

  test('it is a rival of every line of its amount: with two of them, neither is confirmed', () => {
    const left = [line('a', 7500, null, '1324'), line('b', 22500, null, '1324'), line('c', 7500, null)];
    expect(
      matched([RECEIPT, AMOUNT], left, [line('x', 7500, null), line('y', 22500, null, '1324')]).filter((m) => !m.startsWith('?')),
    ).toEqual([]);
  });

  test('where the rest does not add up, nothing is taken', () => {
    const left = [line('a', 7500, null, '1324'), line('b', 22500, null, '1324')];
    expect(matched([RECEIPT, AMOUNT], left, [line('x', 7500, null), line('y', 22000, null, '1324')])).toEqual([]);
  });
});
