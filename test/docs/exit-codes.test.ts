import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Cli } from '../../src/cli/cli.ts';
import { COMMANDS, main } from '../../src/cli/main.ts';
import { appendAudit } from '../../src/store/ledger/audit.ts';
import { ledger } from '../outbound/base-outbound.ts';
import { BASE, receipts } from '../engine/base-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../engine/town.ts';
import { root } from './follow.ts';

let said = '';
beforeAll(() => {
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(dirname(SIGNING_KEY), { recursive: true });
});
afterEach(async () => {
  said = '';
  await closeTowns();
});

/** `rejects list`, `run` …: every command that can be given. */
function commandsThereAre(): string[] {
  const program = new Command();
  for (const register of COMMANDS) register({ program } as unknown as Cli);
  const leaves = (command: Command, before: string): string[] => {
    const name = `${before} ${command.name()}`.trim();
    return command.commands.length ? command.commands.flatMap((sub) => leaves(sub, name)) : [name];
  };
  return program.commands.flatMap((command) => leaves(command, '')).sort();
}

/** The table in docs/it.md: command → the codes that it gives a meaning to. */
function documented(): Map<string, Set<number>> {
  const page = readFileSync(join(root, 'docs/it.md'), 'utf8');
  const section = page.slice(page.indexOf('### Exit codes'), page.indexOf('## Is all well?'));
  const rows = [...section.matchAll(/^\| (`.*`) \| (.*?) ?\| (.*?) ?\|$/gm)];
  return new Map(
    rows.flatMap(([, names = '', one = '', three = '']) => {
      const codes = new Set([...(one && !one.endsWith(': 0') ? [1] : []), ...(three ? [3] : [])]);
      return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name!, codes] as const);
    }),
  );
}

const good = receipts([{ number: '1' }, { number: '2' }]);
const bad = receipts([{ number: '1' }, { number: '2', tender: 'XX' }]);
const failing: Files = {
  'mappings/receipt.from-till.yaml': `${BASE['mappings/receipt.from-till.yaml']!}tests:
  - { name: wrong, record: { number: "9", received_on: "2026-01-05", amount: "1.00", tender: CA, note: "" }, gives: { number: "8" } }
`,
};
const gone: Files = { 'config/connections.yaml': BASE['config/connections.yaml']!.replaceAll('path: inbox', 'path: nowhere') };

const SIGNING_KEY = join(mkdtempSync(join(tmpdir(), 'interlocal-exit-')), 'acme.key.pem');

interface Case {
  command: string;
  code: number;
  when: string;
  files?: Files;
  prepare?: (town: TestTown) => Promise<unknown>;
  args?: string[];
}

const ran = (town: TestTown): Promise<unknown> => town.run('receipts');
const CASES: Case[] = [
  { command: 'validate', code: 0, when: 'the folder is right' },
  {
    command: 'validate',
    code: 2,
    when: 'a key is unknown',
    prepare: async (town) => town.write({ 'pipelines/receipts.yaml': 'pipeline: receipts\nfoo: 1\n' }),
  },
  { command: 'test', code: 0, when: 'all tests pass' },
  { command: 'test', code: 1, when: 'a test fails', files: failing },
  { command: 'check', code: 0, when: 'every connection can be used' },
  { command: 'check', code: 1, when: 'a folder is not there', files: gone },
  { command: 'preview', code: 0, when: 'all would be read', files: { 'inbox/receipts.csv': good }, args: ['receipts'] },
  { command: 'preview', code: 1, when: 'the run would fail', files: gone, args: ['receipts'] },
  { command: 'preview', code: 3, when: 'a record would be rejected', files: { 'inbox/receipts.csv': bad }, args: ['receipts'] },
  { command: 'run', code: 0, when: 'all was read', files: { 'inbox/receipts.csv': good }, args: ['receipts'] },
  { command: 'run', code: 1, when: 'a pipeline failed', files: gone, args: ['receipts'] },
  { command: 'run', code: 2, when: 'there is no such pipeline', args: ['receits'] },
  { command: 'run', code: 3, when: 'a record is rejected', files: { 'inbox/receipts.csv': bad }, args: ['receipts'] },
  {
    command: 'run',
    code: 3,
    when: 'a record of an earlier run is still open',
    files: { 'inbox/receipts.csv': bad },
    prepare: ran,
    args: ['receipts'],
  },
  {
    command: 'run',
    code: 3,
    when: 'a record of an earlier run is still not delivered',
    files: { ...ledger(), 'inbox/receipts.csv': receipts([{ number: '1234567' }]) },
    prepare: async (town) => [await ran(town), await town.run('to-ledger')],
    args: ['to-ledger'],
  },
  { command: 'status', code: 0, when: 'nothing has run yet' },
  { command: 'status', code: 1, when: 'a pipeline failed', files: gone, prepare: ran },
  { command: 'status', code: 3, when: 'a record is open', files: { 'inbox/receipts.csv': bad }, prepare: ran },
  {
    command: 'status',
    code: 0,
    when: 'it was dealt with',
    files: { 'inbox/receipts.csv': bad },
    prepare: async (town) => [await ran(town), town.write({ 'inbox/receipts.csv': good }), await ran(town)],
  },
  { command: 'doctor', code: 0, when: 'all is well' },
  { command: 'doctor', code: 1, when: 'the audit log was changed', prepare: tampered },
  { command: 'doctor', code: 3, when: 'others may read the store', prepare: opened },
  { command: 'rejects list', code: 0, when: 'something is listed', files: { 'inbox/receipts.csv': bad }, prepare: ran },
  { command: 'rejects show', code: 2, when: 'there is none of that number', args: ['77'] },
  {
    command: 'rejects replay',
    code: 0,
    when: 'nothing is left',
    files: { 'inbox/receipts.csv': bad },
    prepare: async (town) => [await ran(town), town.write({ 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nXX,cash\n' })],
  },
  {
    command: 'rejects replay',
    code: 1,
    when: 'a test of the mapping fails',
    files: { 'inbox/receipts.csv': bad },
    prepare: async (town) => [await ran(town), town.write(failing)],
  },
  { command: 'rejects replay', code: 3, when: 'records are still rejected', files: { 'inbox/receipts.csv': bad }, prepare: ran },
  {
    command: 'rejects dismiss',
    code: 0,
    when: 'it was dismissed',
    files: { 'inbox/receipts.csv': bad },
    prepare: ran,
    args: ['1', '--reason', 'a test record'],
  },
  {
    command: 'rejects dismiss',
    code: 1,
    when: 'it is not open anymore',
    files: { 'inbox/receipts.csv': bad },
    prepare: async (town) => [await ran(town), town.write({ 'inbox/receipts.csv': good }), await ran(town)],
    args: ['1', '--reason', 'a test record'],
  },
  {
    command: 'rejects reopen',
    code: 1,
    when: 'no person dismissed it',
    files: { 'inbox/receipts.csv': bad },
    prepare: ran,
    args: ['1', '--reason', 'a mistake'],
  },
  { command: 'deliver list', code: 0, when: 'it is listed', files: ledger() },
  { command: 'deliver sent', code: 0, when: 'it is listed', files: ledger() },
  { command: 'deliver conflicts', code: 0, when: 'it is listed', files: ledger() },
  { command: 'deliver preview', code: 0, when: 'it is shown', files: ledger(), args: ['to-ledger'] },
  {
    command: 'deliver preview',
    code: 1,
    when: 'a test of the mapping fails, and the run would fail',
    files: {
      ...ledger(),
      'mappings/entries.from-receipt.yaml': `${ledger()['mappings/entries.from-receipt.yaml']!}tests:
  - { name: another number, record: { number: '1' }, gives: { Number: '2' } }
`,
    },
    args: ['to-ledger'],
  },
  { command: 'deliver show', code: 2, when: 'there is none of that number', files: ledger(), args: ['77'] },
  ...(['approve', 'dismiss', 'retry'] as const).map((decision): Case => ({
    command: `deliver ${decision}`,
    code: 1,
    when: 'it was sent already',
    files: { ...ledger(), 'inbox/receipts.csv': good },
    prepare: async (town) => [await ran(town), await town.run('to-ledger')],
    args: ['1'],
  })),
  {
    command: 'deliver undo',
    code: 1,
    when: 'no person decided about it',
    files: { ...ledger(), 'inbox/receipts.csv': good },
    prepare: async (town) => [await ran(town), await town.run('to-ledger')],
    args: ['1', '--reason', 'a mistake'],
  },
  { command: 'deliver settle', code: 2, when: 'there is none of that number', files: ledger(), args: ['77', '--accepted'] },
  { command: 'explain', code: 0, when: 'it is there', files: { 'inbox/receipts.csv': good }, prepare: ran, args: ['receipt', '1'] },
  {
    command: 'explain',
    code: 1,
    when: 'there is no such record',
    files: { 'inbox/receipts.csv': good },
    prepare: ran,
    args: ['receipt', '9'],
  },
  { command: 'report revenue', code: 0, when: 'there is none' },
  { command: 'report reconciliation', code: 0, when: 'there is none' },
  { command: 'audit', code: 0, when: 'the log is whole', args: ['--verify'] },
  { command: 'audit', code: 1, when: 'the log was changed', prepare: tampered, args: ['--verify'] },
  {
    command: 'discover',
    code: 1,
    when: 'there is nothing to look at',
    prepare: async (town) => town.write({ 'empty/.keep': '' }),
    files: {
      'config/connections.yaml': BASE['config/connections.yaml']!.replace(
        'till, options: { path: inbox }',
        'till, options: { path: empty }',
      ),
      'empty/.keep': '',
    },
    args: ['till'],
  },
  { command: 'certify', code: 1, when: 'a connector has no recordings', args: ['till'] },
  {
    command: 'sign',
    code: 1,
    when: 'the connector is not fit to be handed over',
    args: ['till', '--key', SIGNING_KEY],
    prepare: signingKey,
  },
  { command: 'add', code: 1, when: 'the pack is not signed', args: [join(root, 'connectors/dog-license-csv'), '--no-certify'] },
  { command: 'packs', code: 0, when: 'none was changed', args: ['--verify'] },
  { command: 'schemas', code: 0, when: 'they are written' },
];

async function signingKey(): Promise<void> {
  expect(await main(['new', 'signing-key', SIGNING_KEY.replace('.key.pem', '')])).toBe(0);
}

async function tampered(town: TestTown): Promise<void> {
  await appendAudit(town.engine.knex, { actor: 'ann', action: 'config_changed', subject: 'till' });
  await town.engine.knex.raw('DROP TRIGGER il_audit_no_update');
  await town.engine.knex('il_audit').update({ actor: 'bob' });
}

async function opened(town: TestTown): Promise<void> {
  const { chmodSync } = await import('node:fs');
  for (const [name, mode] of [
    ['data', 0o755],
    ['data/interlocal.db', 0o644],
  ] as const)
    chmodSync(join(town.folder, name), mode);
}

test.each(CASES)('$command ends with $code when $when', async ({ command, code, files, prepare, args = [] }) => {
  const town = await makeTown(files);
  await prepare?.(town);
  const exit = await main([...command.split(' '), ...args, '--project', town.folder]);
  expect([exit, exit === code ? '' : said]).toEqual([code, '']);
});

test('serve ends with 1 when its port is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => other.once('listening', done));
  const town = await makeTown();
  expect(await main(['serve', '--port', String((other.address() as AddressInfo).port), '--project', town.folder])).toBe(1);
  await new Promise((done) => other.close(done));
});

test.each(commandsThereAre())('%s ends with 2 when it is called wrongly', async (command) => {
  expect(await main([...command.split(' '), '--no-such-option'])).toBe(2);
});

describe('the table in docs/it.md', () => {
  test('has every command there is', () => {
    expect([...documented().keys()].sort()).toEqual(commandsThereAre());
  });

  test('gives codes that were seen here, and no others were seen', () => {
    const seen = (command: string): number[] =>
      [...new Set(CASES.filter((c) => c.command === command && (c.code === 1 || c.code === 3)).map((c) => c.code))].sort();
    const notTried = new Set(['serve', 'pack', 'packs']);
    for (const [command, codes] of documented())
      if (!notTried.has(command)) expect([command, [...codes].sort()]).toEqual([command, seen(command)]);
  });
});
