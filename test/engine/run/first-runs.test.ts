import { afterEach, expect, test } from 'vitest';
import { inbound } from '../../../src/engine/inbound/inbound.ts';
import { openInboundRun } from '../../../src/engine/inbound/inbound-run.ts';
import { openRun } from '../../../src/engine/run/open-run.ts';
import { startRun } from '../../../src/store/ledger/runs.ts';
import { peopleFile, receipts } from '../base-town.ts';
import { COMPARED } from '../compared-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const FILES: Files = {
  'inbox/clerk.csv': peopleFile([['1', 'ann@x.org', 'Ann Ames', '', '2026-01-01']]),
  'inbox/pool.csv': peopleFile([['77', 'ann@x.org', 'Ann Ames', '555', '2026-02-01']]),
};

/** A run of `pool` that is under way before `clerk` is run for the first time, and lands after it. */
async function poolBeginsFirst(town: TestTown): Promise<void> {
  const { engine } = town;
  const started = { pipeline: 'pool', id: await startRun(engine.knex, 'pool'), knex: engine.knex };
  const began = await openInboundRun(openRun(engine, started, { signal: new AbortController().signal }));
  await town.run('clerk');
  await inbound(began);
}

test('an office whose first run began after another run did is trusted as the model says', async () => {
  const town = await makeTown(FILES);
  await poolBeginsFirst(town);
  expect((await town.rows('person')).map((p) => [p.updated_on, p.phone])).toEqual([['2026-01-01', '555']]);
});

test('also where people are compared', async () => {
  const town = await makeTown({ ...FILES, ...COMPARED });
  await poolBeginsFirst(town);
  expect((await town.rows('person')).map((p) => [p.updated_on, p.phone])).toEqual([['2026-01-01', '555']]);
});

test('pipelines whose first runs begin at the same time get a source of their own each', async () => {
  const town = await makeTown({ ...FILES, 'inbox/receipts.csv': receipts(['R1,2026-01-05,1.00,CA,', 'R2,2026-01-05,2.00,CA,']) });
  const results = await Promise.all(['receipts', 'clerk', 'pool', 'orders'].map((pipeline) => town.run(pipeline)));
  expect(results.map(({ pipeline, outcome, problems }) => [pipeline, outcome, problems])).toEqual([
    ['receipts', 'succeeded', []],
    ['clerk', 'succeeded', []],
    ['pool', 'succeeded', []],
    ['orders', 'succeeded', []],
  ]);
  expect((await town.rows('il_source')).map(({ pipeline }) => pipeline).sort()).toEqual(['clerk', 'orders', 'pool', 'receipts']);
});
