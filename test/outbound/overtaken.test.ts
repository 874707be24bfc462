import { copyFileSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { receipts } from '../engine/base-town.ts';
import { closeAll, office, service } from '../engine/service.ts';
import { makeTown, type TestTown } from '../engine/town.ts';
import { closeOddServers, oddServer } from '../transports/odd-sftp.ts';
import { ledger, outbox } from './base-outbound.ts';

afterEach(closeAll);
afterEach(closeOddServers);

/** As it is for a run that stood still for two minutes, when another one has taken its place. */
async function takeOver(town: TestTown): Promise<void> {
  await town.engine.knex('il_lock').update({ token: 'of another process' });
}

test('a run that was overtaken sends nothing more: no record is booked by both', async () => {
  const booked: unknown[] = [];
  const { url } = await service((request, response) => {
    booked.push(request.body);
    void takeOver(town).then(() => response.json({}));
  });
  const files = ledger();
  const town = await makeTown({
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace('{ path: ledger }', `{ base_url: '${url}' }`),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: http').replace(
      / {4}target: .*\n {4}encoder: .*\n/,
      "    target: { request: { path: /receipts, body: { number: '{{ record.Number }}' } } }\n",
    ),
    'inbox/receipts.csv': receipts([{ number: '1' }, { number: '2' }, { number: '3' }]),
  });
  await town.run('receipts');
  const run = await town.run('to-ledger');
  expect([run.outcome, run.problems.map((p) => p.code), booked]).toEqual(['failed', ['LOCK_LOST'], [{ number: '1' }]]);
  // Whether the first was booked, the run that took over leaves to a person.
  expect(await outbox(town)).toEqual(['1 v1 sending', '2 v1 queued', '3 v1 queued']);
});

test('a run that was overtaken while it read stores nothing more', async () => {
  const { url } = await service((_, response) => {
    void takeOver(town).then(() => response.json({ permits: [{ id: '1', name: 'Ann' }] }));
  });
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits } }
    decoder: { json: { rows: permits } }
    schema: { fields: { id: {}, name: {} } }
    primary_key: [id]
`,
    ),
  );
  const run = await town.run('permits');
  expect([run.outcome, run.counts.created, run.problems.map((p) => p.code)]).toEqual(['failed', 0, ['LOCK_LOST']]);
  expect(await town.rows('permit')).toEqual([]);
});

/** Sends a file by SFTP; once its temporary name is written, another run has taken over and come as far as `meanwhile` says. */
async function overtakenWhileStaging(meanwhile: (town: TestTown, staged: string) => Promise<void>) {
  const server = await oddServer({
    faults: { closed: (path) => (path.endsWith('.part') ? takeOver(town).then(() => meanwhile(town, path)) : Promise.resolve()) },
  });
  const files = ledger();
  const town: TestTown = await makeTown({
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace(
      '{ path: ledger }',
      JSON.stringify({ ...server.options, password: '${file:secret}' }),
    ),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: sftp'),
    secret: 'plain',
    'inbox/receipts.csv': receipts([{ number: '1' }]),
  });
  await town.run('receipts');
  const run = await town.run('to-ledger', { now: () => new Date('2026-03-02T15:00:00Z') });
  expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', ['LOCK_LOST']]);
  return readdirSync(server.root)
    .filter((name) => name.includes('entries'))
    .sort();
}
const NAME = 'entries-2026-03-02-001.csv';

test.each(['is still at the receiver', 'was taken by the receiver'])(
  'a run that was overtaken leaves no part of an upload behind when the file %s',
  async (where) => {
    const left = await overtakenWhileStaging(async (town, staged) => {
      if (where.startsWith('is')) copyFileSync(staged, join(dirname(staged), NAME));
      await town.engine.knex('il_delivery').update({ state: 'sent' });
    });
    expect(left).toEqual(where.startsWith('is') ? [NAME] : []);
  },
);

test('a run that was overtaken leaves a temporary file that the other run is about to move', async () => {
  expect(await overtakenWhileStaging(async () => {})).toEqual([`.${NAME}.part`]);
});

test('a run that was overtaken does not mind that the other run has moved its temporary file', async () => {
  const left = await overtakenWhileStaging(async (town, staged) => {
    renameSync(staged, join(dirname(staged), NAME));
    await town.engine.knex('il_delivery').update({ state: 'sent' });
  });
  expect(left).toEqual([NAME]);
});
