import { beforeEach, describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/store/dialect.ts';
import { givenDays } from '../../src/store/landing/given-days.ts';
import { landing } from '../../src/store/landing/landing.ts';
import { migrateModel } from '../../src/store/model-tables.ts';
import type { Knex } from '../../src/store/open.ts';
import { exceptionsWith, type NewException, recordsOfExceptions, saveExceptions } from '../../src/store/reconciliation/exceptions.ts';
import { startRun } from '../../src/store/ledger/runs.ts';
import { recordsOfMatches } from '../../src/store/reconciliation/matches.ts';
import type { PassMatch } from '../../src/store/reconciliation/pass-matches.ts';
import { savePassMatches } from '../../src/store/reconciliation/saved-matches.ts';
import { matchEvents } from '../../src/store/reconciliation/match-events.ts';
import { gatherKeys } from '../../src/store/reconciliation/saved-keys.ts';
import { forgetKeys, keysOfUnits, type MatchKey, standingsOf, unitOf, unitsByKeys } from '../../src/store/reconciliation/settled.ts';
import { saveUnmatched } from '../../src/store/reconciliation/side-states.ts';
import { person } from './entities.ts';
import type { StoreUnderTest } from './stores.ts';
import { link } from './test-landing.ts';
import type { OpenStore } from './test-store.ts';

const RUN = { pipeline: 'to-bank', id: 1, at: '2026-07-01T10:00:00.000Z', basis: '{}' };

/** What a reconciliation keeps from one night to the next. */
export function testReconciliation(now: () => OpenStore, kind: StoreUnderTest): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('what a reconciliation keeps', () => {
    test('a large town is reconciled whole again: its 150,000 matches are the same as before', { timeout: 120_000 }, async () => {
      const save = (count = 150_000) =>
        dialectOf(knex).write(knex, (trx) => savePassMatches(trx, RUN, matches(count, []), String, { expected: count }));
      const before = await dialectOf(knex).indexes(knex);
      expect(await save()).toMatchObject({ added: 150_000, revoked: 0 });
      expect(await dialectOf(knex).indexes(knex)).toEqual(before);
      expect(await save()).toMatchObject({ added: 0, revoked: 0 });
      // Those that are found no more are revoked, and come back as new ones.
      expect(await save(149_990)).toMatchObject({ added: 0, revoked: 10 });
      expect(await save()).toMatchObject({ added: 10, revoked: 0 });
    });

    test('that a rule confirmed a match is known from the match, and stored with what happens to it next', async () => {
      const id = await dialectOf(knex).write(knex, (trx) => startRun(trx, 'to-bank', new Date('2026-07-01T10:00:00Z')));
      const save = (found: PassMatch[]) => dialectOf(knex).write(knex, (trx) => savePassMatches(trx, { ...RUN, id }, found, String));
      const [confirmed, proposed] = [...matches(2, [])] as [PassMatch, PassMatch];
      proposed.state = 'proposed';
      await save([confirmed, proposed]);
      const first = { number: 1, actor: 'run', action: 'confirmed', detail: { run: id, rule: 'slip' } };
      expect(await matchEvents(knex, confirmed.contentId)).toEqual([{ ...first, at: '2026-07-01T10:00:00.000Z' }]);
      expect(await matchEvents(knex, proposed.contentId)).toMatchObject([{ ...first, action: 'proposed' }]);
      expect(await knex('il_match_event')).toHaveLength(1);
      await save([{ ...confirmed, rule: 'day' }]);
      const changed = [first, { number: 2, action: 'confirmed', detail: { run: id, rule: 'day' } }];
      expect(await matchEvents(knex, confirmed.contentId)).toMatchObject(changed);
      await save([proposed]);
      expect(await matchEvents(knex, confirmed.contentId)).toMatchObject([...changed, { number: 3, action: 'revoked' }]);
      await save([confirmed, proposed]);
      expect((await matchEvents(knex, confirmed.contentId)).map(({ action }) => action)).toEqual([
        'confirmed',
        'confirmed',
        'revoked',
        'confirmed',
      ]);
      expect((await matchEvents(knex, proposed.contentId)).map(({ action }) => action)).toEqual(['proposed', 'revoked', 'proposed']);
    });

    test('of 250,000 keys each is found, and those of a unit are forgotten with it', { timeout: 120_000 }, async () => {
      const before = (await dialectOf(knex).indexes(knex)).sort();
      await dialectOf(knex).write(knex, async (trx) => {
        const keys = Array.from({ length: 250_000 }, (_, i) => ({
          relation: i % 3,
          key: keyOf(i * 7919),
          day: i % 5,
          unit: 250_000 - i,
          taken: i % 4,
        }));
        await savePassMatches(trx, RUN, [], String);
        await saveKeys(trx, 'to-bank', keys);
        const some = keys.filter((_, i) => i % 25_013 === 0);
        for (const { relation, key, day, unit, taken } of some) {
          expect(await unitsByKeys(trx, 'to-bank', [{ relation, key, from: day, to: day, pass: taken }])).toEqual([
            { relation, key, day, unit },
          ]);
          expect(await keysOfUnits(trx, 'to-bank', [unit])).toEqual([{ relation, key, day, unit, taken }]);
        }
        await forgetKeys(trx, 'to-bank', [some[1]!.unit]);
        expect(
          await keysOfUnits(
            trx,
            'to-bank',
            some.slice(0, 3).map(({ unit }) => unit),
          ),
        ).toHaveLength(2);
        expect((await trx('il_match_key').count({ n: '*' }))[0]).toEqual({ n: 249_999 });
        const others = gatherKeys();
        for (const key of keys.slice(0, 210_000)) others.add(key);
        await others.save(trx, 'to-bank', true);
        expect((await trx('il_match_key').count({ n: '*' }))[0]).toEqual({ n: 210_000 });
      });
      expect((await dialectOf(knex).indexes(knex)).sort()).toEqual(before);
    });

    test('the days of which a source has given something: each once, also of records that a side leaves out', async () => {
      await migrateModel(knex, [person]);
      await landing(knex, async (l, trx) => {
        const born = ['2026-07-01', '2026-07-02', '2026-07-02', null, '2026-07-05', '2026-07-06', '2026-07-07'];
        const rows = born.map((day, i) => [i + 1, 1, 1, 1, day]);
        await (await dialectOf(trx).rowsOf(trx)).insert('person', ['_id', '_created', '_run', '_landed', 'born_on'], rows);
        await l.putLinks([
          ...[1, 2, 3, 4].map((golden) => link(`k${golden}`, golden)),
          // Deleted since, of another source, of another entity, and a record that no golden one has.
          link('k5', 5, { deletedRun: 3 }),
          link('k6', 6, { sourceId: 2 }),
          link('k7', 7, { entityId: 2 }),
          link('k8', null),
        ]);
      });
      const days = (source: number): Promise<string[]> => givenDays(knex, source, { id: 1, name: 'person' }, 'born_on');
      expect((await days(1)).sort()).toEqual(['2026-07-01', '2026-07-02']);
      expect(await days(2)).toEqual(['2026-07-06']);
      expect(await days(3)).toEqual([]);
    });
  });

  if (kind.name === 'postgres')
    describe('what a nightly run asks for is found by an index, also right after a year was reconciled for the first time', () => {
      const some = Array.from({ length: 10 }, (_, i) => 100 + i * 211);
      const QUERIES: [name: string, ask: (trx: Knex.Transaction) => Promise<{ length: number } | Map<string, unknown>>][] = [
        ['records of matches', (trx) => recordsOfMatches(trx, some)],
        ['how records stand', (trx) => standingsOf(trx, 'to-bank', 'left', 1, some)],
        ['keys of matches', (trx) => keysOfUnits(trx, 'to-bank', some)],
        [
          'matches and records with a key',
          (trx) =>
            unitsByKeys(
              trx,
              'to-bank',
              some.map((i) => ({ relation: 0, key: keyOf(i), from: 0, to: 0, pass: 0 })),
            ),
        ],
        ['exceptions of records', (trx) => exceptionsWith(trx, 'to-bank', 'left', 1, [...some, 20_001, 20_002])],
        ['records of exceptions', (trx) => recordsOfExceptions(trx, ['e1', 'e2', 'e3'])],
      ];
      const fill = (): Promise<void> =>
        dialectOf(knex).write(knex, async (trx) => {
          const { ids } = await savePassMatches(
            trx,
            RUN,
            matches(20_000, (i) => [
              { side: 'left', entityId: 1, golden: i + 1, version: 1, minor: 100 },
              { side: 'right', entityId: 2, golden: i + 1, version: 1, minor: 100 },
            ]),
            String,
          );
          const open = { relation: 0, day: 0, taken: 1 };
          await saveKeys(trx, 'to-bank', [
            ...ids.map((unit, i) => ({ ...open, key: keyOf(i), unit })),
            ...ids.map((_, i) => ({ ...open, key: keyOf(i), unit: unitOf(i + 1, 'left') })),
          ]);
          await saveExceptions(trx, RUN, exceptions(8000), () => ({}));
          const transit = Array.from({ length: 10_000 }, (_, i) => 40_000 + i);
          await saveUnmatched(
            trx,
            'to-bank',
            transit.map((golden) => ({ side: 'left', entityId: 1, golden, version: 1, minor: 100, rule: null })),
          );
        });
      test('of matches, their keys, exceptions and what is in transit', { timeout: 60_000 }, async () => {
        await fill();
        for (const known of [false, true]) {
          if (known) await dialectOf(knex).updateStatistics(knex, TABLES);
          for (const [name, ask] of QUERIES) {
            let found: { length: number } | Map<string, unknown> = [];
            const plans = await kind.plansOf(knex, () => dialectOf(knex).write(knex, async (trx) => void (found = await ask(trx))));
            expect('size' in found ? found.size : found.length, name).toBeGreaterThan(0);
            const ofTables = plans.filter((plan) => /il_(?:match|exception|in_transit)/.test(plan));
            expect(ofTables, name).not.toEqual([]);
            for (const plan of ofTables) expect(plan, name).not.toMatch(kind.wholeTable);
          }
        }
      });
    });
}

const TABLES = ['il_match', 'il_match_record', 'il_match_key', 'il_exception', 'il_exception_record', 'il_in_transit'];

async function saveKeys(trx: Knex.Transaction, pipeline: string, keys: Iterable<MatchKey>): Promise<void> {
  const gathered = gatherKeys();
  for (const key of keys) gathered.add(key);
  await gathered.save(trx, pipeline);
}

function keyOf(i: number): string {
  return i.toString(16).padStart(12, '0');
}

function* matches(count: number, records: PassMatch['records'] | ((i: number) => PassMatch['records'])): Generator<PassMatch> {
  for (let i = 0; i < count; i++)
    yield {
      contentId: i.toString(16).padStart(24, '0'),
      rule: 'slip',
      state: 'confirmed',
      madeBy: 'rule',
      currency: 'USD',
      left: 100,
      right: 100,
      evidence: {},
      records: typeof records === 'function' ? records(i) : records,
      names: [],
    };
}

function exceptions(count: number): NewException[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `e${i}`,
    type: 'not_deposited',
    minor: 100,
    currency: 'USD',
    since: '2026-07-01',
    facts: {},
    dueOn: null,
    about: 'money',
    records: [{ side: 'left', entityId: 1, golden: 20_001 + i, record: `["desk","${i}"]`, minor: 100 }],
  }));
}
