import { afterEach, describe, expect, test } from 'vitest';
import { BASE, connector, receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, type Files, makeTown } from '../town.ts';
import { closeOddServers, oddServer } from '../../transports/odd-sftp.ts';
import { ledger } from '../../outbound/base-outbound.ts';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

afterEach(closeTowns);
afterEach(closeOddServers);

const till = (files: string): Files => ({
  'config/connections.yaml': BASE['config/connections.yaml']!.replace('path: inbox', 'path: inbox, folder: nope'),
  'connectors/till/connector.yaml': connector('till', 'folder', {
    receipts: `    retriever: { files: { pattern: "receipts*.csv"${files} } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
  }).replace('streams:', 'options: { folder: {} }\nstreams:'),
});

interface Checked {
  connections: { ok: boolean; checks: { name: string; ok: boolean; code?: string; detail: string }[] }[];
}

async function checked(files: Files): Promise<{ exit: number | null; checks: Checked['connections'][0]['checks'] }> {
  const town = await makeTown(files);
  const { exit, out } = await townCommand(town.folder, ['check', 'till', '--json']);
  return { exit, checks: (JSON.parse(out) as Checked).connections[0]!.checks };
}

test('a folder that a pipeline reads and that is not there is found before the first run', async () => {
  const { exit, checks } = await checked(till(', folder: "{{ options.folder }}"'));
  expect(exit).toBe(1);
  expect(checks.at(-1)).toMatchObject({
    name: 'folder nope',
    ok: false,
    code: 'FOLDER_MISSING',
    detail: expect.stringContaining('nope') as string,
  });
});

test('a folder that is there says how many files wait in it, and an archive that is not there yet is nothing wrong', async () => {
  const { exit, checks } = await checked({
    ...till(', folder: "{{ options.folder }}", after: { archive: done }'),
    'inbox/nope/receipts-1.csv': receipts([]),
  });
  expect(exit).toBe(0);
  expect(checks.slice(-2)).toEqual([
    { name: 'folder nope', ok: true, detail: 'can be listed: 1 file called receipts*.csv.' },
    { name: 'archive done', ok: true, detail: 'does not exist yet: it is created when the first file is moved there.' },
  ]);
});

describe('before the first run, check says whether the SFTP server lets files be moved', () => {
  const MOVES: [string, { status: number; words: string } | undefined, object][] = [
    ['is allowed', undefined, { ok: true, detail: 'the server accepts the request.' }],
    ['is denied', { status: 3, words: 'Permission denied' }, { ok: false, code: 'ACCESS_DENIED' }],
    ['is not supported', { status: 8, words: 'Unsupported' }, { ok: false, code: 'SFTP_FAILURE' }],
    ['is refused without a reason', { status: 4, words: 'Failure' }, { ok: true, warning: true }],
  ];

  test.each(MOVES)('to the archive: it %s', async (_, answer, expected) => {
    const server = await oddServer({ refuse: (request) => (request === 'RENAME' ? answer : undefined) });
    mkdirSync(join(server.root, 'done'));
    const files = till(', after: { archive: done }');
    const { checks } = await checked({
      'connectors/till/connector.yaml': String(files['connectors/till/connector.yaml'])
        .replace('transport: folder', 'transport: sftp')
        .replace('options: { folder: {} }\n', ''),
      'config/connections.yaml': BASE['config/connections.yaml']!.replace(
        '{ path: inbox }',
        JSON.stringify({ ...server.options, password: '${file:secret}' }),
      ),
      secret: 'plain',
    });
    expect(checks.find(({ name }) => name.startsWith('moves from'))).toMatchObject(expected);
    // Nothing was moved or put there.
    expect(readdirSync(server.root)).toEqual(['done']);
  });

  test.each(MOVES.slice(0, 2))('a sink whose files get their names by a rename: it %s', async (_, answer, expected) => {
    const server = await oddServer({ refuse: (request) => (request === 'RENAME' ? answer : undefined) });
    const files = ledger();
    const options = JSON.stringify({ ...server.options, password: '${file:secret}' });
    const town = await makeTown({
      ...files,
      'config/connections.yaml': files['config/connections.yaml']!.replace('{ path: ledger }', options),
      'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: sftp'),
      secret: 'plain',
    });
    const { out } = await townCommand(town.folder, ['check', '--json']);
    const checks = (JSON.parse(out) as Checked).connections.flatMap((c) => c.checks);
    expect(checks.find(({ name }) => name.startsWith('moves from'))).toMatchObject(expected);
  });
});
