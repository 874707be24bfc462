import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { listAudit } from '../../../src/store/ledger/audit.ts';
import { delivered } from '../../outbound/base-outbound.ts';
import { depositFile, MONEY, moneyTown, receiptFile, reconciliation, standing } from '../reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const CONNECTIONS = MONEY['config/connections.yaml']!;

/** The desk's connection under another name. */
function renamed(more = ''): Record<string, string> {
  return {
    'config/connections.yaml': CONNECTIONS.replace('  desk: { connector: desk,', `  counter: { connector: desk,${more}`),
    'pipelines/desk-receipts.yaml': MONEY['pipelines/desk-receipts.yaml']!.replace('connection: desk', 'connection: counter'),
  };
}

const LEDGER = {
  'connectors/ledger/connector.yaml': `connector: ledger
version: 1.0.0
title: Ledger
transport: folder
streams: {}
sinks:
  entries:
    target: { file: { name: 'entries-{{ sequence }}.csv' } }
    encoder: { csv: {} }
    schema: { fields: { Source: { required: true }, Number: { required: true }, Amount: { type: decimal, decimals: 2, required: true } } }
    idempotency_key: [Source, Number]
`,
  'mappings/entries.from-receipt.yaml': `mapping: entries.from-receipt
sink: { connector: ledger, sink: entries }
from: { entity: receipt }
fields: { Source: source, Number: receipt_number, Amount: amount }
`,
  'pipelines/to-ledger.yaml': 'pipeline: to-ledger\ndeliver: { mapping: entries.from-receipt, connection: ledger }\n',
  'config/connections.yaml': `${CONNECTIONS}  ledger: { connector: ledger, options: { path: ledger } }\n`,
  'ledger/.keep': '',
};

const START = {
  ...reconciliation('to-bank', { receipts: '{ source: desk }' }),
  'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00' }]),
  'bank/a.csv': depositFile([{ no: 'D1', amount: '40.00' }]),
};

async function sources(town: TestTown): Promise<unknown[]> {
  return (await town.rows('receipt', ['_id', 'source', 'receipt_number'])).map((r) => `${r.receipt_number} ${r.source}`);
}

async function started(files: Record<string, string> = {}): Promise<TestTown> {
  const town = await moneyTown({ ...START, ...files });
  for (const pipeline of ['desk-receipts', 'bank-deposits', 'to-bank']) await town.run(pipeline);
  return town;
}

describe('a connection gets another name', () => {
  test('and says so: stored records follow, filters find all of them, and nothing is read or entered twice', async () => {
    const town = await started();
    town.write({
      ...renamed(' formerly: desk,'),
      ...reconciliation('to-bank', { receipts: '{ source: counter }' }),
      'desk/b.csv': receiptFile([{ no: 'R2', day: '2026-07-02', amount: '5.00' }]),
    });
    await town.reopen();
    const result = await town.run('desk-receipts');
    expect(result).toMatchObject({ outcome: 'succeeded', counts: { created: 1 } });
    expect(result.notes[0]).toBe('The connection desk is now called counter; its records continue under the new name.');
    expect(await sources(town)).toEqual(['R1 counter', 'R2 counter']);
    await town.run('to-bank');
    expect(await standing(town)).toMatchObject({ reconciled: 4000, open: 500 });
    const audit = await listAudit(town.engine.knex, { action: 'connection_renamed', limit: 10 });
    expect(audit).toMatchObject([{ subject: 'counter', detail: { from: 'desk', to: 'counter' } }]);
    // Done once, it need not be said anymore.
    town.write(renamed());
    await town.reopen();
    expect(await town.run('desk-receipts')).toMatchObject({ outcome: 'succeeded', counts: { created: 0, changed: 0 } });
  });

  test('and says nothing: the run is refused before it changes anything, and says what to write', async () => {
    const town = await started();
    const before = await town.dump();
    town.write({ ...renamed(), 'desk/b.csv': receiptFile([{ no: 'R2', amount: '5.00' }]) });
    await town.reopen();
    for (const result of [await town.preview('desk-receipts'), await town.run('desk-receipts')])
      expect(result).toMatchObject({
        outcome: 'failed',
        problems: [
          {
            code: 'CONNECTION_CHANGED',
            message: 'It now reads counter, but its one stored record came from desk.',
            hint: 'If counter is the same system under another name, write formerly: desk below counter in config/connections.yaml. If it is another system, write a new pipeline for it under another name.',
          },
        ],
      });
    expect(await town.dump()).toEqual(before);
    expect(await town.engine.knex('il_source').where({ pipeline: 'desk-receipts' }).first('connection')).toEqual({ connection: 'desk' });
  });

  test('a pipeline that is pointed at another system, of which there are two, is refused as well', async () => {
    const town = await started();
    town.write({
      'config/connections.yaml': CONNECTIONS.replace('  desk:', '  desk2: { connector: desk, options: { path: pool } }\n  desk:'),
      'pipelines/desk-receipts.yaml': MONEY['pipelines/desk-receipts.yaml']!.replace('connection: desk', 'connection: desk2'),
    });
    await town.reopen();
    expect((await town.run('desk-receipts')).problems).toMatchObject([
      { code: 'CONNECTION_CHANGED', hint: expect.stringContaining('otherwise write connection: desk again') },
    ]);
  });

  test('keys of what was sent stay, so nothing is sent again and nothing needs review', async () => {
    const town = await started(LEDGER);
    expect((await town.run('to-ledger')).counts).toMatchObject({ created: 1 });
    const rename = (to: string, more: string): void =>
      town.write({
        'config/connections.yaml': LEDGER['config/connections.yaml'].replace(
          '  desk: { connector: desk,',
          `  ${to}: { connector: desk,${more}`,
        ),
        'pipelines/desk-receipts.yaml': MONEY['pipelines/desk-receipts.yaml']!.replace('connection: desk', `connection: ${to}`),
        ...reconciliation('to-bank'),
      });
    rename('counter', ' formerly: desk,');
    await town.reopen();
    await town.run('desk-receipts');
    expect(await sources(town)).toEqual(['R1 counter']);
    expect(await town.run('to-ledger')).toMatchObject({
      outcome: 'succeeded',
      counts: { created: 0, changed: 0, unchanged: 1, rejected: 0 },
    });
    // Once more, with the first name no longer written down: the store remembers it.
    rename('window', ' formerly: counter,');
    town.write({ 'desk/b.csv': receiptFile([{ no: 'R2', amount: '5.00' }]) });
    await town.reopen();
    await town.run('desk-receipts');
    expect(await town.run('to-ledger')).toMatchObject({ outcome: 'succeeded', counts: { created: 1, changed: 0, unchanged: 1 } });
    expect(Object.values(delivered(town)).join('')).toBe('Source,Number,Amount\ndesk,R1,40.00\nSource,Number,Amount\ndesk,R2,5.00\n');
    expect((await town.engine.knex('il_outbox').pluck('state')) as string[]).toEqual(['sent', 'sent']);
  });

  test('a system that is sent to goes on under its new name with its numbers of files, and another one is refused', async () => {
    const town = await started(LEDGER);
    await town.run('to-ledger');
    const to = (name: string, more: string): void =>
      town.write({
        'config/connections.yaml': `${CONNECTIONS}  ${name}: { connector: ledger,${more} options: { path: ledger } }\n`,
        'pipelines/to-ledger.yaml': LEDGER['pipelines/to-ledger.yaml'].replace('connection: ledger', `connection: ${name}`),
      });
    to('books', '');
    await town.reopen();
    expect((await town.run('to-ledger')).problems).toMatchObject([
      {
        code: 'CONNECTION_CHANGED',
        message: 'It now sends to books, but earlier records went to ledger; they would not be sent again.',
      },
    ]);
    to('books', ' formerly: [ledger],');
    town.write({ 'desk/b.csv': receiptFile([{ no: 'R2', amount: '5.00' }]) });
    await town.reopen();
    await town.run('desk-receipts');
    expect((await town.run('to-ledger')).outcome).toBe('succeeded');
    expect(Object.keys(delivered(town)).sort()).toEqual(['entries-1.csv', 'entries-2.csv']);
  });

  test('a new connection does not get the first name of another', async () => {
    const town = await started();
    town.write({ ...renamed(' formerly: desk,'), ...reconciliation('to-bank') });
    await town.reopen();
    await town.run('desk-receipts');
    town.write({
      'config/connections.yaml': renamed()['config/connections.yaml']!.replace(
        '  pool:',
        '  desk: { connector: pool, options: { path: pool } }\n  pool:',
      ),
    });
    await town.reopen();
    expect((await town.run('desk-receipts')).problems).toMatchObject([{ code: 'CONNECTION_NAME_TAKEN' }]);
    // Back to its first name, it is as it was.
    town.write({ ...MONEY, 'config/connections.yaml': CONNECTIONS.replace('connector: desk,', 'connector: desk, formerly: counter,') });
    await town.reopen();
    expect((await town.run('desk-receipts')).outcome).toBe('succeeded');
    expect(await sources(town)).toEqual(['R1 desk']);
    expect(await town.engine.knex('il_connection')).toEqual([]);
  });
});

test('what still says the former name is found when the configuration is checked', async () => {
  const problems = async (files: Record<string, string>): Promise<string[]> => {
    try {
      await moneyTown({ ...START, ...files });
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.map((p) => `${p.place.file} ${p.place.path}: ${p.message}`);
    }
  };
  expect(await problems(renamed(' formerly: desk,'))).toEqual([
    'pipelines/to-bank.yaml reconcile.left.where.source: the connection desk is now called counter.',
  ]);
  expect(
    await problems({ 'config/connections.yaml': CONNECTIONS.replace('connector: pool,', 'connector: pool, formerly: desk,') }),
  ).toEqual(['config/connections.yaml connections.pool.formerly: desk is the name of an existing connection.']);
  expect(
    await problems({
      'config/connections.yaml': CONNECTIONS.replace('connector: pool,', 'connector: pool, formerly: old,').replace(
        'connector: bank,',
        'connector: bank, formerly: [old],',
      ),
    }),
  ).toEqual(['config/connections.yaml connections.bank.formerly: old is already a former name of pool.']);
});
