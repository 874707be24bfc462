import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openTown } from '../../src/cli/town.ts';
import { runPipeline } from '../../src/engine/run/run.ts';
import { letRest, makeTown, TOWN } from './town.ts';
import { startServe, type Served } from './serve-process.ts';

const clean: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of clean.splice(0).reverse()) await end();
});

const HEAD = 'receipt_number,received_on,department,account,tender,amount,payer_name\n';
const MAPPING = 'mappings/receipt.from-till.yaml';
const CLERK = 'pipelines/clerk-receipts.yaml';
/** Departments by a lookup table, runs every second. */
const FILES: Record<string, string> = {
  ...TOWN,
  [MAPPING]: TOWN[MAPPING]!.replace('department: department', 'department: { from: department, lookup: { table: departments } }'),
  'mappings/lookups/departments.csv': 'from,to\nLibrary,Library\n',
  'inbox/clerk/receipts.csv': `${HEAD}R1,2026-06-01,Library,101,cash,5.00,Pat\nR2,2026-06-01,Pool,101,cash,7.00,Pat\n`,
  [CLERK]: TOWN[CLERK]!.replace(/schedule: .*\n/, 'schedule: "* * * * * *"\n'),
};

function town(files: Record<string, string> = FILES): {
  folder: string;
  write(path: string, text: string): void;
  text(path: string): string;
} {
  const made = makeTown(files);
  clean.push(() => made.remove());
  return {
    folder: made.folder,
    write: (path, text) => {
      mkdirSync(join(made.folder, path, '..'), { recursive: true });
      writeFileSync(join(made.folder, path), text);
    },
    text: (path) => readFileSync(join(made.folder, path), 'utf8'),
  };
}

async function serve(folder: string, ...args: string[]): Promise<Served> {
  const served = await startServe(folder, args);
  clean.push(() => served.stop());
  return served;
}

const json = async (served: Served, path: string) => (await (await fetch(served.url + path)).json()) as Record<string, unknown>;
const until = (found: () => Promise<unknown>) => expect.poll(found, { timeout: 150_000, interval: 200 });
/** What is in the store, by number. */
async function departments(folder: string): Promise<Record<string, unknown>> {
  const { knex } = await openTown(folder);
  const rows = (await knex('receipt').orderBy('receipt_number').select('receipt_number', 'department')) as Record<string, string>[];
  await knex.destroy();
  return Object.fromEntries(rows.map((row) => [row.receipt_number, row.department]));
}

test(
  'a lookup row that a clerk adds is there at the next scheduled run, and a pipeline that is added runs',
  { timeout: 120_000 },
  async () => {
    const t = town();
    const served = await serve(t.folder);
    await until(async () => departments(t.folder)).toEqual({ R1: 'Library' });
    t.write('mappings/lookups/departments.csv', 'from,to\nLibrary,Library\nPool,Swimming pool\n');
    await served.said('configuration: changed; the new one is now in force');
    // Another content, so the record is looked at again.
    t.write('inbox/clerk/receipts.csv', `${HEAD}R1,2026-06-01,Library,101,cash,5.00,Pat\nR2,2026-06-01,Pool,101,cash,7.50,Pat\n`);
    letRest(join(t.folder, 'inbox/clerk/receipts.csv'));
    await until(async () => departments(t.folder)).toEqual({ R1: 'Library', R2: 'Swimming pool' });
    t.write(
      'pipelines/clerk-again.yaml',
      'pipeline: clerk-again\nmode: off\nsource: { connection: clerk, stream: receipts }\nmappings: [receipt.from-till]\n',
    );
    await until(async () => ((await json(served, '/api/status')).pipelines as { pipeline: string }[]).map((p) => p.pipeline)).toContain(
      'clerk-again',
    );
  },
);

test(
  'an edit with a mistake leaves the configuration from before in force, and page, /health and status say so',
  { timeout: 120_000 },
  async () => {
    const t = town();
    const served = await serve(t.folder);
    await until(async () => departments(t.folder)).toEqual({ R1: 'Library' });
    expect(await json(served, '/health')).toMatchObject({ configuration: { refused_since: null, problems: [] } });
    t.write(MAPPING, FILES[MAPPING]!.replace('account: account', 'acount: account'));
    await served.said('configuration: changed but not valid; the previous one stays in force');
    const health = await json(served, '/health');
    expect(health).toMatchObject({ status: 'attention', configuration: { problems: [{ place: { file: MAPPING } }] } });
    expect(await json(served, '/api/status')).toMatchObject({ configuration: { problems: [{ place: { file: MAPPING } }] } });
    const page = await (await fetch(served.url)).text();
    expect(page).toContain('is not valid');
    expect(page).toContain(MAPPING);
    expect(page).toContain('acount');
    // Every command says so too.
    await expect(openTown(t.folder)).rejects.toThrow('acount');
    t.write('inbox/clerk/receipts.csv', `${HEAD}R1,2026-06-01,Library,101,cash,5.00,Pat\nR3,2026-06-02,Library,101,cash,7.50,Pat\n`);
    letRest(join(t.folder, 'inbox/clerk/receipts.csv'));
    await until(async () => {
      const runs = served.log().filter((line) => line.msg === 'run: succeeded' && line.created === 1);
      return runs.length;
    }).toBeGreaterThan(0);
    t.write(MAPPING, FILES[MAPPING]!);
    await served.said('configuration: valid again and the same as before; nothing changes');
    expect(await json(served, '/health')).toMatchObject({ configuration: { refused_since: null } });
  },
);

test('an edit and a run by hand are not undone by the next scheduled run', { timeout: 240_000 }, async () => {
  const t = town();
  const served = await serve(t.folder);
  await until(async () => departments(t.folder)).toEqual({ R1: 'Library' });
  t.write(MAPPING, FILES[MAPPING]!.replace('{ from: department, lookup: { table: departments } }', '{ const: Town }'));
  // As `interlocal run` does, unless the schedule was quicker.
  const byHand = await openTown(t.folder);
  await runPipeline(byHand, 'clerk-receipts', { signal: new AbortController().signal }).catch(() => {});
  await byHand.knex.destroy();
  const after = served.log().length;
  // R2 stays rejected until a person deals with it, and as long as it is, runs that do all of their work end without all records.
  const ended = () =>
    served
      .log()
      .slice(after)
      .filter((line) => line.msg === 'run: ended without all records' && line.outcome === 'partial');
  await until(async () => ended().length).toBeGreaterThan(1);
  expect(ended().flatMap((line) => line.problems)).toEqual([]);
  expect(await departments(t.folder)).toEqual({ R1: 'Town' });
});

test('what is settled when the process starts is not changed behind its back', { timeout: 120_000 }, async () => {
  const t = town();
  const served = await serve(t.folder, '--no-schedule');
  t.write('config/interlocal.yaml', `${FILES['config/interlocal.yaml']}store: { url: "sqlite:data/other.db" }\n`);
  await served.said('configuration: changed but not valid; the previous one stays in force');
  expect(await json(served, '/health')).toMatchObject({
    configuration: { problems: [{ code: 'RESTART_NEEDED', place: { path: 'store.url' } }] },
  });
});
