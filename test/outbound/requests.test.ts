import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { afterEach, expect, test } from 'vitest';
import { decide, settleByPerson } from '../../src/engine/outbound/decide.ts';
import { listDeliveries } from '../../src/store/outbound/deliveries.ts';
import { receipts } from '../engine/base-town.ts';
import { cutAt, cutsOf } from '../engine/cut.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../engine/town.ts';
import { ledger, outbox } from './base-outbound.ts';

const servers: Server[] = [];
afterEach(async () => {
  await closeTowns();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Booked {
  key: string | undefined;
  body: unknown;
  method: string;
  url: string;
}

/** A ledger with a REST interface, that books whatever it is sent, each time. */
async function restLedger(
  answer: (request: Request, response: Response, booked: Booked[]) => void,
): Promise<{ url: string; booked: Booked[] }> {
  const booked: Booked[] = [];
  const app = express();
  app.use(express.text({ type: () => true }));
  app.all('/{*path}', (request, response) => answer(request, response, booked));
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, booked };
}

function book(request: Request, booked: Booked[]): void {
  const text = String(request.body ?? '');
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  booked.push({ key: request.get('idempotency-key'), body, method: request.method, url: request.url });
}

const TARGET = `    target:
      request:
        path: /receipts
        headers: { Idempotency-Key: '{{ idempotency_key }}' }
        body: { number: '{{ record.Number }}', amount: '{{ record.Amount }}', note: 'till {{ record.Tender }}' }
`;

function rest(url: string, sink: string, target = TARGET): Record<string, string> {
  const files = ledger();
  return {
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace('options: { path: ledger }', `options: { base_url: '${url}' }`),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: http')
      .replace(/ {4}target: .*\n {4}encoder: .*\n/, target)
      .concat(sink),
  };
}

async function town(files: Files): Promise<TestTown> {
  const made = await makeTown({
    ...files,
    'inbox/receipts-1.csv': receipts([{ number: '1' }, { number: '2', amount: '12.50', tender: 'CK' }]),
  });
  await made.run('receipts');
  return made;
}

test('each record is asked for once, with a key of its own that stays the same when the store is made again', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    response.json({ status: 'ok', id: list.length });
  });
  const t = await town(rest(url, '    acknowledgment: { response: { path: status, accepted: [ok], rejected: [no], reason: why } }\n'));
  const run = await t.run('to-ledger');
  expect([run.outcome, run.problems]).toEqual(['succeeded', []]);
  expect(booked.map((b) => b.body)).toEqual([
    { number: '1', amount: '1.00', note: 'till CA' },
    { number: '2', amount: '12.50', note: 'till CK' },
  ]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
  for (const table of ['il_outbox', 'il_delivery', 'il_outbound']) await t.engine.knex(table).delete();
  await t.run('to-ledger');
  expect(booked.slice(2).map((b) => b.key)).toEqual(booked.slice(0, 2).map((b) => b.key));
});

test('what the service says no to is rejected in its own words, the others go on', async () => {
  const { url } = await restLedger((request, response, list) => {
    book(request, list);
    if (list.length === 1) response.json({ status: 'no', why: 'Period 9 is closed' });
    else if (list.length === 2) response.status(422).json({ error: 'unknown account' });
    else response.json({ status: 'ok' });
  });
  const t = await town(rest(url, '    acknowledgment: { response: { path: status, accepted: [ok], rejected: [no], reason: why } }\n'));
  const run = await t.run('to-ledger');
  expect([run.outcome, run.counts.rejected]).toEqual(['partial', 2]);
  const [first, second] = await t.rows('il_outbox');
  expect(String(first!.problems)).toContain('Period 9 is closed');
  expect(String(second!.problems)).toContain('unknown account');
  // The remote system fixed its account: a person has it sent once more, and the first stays as it is.
  await decide(t.engine.knex, 'retry', { ids: [Number(second!.id)] });
  expect((await t.run('to-ledger')).outcome).toBe('partial');
  expect(await outbox(t)).toEqual(['1 v1 rejected', '2 v2 accepted']);
});

test('an answer that got lost: not asked again where that could book twice; a person looks and says', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    if (list.length === 1) request.socket.destroy();
    else response.json({});
  });
  const t = await town(rest(url, ''));
  const run = await t.run('to-ledger');
  expect([run.outcome, booked.length]).toEqual(['failed', 2]);
  expect(await outbox(t)).toEqual(['1 v1 unknown', '2 v1 accepted']);
  await t.run('to-ledger');
  expect(booked).toHaveLength(2);
  const [lost] = await listDeliveries(t.engine.knex, { states: ['unknown'] });
  await settleByPerson(t.engine.knex, lost!.id, true, undefined);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
});

test('an answer that got lost: asked again where the system recognizes the key', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    if (list.length === 1) request.socket.destroy();
    else response.json({});
  });
  const t = await town(
    rest(url, '    error_handler: { max_retries: 2 }\n', TARGET.replace('path: /receipts', 'path: /receipts\n        idempotent: true')),
  );
  const run = await t.run('to-ledger');
  expect([run.outcome, new Set(booked.map((b) => b.key)).size, booked.length]).toEqual(['succeeded', 2, 3]);
});

const READ_BACK = `    acknowledgment:
      read_back:
        path: /receipts/{{ record.Number }}
        found: { path: number }
        equal: { amount: Amount }
`;

test('an answer that got lost: looked up with read_back, and asked again only when it is not there', async () => {
  let lose = true;
  const { url, booked } = await restLedger((request, response, list) => {
    if (request.method === 'GET') {
      const number = request.url.split('/').at(-1);
      const found = list.find((b) => (b.body as { number: string }).number === number);
      return void (found ? response.json(found.body) : response.status(404).end());
    }
    book(request, list);
    if (lose) {
      lose = false;
      request.socket.destroy();
    } else response.json({});
  });
  const t = await town(rest(url, READ_BACK));
  const run = await t.run('to-ledger');
  expect([run.outcome, booked.length]).toEqual(['succeeded', 2]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
});

test('read_back: what is there is not what was written, and is told', async () => {
  const { url } = await restLedger((request, response, list) => {
    if (request.method === 'GET') return void response.json({ number: 'x', amount: '1.00' });
    book(request, list);
    response.json({});
  });
  const t = await town(rest(url, READ_BACK));
  await t.run('to-ledger');
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 rejected']);
  expect(String((await t.rows('il_outbox'))[1]!.problems)).toContain('amount is not what was written');
});

test('a wrong password stops the run and loses nothing: fixed, everything goes', async () => {
  let allowed = false;
  const { url, booked } = await restLedger((request, response, list) => {
    if (!allowed) return void response.status(401).end();
    book(request, list);
    response.json({});
  });
  const t = await town(rest(url, ''));
  const run = await t.run('to-ledger');
  expect([run.outcome, run.problems[0]!.code]).toEqual(['failed', 'AUTH_FAILED']);
  allowed = true;
  expect((await t.run('to-ledger')).outcome).toBe('succeeded');
  expect([booked.length, await outbox(t)]).toEqual([2, ['1 v1 accepted', '2 v1 accepted']]);
});

test('deletions: send asks for the deletion of what is gone; a value in a path leads nowhere else', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    response.json({});
  });
  const target = TARGET + "        delete: { path: '/receipts/{{ record.Number }}' }\n";
  const { tillStream } = await import('../engine/base-town.ts');
  const files = {
    ...rest(url, '    deletions: send\n', target),
    ...tillStream({ more: '    deletes: { field: note, values: [gone] }\n' }),
  };
  const t = await makeTown({ ...files, 'inbox/receipts-1.csv': receipts([{ number: '../a' }, { number: '2' }]) });
  await t.run('receipts');
  await t.run('to-ledger');
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '../a', note: 'gone' }]) }, 5);
  await t.run('receipts');
  await t.run('to-ledger');
  expect(booked.slice(2).map((b) => `${b.method} ${b.url}`)).toEqual(['DELETE /receipts/..%2Fa']);
  expect(await outbox(t)).toEqual(['2 v1 accepted', '../a v2 delete accepted']);
});

test('an encoder writes the body, several records in one request', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    response.json({});
  });
  const target = '    target: { request: { path: /batch } }\n    encoder: { xml: { row: Receipts/Receipt } }\n    max_records: 10\n';
  const t = await town(rest(url, '', target));
  expect((await t.run('to-ledger')).outcome).toBe('succeeded');
  expect(booked).toHaveLength(1);
  expect(String(booked[0]!.body)).toContain('<Number>2</Number><Date>01/05/2026</Date><Amount>12.50</Amount>');
});

test(
  'killed before or after any commit: with an idempotency key nothing is booked twice, without one nothing is asked twice',
  { timeout: 300_000 },
  async () => {
    for (const idempotent of [true, false]) {
      const { url, booked } = await restLedger((request, response, list) => {
        book(request, list);
        response.json({});
      });
      const target = idempotent ? TARGET.replace('path: /receipts', 'path: /receipts\n        idempotent: true') : TARGET;
      const counted = await town(rest(url, '', target));
      const counting = await cutAt(counted.engine.knex, Number.POSITIVE_INFINITY, 'before');
      await counted.run('to-ledger');
      for (const { n, how } of cutsOf(counting.commits())) {
        booked.length = 0;
        const t = await town(rest(url, '', target));
        await cutAt(t.engine.knex, n, how);
        await t.run('to-ledger').catch(() => {});
        await t.reopen();
        await t.run('to-ledger');
        const keys = new Set(booked.map((b) => b.key));
        const states = await outbox(t);
        const at = `cut ${how} commit ${n}, ${idempotent ? 'idempotent' : 'not idempotent'}`;
        if (idempotent) expect([keys.size, states], at).toEqual([2, ['1 v1 accepted', '2 v1 accepted']]);
        else {
          expect(booked.length, at).toBe(keys.size);
          expect(
            states.filter((s) => !s.includes('accepted') && !s.includes('unknown')),
            at,
          ).toEqual([]);
        }
        await t.close();
      }
    }
  },
);

test('an answer that breaks off after its first bytes may have been a yes: it is not asked again', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    if (list.length > 1) return void response.json({});
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"sta');
    setImmediate(() => request.socket.destroy());
  });
  const t = await town(rest(url, ''));
  await t.run('to-ledger');
  await t.run('to-ledger');
  expect([booked.length, await outbox(t)]).toEqual([2, ['1 v1 unknown', '2 v1 accepted']]);
});

test('a rule of the connector that says retry is obeyed, though the record is not idempotent', async () => {
  const { url, booked } = await restLedger((request, response, list) => {
    book(request, list);
    if (list.length === 1) response.status(423).json({ error: 'the batch is being posted' });
    else response.json({});
  });
  const t = await town(rest(url, '    error_handler: { max_retries: 1, rules: [{ status: [423], action: retry }] }\n'));
  expect((await t.run('to-ledger')).outcome).toBe('succeeded');
  expect([booked.length, await outbox(t)]).toEqual([3, ['1 v1 accepted', '2 v1 accepted']]);
});

test('json_types: amounts go as numbers with their digits, and read back as 12.5 they are what was written', async () => {
  const bodies: string[] = [];
  const { url } = await restLedger((request, response) => {
    if (request.method === 'GET')
      return void response.json({ number: request.url.split('/').at(-1), amount: request.url.endsWith('2') ? 12.5 : 1 });
    bodies.push(`${request.get('content-type')} ${String(request.body)}`);
    response.json({});
  });
  const t = await town(rest(url, `${READ_BACK}    json_types: true\n`));
  expect((await t.run('to-ledger')).problems).toEqual([]);
  expect(bodies).toEqual([
    'application/json {"number":"1","amount":1.00,"note":"till CA"}',
    'application/json {"number":"2","amount":12.50,"note":"till CK"}',
  ]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
});

test('a system that repeats the password in its answer does not get it into the store', async () => {
  const { url } = await restLedger((request, response) => void response.json({ you_sent: request.get('authorization') }));
  const files = rest(url, '');
  files['config/connections.yaml'] = files['config/connections.yaml']!.replace(
    `base_url: '${url}' }`,
    `base_url: '${url}', auth: { bearer: { token: '\${file:secrets/ledger}' } } }`,
  );
  const t = await town({ ...files, 'secrets/ledger': 'ledger-Token-77' });
  await t.run('to-ledger');
  const [delivery] = await listDeliveries(t.engine.knex, {});
  expect(delivery!.answer).toBe('{"you_sent":"Bearer [secret]"}');
});
