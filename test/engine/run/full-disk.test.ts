import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { InterlocalError } from '../../../src/core/errors.ts';
import { decide } from '../../../src/engine/outbound/decide.ts';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import type { RunResult } from '../../../src/engine/run/result.ts';
import { storeFailure } from '../../../src/store/failures.ts';
import { appendAudit, listAudit, verifyAudit } from '../../../src/store/ledger/audit.ts';
import { migrateModel } from '../../../src/store/model-tables.ts';
import { dismissRejects } from '../../../src/store/landing/rejects.ts';
import { listRuns } from '../../../src/store/ledger/runs.ts';
import { delivered, ledger, outbox } from '../../outbound/base-outbound.ts';
import { serve } from '../../web/http.ts';
import { receipts, tillStream } from '../base-town.ts';
import { interlocal } from '../cli.ts';
import { fill, makeRoom, refuseCommits, refuseWrites } from '../refuse-commits.ts';
import { closeAll, office, service, stateOf } from '../service.ts';
import { type Files, makeTown, type TestTown } from '../town.ts';
import { STORE } from '../../store/stores.ts';

const clean: (() => void)[] = [];
afterEach(async () => {
  for (const undo of clean.splice(0)) undo();
  await closeAll();
});

const LONG = 'n'.repeat(400);
const many = (n: number, more: Record<string, string> = {}): string =>
  receipts(Array.from({ length: n }, (_, i) => ({ number: String(i + 1), note: LONG, ...more })));
const archived: Files = tillStream({ files: 'after: { archive: done }' });
const big: Files = {
  'pipelines/receipts.yaml':
    'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 50000\n',
};

interface Kind {
  what: string;
  files: Files;
  prepare(town: TestTown): Promise<void>;
  /** Each transaction of the work that writes to this table, or only one that changes rows there. */
  table: string;
  event?: 'UPDATE';
  work(town: TestTown): Promise<RunResult | Error>;
  /** What must be as it was before, for as long as the work is not committed. */
  state(town: TestTown): Promise<unknown>;
  done: unknown;
}

const caught = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('It was called done.'),
    (error: unknown) => storeFailure(error) ?? (error as Error),
  );
const keys = async (town: TestTown): Promise<number> => (await town.rows('receipt')).length;
const signal = new AbortController().signal;
const unknownTender = many(60, { tender: 'XX' });
const allTenders = { 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nCK,check\nXX,cash\n' };

const KINDS: Kind[] = [
  {
    what: 'a file',
    files: { ...archived, ...big },
    prepare: async (town) => town.write({ 'inbox/receipts-1.csv': many(60) }),
    table: 'il_landed',
    work: (town) => town.run('receipts'),
    state: async (town) => [
      await keys(town),
      town.has('inbox/done/receipts-1.csv'),
      (await town.rows('il_file')).filter((f) => f.state === 'loaded').length,
    ],
    done: [60, true, 1],
  },
  {
    what: 'what a file lacks',
    files: {
      ...tillStream({
        files: 'content: snapshot, after: { archive: done }',
        more: '    deletes: { when_absent: true, max_percent: 100 }\n',
      }),
      ...big,
    },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': many(80) });
      await town.run('receipts');
      town.write({ 'inbox/receipts-2.csv': many(1) }, 60);
    },
    table: 'il_history',
    work: (town) => town.run('receipts'),
    state: async (town) => [await keys(town), town.has('inbox/done/receipts-2.csv')],
    done: [1, true],
  },
  {
    what: 'rejected records',
    files: { ...archived, ...big },
    prepare: async (town) => town.write({ 'inbox/receipts-1.csv': unknownTender }),
    table: 'il_reject',
    work: (town) => town.run('receipts'),
    state: async (town) => [(await town.rejects()).length, town.has('inbox/done/receipts-1.csv')],
    done: [60, true],
  },
  {
    what: 'a replay',
    files: { ...archived, ...big },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': unknownTender });
      await town.run('receipts');
      town.write(allTenders);
      await town.reopen();
    },
    table: 'il_landed',
    work: (town) => caught(replayRejects(town.engine, 'receipts', undefined, { signal })),
    state: async (town) => [await keys(town), (await town.rejects()).length, (await listAudit(town.engine.knex, { limit: 9 })).length],
    done: [60, 0, 1],
  },
  {
    what: 'a new mapping',
    files: { ...archived, ...big },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': many(600) });
      await town.run('receipts');
      town.write({ 'mappings/lookups/tenders.csv': 'from,to\nCA,check\n' });
      await town.reopen();
    },
    table: 'il_history',
    work: (town) => town.run('receipts'),
    state: async (town) => (await town.rows('receipt')).filter((r) => r.tender === 'check').length,
    done: 600,
  },
  {
    what: 'a delivery',
    files: { ...ledger(), ...big },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': many(60) });
      await town.run('receipts');
    },
    table: 'il_delivery',
    work: (town) => town.run('to-ledger'),
    state: async (town) => [Object.keys(delivered(town)).length, (await outbox(town)).filter((row) => row.endsWith(' sent')).length],
    done: [1, 60],
  },
  {
    what: 'what became of a delivery',
    files: { ...ledger({ sink: '    acknowledgment: { taken: true }\n' }), ...big },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': many(3) });
      await town.run('receipts');
      await town.run('to-ledger');
      for (const name of Object.keys(delivered(town))) town.remove(`ledger/${name}`);
    },
    table: 'il_outbox',
    event: 'UPDATE',
    work: (town) => town.run('to-ledger'),
    state: async (town) => [
      (await outbox(town)).map((row) => row.replace(/^.* /, '')),
      (await town.rows('il_delivery')).map((d) => d.state),
    ],
    done: [['accepted', 'accepted', 'accepted'], ['accepted']],
  },
  {
    what: 'a decision',
    files: { ...ledger({ mode: 'review' }), ...big },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': many(3) });
      await town.run('receipts');
      await town.run('to-ledger');
    },
    table: 'il_audit',
    work: (town) => caught(decide(town.engine.knex, 'approve', { pipeline: 'to-ledger' })),
    state: async (town) => (await outbox(town)).map((row) => row.replace(/^.* /, '')),
    done: ['queued', 'queued', 'queued'],
  },
  {
    what: 'a dismissal',
    files: big,
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': unknownTender });
      await town.run('receipts');
    },
    table: 'il_audit',
    work: async (town) =>
      caught(
        dismissRejects(
          town.engine.knex,
          (await town.rejects()).map((r) => r.id),
          'a clerk',
          'a test record',
        ),
      ),
    state: async (town) => (await town.rejects()).length,
    done: 0,
  },
  {
    what: 'an entry of the audit log',
    files: {},
    prepare: async () => {},
    table: 'il_audit',
    work: (town) =>
      caught(appendAudit(town.engine.knex, { actor: 'a clerk', action: 'config_changed', subject: 'till', detail: { to: LONG } })),
    state: async (town) => verifyAudit(town.engine.knex).then(({ entries, broken }) => [entries, broken]),
    done: [1, null],
  },
  {
    what: 'a reconciliation',
    files: {
      ...big,
      'pipelines/twice.yaml': `pipeline: twice
reconcile:
  left: { name: receipts, entity: receipt, amount: amount }
  right: { name: lines, entity: line, amount: amount }
  match_on: [{ name: number, left: number, right: order_number }]
`,
    },
    async prepare(town) {
      town.write({ 'inbox/receipts-1.csv': many(300) });
      await town.run('receipts');
    },
    table: 'il_difference',
    work: (town) => town.run('twice'),
    state: async (town) => town.engine.knex('il_difference').count({ n: '*' }),
    done: [{ n: 301 }],
  },
  {
    what: 'a change of the model',
    files: big,
    async prepare(town) {
      town.write({ 'config/model/extra.yaml': 'entity: extra\ntitle: Extra\nfields:\n  a: { type: text, class: public }\n' });
    },
    table: 'il_entity',
    work: (town) => caught(migrateModel(town.engine.knex, [{ ...town.engine.project.entities.get('line')!.value, entity: 'extra' }])),
    state: async (town) => town.engine.knex.schema.hasTable('extra'),
    done: true,
  },
];

/** Kinds whose work needs new pages of the store for sure. */
const LARGE = ['a file', 'rejected records', 'a replay', 'a new mapping', 'a delivery', 'a reconciliation', 'a change of the model'];

describe.each(KINDS)('$what', ({ files, prepare, table, event, work, state, done }) => {
  test('is not done when COMMIT fails, and is done once it succeeds', async () => {
    const town = await makeTown(files);
    await prepare(town);
    const before = await state(town);
    const allow = await refuseCommits(town, table, event);
    const result = await work(town);
    if (result instanceof Error) expect(result.message).toMatch(STORE === 'sqlite' ? /FOREIGN KEY/ : /STORE_FULL|refused/);
    else expect([result.outcome, result.counts.changed, result.counts.rejected, result.problems.length]).toEqual(['failed', 0, 0, 1]);
    expect(await state(town)).toEqual(before);
    await allow();
    await work(town);
    expect(await state(town)).toEqual(done);
  });
});

/** The disk of a database server is not ours to fill. */
const ofAFile = STORE === 'sqlite' ? KINDS.filter(({ what }) => LARGE.includes(what)) : [];
const testOfAFile: typeof test | (() => void) = STORE === 'sqlite' ? test : () => {};

describe.each(ofAFile)('on a full disk, $what', ({ files, prepare, work, state, done }) => {
  test('says that the disk is full, and goes on once there is room', async () => {
    const town = await makeTown(files);
    await prepare(town);
    const before = await state(town);
    await fill(town);
    const result = await work(town);
    expect(result instanceof InterlocalError ? result.code : result instanceof Error ? result : result.problems.map((p) => p.code)).toEqual(
      result instanceof Error ? 'STORE_FULL' : ['STORE_FULL'],
    );
    if (!(result instanceof Error)) expect(await listRuns(town.engine.knex, { limit: 1 })).toMatchObject([{ outcome: 'failed' }]);
    expect(await state(town)).toEqual(before);
    await makeRoom(town);
    await work(town);
    expect(await state(town)).toEqual(done);
  });
});

test('pages of a service are asked for again when the COMMIT of their records failed', async () => {
  const list = Array.from({ length: 6 }, (_, i) => ({ id: String(i + 1), name: LONG, changed: `2026-01-0${i + 1}T00:00:00` }));
  const { url, asked } = await service((_, response) => void response.json({ permits: list }));
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits, query: { since: "{{ from }}" } } }
    decoder: { json: { rows: permits } }
    incremental: { cursor: changed, start: '2026-01-01T00:00:00' }
    schema: { fields: { id: {}, name: {}, changed: { type: datetime } } }
    primary_key: [id]
`,
    ),
  );
  const allow = await refuseCommits(town, 'il_landed');
  const failed = await town.run('permits');
  expect([failed.outcome, failed.counts.created]).toEqual(['failed', 0]);
  expect((await town.rows('il_source')).map((s) => s.state)).toEqual([null]);
  await allow();
  expect((await town.run('permits')).counts.created).toBe(6);
  expect(new Set(asked).size).toBe(1);
  expect(await stateOf(town)).not.toBeNull();
});

testOfAFile(
  'a file whose COMMIT finds the disk full is neither archived nor called loaded; with room the next run loads it all',
  async () => {
    const town = await makeTown({ ...archived, ...big });
    town.write({ 'inbox/receipts-1.csv': many(60_000, { note: '' }) });
    await town.engine.knex.destroy();
    const volume = smallVolume(join(town.folder, 'data'), '6m');
    if (!volume) await town.reopen();
    const full = volume ? await ranElsewhere(town) : await ranHere(town);
    expect(full.said).toMatch(/\[STORE_(FULL|DISK_ERROR)\]/);
    expect(full.outcome).toBe('failed');
    expect(town.has('inbox/receipts-1.csv')).toBe(true);
    volume?.grow('200m');
    await town.reopen();
    expect(await town.engine.knex('receipt').count({ n: '*' })).toEqual([{ n: full.created }]);
    expect(await health(town)).toBe('failing');
    const run = await town.run('receipts');
    expect([run.outcome, run.counts.created + full.created]).toEqual(['succeeded', 60_000]);
    expect(await town.engine.knex('receipt').count({ n: '*' })).toEqual([{ n: 60_000 }]);
    expect(await health(town)).toBe('ok');
    expect(town.has('inbox/done/receipts-1.csv')).toBe(true);
  },
);

testOfAFile('health is not ok while runs cannot be noted in the store at all', async () => {
  const town = await makeTown({ ...archived, ...big, 'inbox/receipts-1.csv': many(3) });
  await town.run('receipts');
  expect(await health(town)).toBe('ok');
  const allow = await refuseWrites(town);
  await expect(town.run('receipts')).rejects.toMatchObject({ code: 'STORE_FULL' });
  expect(await health(town)).toBe('failing');
  await allow();
  await town.run('receipts');
  expect(await health(town)).toBe('ok');
});

async function health({ engine }: TestTown): Promise<string> {
  const server = await serve(engine);
  const { text } = await server.ask('/health');
  await server.close();
  return (JSON.parse(text) as { status: string }).status;
}

interface Ran {
  outcome: string;
  created: number;
  said: string;
}

async function ranElsewhere(town: TestTown): Promise<Ran> {
  const { exit, out, err } = await interlocal(town.folder, ['run', 'receipts', '--json']).ended;
  expect([exit, err]).toEqual([1, expect.not.stringContaining('Error:')]);
  const { runs } = JSON.parse(out) as { runs: [{ outcome: string; created: number }] };
  return { ...runs[0], said: err };
}

async function ranHere(town: TestTown): Promise<Ran> {
  await fill(town);
  const { outcome, counts, problems } = await town.run('receipts');
  return { outcome, created: counts.created, said: problems.map(({ code }) => `[${code}]`).join() };
}

/** A volume of that size. undefined where this account may not mount one: SQLite itself then has to be told that there is no more room. */
function smallVolume(folder: string, size: string): { grow(size: string): void } | undefined {
  mkdirSync(folder, { recursive: true });
  const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  clean.push(() => execFileSync('umount', ['-l', folder]));
  for (const [name, bytes] of before) writeFileSync(join(folder, name), bytes);
  return { grow: (to) => void execFileSync('mount', ['-o', `remount,size=${to}`, folder]) };
}
