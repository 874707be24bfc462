import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tries } from '../../../test/effort.ts';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, SettlementPass, Side, SubsetPass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { componentsOf } from './components.ts';
import { conservedSums } from './conservation.ts';
import { reconcileInPieces } from './pieces.ts';
import { type Reconciled, reconcileSides } from './reconcile.ts';
import { relationsOf, takenBy } from './relations.ts';
import type { Rules } from './work.ts';

const days = businessDays([0, 6], []);
const FIRST = dayNumber('2026-07-01');
const parts = { gross: 'gross', refunds: 'refunds', net: 'net' };
const KEY: SettlementPass = {
  ...{ kind: 'settlement', name: 'terminal', of: 'right', on: [{ left: 'batch', right: 'batch' }], sides: 'many_to_one' },
  ...{ parts, negative: [], contract: [], feeLimit: 0, confirm: 'automatic' },
};
const LATER: SubsetPass = {
  ...{ kind: 'subset', name: 'days of one batch', block: [{ left: 'merchant', right: 'merchant' }], within: { from: 0, to: 2 } },
  ...{ one: 'right', most: 16, together: ['batch', 'day'], parts, negative: [], chance: 1000, confirm: 'automatic' },
};
const ON_DAY: SubsetPass = {
  ...LATER,
  name: 'sales of the day',
  block: [...LATER.block, { left: 'day', right: 'day' }],
  within: { from: 0, to: 0 },
};
const RULES: Rules = {
  reconciliation: 'cards',
  passes: [KEY, ON_DAY, LATER],
  open: {
    left: { type: 'not_settled', within: 0, together: ['merchant', 'batch', 'day'] },
    right: { type: 'settled_without_receipt', within: 0 },
  },
  exceptions: NO_RULES,
};

interface Sides {
  left: Entry[];
  right: Entry[];
}

function reconcile({ left, right }: Sides): Reconciled {
  return reconcileSides(RULES, { left, right }, [], days, FIRST + 400);
}

/** What was found, each with its records, as texts. */
function found({ matches, exceptions }: Pick<Reconciled, 'matches' | 'exceptions'>): { ids: string[]; text: string }[] {
  return [
    ...matches.map(({ left, right, state, pass }) => ({ records: [...left, ...right], text: `${pass} ${state}` })),
    ...exceptions.map(({ left, right, type, facts }) => ({ records: [...left, ...right], text: `${type} ${JSON.stringify(facts)}` })),
  ].map(({ records, text }) => {
    const ids = records.map(({ id }) => id).sort();
    return { ids, text: `${text}: ${ids.join(' ')}` };
  });
}

/** The records that a nightly run looks at: new ones, and what is tied to these by what was found before or by a relation. */
function related(before: Reconciled, now: Sides, fresh: readonly Entry[]): Sides {
  const sideOf = new Map<Entry, Side>([...now.left.map((e) => [e, 'left'] as const), ...now.right.map((e) => [e, 'right'] as const)]);
  const mates = new Map<Entry, readonly Entry[]>();
  const pass = new Map<Entry, number>();
  for (const match of before.matches)
    for (const entry of [...match.left, ...match.right]) {
      mates.set(entry, [...match.left, ...match.right]);
      pass.set(entry, takenBy(RULES, match));
    }
  for (const { left, right } of before.exceptions) for (const entry of [...left, ...right]) mates.set(entry, [...left, ...right]);
  const inside = new Set(fresh);
  const relations = relationsOf(RULES);
  for (const entry of inside) {
    for (const mate of mates.get(entry) ?? []) inside.add(mate);
    for (const { pass: at, keyOf, near } of relations) {
      const key = keyOf(entry, sideOf.get(entry)!);
      if (key === null) continue;
      for (const [other, side] of sideOf)
        if (
          (pass.get(other) ?? Infinity) >= at &&
          keyOf(other, side) === key &&
          (near === undefined || Math.abs(days.index(other.day!) - days.index(entry.day!)) <= near)
        )
          inside.add(other);
    }
  }
  return { left: now.left.filter((e) => inside.has(e)), right: now.right.filter((e) => inside.has(e)) };
}

const day = fc.integer({ min: 0, max: 24 });
const batch = fc.option(fc.constantFrom('1', '2', '3'), { nil: null, freq: 2 });
interface Payment {
  day: number;
  batch: string | null;
  minor: number;
}

interface Settlement {
  day: number;
  batch: string | null;
  gross: number;
  refunds: number;
}

const payment: fc.Arbitrary<Payment> = fc.record({ day, batch, minor: fc.constantFrom(1000, 1500, 2500, 731, -1000, -1500, -731) });
const settlement: fc.Arbitrary<Settlement> = fc.record({
  day,
  batch,
  gross: fc.constantFrom(0, 1000, 2500, 3500, 1731, 5000),
  refunds: fc.constantFrom(0, 0, 1000, 1731, 2500),
});

function entry(id: string, minor: number, at: number, values: Entry['values']): Entry {
  return { id, minor, currency: 'USD', day: FIRST + at, values: { merchant: 'm', day: String(at), ...values } };
}

const town = fc.record({
  payments: fc.array(payment, { minLength: 4, maxLength: 30 }),
  settlements: fc.array(settlement, { minLength: 2, maxLength: 12 }),
});

function sidesOf({ payments, settlements }: { payments: Payment[]; settlements: Settlement[] }): Sides {
  const left = payments.map(({ day: at, batch: of, minor }, i) => entry(`p${i}`, minor, at, { batch: of && `${of}-${at}` }));
  const right = settlements.map(({ day: at, batch: of, gross, refunds }, i) =>
    entry(`s${i}`, gross - refunds, at, {
      batch: of && `${of}-${at}`,
      ...{ gross: String(gross), refunds: String(refunds), net: String(gross - refunds) },
    }),
  );
  return { left, right };
}

test('sales and refunds are conserved, whatever is open, and their order changes nothing', () => {
  fc.assert(
    fc.property(town, (given) => {
      const sides = sidesOf(given);
      const result = reconcile(sides);
      conservedSums('cards', sides, result);
      const turned = reconcile({ left: sides.left.toReversed(), right: sides.right.toReversed() });
      const texts = (of: Reconciled): string[] => found(of).map(({ text }) => text);
      expect(texts(turned).sort()).toEqual(texts(result).sort());
    }),
    { numRuns: tries(400) },
  );
});

test('a run that looks only at what has to do with new payments and settlements finds what a run over everything finds', () => {
  fc.assert(
    fc.property(town, fc.integer({ min: 1, max: 25 }), (given, from) => {
      const { left, right } = sidesOf(given);
      const isOld = (e: Entry): boolean => e.day! < FIRST + from;
      const before = reconcile({ left: left.filter(isOld), right: right.filter(isOld) });
      const fresh = [...left, ...right].filter((e) => !isOld(e));
      const part = related(before, { left, right }, fresh);
      const looked = new Set([...part.left, ...part.right].map(({ id }) => id));
      const kept = found(before).filter(({ ids }) => !ids.some((id) => looked.has(id)));
      const texts = [...kept, ...found(reconcile(part))].map(({ text }) => text).sort();
      const all = found(reconcile({ left, right })).map(({ text }) => text);
      expect(texts).toEqual(all.sort());
    }),
    { numRuns: tries(400) },
  );
});

test('piece by piece, whatever the pieces are, a run finds what it finds at once', () => {
  fc.assert(
    fc.property(town, fc.integer({ min: 0, max: 12 }), (given, size) => {
      const { left, right } = sidesOf(given);
      const all = [...left, ...right];
      const sideOf = (record: number): Side => (record < left.length ? 'left' : 'right');
      const components = componentsOf(RULES, [], days, { length: all.length, entryAt: (i) => all[i]!, sideOf }, size);
      const pieces = reconcileInPieces(RULES, [], days, FIRST + 400);
      const matches: Reconciled['matches'] = [];
      const placed: number[] = [];
      for (let piece = 0; piece < components.pieces; piece++) {
        const records = [...components.recordsOf(piece)];
        const of = (side: Side): Entry[] => records.filter((i) => sideOf(i) === side).map((i) => all[i]!);
        const sides = { left: of('left'), right: of('right') };
        const result = pieces.add(sides, components.totalsOf(piece));
        conservedSums('cards', sides, result);
        placed.push(...records);
        matches.push(...result.matches);
      }
      expect(placed.sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
      const texts = (of: Pick<Reconciled, 'matches' | 'exceptions'>): string[] => found(of).map(({ text }) => text);
      expect(texts({ matches, ...pieces.finish() }).sort()).toEqual(texts(reconcile({ left, right })).sort());
    }),
    { numRuns: tries(400) },
  );
});
