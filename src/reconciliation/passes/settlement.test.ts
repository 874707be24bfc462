import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { ControlTotal, Entry, FeeRule, Pass, SettlementPass, SubsetPass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { conservedSums } from '../match/conservation.ts';
import { reconcileSides, type Rules } from '../match/reconcile.ts';

const days = businessDays([0, 6], []);

function entry(id: string, minor: number, date: string, values: Entry['values'] = {}): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values };
}

const CONTRACT: FeeRule = { where: {}, millionths: 26_500, perItem: 10, rounding: 'batch', items: 'items', deducted: 'daily' };
const PASS: SettlementPass = {
  kind: 'settlement',
  name: 'gross to net',
  of: 'right',
  on: [{ left: 'batch', right: 'batch' }],
  sides: 'many_to_one',
  parts: { gross: 'gross', refunds: 'refunds', fees: 'fee', chargebacks: 'chargebacks', reserve: 'reserve', net: 'net' },
  negative: [],
  contract: [CONTRACT],
  feeLimit: 0,
  confirm: 'automatic',
};

function reconcile(passes: Pass[], left: Entry[], right: Entry[], more: Partial<Rules> = {}) {
  const rules: Rules = {
    reconciliation: 'r',
    passes,
    open: { left: { type: 'not_settled', within: 1 }, right: { type: 'settled_without_receipt', within: 0 } },
    exceptions: NO_RULES,
    ...more,
  };
  const result = reconcileSides(rules, { left, right }, [], days, dayNumber('2026-09-01'));
  conservedSums('r', { left, right }, result);
  return {
    ...result,
    found: result.exceptions.map((e) => [e.type, ...[...e.left, ...e.right].map(({ id }) => id)].join(' ')).sort(),
    confirmed: result.matches
      .filter((m) => m.state === 'confirmed')
      .map((m) => [...m.left, ...m.right].map(({ id }) => id).join(' '))
      .sort(),
  };
}

/** A settlement of 100.00 in two payments: 2.65 % and 0.10 each are 2.85. */
function settlement(values: Record<string, string | null> = {}, minor = 9715): Entry {
  return entry('s', minor, '2026-07-02', {
    batch: '7',
    gross: '10000',
    refunds: null,
    fee: '285',
    chargebacks: null,
    reserve: null,
    net: String(minor),
    items: '2',
    ...values,
  });
}
const payments = [entry('a', 4000, '2026-07-01', { batch: '7' }), entry('b', 6000, '2026-07-01', { batch: '7' })];

describe('payments and their settlement', () => {
  test('are tied by gross, and the difference to the net is what the settlement says it is', () => {
    const { found, confirmed, matches } = reconcile([PASS], payments, [settlement()]);
    expect([found, confirmed]).toEqual([[], ['a b s']]);
    expect(matches[0]).toMatchObject({ difference: -285, evidence: { parts: { gross: 10_000, fees: 285, net: 9715 } } });
  });

  test('a refund of an earlier day, a chargeback and a reserve are netted', () => {
    const refund = entry('r', -1500, '2026-06-20', { batch: '7' });
    const net = 10_000 - 1500 - 285 - 700 - 300;
    const paid = settlement({ refunds: '1500', chargebacks: '700', reserve: '300' }, net);
    const { found, confirmed } = reconcile([PASS], [...payments, refund], [paid]);
    // The chargeback has a deadline, although its money is accounted for.
    expect([found, confirmed]).toEqual([['chargeback s'], ['a b r s']]);
  });

  test.each([
    ['with a plus sign', '200', []],
    ['with a minus sign', '-200', ['released' as const]],
  ])('what is given back of a reserve is a part of its own, %s', (_, released, negative) => {
    const pass: SettlementPass = { ...PASS, negative, parts: { ...PASS.parts, released: 'released' } };
    const paid = settlement({ reserve: '300', released }, 10_000 - 285 - 300 + 200);
    const { found, confirmed, matches } = reconcile([pass], payments, [paid]);
    expect([found, confirmed]).toEqual([[], ['a b s']]);
    expect(matches[0]!.evidence.parts).toMatchObject({ reserve: 100 });
    expect(reconcile([PASS], payments, [paid]).found).toEqual(['settlement_does_not_add_up s']);
  });

  test('a chargeback in a line of its own has no fee to miss; a settlement of the same file without its fee has', () => {
    const items = [{ side: 'right' as const, type: 'chargeback', where: { kind: ['chargeback'] }, always: true, original: [] }];
    const line = entry('c', -4000, '2026-07-05', { batch: null, kind: 'chargeback', gross: null, fee: null, net: '-4000' });
    const rules = { exceptions: { ...NO_RULES, items } };
    expect(reconcile([PASS], payments, [settlement(), line], rules).found).toEqual(['chargeback c']);
    expect(reconcile([PASS], payments, [settlement({ fee: null }), line], rules).found).toEqual(['chargeback c', 'fee_missing s']);
    // Without the rule it is a settlement like any other.
    expect(reconcile([PASS], payments, [settlement(), line]).found).toContain('fee_missing c');
  });

  test('a chargeback that was won comes back with the other sign, and is none', () => {
    expect(reconcile([PASS], payments, [settlement({ chargebacks: '-700' }, 10_415)]).found).toEqual([]);
  });

  test('a processor that has records of single chargebacks may net others: each is told once', () => {
    const items = [{ side: 'right' as const, type: 'chargeback', where: { kind: ['chargeback'] }, always: true, original: [] }];
    const line = (minor: number, day = '2026-07-02') =>
      entry(`c${minor}`, -minor, day, { batch: null, kind: 'chargeback', gross: null, chargebacks: String(minor), net: String(-minor) });
    const netted = settlement({ chargebacks: '700' }, 9015);
    const found = (...lines: Entry[]) => reconcile([PASS], payments, [netted, ...lines], { exceptions: { ...NO_RULES, items } }).found;
    expect(found(line(700))).toEqual(['chargeback c700']);
    expect(found(line(300), line(400))).toEqual(['chargeback c300', 'chargeback c400']);
    expect(found(line(900))).toEqual(['chargeback c900', 'chargeback s']);
    expect(found(line(700, '2026-07-20'))).toEqual(['chargeback c700', 'chargeback s']);
  });

  test('a returned payment in a record of the same day is not a second settlement, and has no parts to add up', () => {
    const DAY: SettlementPass = { ...PASS, name: 'day', on: [{ left: 'day', right: 'day' }] };
    const items = [{ side: 'right' as const, type: 'ach_return', where: { kind: ['return'] }, always: false, original: [] }];
    const back = entry('x', -4000, '2026-07-02', { batch: null, day: '1', kind: 'return', gross: '0', fee: '0', net: '-4000' });
    const paid = payments.map((payment) => ({ ...payment, values: { batch: null, day: '1' } }));
    const { found, confirmed } = reconcile([PASS, DAY], paid, [settlement({ batch: null, day: '1' }), back], {
      exceptions: { ...NO_RULES, items },
    });
    expect([found, confirmed]).toEqual([['ach_return x'], ['a b s']]);
  });

  test('a report that writes its fees with a minus sign says so', () => {
    const { found } = reconcile([{ ...PASS, negative: ['fees'] }], payments, [settlement({ fee: '-285' })]);
    expect(found).toEqual([]);
  });

  test('a batch of refunds only is negative', () => {
    const contract = { ...CONTRACT, perItem: 0 };
    const refund = entry('r', -1500, '2026-06-20', { batch: '7' });
    const { found, confirmed } = reconcile(
      [{ ...PASS, contract: [contract] }],
      [refund],
      [settlement({ gross: '0', refunds: '1500', fee: '0' }, -1500)],
    );
    expect([found, confirmed]).toEqual([[], ['r s']]);
  });

  test('a settlement without a gross gives it by its net and fee; with a blank fee it is not guessed', () => {
    const parts = { fees: 'fee', net: 'net' };
    expect(reconcile([{ ...PASS, parts }], payments, [settlement()]).confirmed).toEqual(['a b s']);
    const blank = reconcile([{ ...PASS, parts }], payments, [settlement({ fee: null })]);
    expect([blank.confirmed, blank.found]).toEqual([[], ['fee_missing s', 'not_settled a', 'not_settled b', 'settled_without_receipt s']]);
  });

  test('a payment that the settlement lacks is not settled, and the rest needs review', () => {
    const { found, matches } = reconcile([PASS], [...payments, entry('c', 777, '2026-07-01', { batch: '7' })], [settlement()]);
    expect([found, matches.map((m) => m.state)]).toEqual([['not_settled c'], ['proposed']]);
  });

  test('a settlement whose parts add up has no swapped digits: the payment that it lacks is missing', () => {
    const sales = [entry('a', 15_700, '2026-07-01', { batch: '7' }), entry('b', 1800, '2026-07-01', { batch: '7' })];
    const found = (payments: Entry[], gross: string, net: string | null) =>
      reconcile([PASS], payments, [settlement({ gross, fee: '0', net })]).found.join('; ');
    expect(found(sales, '15700', '15700')).toContain('not_settled b');
    expect(found(sales.slice(0, 1), '17500', '17500')).toContain('amount_differs a s');
    // Nothing says how the gross came about: it may have been typed.
    expect(found(sales, '15700', null)).toContain('transposed a b s');
  });
});

describe('the fee', () => {
  test.each([
    ['as the contract says', {}, 9715, []],
    ['a cent too much', { fee: '286' }, 9714, ['fee_odd s']],
    ['blank, which is not zero', { fee: null }, 9715, ['fee_missing s']],
    ['right, but the settlement pays less', {}, 9700, ['settlement_does_not_add_up s']],
  ])('%s', (_, values, net, wanted) => {
    const { found, confirmed } = reconcile([PASS], payments, [settlement(values, net)]);
    expect([found, confirmed]).toEqual([wanted, ['a b s']]);
  });

  test('rounded for each item is not the fee of the batch', () => {
    // 2.5 % of 0.99 is 2.475 cents: 2 each, 6 in all; of 2.97 it is 7.425, so 7.
    const small = ['x', 'y', 'z'].map((id) => entry(id, 99, '2026-07-01', { batch: '7' }));
    const each = { ...PASS, contract: [{ ...CONTRACT, millionths: 25_000, perItem: 0, rounding: 'item' as const }] };
    const paid = (fee: number) => settlement({ gross: '297', fee: String(fee), items: '3' }, 297 - fee);
    expect(reconcile([each], small, [paid(6)]).found).toEqual([]);
    expect(reconcile([each], small, [paid(7)]).found).toEqual(['fee_odd s']);
    // Without its payments only what no rounding can give is odd.
    expect(reconcile([{ ...each, on: [] }], [], [paid(7)]).found).toEqual(['settled_without_receipt s']);
    expect(reconcile([{ ...each, on: [] }], [], [paid(10)]).found).toEqual(['fee_odd s', 'settled_without_receipt s']);
  });

  test('the contract of its brand and day', () => {
    const contract = [
      { ...CONTRACT, where: { brand: ['amex'] }, millionths: 32_000, perItem: 0 },
      { ...CONTRACT, to: dayNumber('2026-07-01') },
      { ...CONTRACT, from: dayNumber('2026-07-02'), perItem: 20 },
    ];
    const amex = settlement({ brand: 'amex', fee: '320' }, 9680);
    expect(reconcile([{ ...PASS, contract }], payments, [amex]).found).toEqual([]);
    expect(reconcile([{ ...PASS, contract }], payments, [settlement({ brand: 'visa' })]).found).toEqual(['fee_odd s']);
  });

  test('that two passes check are one exception for each settlement', () => {
    const byDay: SettlementPass = { ...PASS, name: 'place and day', on: [{ left: 'place', right: 'place' }] };
    const noNumber = settlement({ batch: null, place: 'pool', fee: '300' }, 9700);
    const there = payments.map(({ id, minor }) => entry(id, minor, '2026-07-01', { place: 'pool' }));
    const { found, confirmed } = reconcile([PASS, byDay], there, [noNumber]);
    expect([found, confirmed]).toEqual([['fee_odd s'], ['a b s']]);
    const blank = settlement({ batch: null, place: 'pool', fee: null }, 9715);
    expect(reconcile([PASS, byDay], there, [blank]).found.filter((text) => text.startsWith('fee_missing'))).toEqual(['fee_missing s']);
  });

  test('debited by the month is held against what the month should cost', () => {
    const monthly: SettlementPass = {
      ...PASS,
      on: [],
      contract: [{ ...CONTRACT, deducted: 'monthly' }],
      monthly: { where: { kind: ['fee'] }, by: [] },
    };
    const gross = settlement({ fee: null }, 10_000);
    const debit = (minor: number) => entry('f', minor, '2026-08-03', { kind: 'fee' });
    const found = (minor: number) => reconcile([monthly], [], [gross, debit(minor)]).found.filter((text) => text.startsWith('fee'));
    expect(found(-285)).toEqual([]);
    expect(found(-300)).toEqual(['fee_odd f']);
    // A report of gross amounts may say 0.00.
    const zero = settlement({ fee: '0' }, 10_000);
    expect(reconcile([monthly], [], [zero, debit(-285)]).found.filter((text) => text.startsWith('fee'))).toEqual([]);
    // A second pass that names the fees, without the contract.
    expect(reconcile([monthly, { ...PASS, name: 'day', contract: [] }], [], [gross, debit(-285)]).found).not.toContain('fee_missing s');
    const twice = [monthly, { ...monthly, name: 'fees of the month' }];
    expect(reconcile(twice, [], [gross, debit(-300)]).found.filter((text) => text.startsWith('fee'))).toEqual(['fee_odd f']);
  });
});

test('the number of payments counts, whichever pass names it', () => {
  const byDay: SettlementPass = { ...PASS, name: 'day', on: [{ left: 'day', right: 'day' }], contract: [], parts: { gross: 'gross' } };
  const left = [...payments, entry('c', 700, '2026-07-01')].map((one) => ({ ...one, values: { day: '1' } }));
  const confirmed = (count?: string) =>
    reconcile([{ ...PASS, contract: [], ...(count ? { count } : {}) }, byDay], left, [settlement({ day: '1' })]);
  expect(confirmed('items')).toMatchObject({ found: ['not_settled c'], confirmed: ['a b s'] });
  expect(confirmed()).toMatchObject({ found: ['not_settled c'], confirmed: [] });
});

test('the debit of the fees of a month waits for no payments', () => {
  const pass: SettlementPass = { ...PASS, contract: [{ ...CONTRACT, deducted: 'monthly' }], monthly: { where: { kind: ['fee'] }, by: [] } };
  const debit = entry('f', -285, '2026-08-03', { kind: 'fee', gross: null, net: '-285' });
  const { found, outOfScope } = reconcile([pass], payments, [settlement({ fee: null }, 10_000), debit]);
  expect([found, outOfScope.map(({ entry: { id } }) => id)]).toEqual([[], ['f']]);
  // Also where a pass by merchant and day would tie those of the day of the debit, whose settlement did not come.
  const byDay: SettlementPass = { ...PASS, name: 'day', on: [{ left: 'day', right: 'day' }], parts: { gross: 'gross' }, contract: [] };
  const waiting = entry('w', 500, '2026-08-03', { day: '2026-08-03' });
  const dated = { ...debit, values: { ...debit.values, day: '2026-08-03' } };
  expect(reconcile([pass, byDay], [waiting], [dated]).found).toEqual(['not_settled w']);
});

describe('control totals', () => {
  const control: Pass = { kind: 'control', name: 'closes', of: 'left', on: [{ left: 'batch', right: 'batch' }] };
  const key: Pass = { kind: 'key', name: 'slip', on: [{ left: 'batch', right: 'batch' }], sides: 'many_to_one', confirm: 'automatic' };
  const total = (values: Partial<ControlTotal> = {}): ControlTotal => ({
    id: 't',
    currency: 'USD',
    minor: 10_000,
    count: 2,
    first: 'R0001',
    last: 'R0002',
    day: dayNumber('2026-07-01'),
    values: { batch: '7' },
    ...values,
  });
  const slip = entry('d', 10_000, '2026-07-02', { batch: '7' });
  const run = (left: Entry[], totals: ControlTotal[], more: Partial<Rules> = {}) =>
    reconcile([control, key], left, [slip], { totals: { closes: totals }, ...more });

  test('that hold let the batch be matched', () => {
    expect(run(payments, [total()])).toMatchObject({ found: [], confirmed: ['a b d'] });
  });

  test.each([
    ['sum', { minor: 10_001 }],
    ['count', { count: 3 }],
    ['count, where the total has no sum', { minor: null, count: 1 }],
  ])('whose %s is another: nothing of the batch is matched, and its slip is an echo', (_, values) => {
    const { found, confirmed, exceptions } = run(payments, [total(values)]);
    expect([found, confirmed]).toEqual([['control_total_differs a b', 'settled_without_receipt d'], []]);
    const cause = exceptions.find((e) => e.type === 'control_total_differs')!;
    expect(exceptions.find((e) => e.type === 'settled_without_receipt')!.cause).toBe(cause.id);
  });

  test('of a place that the settlement does not name: what has the number of a held record is its echo, and nothing else is', () => {
    const byPlace: Pass = { ...control, on: [{ left: 'place', right: 'place' }] };
    const held = payments.map((one) => ({ ...one, values: { ...one.values, place: 'pool' } }));
    const totals = { closes: [total({ minor: 10_001, values: { place: 'pool' } })] };
    const { exceptions } = reconcile([byPlace, key], held, [slip, entry('e', 10_000, '2026-07-02', { batch: '8' })], { totals });
    const cause = exceptions.find((e) => e.type === 'control_total_differs')!.id;
    expect(exceptions.filter((e) => e.cause === cause).map((e) => e.right.map(({ id }) => id))).toEqual([['d']]);
  });

  test('of a batch that did not come: what has more on the other side and is of its place and day is an echo, and nothing else', () => {
    const at = (id: string, minor: number, values: Entry['values'], day = '2026-07-01') => entry(id, minor, day, values);
    const byTill: Pass = { ...control, on: ['place', 'till', 'day'].map((field) => ({ left: field, right: field })) };
    const place: Pass = { ...key, name: 'place and day', on: ['place', 'day'].map((field) => ({ left: field, right: field })) };
    const lost = total({ values: { place: 'pool', till: '1', day: '2026-07-01' } });
    const pool = { place: 'pool', day: '2026-07-01' };
    const causes = (left: Entry[], right: Entry[]) => {
      const { exceptions } = reconcile([byTill, place], left, right, { totals: { closes: [lost] } });
      const cause = exceptions.find((e) => e.type === 'missing_batch')!.id;
      return exceptions.filter((e) => e.holds).map((e) => `${e.type} ${e.cause === cause}`);
    };
    expect(causes([], [at('x', 500, pool)])).toEqual(['settled_without_receipt true']);
    expect(causes([], [at('x', 500, { ...pool, place: 'rink' })])).toEqual(['settled_without_receipt false']);
    const other = at('a', 500, { ...pool, till: '2' });
    expect(causes([other], [at('x', 9000, pool)])).toEqual(['amount_differs true']);
    expect(causes([other], [at('x', 300, pool)])).toEqual(['amount_differs false']);
  });

  test('hold where a refund was dated back into the batch after its month was closed, and not where it came before', () => {
    const afterClose = [{ side: 'left' as const, type: 'refund_after_close', where: {}, entered: 'entered', closes: 10 }];
    const refunded = (entered: string, own = total()) =>
      run([...payments, entry('r', -700, '2026-07-01', { batch: '7', entered })], [own], { exceptions: { ...NO_RULES, afterClose } }).found;
    expect(refunded('2026-08-20')).toEqual(['not_settled r', 'refund_after_close r']);
    expect(refunded('2026-08-20', total({ minor: 9300, count: 3 }))).toEqual(['not_settled r', 'refund_after_close r']);
    expect(refunded('2026-07-03')).toContain('control_total_differs a b r');
    expect(refunded('2026-08-20', total({ minor: 9999 }))).toContain('control_total_differs a b r');
  });

  test('of a batch that did not come: it is missing, its slip is an echo, and its numbers are not gaps', () => {
    const gaps = [{ side: 'left' as const, type: 'receipt_gap', number: 'no', series: [] }];
    const around = ['R0000', 'R0003', 'R0005'].map((no) => entry(no, 100, '2026-07-01', { no, batch: '6' }));
    const { exceptions } = run(around, [total()], { exceptions: { ...NO_RULES, gaps } });
    const missing = exceptions.find((e) => e.type === 'missing_batch')!;
    expect(missing).toMatchObject({ minor: 10_000, facts: { of: '7', first: 'R0001', last: 'R0002' }, holds: false });
    expect(exceptions.filter((e) => e.type === 'receipt_gap').map((e) => e.facts.first)).toEqual(['R0004']);
    expect(exceptions.find((e) => e.type === 'settled_without_receipt')!.cause).toBe(missing.id);
  });

  test('of a batch of today: it may still come', () => {
    const { found } = run([], [total({ day: dayNumber('2026-09-01') })]);
    expect(found).toEqual(['settled_without_receipt d']);
  });

  test('that say nothing was taken miss nothing', () => {
    expect(run([], [total({ minor: 0, count: 0 })]).found).toEqual(['settled_without_receipt d']);
  });
});

describe('a refund that is netted into another settlement', () => {
  const of = (id: string, batch: string, gross: number, refunds: number | null, date = '2026-07-02') =>
    entry(id, gross - (refunds ?? 0), date, {
      merchant: 'm',
      batch,
      gross: String(gross),
      refunds: refunds === null ? null : String(refunds),
    });
  const paid = (id: string, minor: number, batch: string | null, date = '2026-07-01') =>
    entry(id, minor, date, { merchant: 'm', batch, day: date });
  const KEY: SettlementPass = { ...PASS, parts: { gross: 'gross', refunds: 'refunds' }, contract: [] };
  const LATER: SubsetPass = {
    ...{ kind: 'subset', name: 'days of one batch', block: [{ left: 'merchant', right: 'merchant' }], one: 'right', most: 16 },
    ...{ within: { from: 0, to: 4 }, together: ['day'], parts: KEY.parts, negative: [], chance: 10, confirm: 'automatic' },
  };
  const sales = [paid('a', 4000, '1'), paid('b', 6000, '1'), paid('c', 5000, '2', '2026-07-02')];

  test('belongs to the one that says it, not to the one whose number it has', () => {
    for (const own of ['1', null]) {
      const refund = paid('r', -1500, own, '2026-07-03');
      const { found, confirmed } = reconcile(
        [KEY, LATER],
        [...sales, refund],
        [of('s', '1', 10_000, 0), of('t', '2', 5000, 1500, '2026-07-06')],
      );
      expect([found, confirmed]).toEqual([[], ['a b s', 'c r t']]);
    }
  });

  test('and a sale without its number is still found, though the number names a refund that is not in the batch', () => {
    const { confirmed } = reconcile(
      [KEY, LATER],
      [paid('a', 4000, '1'), paid('b', 6000, null, '2026-07-02'), paid('r', -1500, '1')],
      [of('s', '1', 10_000, 0)],
    );
    expect(confirmed).toEqual(['a b s']);
  });

  test('and is in the batch: a sale without its number is found, in one way', () => {
    const settlements = [of('s', '1', 10_000, 1500)];
    const refund = paid('r', -1500, '1');
    const oneSale = [paid('a', 4000, '1'), paid('b', 6000, null), refund];
    const twoDays = [paid('a', 4000, '1'), paid('b', 3500, null), paid('c', 2500, null, '2026-07-02'), refund];
    expect(reconcile([KEY, LATER], oneSale, settlements)).toMatchObject({ found: [], confirmed: ['a r b s'] });
    expect(reconcile([KEY, LATER], twoDays, settlements)).toMatchObject({ found: [], confirmed: ['a r b c s'] });
  });

  test('where refunds are not payments, the gross is enough', () => {
    const { found, confirmed } = reconcile([KEY, LATER], sales, [of('s', '1', 10_000, 0), of('t', '2', 5000, 1500, '2026-07-06')]);
    expect([found, confirmed]).toEqual([[], ['a b s', 'c t']]);
  });

  test('stays open while no settlement has it', () => {
    const { found, confirmed } = reconcile([KEY, LATER], [...sales.slice(0, 2), paid('r', -1500, '1')], [of('s', '1', 10_000, 0)]);
    expect([found, confirmed]).toEqual([['not_settled r'], ['a b s']]);
  });

  test('is ambiguous by itself where two of its amount are near: the sales of both settlements stay tied', () => {
    const refunds = [paid('q', -1500, null, '2026-07-01'), paid('r', -1500, null, '2026-07-02')];
    const { exceptions, confirmed } = reconcile(
      [KEY, LATER],
      [...sales, ...refunds],
      [of('s', '1', 10_000, 1500, '2026-07-03'), of('t', '2', 5000, 0, '2026-07-03')],
    );
    expect(confirmed).toEqual(['a b s', 'c t']);
    expect(exceptions.map((e) => [e.type, ...[...e.left, ...e.right].map(({ id }) => id)])).toEqual([['ambiguous', 'q', 'r']]);
  });
});
