import { afterEach, expect, test } from 'vitest';
import { receipts } from '../engine/base-town.ts';
import { closeAll, office, service } from '../engine/service.ts';
import { makeTown, type TestTown } from '../engine/town.ts';
import { ledger, outbox } from './base-outbound.ts';

afterEach(closeAll);

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
