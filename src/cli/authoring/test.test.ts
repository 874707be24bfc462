import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { runCli } from '../cli.ts';
import { registerTest } from './test.ts';

const FILES = {
  'config/interlocal.yaml': 'town: { name: Testville, time_zone: America/New_York, currency: USD }\npacks: false\n',
  'config/connections.yaml': 'connections: {}\n',
  'config/model/receipt.yaml':
    'entity: receipt\ntitle: Receipt\nfields:\n  amount: { type: money, required: true, class: public }\n  tender: { type: code, class: public, values: [cash, check] }\n',
  'connectors/till/connector.yaml': `connector: till
version: 1.0.0
title: Till
transport: folder
streams:
  sales:
    retriever: { files: { pattern: "*.csv" } }
    decoder: { csv: {} }
    schema: { fields: { sum: { type: decimal }, paid: {} } }
    primary_key: [sum]
`,
  'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nCK,check\n',
  'mappings/receipt.from-till.yaml': `mapping: receipt.from-till
entity: receipt
from: { connector: till, stream: sales }
fields:
  amount: sum
  tender: { from: paid, lookup: { table: tenders } }
tests:
  - name: a sale
    record: { sum: "12.50", paid: CA }
    gives: { amount: "12.50", tender: cash }
`,
};

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function run(files: Record<string, string>, ...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-test-'));
  folders.push(folder);
  for (const [path, text] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  const exit = await runCli(['test', '--project', folder, ...args], [registerTest], '0.0.0');
  vi.restoreAllMocks();
  return { exit, out, err };
}

const mapping = FILES['mappings/receipt.from-till.yaml'];

test('mappings that do what their tests say pass, and it is seen which tests there are', async () => {
  const { exit, out, err } = await run({});
  expect(err).toBe('');
  expect(out).toBe('✓ receipt.from-till\n  ✓ a sale\n\n1 mapping, 1 test: 1 passed, 0 failed\n');
  expect(exit).toBe(0);
});

test('a difference is shown field by field, and the command fails', async () => {
  const { exit, out } = await run({
    'mappings/receipt.from-till.yaml': mapping.replace('gives: { amount: "12.50"', 'gives: { amount: "12.05"'),
  });
  expect(out).toContain('✗ receipt.from-till\n  ✗ a sale\n      amount: expected 12.05\n              got      12.50\n');
  expect(out).toContain('0 passed, 1 failed');
  expect(exit).toBe(1);
});

test('a mapping without tests is said to be untested', async () => {
  const { exit, out } = await run({ 'mappings/receipt.from-till.yaml': mapping.slice(0, mapping.indexOf('tests:')) });
  expect(out).toContain('- receipt.from-till: untested');
  expect(exit).toBe(0);
});

test('a mapping that cannot be used is told with its place in the file', async () => {
  const { exit, out, err } = await run({
    'mappings/receipt.from-till.yaml': mapping.replace('amount: sum', 'amount: { from: sum, match: { pattern: "(a+)+$" } }'),
  });
  expect(out + err).toMatch(
    /receipt\.from-till\.yaml:5:\d+ fields\.amount\.match\.pattern: The pattern \(a\+\)\+\$ can take extremely long/,
  );
  expect(exit).toBe(2);
});

test('a name that is not one is answered with the one that was meant', async () => {
  const { exit, err } = await run({}, 'receipt.from-tll');
  expect(err).toContain('There is no mapping "receipt.from-tll". Did you mean receipt.from-till?');
  expect(exit).toBe(2);
});

test('--json gives the results to a program, and nothing else on stdout', async () => {
  const { out } = await run({}, '--json');
  expect(JSON.parse(out)).toEqual({
    mappings: [
      {
        mapping: 'receipt.from-till',
        state: 'passed',
        problems: [],
        tests: [{ name: 'a sale', passed: true, differences: [], problems: [] }],
      },
    ],
  });
});
