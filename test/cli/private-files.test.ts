import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { ledger } from '../outbound/base-outbound.ts';
import { receiptCsv, reportTown } from '../reports/report-town.ts';
import { commandLine } from './command-line.ts';

afterEach(closeTowns);

/** As an account has it where nobody set it. */
let umask: number;
beforeAll(() => void (umask = process.umask(0o022)));
afterAll(() => void process.umask(umask));

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function cli(town: TestTown, ...args: string[]): Promise<string> {
  const { exit, text } = await commandLine([...args, '--project', town.folder]);
  expect([args, exit, text]).toEqual([args, 0, expect.anything()]);
  return text;
}

test('what commands write of the records is for this account alone: reports, each table of them, files of exceptions, a copy of the store', async () => {
  const town = await reportTown({ 'desk/r.csv': receiptCsv([{ no: '1', amount: '40.00', tender: 'cash', batch: 'A' }]) });
  const out = join(town.folder, 'out');
  town.write({ 'out/.keep': '', 'slip.pdf': '%PDF-1.4\n%%EOF\n' });
  for (const ending of ['csv', 'xlsx', 'html', 'json', 'txt']) await cli(town, 'report', 'deposits', '--out', join(out, `d.${ending}`));
  await cli(town, 'report', 'revenue', '--out', join(out, 'r.xlsx'));
  const { exceptions } = JSON.parse(await cli(town, 'exceptions', 'list', '--json')) as { exceptions: { id: string }[] };
  await cli(town, 'exceptions', 'attach', exceptions[0]!.id, join(town.folder, 'slip.pdf'));
  await cli(town, 'exceptions', 'file', exceptions[0]!.id, '1', '--out', join(out, 'slip.pdf'));
  await cli(town, 'store', 'copy', '--to', `sqlite:${join(out, 'backup/copy.db')}`);
  const written = readdirSync(out, { recursive: true, withFileTypes: true }).filter(({ name }) => name !== '.keep');
  const modes = Object.fromEntries(written.map(({ name, parentPath }) => [name, mode(join(parentPath, name))]));
  expect(modes).toMatchObject({ 'd.csv': '600', 'd.receipts.csv': '600', 'slip.pdf': '600', 'copy.db': '600', backup: '700' });
  expect(Object.entries(modes).filter(([name, rights]) => rights !== (name === 'backup' ? '700' : '600'))).toEqual([]);
});

test('a copy of the store that goes into an empty file which is there takes the rights of others away', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([{ number: '1' }]) });
  await town.run('receipts');
  town.write({ 'copy.db': '' });
  expect(mode(join(town.folder, 'copy.db'))).toBe('644');
  await cli(town, 'store', 'copy', '--to', `sqlite:${join(town.folder, 'copy.db')}`);
  expect(mode(join(town.folder, 'copy.db'))).toBe('600');
});

test.each([
  [0o022, '640'],
  [0o077, '600'],
  [0o027, '640'],
  [0o000, '660'],
])('a file for another system has the rights that docs/it.md says, and the rest of the world has none: umask %o', async (given, rights) => {
  const town = await makeTown({ ...ledger(), 'inbox/receipts.csv': receipts([{ number: '1' }]) });
  await town.run('receipts');
  process.umask(given);
  try {
    await town.run('to-ledger');
  } finally {
    process.umask(0o022);
  }
  const [file] = readdirSync(join(town.folder, 'ledger')).filter((name) => name.endsWith('.csv'));
  expect(mode(join(town.folder, 'ledger', file!))).toBe(rights);
});

test('the unit for systemd in docs/it.md gives others nothing, and lets the service write into its data folder alone', () => {
  const page = readFileSync(new URL('../../docs/it.md', import.meta.url), 'utf8');
  const unit = /```ini\n(\[Unit\][^`]*)```/.exec(page)![1]!;
  const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  expect(Object.fromEntries(settings)).toMatchObject({
    User: 'interlocal',
    UMask: '0077',
    ProtectSystem: 'strict',
    ReadWritePaths: '/srv/my-town/data',
    NoNewPrivileges: 'yes',
  });
  expect(settings.get('ExecStart')).toContain('--project /srv/my-town');
  expect(page).toContain('install -d -o interlocal -g interlocal -m 700 /srv/my-town/data');
});
