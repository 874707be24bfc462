import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causesOf, type Echoing } from './echoes.ts';

const ORDER = new Map([
  ['slips', 0],
  ['bank', 1],
  ['ledger', 2],
]);
const one = (id: string, pipeline: string, more: Partial<Echoing> = {}): Echoing => ({
  id,
  pipeline,
  type: 'not_deposited',
  holds: true,
  since: '2026-07-01',
  records: [],
  tags: [],
  ...more,
});

describe('one cause, once', () => {
  test('the first of the chain is the cause, and an echo of an echo is one of the cause', () => {
    const causes = causesOf(
      [one('c', 'ledger', { records: ['y'] }), one('b', 'bank', { records: ['x', 'y'] }), one('a', 'slips', { records: ['x'] })],
      ORDER,
    );
    expect(Object.fromEntries(causes)).toEqual({ a: null, b: 'a', c: 'a' });
  });

  test('what is missing at the source is the cause, wherever it was found', () => {
    const file = [{ name: 'bank a.csv', role: 'either' as const }];
    const causes = causesOf(
      [
        one('z', 'bank', { type: 'source_missing', holds: false, tags: file }),
        one('y', 'ledger', { type: 'source_missing', holds: false, tags: file }),
        one('a', 'ledger', { named: 'y' }),
      ],
      ORDER,
    );
    expect(Object.fromEntries(causes)).toEqual({ z: null, y: 'z', a: 'z' });
  });

  test('of slips that have one number in two years, the nearer one is the cause; one of another year is none', () => {
    const slip = (id: string, since: string | null) => one(id, 'slips', { since, tags: [{ name: 'slip 7', role: 'cause' }] });
    const line = (id: string, since: string | null) => one(id, 'ledger', { since, tags: [{ name: 'slip 7', role: 'echo' }] });
    const causes = (...given: Echoing[]) => Object.fromEntries(causesOf(given, ORDER));
    expect(causes(slip('a', '2025-11-03'), slip('b', '2026-01-12'), line('c', '2026-01-14'), line('d', '2025-11-05'))).toMatchObject({
      c: 'b',
      d: 'a',
    });
    expect(causes(slip('a', '2025-10-03'), line('c', '2026-01-14'))).toMatchObject({ c: null });
    expect(causes(slip('a', null), line('c', '2026-01-14'))).toMatchObject({ c: 'a' });
  });

  test('two findings about one record are two causes; two records of one reconciliation too', () => {
    const causes = causesOf(
      [
        one('a', 'slips', { type: 'late_deposit', holds: false, records: ['x'] }),
        one('b', 'bank', { type: 'fee_odd', holds: false, records: ['x'] }),
        one('c', 'bank', { type: 'late_deposit', holds: false, records: ['x'] }),
        one('d', 'slips', { records: ['y'] }),
        one('e', 'slips', { records: ['y'] }),
      ],
      ORDER,
    );
    expect(Object.fromEntries(causes)).toEqual({ a: null, b: null, c: 'a', d: null, e: null });
  });

  test('a receipt and its payment say the same of a void: one cause, in one reconciliation as in two', () => {
    const voided = { type: 'void_after_deposit', holds: false };
    const causes = causesOf(
      [
        one('a', 'slips', { ...voided, records: ['receipt'], kin: ['payment'] }),
        one('b', 'slips', { ...voided, records: ['payment'], kin: ['receipt'] }),
        one('c', 'bank', { ...voided, records: ['payment'] }),
        one('d', 'bank', { ...voided, records: ['another'] }),
      ],
      ORDER,
    );
    expect(Object.fromEntries(causes)).toEqual({ a: null, b: 'a', c: 'a', d: null });
  });

  test('a total that differs by just what is wrong with one of its records is an echo of that', () => {
    const payment = one('wrong sign', 'slips', { type: 'amount_differs', records: ['receipt', 'p1'], right: new Set(['p1']), minor: -110 });
    const total = (minor: number): Echoing =>
      one('total', 'bank', { type: 'control_total_differs', records: ['p1', 'p2'], right: new Set(), minor });
    const slip = one('slip', 'bank', { named: 'total' });
    const causes = (...given: Echoing[]) => Object.fromEntries(causesOf(given, ORDER));
    expect(causes(payment, total(-110), slip)).toEqual({ 'wrong sign': null, total: 'wrong sign', slip: 'wrong sign' });
    // A record more is missing: the batch is the trouble.
    expect(causes(payment, total(-150), slip)).toEqual({ 'wrong sign': 'total', total: null, slip: 'total' });
  });

  test('for every input: causes are not echoes, and the order of the input changes nothing', () => {
    const given = fc.array(
      fc.record({
        pipeline: fc.constantFrom('slips', 'bank', 'ledger'),
        type: fc.constantFrom('not_deposited', 'source_missing', 'missing_batch'),
        holds: fc.boolean(),
        records: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 2 }),
        tags: fc.array(fc.record({ name: fc.constantFrom('1', '2'), role: fc.constantFrom('cause', 'echo', 'either') }), { maxLength: 2 }),
        named: fc.option(fc.constantFrom('e0', 'e1', 'e2'), { nil: undefined }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(given, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (list, seeds) => {
        const all = list.map(({ named, ...rest }, i) =>
          one(`e${i}`, rest.pipeline, { ...rest, ...(named === undefined ? {} : { named }) }),
        );
        const causes = causesOf(all, ORDER);
        for (const cause of causes.values()) if (cause !== null) expect(causes.get(cause)).toBeNull();
        const mixed = all
          .map((e, i) => [seeds[i]!, e] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, e]) => e);
        expect(new Map([...causesOf(mixed, ORDER)].sort())).toEqual(new Map([...causes].sort()));
      }),
      { numRuns: 300 },
    );
  });
});
