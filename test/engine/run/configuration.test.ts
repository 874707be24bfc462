import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openTown } from '../../../src/cli/town.ts';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import { runPipeline } from '../../../src/engine/run/run.ts';
import { BASE, receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';
import { STORE } from '../../store/stores.ts';

const clean: (() => void)[] = [];
afterEach(async () => {
  await closeTowns();
  for (const end of clean.splice(0)) end();
});

const MAPPING = 'mappings/receipt.from-till.yaml';
const CHANGED = BASE[MAPPING]!.replace('note: note', 'note: { const: Town }');
const FILES = {
  'inbox/receipts.csv': receipts([
    { number: '1', note: 'one' },
    { number: '2', note: 'two' },
    { number: '3', tender: 'XX' },
  ]),
};

const notes = async (t: TestTown) => (await t.rows('receipt')).map((row) => row.note);

/** A second folder with a store in common, as a copy for a trial, or a server and a desk, have. */
function copyOf(folder: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'interlocal-copy-')), 'town');
  clean.push(() => rmSync(join(copy, '..'), { recursive: true, force: true }));
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true, filter: (path) => !path.endsWith('/data') });
  const config = join(copy, 'config/interlocal.yaml');
  // A store on a server is named in the configuration, and so in the copy too.
  if (STORE === 'sqlite')
    writeFileSync(config, `${readFileSync(config, 'utf8')}store: { url: "sqlite:${join(folder, 'data/interlocal.db')}" }\n`);
  return copy;
}

const signal = new AbortController().signal;
async function run(folder: string, options = {}): Promise<[string, string[]]> {
  const engine = await openTown(folder);
  const { outcome, problems } = await runPipeline(engine, 'receipts', { signal, ...options });
  await engine.knex.destroy();
  return [outcome, problems.map((p) => p.code)];
}

test('two folders with different configurations and one store do not change its records back and forth', async () => {
  const t = await makeTown(FILES);
  const copy = copyOf(t.folder);
  expect(await run(t.folder)).toEqual(['partial', []]);
  // The same configuration from elsewhere is the same.
  expect(await run(copy)).toEqual(['partial', []]);
  writeFileSync(join(copy, MAPPING), CHANGED);
  expect(await run(copy)).toEqual(['partial', []]);
  expect(await run(t.folder)).toEqual(['failed', ['CONFIG_REPLACED']]);
  expect(await notes(t)).toEqual(['Town', 'Town']);
  const engine = await openTown(t.folder);
  await expect(replayRejects(engine, 'receipts', undefined, { signal })).rejects.toThrow('CONFIG_REPLACED');
  await engine.knex.destroy();
  const status = await townCommand(t.folder, ['status']);
  expect(status.out).toContain(`that of ${copy}`);
  // A person decides which one is right, on record; then the other one is the outdated one.
  expect((await run(t.folder, { adoptConfiguration: true }))[0]).not.toBe('failed');
  expect((await townCommand(t.folder, ['audit', '--action', 'config_adopted'])).out).toContain('config_adopted');
  expect(await run(copy)).toEqual(['failed', ['CONFIG_REPLACED']]);
});

test('a folder that goes back to what it was is believed; a process that read it before is not', async () => {
  const t = await makeTown(FILES);
  const old = await openTown(t.folder);
  await run(t.folder);
  t.write({ [MAPPING]: CHANGED });
  await run(t.folder);
  const late = await runPipeline(old, 'receipts', { signal });
  await old.knex.destroy();
  expect(late.problems.map((p) => p.code)).toEqual(['CONFIG_OUTDATED']);
  expect(await notes(t)).toEqual(['Town', 'Town']);
  t.write({ [MAPPING]: BASE[MAPPING]! });
  expect((await run(t.folder))[1]).toEqual([]);
  expect(await notes(t)).toEqual(['one', 'two']);
});
