import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { settleByPerson } from '../../src/engine/outbound/decide.ts';
import { listDeliveries } from '../../src/store/outbound/deliveries.ts';
import { receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { ledger, outbox } from './base-outbound.ts';

const servers: Server[] = [];
afterEach(async () => {
  await closeTowns();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const RECORDS = 'records: { path: results, key: [no], result: status, accepted: [booked], rejected: [refused], reason: why }';

/** A town with four receipts, and a ledger that takes them in one request and answers so. */
async function town(
  response: string,
  answers: string | ((asked: string[]) => string),
  more = '',
): Promise<{ town: TestTown; asked: string[] }> {
  const asked: string[] = [];
  const app = express();
  app.use(express.text({ type: () => true }));
  app.post('/batch', (request, reply) => {
    asked.push(String(request.body));
    reply.send(typeof answers === 'string' ? answers : answers(asked));
  });
  app.get(
    '/receipts/:number',
    (request, reply) => void (request.params.number === '2' ? reply.json({ number: '2' }) : reply.status(404).send('none')),
  );
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const files = ledger();
  const made = await makeTown({
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace(
      'options: { path: ledger }',
      `options: { base_url: 'http://127.0.0.1:${(server.address() as AddressInfo).port}' }`,
    ),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: http')
      .replace(
        / {4}target: .*\n {4}encoder: .*\n/,
        '    target: { request: { path: /batch } }\n    encoder: { json: {} }\n    max_records: 10\n',
      )
      .concat(`    acknowledgment:\n      response: { ${response} }\n${more}`),
    'inbox/receipts-1.csv': receipts(['1', '2', '3', '4'].map((number) => ({ number }))),
  });
  await made.run('receipts');
  return { town: made, asked };
}

const results = (...list: [no: string, status: string, why?: string][]): string =>
  JSON.stringify({ ok: 'yes', results: list.map(([no, status, why]) => ({ no, status, why })) });

test('of one request some records are booked and others refused, each with the reason that the service gave for it', async () => {
  const { town: t, asked } = await town(
    RECORDS,
    results(['2', 'refused', 'Period 9 is closed'], ['1', 'booked'], ['4', 'refused'], ['3', 'booked']),
  );
  const run = await t.run('to-ledger');
  expect([asked.length, run.outcome, run.counts.rejected]).toEqual([1, 'partial', 2]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 rejected', '3 v1 accepted', '4 v1 rejected']);
  const reasons = (await t.rows('il_outbox')).map((row) => String(row.problems));
  expect([reasons[1], reasons[3]]).toEqual([expect.stringContaining('Period 9 is closed'), expect.stringContaining('refused')]);
  // What finance sees of it is what was booked.
  expect((await listDeliveries(t.engine.knex, {}))[0]).toMatchObject({ state: 'partial', totals: { Amount: '2.00' } });
});

test('a record of which the answer says nothing, or something new, is left to a person; the others are not', async () => {
  const { town: t, asked } = await town(RECORDS, results(['1', 'booked'], ['2', 'parked'], ['4', 'booked']));
  const run = await t.run('to-ledger');
  expect(run.problems.map((p) => p.message)).toEqual([
    expect.stringContaining('status = "parked" for this record'),
    expect.stringContaining('does not mention this record (by its no)'),
  ]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 unknown', '3 v1 unknown', '4 v1 accepted']);
  await t.run('to-ledger');
  expect(asked).toHaveLength(1);
  const [delivery] = await listDeliveries(t.engine.knex, {});
  await settleByPerson(t.engine.knex, delivery!.id, true, undefined);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted', '3 v1 accepted', '4 v1 accepted']);
});

test('a no to the whole request is one to each record, and a yes is looked at record by record', async () => {
  const whole = `path: ok, accepted: [yes], rejected: [no], reason: why, ${RECORDS}`;
  const no = await town(whole, JSON.stringify({ ok: 'no', why: 'Closed for the night' }));
  await no.town.run('to-ledger');
  expect(await outbox(no.town)).toEqual(['1 v1 rejected', '2 v1 rejected', '3 v1 rejected', '4 v1 rejected']);
  const yes = await town(whole, results(['1', 'booked'], ['2', 'refused', 'x'], ['3', 'booked'], ['4', 'booked']));
  await yes.town.run('to-ledger');
  expect(await outbox(yes.town)).toEqual(['1 v1 accepted', '2 v1 rejected', '3 v1 accepted', '4 v1 accepted']);
});

test('the answer may be a list by itself, or XML', async () => {
  const list = await town(
    'records: { key: [no], result: status, accepted: [booked], rejected: [refused] }',
    JSON.stringify(['1', '2', '3', '4'].map((no) => ({ no, status: no === '3' ? 'refused' : 'booked' }))),
  );
  await list.town.run('to-ledger');
  expect(await outbox(list.town)).toEqual(['1 v1 accepted', '2 v1 accepted', '3 v1 rejected', '4 v1 accepted']);
  const line = (no: string, status: string) => `<line no="${no}"><status>${status}</status></line>`;
  const xml = await town(
    'path: state, accepted: [done], records: { path: line, key: [no], result: status, accepted: [booked], rejected: [refused] }',
    `<?xml version="1.0"?><r:result xmlns:r="urn:r"><r:state>done</r:state>${line('1', 'booked')}${line('2', 'refused')}${line('3', 'booked')}${line('4', 'booked')}</r:result>`,
  );
  await xml.town.run('to-ledger');
  expect(await outbox(xml.town)).toEqual(['1 v1 accepted', '2 v1 rejected', '3 v1 accepted', '4 v1 accepted']);
});

test('each record of a request whose answer says nothing is looked up by itself', async () => {
  const { town: t } = await town(RECORDS, '{}', "      read_back: { path: '/receipts/{{ record.Number }}', found: { path: number } }\n");
  await t.run('to-ledger');
  expect(await outbox(t)).toEqual(['1 v1 unknown', '2 v1 accepted', '3 v1 unknown', '4 v1 unknown']);
});

test('a description that cannot be is told, with what is missing', async () => {
  for (const [response, said] of [
    ['records: { key: [no, line], result: status, accepted: [a], rejected: [b] }', 'has 2 fields, but the idempotency key has 1'],
    ['accepted: [yes]', 'needs both'],
    ['rejected: [no]', 'does not say where the answer is'],
  ])
    await expect(town(response!, '{}')).rejects.toThrow(said);
});
