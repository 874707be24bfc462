import { copyFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Refuse } from '../../../scripts/sample-town/servers/sftp/session.ts';
import { closeOddServers, oddServer } from '../../transports/odd-sftp.ts';
import { BASE, receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);
afterEach(closeOddServers);

const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt', ['number'])).map((row) => row.number);
const FILES = Object.fromEntries(['1', '2', '3'].map((n) => [`receipts-${n}.csv`, receipts([{ number: n }])]));

/** A till at an SFTP server that refuses what `refuse` says. */
async function townWith(refuse: Refuse) {
  const server = await oddServer({ refuse });
  const options = JSON.stringify({ ...server.options, password: '${file:secret}' });
  const town = await makeTown({
    ...BASE,
    ...tillStream({ files: 'after: { archive: archive }' }),
    'config/connections.yaml': BASE['config/connections.yaml']!.replace(
      'till, options: { path: inbox }',
      `till, transport: sftp, options: ${options}`,
    ),
    secret: 'plain',
    ...Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`made/${name}`, text])),
  });
  for (const name of Object.keys(FILES)) {
    copyFileSync(join(town.folder, 'made', name), join(server.root, name));
    utimesSync(join(server.root, name), 1_700_000_000, 1_700_000_000);
  }
  return { town, root: server.root };
}

test('a file that may not be read keeps no other from being read, and is read once it may be', async () => {
  let allowed = false;
  const { town, root } = await townWith((request, path) =>
    request === 'OPEN' && path.includes('receipts-1') && !allowed ? { status: 3, words: 'Permission denied' } : undefined,
  );
  const first = await town.run('receipts');
  expect([first.outcome, first.problems.map(({ code, place }) => `${code} ${place?.file}`)]).toEqual([
    'failed',
    ['ACCESS_DENIED receipts-1.csv'],
  ]);
  expect(await numbers(town)).toEqual(['2', '3']);
  allowed = true;
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  expect((await numbers(town)).sort()).toEqual(['1', '2', '3']);
  expect(readdirSync(root)).toEqual(['archive']);
});

test('files that cannot be archived are all read, once, and archived when they can be', async () => {
  let allowed = false;
  const { town, root } = await townWith((request) =>
    request === 'RENAME' && !allowed ? { status: 3, words: 'Permission denied' } : undefined,
  );
  for (let night = 0; night < 2; night++) {
    const run = await town.run('receipts');
    expect([run.outcome, run.problems.map(({ code }) => code)]).toEqual(['failed', ['ACCESS_DENIED', 'ACCESS_DENIED', 'ACCESS_DENIED']]);
    expect(await numbers(town)).toEqual(['1', '2', '3']);
    expect((await town.rows('il_landed')).length).toBe(3);
  }
  allowed = true;
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  expect(readdirSync(join(root, 'archive')).sort()).toEqual(Object.keys(FILES));
});

test('a file where the archive should be is told, once for each file that stays', async () => {
  const town = await makeTown({
    ...tillStream({ files: 'after: { archive: archive }' }),
    'inbox/receipts-1.csv': FILES['receipts-1.csv']!,
  });
  writeFileSync(join(town.folder, 'inbox/archive'), '');
  const run = await town.run('receipts');
  expect([run.outcome, run.problems.map(({ code, message }) => `${code} ${message}`)]).toEqual([
    'failed',
    ['NOT_A_FOLDER A folder is needed at archive, but there is a file of that name. Nothing was moved.'],
  ]);
  expect(await numbers(town)).toEqual(['1']);
});
