import { beforeEach, describe, expect, test } from 'vitest';
import { differenceCounts, type Difference, listDifferences, saveDifferences } from '../../src/store/reconciliation/differences.ts';
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
} from '../../src/store/ledger/files.ts';
import type { Knex } from '../../src/store/open.ts';
import {
  closeGoneRejects,
  closeRejects,
  closeSameRejects,
  countOpenRejects,
  listRejects,
  type NewReject,
  putRejects,
} from '../../src/store/landing/rejects.ts';
import { closeLostRuns, finishRun, lastRuns, listRuns, saveCounts, startRun } from '../../src/store/ledger/runs.ts';
import { saveState, shapeOf, sourceOf } from '../../src/store/ledger/sources.ts';
import type { OpenStore } from './test-store.ts';

/** What the store remembers of files, sources, rejects, runs and reconciliations. */
export function testLedger(now: () => OpenStore): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('the ledger of files', () => {
    const file = (path: string, sha256: string, run_id = 1) => ({
      source_id: 1,
      path,
      sha256,
      size: 10,
      run_id,
      reading: 'r',
      modified_ms: 1,
    });
    const loaded = async (path: string, sha256: string, run = 1): Promise<void> =>
      finishFile(knex, await startFile(knex, file(path, sha256, run)), 0, null);

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
      await saveFileProgress(knex, id, 1, { before: 0, done: 500, created: 400 });
      expect(await resumableFile(knex, file('a', '1', 2))).toMatchObject({ id, records_done: 500, created_done: 400 });
      expect(await resumableFile(knex, { ...file('a', '1', 2), reading: 'other' })).toBeUndefined();
      expect(await resumableFile(knex, file('b', '1', 2))).toBeUndefined();
      await noteKnownFile(knex, file('c', '7', 2));
      expect(await resumableFile(knex, file('a', '1', 3))).toMatchObject({ records_done: 500 });
      await loaded('b', '2', 2);
      expect(await resumableFile(knex, file('a', '1', 3))).toBeUndefined();
      expect(await startFile(knex, file('a', '1', 3))).toMatchObject({ id, records_done: 0, created_done: 0, state: 'loading' });
    });

    test('records that a server lost after they were saved are not taken for loaded', async () => {
      const started = await startFile(knex, file('a', '1'));
      await saveFileProgress(knex, started.id, 1, { before: 0, done: 500, created: 400 });
      // The next batch of a run whose last one, of 500 more, is gone.
      await expect(saveFileProgress(knex, started.id, 1, { before: 1000, done: 1500, created: 900 })).rejects.toThrow(
        /this run saved 1000, but the database has 500.*STORE_NOT_COMMITTED/,
      );
      await expect(finishFile(knex, started, 1000, null)).rejects.toThrow(/saved 1000, but the database has 500.*STORE_NOT_COMMITTED/);
      expect(await resumableFile(knex, file('a', '1', 2))).toMatchObject({ records_done: 500, created_done: 400, state: 'loading' });
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

    test('what is rejected again is told again, not twice', async () => {
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
      await putRejects(knex, [reject('k0')]);
      const one = (await knex('il_reject').first()) as { id: number };
      const others = many.slice(1).map((key, i) => ({ ...one, id: one.id + i + 1, reject_key: key }));
      await knex.batchInsert('il_reject', others, 50);
      expect(await closeRejects(knex, 1, many, 'superseded')).toBe(1201);
    });

    test('rejects of earlier contents of a path, or of all paths, are closed', async () => {
      for (const [path, sha] of [
        ['a', '1'],
        ['a', '2'],
        ['b', '3'],
      ] as const)
        await startFile(knex, { source_id: 1, path, sha256: sha, size: 1, run_id: 1, reading: null, modified_ms: null });
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
    const counts = { read: 5, created: 1, changed: 1, unchanged: 1, skipped: 0, rejected: 1, deleted: 1 };

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
      currency: 'USD',
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
}
