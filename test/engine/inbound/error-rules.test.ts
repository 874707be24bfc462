import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SFTP_HOST_KEY_FINGERPRINT, sampleTownHostKey } from '../../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer, type SftpServer } from '../../../scripts/sample-town/servers/sftp/server.ts';
import type { Refuse } from '../../../scripts/sample-town/servers/sftp/session.ts';
import { startServer, type TestServer } from '../../transports/sqlserver/server.ts';
import { connector, receipts } from '../base-town.ts';
import { closeTowns, type Files, makeTown } from '../town.ts';

afterEach(closeTowns);

const OTHERS = `  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`;
const FIELDS =
  '    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }\n    primary_key: [number]\n';

/** A town that reads its till by another transport, with these rules. */
function till(transport: string, options: string, stream: string, rules: string): Files {
  return {
    'secrets/till': transport === 'sftp' ? 'till-Password-1' : 'reader-Password-1',
    'config/connections.yaml': `connections:\n  till: { connector: till, options: ${options} }\n${OTHERS}`,
    'connectors/till/connector.yaml': connector('till', transport, {
      receipts: `${stream}${FIELDS}    error_handler: { max_retries: 2, rules: ${rules} }\n`,
    }),
  };
}

describe('SQL Server, by the number of its error', () => {
  let server: TestServer;
  let failures: { number: number; class: number; message: string }[] = [];
  let asked = 0;
  beforeAll(async () => {
    server = await startServer([
      {
        name: 'dbo.receipts',
        columns: { number: 'VARCHAR(10)', received_on: 'DATE', amount: 'NUMERIC(19,2)', tender: 'VARCHAR(5)', note: 'VARCHAR(50)' },
        rows: [
          ['1', '2026-01-05', '1.00', 'CA', ''],
          ['2', '2026-01-05', '2.00', 'CK', ''],
        ],
      },
    ]);
    server.onStatement = (sql) => {
      if (!/FROM .*receipts/s.test(sql)) return;
      asked++;
      const failure = failures.shift();
      if (failure) throw Object.assign(new Error(failure.message), { ...failure, state: 1 });
    };
  });
  afterAll(() => server.stop());
  const town = async (rules: string) => {
    asked = 0;
    const { host, port, database, username } = server.options;
    return makeTown({
      ...till(
        'sqlserver',
        `{ host: ${host as string}, port: ${port as number}, database: ${database as string}, username: ${username as string}, password: "\${file:secrets/till}", ca_file: server.pem }`,
        '    retriever: { query: { tables: [dbo.receipts] } }\n',
        rules,
      ),
      'server.pem': readFileSync(join(server.folder, 'server.pem'), 'utf8'),
    });
  };
  const maintenance = { number: 50123, class: 16, message: 'The night batch is running' };

  test('a number that the vendor documents as passing is tried again, and the run succeeds', async () => {
    failures = [maintenance];
    const run = await (await town('[{ status: [50123], action: retry }]')).run('receipts');
    expect([run.outcome, run.counts.created, asked]).toEqual(['succeeded', 2, 2]);
    expect(run.notes.join('\n')).toMatch(/The night batch is running \(SQL error 50123\).*Trying again in/);
  });

  test('without a rule, and with one for another number, it fails at once', async () => {
    failures = [maintenance];
    const run = await (await town('[{ status: [50124], action: retry }]')).run('receipts');
    expect([run.outcome, run.problems.map((p) => p.code), asked]).toEqual(['failed', ['SQL_ERROR'], 1]);
  });

  test('what stays is given up after max_retries, with the hint of the rule', async () => {
    failures = Array.from({ length: 3 }, () => maintenance);
    const run = await (await town('[{ status: [50123], action: retry, hint: Wait until six. }]')).run('receipts');
    expect([run.outcome, asked, run.problems[0]!.hint]).toEqual(['failed', 3, 'Wait until six.']);
  });

  test('a deadlock is tried again by itself, unless a rule says that it is not to be', async () => {
    const deadlock = { number: 1205, class: 13, message: 'Deadlock' };
    failures = [deadlock];
    expect((await (await town('[]')).run('receipts')).outcome).toBe('succeeded');
    failures = [deadlock];
    const run = await (await town('[{ status: [1205], action: fail, hint: Call the vendor. }]')).run('receipts');
    expect([run.outcome, run.problems[0]!.hint, asked]).toEqual(['failed', 'Call the vendor.', 1]);
  });

  test('words of the server do as well as its number, and ignoring takes no rows and no harm', async () => {
    failures = [maintenance];
    const run = await (await town('[{ fault: night batch, action: ignore }]')).run('receipts');
    expect([run.outcome, run.counts.read]).toEqual(['succeeded', 0]);
    expect(run.notes.join('\n')).toContain('says to ignore');
  });
});

describe('SFTP, by status', () => {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-rules-'));
  let server: SftpServer;
  let refuse: Refuse = () => undefined;
  beforeAll(async () => {
    mkdirSync(join(folder, 'out'));
    for (const n of ['1', '2']) {
      const file = join(folder, 'out', `receipts-${n}.csv`);
      writeFileSync(file, receipts([{ number: n }]));
      utimesSync(file, 1_700_000_000, 1_700_000_000);
    }
    server = await startSftpServer({
      root: folder,
      port: 0,
      users: [{ name: 'till', password: 'till-Password-1' }],
      hostKeys: [sampleTownHostKey()],
      refuse: (request, path) => refuse(request, path),
    });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const town = (rules: string, from = 'out') =>
    makeTown(
      till(
        'sftp',
        `{ host: 127.0.0.1, port: ${server.port}, username: till, password: "\${file:secrets/till}", host_key: ${SFTP_HOST_KEY_FINGERPRINT} }`,
        `    retriever: { files: { folder: ${from}, pattern: "receipts*.csv" } }\n    decoder: { csv: {} }\n`,
        rules,
      ),
    );
  /** The first so many requests of that kind for that path fail. */
  const failing = (times: number, kind: string, end: string, status: number, words: string): Refuse => {
    let left = times;
    return (request, path) => (request === kind && path.endsWith(end) && left-- > 0 ? { status, words } : undefined);
  };

  test('a status that the vendor documents as passing is tried again, and the run succeeds', async () => {
    refuse = failing(1, 'OPEN', 'receipts-2.csv', 4, 'Failure: file is being generated');
    const run = await (await town('[{ status: [4], action: retry }]')).run('receipts');
    expect([run.outcome, run.counts.created]).toEqual(['succeeded', 2]);
    expect(run.notes.join('\n')).toContain('Trying again in');
  });

  test('without the rule it stops the run', async () => {
    refuse = failing(1, 'OPEN', 'receipts-2.csv', 4, 'Failure: file is being generated');
    const run = await (await town('[{ status: [3], action: retry }]')).run('receipts');
    expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', ['SFTP_FAILURE']]);
  });

  test('a file that may not be read is left where it is, by words too; the others are read, and it is when it may', async () => {
    refuse = failing(1, 'OPEN', 'receipts-1.csv', 3, 'Permission denied: still locked');
    const made = await town('[{ status: [3], fault: still locked, action: ignore }]');
    const run = await made.run('receipts');
    expect([run.outcome, run.counts.created]).toEqual(['succeeded', 1]);
    expect(run.notes.join('\n')).toMatch(/receipts-1\.csv is left for the next run/);
    expect((await made.run('receipts')).counts.created).toBe(1);
  });

  test('a folder that is not there yet is empty, where the connector says so', async () => {
    refuse = () => undefined;
    expect((await (await town('[]', 'later')).run('receipts')).problems.map((p) => p.code)).toEqual(['FOLDER_MISSING']);
    expect((await (await town('[{ status: [2], action: ignore }]', 'later')).run('receipts')).outcome).toBe('succeeded');
  });
});

describe('HTTP, by status and words', () => {
  let server: Server;
  let answers: { status: number; body: string; headers?: Record<string, string> }[] = [];
  let asked: number[] = [];
  beforeAll(async () => {
    const app = express();
    app.get('/receipts', (_request, response) => {
      asked.push(performance.now());
      const answer = answers.shift();
      if (answer)
        return void response
          .status(answer.status)
          .set(answer.headers ?? {})
          .send(answer.body);
      response.json([{ number: '1', received_on: '2026-01-05', amount: '1.00', tender: 'CA', note: '' }]);
    });
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  afterAll(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));
  const town = (rules: string) => {
    asked = [];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return makeTown(
      till('http', `{ base_url: '${url}' }`, '    retriever: { request: { path: /receipts } }\n    decoder: { json: {} }\n', rules),
    );
  };

  test('a refusal whose words say that it passes is tried again, after the time that the service asks for', async () => {
    answers = [{ status: 409, body: 'The ledger is being closed', headers: { 'Retry-After': '1' } }];
    const run = await (await town('[{ status: [409], fault: being closed, action: retry }]')).run('receipts');
    expect([run.outcome, asked.length]).toEqual(['succeeded', 2]);
    expect(asked[1]! - asked[0]!).toBeGreaterThan(950);
    answers = [{ status: 409, body: 'This is another conflict' }];
    const other = await (await town('[{ status: [409], fault: being closed, action: retry }]')).run('receipts');
    expect([other.outcome, asked.length]).toEqual(['failed', 1]);
  });

  test('Retry-After is honored for a rule as it is without one', async () => {
    answers = [{ status: 503, body: '', headers: { 'Retry-After': '1' } }];
    const run = await (await town('[{ status: [503], action: retry, hint: Nightly. }]')).run('receipts');
    expect(run.outcome).toBe('succeeded');
    expect(asked[1]! - asked[0]!).toBeGreaterThan(950);
  });
});
