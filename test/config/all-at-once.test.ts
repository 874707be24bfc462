import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { commandLine } from '../cli/command-line.ts';
import { registerStatus } from '../../src/cli/operate/status.ts';
import { registerValidate } from '../../src/cli/authoring/validate.ts';
import type { Problem } from '../../src/core/errors.ts';
import { BASE, receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown } from '../engine/town.ts';

const clean: string[] = [];
afterEach(async () => {
  await closeTowns();
  for (const folder of clean.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderOf(changes: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-validate-'));
  clean.push(folder);
  for (const [path, text] of Object.entries({ ...BASE, 'inbox/.keep': '', ...changes })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function cli(
  folder: string,
  ...args: string[]
): Promise<{ exit: number; json: { problems: Problem[]; error?: { problems: Problem[] } } }> {
  const { exit, out } = await commandLine([...args, '--json', '--project', folder], [registerValidate, registerStatus]);
  return { exit, json: JSON.parse(out) as { problems: Problem[] } };
}

/** `file:line path CODE` */
async function validate(folder: string, ...args: string[]): Promise<string[]> {
  const { json } = await cli(folder, 'validate', ...args);
  for (const { place } of json.problems) expect(place).toMatchObject({ file: expect.any(String), line: expect.any(Number) });
  return json.problems.map(({ place, code }) => `${place.file}:${place.line} ${place.path ?? ''} ${code}`);
}

const MAPPING = 'mappings/receipt.from-till.yaml';
const edit = (path: string, ...pairs: [string, string][]): Record<string, string> => ({
  [path]: pairs.reduce((text, [from, to]) => (expect(text).toContain(from), text.replace(from, to)), BASE[path]!),
});

test('mistakes of writing, of keys, of references, of compiling, of the store and of the disk are told at once', async () => {
  const folder = folderOf({
    ...edit('config/model/line.yaml', ['sku: {', 'sku: { {']),
    ...edit(MAPPING, ['note: note', 'note: { frm: note }'], ['table: tenders', 'table: tendersx']),
    ...edit('pipelines/receipts.yaml', ['receipt.from-till]', 'receipt.from-tills]']),
    ...edit('config/connections.yaml', ['{ path: inbox }', '{ path: inbax }']),
    'config/interlocal.yaml': `${BASE['config/interlocal.yaml']}store: { url: "sqlit:data/x.db" }\n`,
  });
  expect(await validate(folder)).toEqual([
    'config/connections.yaml:2 connections.till.options.path PATH_MISSING',
    'config/interlocal.yaml:3 store.url STORE_URL',
    'config/model/line.yaml:6  YAML_SYNTAX',
    `${MAPPING}:8 fields.tender.lookup.table LOOKUP_MISSING`,
    `${MAPPING}:9 fields.note.frm KEY_UNKNOWN`,
    'pipelines/receipts.yaml:3 mappings[0] REFERENCE_UNKNOWN',
  ]);
});

test('a rule that cannot be compiled is told next to a field that is not there', async () => {
  const folder = folderOf(
    edit(MAPPING, ['amount: amount', 'amount: { from: amount, parse: { date: YYYY-MM-DD } }'], ['note: note', 'note: nte']),
  );
  const found = await validate(folder);
  expect(found.some((line) => line.includes('fields.amount'))).toBe(true);
  expect(found.some((line) => line.includes('fields.note '))).toBe(true);
});

test('one wrong option of a connector hides neither its other mistakes nor those of other files', async () => {
  const folder = folderOf({
    ...edit('connectors/till/connector.yaml', ['primary_key: [number]', 'primary_key: [numbr]\n    nonsense: 1']),
    ...edit('connectors/shop/connector.yaml', ['primary_key: [number]', 'primary_key: [numbr]']),
    ...edit(
      'config/connections.yaml',
      ['connector: office, options: { path: inbox } }\n  pool', 'conector: office, options: { path: inbox } }\n  pool'],
      ['connector: shop', 'connector: shp'],
    ),
  });
  const found = await validate(folder);
  expect(found.filter((line) => line.includes('numbr') || line.includes('primary_key'))).toHaveLength(2);
  expect(found.some((line) => line.includes('nonsense KEY_UNKNOWN'))).toBe(true);
  expect(found.some((line) => line.startsWith('config/connections.yaml') && line.includes('shop'))).toBe(true);
});

test('a table that cannot be read is told once, and not once more by what uses it', async () => {
  const folder = folderOf({ 'mappings/lookups/tenders.csv': 'from;to\nCA;cash\n' });
  expect(await validate(folder)).toEqual(['mappings/lookups/tenders.csv:1 from KEY_MISSING']);
});

test('a key that is taken out for its mistake makes no second problem, in its file or in another', async () => {
  expect(await validate(folderOf(edit(MAPPING, ['number: number', 'number: { from: 7 }'])))).toEqual([
    `${MAPPING}:5 fields.number.from TYPE_WRONG`,
  ]);
  const found = await validate(folderOf(edit('config/model/receipt.yaml', ['number: { type: text', 'number: { type: txt'])));
  expect(found).toHaveLength(1);
});

test.each(['sqlit:data/x.db', 'postgre://db', 'sqlite:', 'data/x.db'])('the store %s is refused where it stands', async (url) => {
  const folder = folderOf({ 'config/interlocal.yaml': `${BASE['config/interlocal.yaml']}store: { url: "${url}" }\n` });
  expect(await validate(folder)).toEqual(['config/interlocal.yaml:3 store.url STORE_URL']);
});

test('a model that the store would refuse, and a file that is not a store, are told by validate, which changes nothing', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([{ number: '1' }]) });
  await town.run('receipts');
  town.write({
    ...edit('config/model/receipt.yaml', ['note: { type: text', 'note: { type: integer']),
    ...edit('config/model/person.yaml', ['identity: [email]', 'identity: [phone]']),
  });
  const before = readFileSync(join(town.folder, 'data/interlocal.db'));
  expect(await validate(town.folder)).toEqual(['config/model/receipt.yaml:8 fields.note MODEL_DESTRUCTIVE']);
  expect(readFileSync(join(town.folder, 'data/interlocal.db')).equals(before)).toBe(true);
  // A build server has no store.
  expect(await validate(town.folder, '--no-secrets')).toEqual([]);
  const folder = folderOf({ 'data/interlocal.db': 'this is a text, and long enough to be read as one: '.repeat(40) });
  expect(await validate(folder)).toEqual(['config/interlocal.yaml:1 store.url STORE_DAMAGED']);
  const { json } = await cli(folder, 'status');
  expect(json.error!.problems).toMatchObject([{ code: 'STORE_DAMAGED', place: { file: 'config/interlocal.yaml', path: 'store.url' } }]);
});
