import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { tablesPort } from '../../../src/cli/authoring/certify-tables.ts';
import type { TableServer } from '../../../src/authoring/certify/query/context.ts';
import { connector, receipts, tillStream } from '../base-town.ts';
import { closeTowns, type Files, makeTown } from '../town.ts';

const servers: Server[] = [];
const tables: TableServer[] = [];
afterEach(async () => {
  await closeTowns();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  for (const server of tables.splice(0)) await server.close();
});

const on = (day: string) => ({ now: () => new Date(`${day}T12:00:00Z`) });

describe('a file whose layout changed', () => {
  test('says which column is gone and which is new, since which run', async () => {
    const town = await makeTown({ 'inbox/receipts1.csv': receipts([{ number: '1' }]) });
    await town.run('receipts', on('2026-11-03'));
    town.write({ 'inbox/receipts2.csv': receipts([{ number: '2' }]).replace('tender', 'Tender Type') });
    const { outcome, problems } = await town.run('receipts', on('2026-11-24'));
    expect(outcome).toBe('failed');
    expect(problems[0]).toMatchObject({ code: 'COLUMN_MISSING', place: { file: 'receipts2.csv' } });
    expect(problems[0]!.message).toContain('Since run #1 of 2026-11-03: "tender" is gone; "Tender Type" is new.');
  });

  test('is held against the last run that read it well, not against one that refused it', async () => {
    const town = await makeTown({ 'inbox/receipts1.csv': receipts([{ number: '1' }]) });
    await town.run('receipts', on('2026-11-03'));
    town.write({ 'inbox/receipts2.csv': receipts([{ number: '2' }]).replace('tender', 'Tender Type') });
    for (const day of ['2026-11-24', '2026-11-25']) {
      const { problems } = await town.run('receipts', on(day));
      expect(problems[0]!.message).toContain('Since run #1 of 2026-11-03');
    }
    await town.reopen();
    expect((await town.run('receipts', on('2026-11-26'))).problems[0]!.message).toContain('Since run #1 of 2026-11-03');
  });

  test('says so once of a column that is only new, and keeps quiet about it from then on', async () => {
    const town = await makeTown({ 'inbox/receipts1.csv': receipts([{ number: '1' }]) });
    await town.run('receipts', on('2026-11-03'));
    const wider = (n: string): string =>
      receipts([{ number: n }])
        .replace('note', 'note,till')
        .replace(/\n$/, ',7\n')
        .replace('note,till,7', 'note,till');
    town.write({ 'inbox/receipts2.csv': wider('2') });
    const first = await town.run('receipts', on('2026-11-24'));
    expect(first.notes.join('\n')).toContain(
      'does not know: till. They are stored with each record but not used. Since run #1 of 2026-11-03: "till" is new.',
    );
    town.write({ 'inbox/receipts3.csv': wider('3') });
    const second = await town.run('receipts', on('2026-11-25'));
    expect(second.notes.join('\n')).toContain('does not know: till. They are stored with each record but not used.');
    expect(second.notes.join('\n')).not.toContain('Since run');
  });

  test('says what a typed column held before', async () => {
    const town = await makeTown({ ...tillStream({}), 'inbox/receipts1.csv': receipts([{ number: '1', amount: '12.50' }]) });
    await town.run('receipts', on('2026-11-03'));
    town.write({
      'inbox/receipts2.csv': receipts([
        { number: '2', amount: 'twelve' },
        { number: '3', amount: '3.00' },
        { number: '4', amount: '4.00' },
      ]),
    });
    const { notes, outcome } = await town.run('receipts', on('2026-11-24'));
    expect(outcome).toBe('partial');
    expect(notes.join('\n')).toContain(
      'receipts2.csv: 1 record did not match the fields declared in the connector. Since run #1 of 2026-11-03: "amount" was a number and is text now.',
    );
  });

  test('says nothing of runs when there was none that read it well', async () => {
    const town = await makeTown({ 'inbox/receipts1.csv': receipts([{ number: '1' }]).replace('tender', 'Tender Type') });
    const { problems } = await town.run('receipts', on('2026-11-24'));
    expect(problems[0]!.message).not.toContain('Since run');
  });

  test('in JSON, where there is no header, says the same', async () => {
    const order = (name: string): string => `{"number":"1","${name}":[{"sku":"a","amount":"1.00"}]}\n`;
    const town = await makeTown({ 'inbox/orders1.json': order('lines') });
    await town.run('orders', on('2026-11-03'));
    town.write({ 'inbox/orders2.json': order('positions').replace('"1"', '"2"') });
    const { problems } = await town.run('orders', on('2026-11-24'));
    expect(problems[0]!.message).toContain('Since run #1 of 2026-11-03: "lines" is gone; "positions" is new.');
  });
});

describe('a service whose fields changed', () => {
  test('says which are gone and new where its records are rejected', async () => {
    let renamed = false;
    const app = express();
    app.get(
      '/permits',
      (_, response) => void response.json({ permits: [renamed ? { permit_id: '1', name: 'A' } : { id: '1', name: 'A' }] }),
    );
    const server = app.listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const town = await makeTown(
      other('permits', 'http', `{ base_url: 'http://127.0.0.1:${(server.address() as AddressInfo).port}' }`, {
        stream: `    retriever: { request: { path: /permits } }
    decoder: { json: { rows: permits } }
    schema: { fields: { id: { required: true }, name: {} } }
    primary_key: [id]
`,
        id: 'id',
        name: 'name',
      }),
    );
    await town.run('permits', on('2026-11-03'));
    renamed = true;
    for (const day of ['2026-11-24', '2026-11-25']) {
      const { notes } = await town.run('permits', on(day));
      expect(notes.join('\n')).toContain(
        'permits.permits: 1 record did not match the fields declared in the connector. Since run #1 of 2026-11-03: "id" is gone; "permit_id" is new.',
      );
    }
  });
});

describe('a table whose columns changed', () => {
  test('says which are gone, new and of another type, in the words of the server', { timeout: 60_000 }, async () => {
    const start = (await tablesPort())!;
    const login = { username: 'reader', password: 'reader-Password-1' };
    const configuration = ({ host, port, database }: Record<string, unknown>): Files =>
      other(
        'permits',
        'sqlserver',
        `{ host: ${String(host)}, port: ${String(port)}, database: ${String(database)}, username: reader, password: "\${file:secrets/p}", trust_server_certificate: true }`,
        {
          stream: `    retriever: { query: { tables: [PERMITS] } }
    schema: { fields: { ID: { required: true }, NAME: {}, FEE: { type: decimal } } }
    primary_key: [ID]
`,
          id: 'ID',
          name: 'NAME',
        },
      );
    const before = { ID: 'CHAR(10)', NAME: 'VARCHAR(40)', FEE: 'NUMERIC(19,2)' };
    tables.push(await start({ PERMITS: { columns: before, rows: [['1', 'A', '12.50']] } }, login));
    const town = await makeTown({ ...configuration(tables[0]!.options), 'secrets/p': login.password });
    expect(await town.run('permits', on('2026-11-03'))).toMatchObject({ outcome: 'succeeded' });
    const after = { ID: 'VARCHAR(12)', HOLDER: 'VARCHAR(40)', FEE: 'NUMERIC(19,2)' };
    tables.push(await start({ PERMITS: { columns: after, rows: [['1', 'A', '12.50']] } }, login));
    town.write(configuration(tables[1]!.options));
    await town.reopen();
    const { problems } = await town.run('permits', on('2026-11-24'));
    expect(problems[0]!.code).toBe('SQL_COLUMN_UNKNOWN');
    expect(problems[0]!.message).toContain(
      'Since run #1 of 2026-11-03: "NAME" is gone; "HOLDER" is new; "ID" was char(10) and is varchar(12) now.',
    );
  });
});

/** A town with one more system next to the base ones. */
function other(id: string, transport: string, options: string, given: { stream: string; id: string; name: string }): Files {
  return {
    'config/connections.yaml': `connections:\n  ${id}: { connector: ${id}, options: ${options} }\n  till: { connector: till, options: { path: inbox } }\n  clerk: { connector: office, options: { path: inbox } }\n  pool: { connector: office, options: { path: inbox } }\n  shop: { connector: shop, options: { path: inbox } }\n`,
    [`connectors/${id}/connector.yaml`]: connector(id, transport, { [id]: given.stream }),
    'config/model/permit.yaml':
      'entity: permit\ntitle: Permit\nfields:\n  number: { type: text, class: public }\n  name: { type: text, class: public }\n',
    [`mappings/permit.from-${id}.yaml`]: `mapping: permit.from-${id}\nentity: permit\nfrom: { connector: ${id}, stream: ${id} }\nfields:\n  number: ${given.id}\n  name: ${given.name}\n`,
    [`pipelines/${id}.yaml`]: `pipeline: ${id}\nsource: { connection: ${id}, stream: ${id} }\nmappings: [permit.from-${id}]\n`,
  };
}
