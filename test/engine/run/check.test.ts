import { afterEach, expect, test } from 'vitest';
import { BASE, connector, receipts } from '../base-town.ts';
import { interlocal } from '../cli.ts';
import { closeTowns, type Files, makeTown } from '../town.ts';

afterEach(closeTowns);

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
  const { exit, out } = await interlocal(town.folder, ['check', 'till', '--json']).ended;
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
