import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { differenceCounts, type Difference, listDifferences, saveDifferences } from '../../src/store/differences.ts';
import {
  filesWithContent,
  finishFile,
  lastLoaded,
  lyingAt,
  noteKnownFile,
  refuseFile,
  resumableFile,
  saveArchived,
  saveFileProgress,
  startFile,
} from '../../src/store/files.ts';
import { beginLanding, landing, type Link } from '../../src/store/landing.ts';
import { heldLocks, takeLock } from '../../src/store/locks.ts';
import { createIndexes, dropIndexes, migrateModel } from '../../src/store/model-tables.ts';
import type { Knex } from '../../src/store/open.ts';
import {
  closeGoneRejects,
  closeRejects,
  closeSameRejects,
  countOpenRejects,
  listRejects,
  type NewReject,
  putRejects,
} from '../../src/store/rejects.ts';
import { closeLostRuns, finishRun, lastRuns, listRuns, saveCounts, startRun } from '../../src/store/runs.ts';
import { saveState, shapeOf, sourceOf } from '../../src/store/sources.ts';
import { person, personWith } from './entities.ts';
import type { StoreUnderTest } from './stores.ts';

/** What every store must do, whatever database it is in. */
export function testStore(kind: StoreUnderTest): void {
  describe(kind.name, () => {
    let store: ReturnType<StoreUnderTest['make']>;
    let knex: Knex;
    const opened: Knex[] = [];
    const open = async (): Promise<Knex> => {
      const one = await store.open();
      opened.push(one);
      return one;
    };
    beforeEach(async () => {
      store = kind.make();
      knex = await open();
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.destroy();
      store.remove();
    });

    describe('migrations', () => {
      test('processes that start together on an empty store bring it up to date once', async () => {
        const fresh = kind.make();
        const probe = await fresh.open();
        const { filename } = probe.client.config.connection as { filename: string };
        await probe.destroy();
        fresh.remove();
        const worker = fileURLToPath(new URL('migrate-in-process.ts', import.meta.url));
        const said = await Promise.all(Array.from({ length: 8 }, () => output(worker, [`sqlite:${filename}`, '/'])));
        for (const one of said)
          expect(one).toEqual({
            exit: 0,
            out: JSON.stringify({ migrations: ['001-core', '002-ledger'], entities: ['person'], columns: 7 }),
          });
        fresh.remove();
      });

      test('opening a store again changes nothing', async () => {
        await migrateModel(knex, [person]);
        const before = await knex('il_migration');
        const again = await open();
        await migrateModel(again, [person]);
        expect(await again('il_migration')).toEqual(before);
        expect(await again('il_entity')).toEqual([{ id: 1, name: 'person', identity: '["email"]' }]);
      });

      test('a store that a newer Interlocal made is refused, and told so', async () => {
        await knex('il_migration').insert({ name: '999-later', done_at: 'later' });
        await expect(store.open()).rejects.toThrow(/made by a newer Interlocal \(it has 999-later\).*STORE_NEWER/s);
      });

      test('a status can be asked for while a run writes', async () => {
        await migrateModel(knex, [person]);
        const writing = await beginLanding(knex);
        const other = await open();
        const started = performance.now();
        await migrateModel(other, [person]);
        expect(await heldLocks(other)).toEqual(new Set());
        expect(performance.now() - started).toBeLessThan(2000);
        await writing.rollback();
      });
    });

    describe('tables of the model', () => {
      test('a new field is an added column, and what is there stays', async () => {
        await migrateModel(knex, [person]);
        await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1, email: 'a@x', paid: 100, paid_currency: 'USD' });
        await migrateModel(knex, [personWith({ fields: { fee: { type: 'money', class: 'internal' } } })]);
        expect(await knex('person').first()).toMatchObject({
          email: 'a@x',
          paid: 100,
          paid_currency: 'USD',
          fee: null,
          fee_currency: null,
        });
      });

      test('a field that the model does not have any more keeps its column', async () => {
        await migrateModel(knex, [personWith({ fields: { phone: { type: 'text', class: 'personal' } } })]);
        await migrateModel(knex, [person]);
        expect(Object.keys(await knex('person').columnInfo())).toContain('phone');
      });

      test('what would lose something is refused, all of it at once, with what to do', async () => {
        await migrateModel(knex, [person]);
        await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1 });
        const changed = personWith({
          fields: { name: { type: 'integer', class: 'personal' }, paid: { type: 'text', class: 'internal' } },
          identity: ['name'],
        });
        const error = (await migrateModel(knex, [changed]).catch((e: unknown) => e)) as {
          problems: { code: string; place: { path: string }; hint: string }[];
        };
        expect(error.problems.map((p) => [p.code, p.place.path])).toEqual([
          ['MODEL_DESTRUCTIVE', 'fields.name'],
          ['MODEL_DESTRUCTIVE', 'fields.paid'],
          ['MODEL_DESTRUCTIVE', 'identity'],
        ]);
        expect(error.problems[0]!.hint).toContain('Give the field a new name');
        expect(await knex('il_entity').first('identity')).toEqual({ identity: '["email"]' });
      });

      test('another identity is taken while there are no records', async () => {
        await migrateModel(knex, [personWith({ identity: undefined })]);
        await migrateModel(knex, [person]);
        await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1, _identity: '["a@x"]' });
        await expect(knex('person').insert({ _id: 2, _created: 1, _run: 1, _landed: 1, _identity: '["a@x"]' })).rejects.toThrow(/unique/i);
      });

      test('indexes that a killed load left away are made again', async () => {
        await migrateModel(knex, [person]);
        const indexed = async (): Promise<string> => kind.plan(knex, 'SELECT _id FROM person WHERE name = ?', ['x']);
        expect(await indexed()).toContain('person_name');
        await dropIndexes(knex, person);
        expect(await indexed()).toMatch(kind.wholeTable);
        await migrateModel(knex, [person]);
        expect(await indexed()).toContain('person_name');
        await createIndexes(knex, person);
      });
    });

    describe('landing', () => {
      const link = (key: string, golden: number | null, more: Partial<Link> = {}): Link => ({
        sourceId: 1,
        sourceKey: key,
        entityId: 1,
        itemKey: '',
        golden,
        landed: 1,
        hash: 'h',
        mapped: null,
        deletedRun: null,
        ...more,
      });

      test('ids have no gaps after a batch that was rolled back', async () => {
        expect(await landing(knex, async (l) => l.take('landed', 3))).toBe(1);
        await expect(
          landing(knex, async (l) => {
            await l.take('landed', 100);
            await l.take('golden', 100);
            throw new Error('cut off');
          }),
        ).rejects.toThrow('cut off');
        expect(await landing(knex, async (l) => [await l.take('landed', 1), await l.take('golden', 2), await l.take('golden', 1)])).toEqual(
          [4, 1, 3],
        );
      });

      test('ids that were not used are given back', async () => {
        await landing(knex, async (l) => {
          await l.take('landed', 10);
          await l.take('landed', -7);
        });
        expect(await landing(knex, async (l) => l.take('landed', 1))).toBe(4);
      });

      test('a batch is all or nothing', async () => {
        const batch = await beginLanding(knex);
        await batch.landing.putLinks([link('a', 1)]);
        await batch.rollback();
        expect(await knex('il_link')).toEqual([]);
        const next = await beginLanding(knex);
        await next.landing.putLinks([link('a', 1), link('b', 2)]);
        await next.commit();
        expect(await knex('il_link').pluck('source_key')).toEqual(['a', 'b']);
      });

      test('of two batches at once the second waits, and sees what the first left', async () => {
        const other = await open();
        const order: string[] = [];
        const first = await beginLanding(knex);
        const second = landing(other, async (l) => {
          order.push('second');
          return l.links(1, ['a']);
        });
        // SQLite waits by sleeping in this thread, so that the first has to be done before the second is let in.
        await first.landing.putLinks([link('a', 7)]);
        order.push('first');
        await first.commit();
        expect((await second).get('a')?.[0]?.golden).toBe(7);
        expect(order).toEqual(['first', 'second']);
      }, 60_000);

      test('links come back as they were put, by key and by golden record', async () => {
        const links = [
          link('a', 1, { mapped: '{}' }),
          link('a', 2, { itemKey: 'x y', mapped: '{}' }),
          link("b'|\\", 1, { mapped: '{"n":1}' }),
          link('c', 1, { deletedRun: 4, mapped: '{}' }),
          link('d', null),
        ];
        await landing(knex, async (l) => l.putLinks(links));
        await landing(knex, async (l) => {
          const found = await l.links(1, ['a', "b'|\\", 'c', 'd', 'e']);
          expect([...found.values()].flat()).toEqual(links);
          expect((await l.linksOfGolden(1, [1])).map((k) => k.sourceKey)).toEqual(['a', "b'|\\"]);
          await l.removeLinks([links[1]!]);
          await l.putLinks([link('a', 9)]);
          expect((await l.links(1, ['a'])).get('a')).toEqual([link('a', 9)]);
        });
      });

      test('many rows in one batch are all there, each with its own values', async () => {
        const rows = Array.from({ length: 47 }, (_, i) => [i + 1, 1, `k${i}`, 1, null, i, null, 1, `["${i}"]`]);
        await landing(knex, async (l) => l.insertLanded(rows));
        expect(
          (await knex('il_landed').orderBy('id').select('source_key', 'raw')).map(
            (r: { source_key: string; raw: string }) => `${r.source_key}${r.raw}`,
          ),
        ).toEqual(rows.map((r) => `${r[2]}${r[8]}`));
      });
    });

    describe('locks', () => {
      const row = (change: Record<string, string | number>) => ({
        name: 'pipeline:x',
        host: hostname(),
        pid: process.pid,
        token: 'earlier',
        heartbeat_at: new Date().toISOString(),
        ...change,
      });

      test('a lock is taken once, and again when it was released', async () => {
        const lock = await takeLock(knex, 'pipeline:x');
        if (!('release' in lock)) throw new Error('not taken');
        expect(await takeLock(knex, 'pipeline:x')).toMatchObject({ host: hostname(), pid: process.pid });
        expect(await heldLocks(knex)).toEqual(new Set(['pipeline:x']));
        const other = await takeLock(knex, 'pipeline:y');
        await lock.release();
        await lock.release();
        const again = await takeLock(knex, 'pipeline:x');
        for (const one of [again, other]) if ('release' in one) await one.release();
        expect('release' in again && 'release' in other).toBe(true);
        expect(await knex('il_lock')).toEqual([]);
      });

      test('of many that want it at once one has it', async () => {
        const all = await Promise.all(Array.from({ length: 10 }, () => takeLock(knex, 'pipeline:x')));
        const taken = all.filter((one) => 'release' in one);
        expect(taken).toHaveLength(1);
        await taken[0]!.release();
      });

      test.each([
        ['a process of this host that is gone', { pid: 2_147_483_000 }, true],
        ['an earlier process that had our number', {}, true],
        [
          'a process that has not been heard of for a long time',
          { host: 'elsewhere', pid: 1, heartbeat_at: new Date(Date.now() - 100_000).toISOString() },
          true,
        ],
        ['a process of this host that lives', { pid: process.ppid }, false],
        ['a process of another host that was heard of just now', { host: 'elsewhere', pid: 2_147_483_000 }, false],
      ] as const)('the lock of %s', async (_, change, free) => {
        await knex('il_lock').insert(row(change));
        expect(await heldLocks(knex)).toEqual(new Set(free ? [] : ['pipeline:x']));
        const lock = await takeLock(knex, 'pipeline:x');
        expect('release' in lock).toBe(free);
        if ('release' in lock) await lock.release();
      });

      test('who lost a lock to another does not take it away from them', async () => {
        const lock = await takeLock(knex, 'pipeline:x');
        await knex('il_lock').update({ token: 'stolen', host: 'elsewhere' });
        if ('release' in lock) await lock.release();
        expect(await knex('il_lock').pluck('token')).toEqual(['stolen']);
      });
    });

    describe('the ledger of files', () => {
      const file = (path: string, sha256: string, run_id = 1) => ({ source_id: 1, path, sha256, size: 10, run_id, reading: 'r' });
      const loaded = async (path: string, sha256: string, run = 1): Promise<void> =>
        finishFile(knex, await startFile(knex, file(path, sha256, run)), null);

      test('a content is known by itself, and what was loaded last by its path and by all', async () => {
        await loaded('a', '1');
        await loaded('b', '2');
        await loaded('a', '3');
        await loaded('a', '1', 2);
        expect((await filesWithContent(knex, 1, '1')).map((f) => [f.path, f.state, f.load_order])).toEqual([['a', 'loaded', 4]]);
        expect((await lastLoaded(knex, 1, 'a'))!.sha256).toBe('1');
        expect((await lastLoaded(knex, 1))!.sha256).toBe('1');
        expect(await lastLoaded(knex, 2)).toBeUndefined();
        await noteKnownFile(knex, file('c', '1'));
        expect(await lastLoaded(knex, 1, 'c')).toBeUndefined();
      });

      test('a load that was stopped is taken up where it was, unless something else came between or it is read otherwise', async () => {
        const { id } = await startFile(knex, file('a', '1'));
        await saveFileProgress(knex, id, 1, 500, 400);
        expect(await resumableFile(knex, file('a', '1', 2))).toMatchObject({ id, records_done: 500, created_done: 400 });
        expect(await resumableFile(knex, { ...file('a', '1', 2), reading: 'other' })).toBeUndefined();
        expect(await resumableFile(knex, file('b', '1', 2))).toBeUndefined();
        await noteKnownFile(knex, file('c', '7', 2));
        expect(await resumableFile(knex, file('a', '1', 3))).toMatchObject({ records_done: 500 });
        await loaded('b', '2', 2);
        expect(await resumableFile(knex, file('a', '1', 3))).toBeUndefined();
        expect(await startFile(knex, file('a', '1', 3))).toMatchObject({ id, records_done: 0, created_done: 0, state: 'loading' });
      });

      test('what lies where it lay is told from what was archived', async () => {
        await loaded('a', '1');
        expect((await lyingAt(knex, 1, 'a'))!.sha256).toBe('1');
        await saveArchived(knex, 1, 'archive/a');
        expect(await lyingAt(knex, 1, 'a')).toBeUndefined();
      });

      test('a refused file keeps its reasons until it is loaded', async () => {
        await refuseFile(knex, file('a', '1'), [{ code: 'X', place: {}, message: 'm' }]);
        expect(await knex('il_file').first('state', 'problems')).toEqual({
          state: 'refused',
          problems: '[{"code":"X","place":{},"message":"m"}]',
        });
        await loaded('a', '1');
        expect(await knex('il_file').first('state', 'problems')).toEqual({ state: 'loaded', problems: null });
      });
    });

    describe('sources', () => {
      test('a position belongs to one stream of one connection', async () => {
        const { id } = await sourceOf(knex, { pipeline: 'p', connection: 'c', stream: 's' }, ['p']);
        await saveState(knex, id, '{"cursor":"1"}');
        expect((await sourceOf(knex, { pipeline: 'p', connection: 'c', stream: 's' }, ['p'])).state).toBe('{"cursor":"1"}');
        expect(await sourceOf(knex, { pipeline: 'p', connection: 'd', stream: 's' }, ['p'])).toMatchObject({
          id,
          connection: 'd',
          state: null,
        });
      });

      test('a renamed pipeline is known by what it reads, when only one can be meant', async () => {
        await sourceOf(knex, { pipeline: 'old', connection: 'c', stream: 's' }, ['old']);
        expect(await sourceOf(knex, { pipeline: 'second', connection: 'c', stream: 's' }, ['old', 'second'])).toMatchObject({ id: 2 });
        expect(await sourceOf(knex, { pipeline: 'new', connection: 'c', stream: 's' }, ['new', 'second'])).toMatchObject({
          id: 1,
          renamedFrom: 'old',
        });
        expect(await sourceOf(knex, { pipeline: 'third', connection: 'c', stream: 's' }, ['third'])).toMatchObject({ id: 3 });
        // Reconciliations read nothing.
        await sourceOf(knex, { pipeline: 'r1', connection: '', stream: '' }, ['r1']);
        expect((await sourceOf(knex, { pipeline: 'r2', connection: '', stream: '' }, ['r2'])).renamedFrom).toBeUndefined();
      });

      test('a list of columns is kept once', async () => {
        expect([await shapeOf(knex, ['a', 'b']), await shapeOf(knex, ['b', 'a']), await shapeOf(knex, ['a', 'b'])]).toEqual([1, 2, 1]);
      });
    });

    describe('rejects', () => {
      const reject = (key: string, change: Partial<NewReject> = {}): NewReject => ({
        sourceId: 1,
        key,
        runId: 1,
        fileId: 1,
        record: 1,
        line: 2,
        raw: '{}',
        readable: true,
        problems: [{ code: 'X', place: {}, message: 'm' }],
        ...change,
      });
      const keys = async (state: 'open' | 'replayed' | 'superseded' = 'open'): Promise<string[]> =>
        (await listRejects(knex, { state, limit: 100 })).map((r) => r.key);
      beforeEach(async () => void (await sourceOf(knex, { pipeline: 'p', connection: 'c', stream: 's' }, ['p'])));

      test('what is set aside again is told again, not twice', async () => {
        await putRejects(knex, [reject('a'), reject('b')]);
        await putRejects(knex, [reject('a', { runId: 2, fileId: 2, line: 9 })]);
        expect((await listRejects(knex, { limit: 10 })).map((r) => [r.id, r.key, r.firstRun, r.lastRun, r.line])).toEqual([
          [1, 'a', 1, 2, 9],
          [2, 'b', 1, 1, 2],
        ]);
        expect(await countOpenRejects(knex, 1)).toBe(2);
      });

      test('a closed one stays on record, and a new one can be opened', async () => {
        await putRejects(knex, [reject('a')]);
        expect(await closeRejects(knex, 1, ['a', 'z'], 'replayed')).toBe(1);
        await putRejects(knex, [reject('a', { runId: 3 })]);
        expect([await keys(), await keys('replayed')]).toEqual([['a'], ['a']]);
      });

      test('thousands of keys are closed at once', async () => {
        const many = Array.from({ length: 1201 }, (_, i) => `k${i}`);
        await knex.transaction(async (trx) =>
          putRejects(
            trx,
            many.map((key) => reject(key)),
          ),
        );
        expect(await closeRejects(knex, 1, many, 'superseded')).toBe(1201);
      });

      test('rejects of earlier contents of a path, or of all paths, are closed', async () => {
        for (const [path, sha] of [
          ['a', '1'],
          ['a', '2'],
          ['b', '3'],
        ] as const)
          await startFile(knex, { source_id: 1, path, sha256: sha, size: 1, run_id: 1, reading: null });
        await putRejects(knex, [
          reject('x', { fileId: 1 }),
          reject('y', { fileId: 2 }),
          reject('z', { fileId: 3 }),
          reject('none', { fileId: null }),
        ]);
        await closeGoneRejects(knex, 1, 2, 'a');
        expect(await keys()).toEqual(['y', 'z', 'none']);
        await closeGoneRejects(knex, 1, 2);
        expect(await keys()).toEqual(['y', 'none']);
      });

      test('only what is just the same is closed when it can be used', async () => {
        await putRejects(knex, [reject('a', { raw: '{"v":"1"}' }), reject('b', { raw: '{"v":"2"}' })]);
        await closeSameRejects(knex, 1, [
          { key: 'a', raw: '{"v":"1"}' },
          { key: 'b', raw: '{"v":"1"}' },
        ]);
        expect(await keys()).toEqual(['b']);
      });
    });

    describe('runs', () => {
      const counts = { read: 5, created: 1, changed: 1, unchanged: 1, rejected: 1, deleted: 1 };

      test('what a run did is kept while it runs; one that nobody ended is said to be aborted', async () => {
        const first = await startRun(knex, 'p');
        await saveCounts(knex, first, counts);
        expect(await listRuns(knex, { limit: 1 })).toMatchObject([{ ...counts, outcome: null, problems: [], notes: [] }]);
        expect(await closeLostRuns(knex, 'q')).toBe(0);
        expect(await closeLostRuns(knex, 'p')).toBe(1);
        const second = await startRun(knex, 'p');
        await finishRun(knex, {
          id: second,
          counts,
          outcome: 'partial',
          durationMs: 12,
          problems: [{ code: 'X', place: {}, message: 'm' }],
          notes: ['n'],
        });
        expect((await listRuns(knex, { pipeline: 'p', limit: 9 })).map((r) => [r.id, r.outcome])).toEqual([
          [2, 'partial'],
          [1, 'aborted'],
        ]);
        expect((await lastRuns(knex)).get('p')).toMatchObject({ id: 2, notes: ['n'], problems: [{ code: 'X' }] });
      });
    });

    describe('differences', () => {
      const leaf = (key: string[], status: Difference['status'], left: number | null = 1): Difference => ({
        key,
        depth: key.length,
        status,
        left,
        right: null,
        leftCount: 1,
        rightCount: 0,
        reason: null,
      });

      test('each run of a reconciliation replaces what the last one found', async () => {
        await saveDifferences(
          knex,
          'r',
          1,
          Array.from({ length: 450 }, (_, i) => leaf(['a', String(i)], 'differs')),
        );
        await saveDifferences(knex, 'other', 1, [leaf(['x'], 'left_only')]);
        await saveDifferences(knex, 'r', 2, [
          leaf([], 'differs', 9_007_199_254_740_991),
          leaf(['a', 'ü|"'], 'matched'),
          leaf(['b', '1'], 'right_only', null),
        ]);
        expect(await listDifferences(knex, 'r')).toEqual([
          leaf([], 'differs', 9_007_199_254_740_991),
          leaf(['a', 'ü|"'], 'matched'),
          leaf(['b', '1'], 'right_only', null),
        ]);
        expect(await listDifferences(knex, 'r', { depth: 2, status: ['right_only'], limit: 5 })).toHaveLength(1);
        expect(await differenceCounts(knex, 'r', 2)).toEqual({ matched: 1, differs: 0, left_only: 0, right_only: 1, unchecked: 0 });
      });
    });

    describe('what is asked for each record is found by an index', () => {
      const QUERIES: [name: string, sql: string, bindings: (string | number)[]][] = [
        ['links of a record', 'SELECT * FROM il_link WHERE source_id = ? AND source_key = ?', [1, 'a']],
        [
          'links of a golden record',
          'SELECT * FROM il_link WHERE entity_id = ? AND golden_id = ? AND mapped IS NOT NULL AND deleted_run IS NULL',
          [1, 1],
        ],
        ['golden record by identity', 'SELECT _identity, _id FROM "person" WHERE _identity = ?', ['x']],
        ['golden record by id', 'SELECT * FROM "person" WHERE _id = ?', [1]],
        [
          'next records to be mapped again',
          'SELECT DISTINCT source_key, landed_id FROM il_link WHERE source_id = ? AND source_key > ? AND deleted_run IS NULL ORDER BY source_key LIMIT 10',
          [1, 'a'],
        ],
        ['open reject of a record', "SELECT * FROM il_reject WHERE source_id = ? AND reject_key = ? AND state = 'open'", [1, 'a']],
        ['file by content', 'SELECT * FROM il_file WHERE source_id = ? AND sha256 = ?', [1, 'a']],
        ['file by path', 'SELECT * FROM il_file WHERE source_id = ? AND path = ?', [1, 'a']],
        ['landed record', 'SELECT * FROM il_landed WHERE id = ?', [1]],
        ['history of a golden record', 'SELECT * FROM il_history WHERE entity_id = ? AND golden_id = ? ORDER BY id', [1, 1]],
        ['differences of a reconciliation', 'SELECT * FROM il_difference WHERE pipeline = ? ORDER BY seq', ['r']],
        ['runs of a pipeline', 'SELECT * FROM il_run WHERE pipeline = ? ORDER BY id DESC', ['r']],
        ['an index of the model', 'SELECT * FROM "person" WHERE kind = ? AND born_on = ?', ['a', 'b']],
      ];
      test.each(QUERIES)('%s', async (_, sql, bindings) => {
        await migrateModel(knex, [person]);
        const plan = await kind.plan(knex, sql, bindings);
        expect(plan).not.toMatch(kind.wholeTable);
      });
    });
  });
}

async function output(script: string, args: readonly string[]): Promise<{ exit: number | null; out: string }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, out })));
}
