import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../../calendar.ts';
import type { Entry, KeyPass, Pass, SettlementPass, SubsetPass } from '../../entry.ts';
import { NO_RULES, type ExceptionRules } from '../../exceptions/rules.ts';
import { reconcileSides } from '../../match/reconcile.ts';

const days = businessDays([0, 6], []);

function entry(id: string, minor: number, date: string, values: Entry['values']): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(date), values: { day: date, ...values } };
}

function reconcile(passes: Pass[], left: Entry[], right: Entry[], exceptions: Partial<ExceptionRules> = {}) {
  const open = { left: { type: 'not_settled', within: 0 }, right: { type: 'settled_without_receipt', within: 0 } };
  const rules = { reconciliation: 'cards', passes, open, exceptions: { ...NO_RULES, ...exceptions } };
  return reconcileSides(rules, { left, right }, [], days, dayNumber('2026-12-31'));
}

const BATCH: KeyPass = { kind: 'key', name: 'batch', on: [{ left: 'batch', right: 'batch' }], sides: 'many_to_one', confirm: 'automatic' };
const DAYS: SubsetPass = {
  kind: 'subset',
  name: 'days of one batch',
  block: [{ left: 'place', right: 'place' }],
  within: { from: 0, to: 2 },
  one: 'right',
  most: 16,
  together: ['day'],
  negative: [],
  chance: 10,
  confirm: 'automatic',
};
const ids = (list: readonly Entry[]): string[] => list.map(({ id }) => id).sort();
const pool = (batch: string | null = null): Entry['values'] => ({ place: 'pool', batch });

describe('whole days add up', () => {
  // A terminal that was not closed on Wednesday: its batch of Thursday has both days.
  const payments = (batches: (string | null)[]): Entry[] => [
    entry('a', 1000, '2026-07-01', pool(batches[0])),
    entry('b', 2500, '2026-07-01', pool(batches[1])),
    entry('c', 700, '2026-07-02', pool(batches[2])),
    entry('d', 3300, '2026-07-02', pool(batches[3])),
  ];
  test('to the batch of two days, though no payment has its number', () => {
    const { matches } = reconcile([BATCH, DAYS], payments([null, null, null, null]), [entry('s', 7500, '2026-07-02', pool('71'))]);
    expect(matches.map((m) => [m.state, ids(m.left)])).toEqual([['confirmed', ['a', 'b', 'c', 'd']]]);
  });

  test('to what a batch lacks of which only some payments have the number', () => {
    const { matches, exceptions } = reconcile([BATCH, DAYS], payments(['71', null, '71', null]), [
      entry('s', 7500, '2026-07-02', pool('71')),
    ]);
    expect(matches.map((m) => [m.state, ids(m.left)])).toEqual([['confirmed', ['a', 'b', 'c', 'd']]]);
    expect(exceptions).toEqual([]);
  });

  test('to what a bag lacks of its own days, where a day of another bag has the same amount', () => {
    const of = (id: string, minor: number, day: number, batch: string | null) => entry(id, minor, `2026-07-0${day}`, pool(batch));
    const { matches, exceptions } = reconcile(
      [BATCH, DAYS],
      [of('a', 3000, 1, '71'), of('b', 100, 1, null), of('c', 3300, 2, '71'), of('d', 525, 2, null), of('e', 1700, 3, '72')].concat(
        of('f', 100, 3, null),
      ),
      [entry('s', 6925, '2026-07-03', pool('71')), entry('t', 1800, '2026-07-03', pool('72'))],
    );
    expect(matches.map((m) => [m.state, ids(m.left), ids(m.right)])).toEqual([
      ['confirmed', ['a', 'b', 'c', 'd'], ['s']],
      ['confirmed', ['e', 'f'], ['t']],
    ]);
    expect(exceptions).toEqual([]);
  });

  test('to the gross of a settlement, whose own amount is the net', () => {
    const parts = { gross: 'gross', refunds: 'refunds', fees: 'fees', net: 'net' };
    const settlement: SettlementPass = {
      kind: 'settlement',
      name: 'terminal',
      of: 'right',
      on: BATCH.on,
      sides: 'many_to_one',
      parts,
      negative: [],
      contract: [],
      feeLimit: 0,
      confirm: 'automatic',
    };
    const values = { ...pool(), gross: '7500', refunds: null, fees: '200', net: '7300' };
    const { matches } = reconcile([settlement, { ...DAYS, parts }], payments([null, null, null, null]), [
      entry('s', 7300, '2026-07-02', values),
    ]);
    expect(matches.map((m) => [m.state, ids(m.left), m.difference])).toEqual([['confirmed', ['a', 'b', 'c', 'd'], -200]]);
  });

  test('and are never torn: one payment of a day is not part of a batch', () => {
    const { matches } = reconcile([DAYS], payments([null, null, null, null]), [entry('s', 3300, '2026-07-02', pool())]);
    expect(matches).toEqual([]);
  });
});

describe('what would fit by chance is proposed', () => {
  test('with so many candidates that some of them add up to any amount', () => {
    const many = Array.from({ length: 12 }, (_, i) => entry(`p${i}`, 100 * 2 ** i, '2026-07-01', pool()));
    const some = [many[2]!, many[7]!, many[11]!];
    const { matches } = reconcile([{ ...DAYS, together: [] }], many, [
      entry(
        's',
        some.reduce((n, e) => n + e.minor, 0),
        '2026-07-01',
        pool(),
      ),
    ]);
    // Only these three add up to it, as of every amount that is a multiple of a dollar some would.
    expect(matches.map((m) => [m.state, m.evidence.doubt, m.left.length])).toEqual([['proposed', 'by_chance', 3]]);
  });

  test('and so is one of two equal payments: it is not known which it is', () => {
    const { matches } = reconcile(
      [{ ...DAYS, together: [] }],
      [entry('a', 500, '2026-07-01', pool()), entry('b', 500, '2026-07-01', pool()), entry('c', 900, '2026-07-01', pool())],
      [entry('s', 1400, '2026-07-01', pool())],
    );
    expect(matches.map((m) => [m.state, m.evidence.doubt])).toEqual([['proposed', 'by_chance']]);
  });
});

test('a payment was entered twice and only the copy has the number: the first has the money, the second is the duplicate', () => {
  const rule = { side: 'left' as const, type: 'duplicate_receipt', fields: ['payer'], at: 'at', minutes: 10 };
  const at = (minute: number): string => `2026-07-01T12:0${minute}:00Z`;
  const { matches, exceptions } = reconcile(
    [BATCH],
    [
      entry('first', 4000, '2026-07-01', { batch: null, payer: 'p', at: at(1) }),
      entry('second', 4000, '2026-07-01', { batch: '71', payer: 'p', at: at(3) }),
    ],
    [entry('s', 4000, '2026-07-01', { batch: '71' })],
    { duplicates: [rule] },
  );
  expect(matches.map((m) => m.left[0]!.id)).toEqual(['first']);
  expect(exceptions.map((e) => [e.type, e.left[0]!.id])).toEqual([['duplicate_receipt', 'second']]);
});

test('two equal batches and two equal lines of the ledger are one exception, which lists all four', () => {
  const batch = (id: string, name: string, minor: number) => entry(id, minor, '2026-07-01', { ...pool(), day: name });
  const { exceptions } = reconcile(
    [DAYS],
    [batch('a', 'B1', 500), batch('b', 'B1', 400), batch('c', 'B2', 900)],
    [entry('s', 900, '2026-07-02', pool()), entry('t', 900, '2026-07-02', pool())],
  );
  expect(exceptions.map((e) => [e.type, ids(e.left), ids(e.right)])).toEqual([['ambiguous', ['a', 'b', 'c'], ['s', 't']]]);
});

describe('of more candidates than can be tried together', () => {
  const JOINED: SubsetPass = { ...DAYS, name: 'bags of one office', block: [], together: [], alike: ['office'] };
  const { alike: _, ...WITHOUT } = JOINED;
  /** Two bags of each of 30 offices, on two days. */
  const bags = (count = 30): Entry[] =>
    Array.from({ length: count }, (_, i) => [
      entry(`a${i}`, 10_007 + i * 613, '2026-07-01', { office: `office ${i}` }),
      entry(`b${i}`, 23_011 + i * 977, '2026-07-02', { office: `office ${i}` }),
    ]).flat();
  const sum = (list: readonly Entry[], ...of: string[]): number => of.reduce((all, id) => all + list.find((e) => e.id === id)!.minor, 0);

  test('those of one office are tied to the deposit that joins them, and no others', () => {
    const list = bags();
    const { matches } = reconcile([JOINED], list, [
      entry('x', sum(list, 'a7', 'b7'), '2026-07-03', {}),
      entry('y', sum(list, 'a19', 'b19'), '2026-07-03', {}),
      entry('z', sum(list, 'a3', 'b11'), '2026-07-03', {}),
    ]);
    expect(matches.map((m) => [m.state, ids(m.left), ids(m.right)])).toEqual([
      ['confirmed', ['a7', 'b7'], ['x']],
      ['confirmed', ['a19', 'b19'], ['y']],
    ]);
  });

  test('two offices with the same sum are ambiguous', () => {
    const list = bags();
    const rival = [
      entry('c', sum(list, 'a7'), '2026-07-01', { office: 'other' }),
      entry('d', sum(list, 'b7'), '2026-07-02', { office: 'other' }),
    ];
    const { matches, exceptions } = reconcile([JOINED], [...list, ...rival], [entry('x', sum(list, 'a7', 'b7'), '2026-07-03', {})]);
    expect(matches).toEqual([]);
    expect(exceptions.filter(({ type }) => type === 'ambiguous').map(({ left, right }) => [ids(left), ids(right)])).toEqual([
      [['a7', 'b7', 'c', 'd'], ['x']],
    ]);
  });

  test('where one office alone has too many, nothing is tied: another way may be among them', () => {
    const list = bags();
    const more = Array.from({ length: 20 }, (_, i) => entry(`m${i}`, 5003 + i * 31, '2026-07-01', { office: 'large' }));
    const target = [entry('x', sum(list, 'a7', 'b7'), '2026-07-03', {})];
    const { matches, untried } = reconcile([JOINED], [...list, ...more], target);
    expect(matches).toEqual([]);
    expect([...untried]).toEqual([[JOINED.name, 1]]);
    // Without what they have in common, all of them are too many; with fewer offices, they are not.
    expect([...reconcile([WITHOUT], list, target).untried]).toEqual([[JOINED.name, 1]]);
    expect([...reconcile([JOINED], list, target).untried]).toEqual([]);
    expect([...reconcile([WITHOUT], bags(8), target).untried]).toEqual([]);
  });

  test('of so many offices that two of their bags come to any amount, they are only proposed', () => {
    const list = bags(700).map((one, i) => ({ ...one, minor: 20_000 + ((i * 7919) % 9973) }));
    const { matches } = reconcile([JOINED], list, [entry('x', sum(list, 'a7', 'b7'), '2026-07-03', {})]);
    for (const { state } of matches) expect(state).toBe('proposed');
  });

  test('those that are larger than the deposit do not count', () => {
    const small = [entry('a', 20_011, '2026-07-01', {}), entry('b', 31_007, '2026-07-01', {})];
    const large = Array.from({ length: 40 }, (_, i) => entry(`c${i}`, 90_001 + i * 613, '2026-07-01', {}));
    const target = [entry('x', 51_018, '2026-07-03', {})];
    const { matches, untried } = reconcile([WITHOUT], [...small, ...large], target);
    expect(matches.map((m) => [m.state, ids(m.left)])).toEqual([['confirmed', ['a', 'b']]]);
    expect([...untried]).toEqual([]);
    // A record of the other sign could make up for one of them.
    const taken = entry('minus', -100, '2026-07-01', {});
    expect([...reconcile([WITHOUT], [...small, ...large, taken], target).untried]).toEqual([[JOINED.name, 1]]);
  });

  describe('up to 30, where cents tell them apart', () => {
    const WIDE: SubsetPass = { ...WITHOUT, most: 30 };
    const many = Array.from({ length: 24 }, (_, i) => entry(`c${i}`, 20_011 + i * i * 97 + i, '2026-07-01', {}));
    const two = sum(many, 'c5', 'c17');

    test('two are tied', () => {
      const { matches } = reconcile([WIDE], many, [entry('x', two, '2026-07-03', {})]);
      expect(matches.map((m) => [m.state, ids(m.left)])).toEqual([['confirmed', ['c17', 'c5']]]);
    });

    test('two ways are ambiguous', () => {
      const rival = [entry('d', 20_000, '2026-07-01', {}), entry('e', two - 20_000, '2026-07-01', {})];
      const { matches, exceptions } = reconcile([WIDE], [...many, ...rival], [entry('x', two, '2026-07-03', {})]);
      expect(matches).toEqual([]);
      expect(exceptions.filter(({ type }) => type === 'ambiguous').map(({ left }) => ids(left))).toEqual([['c17', 'c5', 'd', 'e']]);
    });

    test('round amounts, of which many sums are the same, are not tried', () => {
      const round = many.map((one, i) => ({ ...one, minor: 1000 + (i % 7) * 500, values: { ...one.values, no: `${i}` } }));
      const { matches, untried } = reconcile([WIDE], round, [entry('x', 8500, '2026-07-03', {})]);
      expect(matches).toEqual([]);
      expect([...untried]).toEqual([[WIDE.name, 1]]);
    });

    test('too many are tried once others have taken theirs', () => {
      const more = Array.from({ length: 8 }, (_, i) => entry(`m${i}`, 21_500 + i * i * 391, '2026-07-02', {}));
      const [x, y] = [entry('x', two, '2026-07-03', {}), entry('y', sum(more, 'm0', 'm6'), '2026-07-06', {})];
      const pass = { ...WIDE, within: { from: 1, to: 2 } };
      expect([...reconcile([pass], [...many, ...more], [x]).untried]).toEqual([[WIDE.name, 1]]);
      const { matches, untried } = reconcile([pass], [...many, ...more], [x, y]);
      expect(matches.map(({ left, right }) => [ids(left), ids(right)])).toEqual([
        [['m0', 'm6'], ['y']],
        [['c17', 'c5'], ['x']],
      ]);
      expect([...untried]).toEqual([]);
    });
  });

  test('a deposit that says of how many bags it is, is of no other number', () => {
    const bag = (id: string, minor: number): Entry => entry(id, minor, '2026-07-01', {});
    const list = [bag('a', 20_011), bag('b', 31_007), bag('c', 11_002), bag('d', 9009)];
    const target = [entry('x', 51_018, '2026-07-03', { bags: '2' })];
    expect(reconcile([WITHOUT], list, target).matches).toEqual([]);
    const { matches } = reconcile([{ ...WITHOUT, count: 'bags' }], list, target);
    expect(matches.map((m) => [m.state, ids(m.left)])).toEqual([['confirmed', ['a', 'b']]]);
    const three = [entry('x', 51_018, '2026-07-03', { bags: '3' })];
    expect(reconcile([{ ...WITHOUT, count: 'bags' }], list, three).matches.map((m) => ids(m.left))).toEqual([['b', 'c', 'd']]);
    const four = [entry('x', 51_018, '2026-07-03', { bags: '4' })];
    const { exceptions } = reconcile([{ ...WITHOUT, count: 'bags' }], list, four);
    expect(exceptions.filter(({ type }) => type === 'ambiguous').map(({ left }) => ids(left))).toEqual([['a', 'b', 'c', 'd']]);
  });

  test('bags without an office may be of any', () => {
    const list = bags();
    const [a, ...others] = list;
    const { matches } = reconcile(
      [JOINED],
      [{ ...a!, values: { ...a!.values, office: '' } }, ...others],
      [entry('x', sum(list, 'a0', 'b12'), '2026-07-03', {})],
    );
    expect(matches.map((m) => [m.state, ids(m.left)])).toEqual([['confirmed', ['a0', 'b12']]]);
  });
});

test('what says that it is made of two is not tied to one record of its amount', () => {
  const { name: _, ...rest } = DAYS;
  const bags: SubsetPass = { ...rest, name: 'bags', block: [], together: [], count: 'bags' };
  const amount: Pass = {
    kind: 'amount',
    name: 'amount',
    block: [],
    within: { from: 0, to: 3 },
    text: [],
    chance: 1000,
    confirm: 'automatic',
  };
  const slips = [entry('a', 9013, '2026-07-01', {}), entry('b', 5002, '2026-07-01', {}), entry('c', 4011, '2026-07-01', {})];
  const pairs = (count: string | null): string[] =>
    reconcile([amount, bags], slips, [entry('x', 9013, '2026-07-02', { bags: count })]).matches.map(
      (m) => `${ids(m.left).join()} ${m.state}`,
    );
  expect(pairs(null)).toEqual(['a confirmed']);
  expect(pairs('1')).toEqual(['a confirmed']);
  expect(pairs('2')).toEqual([expect.stringContaining('b,c')]);
});
