import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { ControlTotal, Entry, KeyPass, Pass } from '../entry.ts';
import { conservedSums } from '../match/conservation.ts';
import { type Reconciled, reconcileSides, type Rules } from '../match/reconcile.ts';
import { type ExceptionRules, NO_RULES } from './rules.ts';

const days = businessDays([0, 6], []);
const TODAY = dayNumber('2026-12-31');

function entry(id: string, minor: number, date: string, values: Entry['values'] = {}): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values };
}

const SLIP: KeyPass = { kind: 'key', name: 'slip', on: [{ left: 'slip', right: 'slip' }], sides: 'many_to_one', confirm: 'automatic' };

function reconcile(
  exceptions: Partial<ExceptionRules>,
  left: Entry[],
  right: Entry[],
  given: { passes?: Pass[]; today?: string; open?: Partial<Rules['open']> } = {},
): Reconciled {
  const rules: Rules = {
    reconciliation: 'r',
    passes: given.passes ?? [SLIP],
    open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'deposit_without_receipt', within: 0 }, ...given.open },
    exceptions: { ...NO_RULES, ...exceptions },
  };
  const result = reconcileSides(rules, { left, right }, [], days, given.today ? dayNumber(given.today) : TODAY);
  conservedSums('r', { left, right }, result);
  return result;
}

describe('what is open because its counterpart never came', () => {
  test('what a rejected entry should have posted is its echo, and nothing else is', () => {
    const items = [
      { side: 'right' as const, type: 'rejected', where: { status: ['rejected'] }, always: false, original: [], entry: 'journal' },
    ];
    const receipts = ['7', '7', '8', '9', null].map((slip, i) => entry('abcde'[i]!, 500, '2026-07-01', { slip, bag: slip ?? '9' }));
    const lines = [
      ...['7', '8'].map((slip) => entry(`j1-${slip}`, 500, '2026-07-01', { slip, journal: 'j1', status: 'rejected' })),
      entry('j2-8', 500, '2026-07-01', { slip: '8', journal: 'j2', status: 'posted' }),
    ];
    const { exceptions } = reconcile({ items }, receipts, lines, { open: { left: { type: 'unposted', within: 1, together: ['bag'] } } });
    const cause = exceptions.find((e) => e.type === 'rejected')!;
    expect([cause.cause, cause.right.map(({ id }) => id)]).toEqual([undefined, ['j1-7', 'j1-8']]);
    expect(exceptions.flatMap((e) => (e.cause === cause.id ? [e.left.map(({ id }) => id)] : []))).toEqual([['a', 'b']]);
    expect(exceptions.filter((e) => e.type === 'unposted').map((e) => e.left.map(({ id }) => id))).toEqual([
      ['a', 'b'],
      ['d', 'e'],
    ]);
  });

  test('open records of which only some are of the rejected entry are no echo', () => {
    const items = [{ side: 'right' as const, type: 'rejected', where: { status: ['rejected'] }, always: false, original: [] }];
    const receipts = ['7', '8'].map((slip) => entry(slip, 500, '2026-07-01', { slip, bag: '1' }));
    const line = entry('j', 500, '2026-07-01', { slip: '7', status: 'rejected' });
    const { exceptions } = reconcile({ items }, receipts, [line], { open: { left: { type: 'unposted', within: 1, together: ['bag'] } } });
    expect(exceptions.map((e) => [e.type, e.left.length, e.cause])).toEqual([
      ['rejected', 0, undefined],
      ['unposted', 2, undefined],
    ]);
  });

  test('payments of one number of several days lack the one settlement that is missing already for the last of them', () => {
    const expected = [{ side: 'right' as const, type: 'missing_settlement', by: ['place'], days: 'business' as const, within: 0 }];
    const on = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
    const passes = [
      { ...SLIP, name: 'batch', on: on('place', 'batch') },
      { ...SLIP, on: on('place', 'date') },
    ];
    const of = (id: string, date: string, batch: string): Entry => entry(id, 500, date, { place: 'pool', batch, date });
    // Friday's is there, and so is Tuesday's; the payments of the weekend are in Monday's, which did not come.
    const left = [of('a', '2026-07-10', '1'), ...['11', '11', '12', '12', '13'].map((day, i) => of(`w${i}`, `2026-07-${day}`, '2'))];
    const { exceptions } = reconcile(
      { expected },
      [...left, of('t', '2026-07-14', '3')],
      [of('A', '2026-07-10', '1'), of('T', '2026-07-14', '3')],
      {
        ...{
          passes,
          today: '2026-07-20',
          open: { left: { type: 'not_settled', within: 2, together: ['date'] }, right: { type: 'x', within: 400 } },
        },
      },
    );
    const missing = exceptions.filter((e) => e.type === 'missing_settlement' && e.facts.day !== '2026-07-15');
    expect(missing.map((e) => e.facts.day)).toEqual(['2026-07-13']);
    expect(exceptions.filter((e) => e.type === 'not_settled').map((e) => e.cause)).toEqual([
      missing[0]!.id,
      missing[0]!.id,
      missing[0]!.id,
    ]);
  });

  test('a settlement that comes to what one batch of its day says is an echo of that batch, though it does not name the office', () => {
    const total = (id: string, place: string, minor: number): ControlTotal => ({
      ...{ id, currency: 'USD', minor, count: 3, first: null, last: null, day: dayNumber('2026-07-01') },
      values: { place, date: '2026-07-01' },
    });
    const settlement = (id: string, gross: number, refunds: number): Entry =>
      entry(id, gross - refunds - 10, '2026-07-01', {
        merchant: 'hall',
        date: '2026-07-01',
        gross: String(gross),
        refunds: String(refunds),
      });
    const same = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
    const passes: Pass[] = [
      { kind: 'control', name: 'closes', of: 'left', on: same('place', 'date') },
      {
        ...{ kind: 'settlement', name: 'day', of: 'right', on: same('merchant', 'date'), sides: 'many_to_one', contract: [], feeLimit: 0 },
        ...{ parts: { gross: 'gross', refunds: 'refunds' }, negative: [], confirm: 'automatic' },
      },
    ];
    const causesOf = (...totals: ControlTotal[]) => {
      const rules: Rules = {
        ...{ reconciliation: 'r', passes, exceptions: NO_RULES, totals: { closes: totals } },
        open: { left: { type: 'not_settled', within: 1 }, right: { type: 'settled_without_receipt', within: 0 } },
      };
      const right = [settlement('s', 900, 200), settlement('other', 500, 0)];
      const { exceptions } = reconcileSides(rules, { left: [], right }, [], days, TODAY);
      return exceptions
        .filter((e) => e.type === 'settled_without_receipt')
        .map((e) => `${e.right[0]!.id} ${exceptions.find(({ id }) => id === e.cause)?.facts.of ?? '-'}`)
        .sort();
    };
    expect(causesOf(total('1', 'permits', 700))).toEqual(['other -', 's permits, 2026-07-01']);
    expect(causesOf(total('1', 'permits', 890))).toEqual(['other -', 's -']);
    // Two processors have its cards.
    expect(causesOf(total('1', 'permits', 1200))).toEqual(['other permits, 2026-07-01', 's permits, 2026-07-01']);
    // Two batches that say the same: it is not known which one it is.
    expect(causesOf(total('1', 'permits', 700), total('2', 'clerk', 700))).toEqual(['other -', 's -']);
  });
});
