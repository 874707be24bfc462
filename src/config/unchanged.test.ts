import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { loadProject } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'interlocal-unchanged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const pipeline = (title: string): string =>
  `pipeline: deposits\ntitle: ${title}\nsource: { connection: bank, stream: entries }\nmappings: [deposit.from-bank-bai2]\n`;

beforeEach(() => {
  write('config/interlocal.yaml', 'town: { name: Maplewood, currency: USD, time_zone: America/New_York }\n');
  write('config/connections.yaml', 'connections:\n  bank: { connector: bank-bai2, options: { path: bank } }\n');
  write('pipelines/deposits.yaml', pipeline('Deposits'));
});

async function titleNow(): Promise<string | undefined> {
  const { project, problems } = await loadProject(folder);
  expect(problems).toEqual([]);
  return project!.pipelines.get('deposits')?.value.title;
}

test('a file that has not changed is not parsed again, and nobody can change what it says', async () => {
  const first = await loadProject(folder);
  const second = await loadProject(folder);
  const connector = first.project!.connectors.get('bank-bai2')!.value;
  expect(second.project!.connectors.get('bank-bai2')!.value).toBe(connector);
  expect(second.project!.pipelines.get('deposits')!.value).toBe(first.project!.pipelines.get('deposits')!.value);
  expect(() => (connector.streams = {})).toThrow(TypeError);
  expect(() => void (connector.streams['entries']!.primary_key = [])).toThrow(TypeError);
});

test('a file that has changed says what it says now, also when it is changed back', async () => {
  expect(await titleNow()).toBe('Deposits');
  write('pipelines/deposits.yaml', pipeline('Bank deposits'));
  expect(await titleNow()).toBe('Bank deposits');
  write('pipelines/deposits.yaml', pipeline('Deposits'));
  expect(await titleNow()).toBe('Deposits');
});

test('a mistake is said each time it is read, and what was right before does not hide it', async () => {
  await titleNow();
  write('pipelines/deposits.yaml', `${pipeline('Deposits')}titel: x\n`);
  const first = await loadProject(folder);
  expect(first.problems.map(({ code, place }) => [code, place.file, place.line])).toEqual([['KEY_UNKNOWN', 'pipelines/deposits.yaml', 5]]);
  expect((await loadProject(folder)).problems).toEqual(first.problems);
});

test("a town's own file with the text of a shipped one is the town's own", async () => {
  await titleNow();
  write('config/model/deposit.yaml', 'entity: deposit\nkey: [source, deposit_key]\nfields: { source: {}, deposit_key: {} }\n');
  const { problems } = await loadProject(folder);
  expect(problems.map(({ place }) => place.file).filter((file) => file?.includes('deposit'))).not.toEqual([]);
  rmSync(join(folder, 'config/model'), { recursive: true });
  await titleNow();
});
