import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { follow, interlocal, type Ran, root, theProgram } from './follow.ts';

const folder = mkdtempSync(join(tmpdir(), 'interlocal-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const townOf = (page: string): string => join(folder, page, 'my-town');

// Pages that begin where another one ends go on in a copy of its town; that one is followed once.
/** What makes the town and what first writes its store starts the program, as a reader does; the others are run within this process. */
const STARTED = ['init ', 'run '];
let readme: Promise<Ran[]> | undefined;
function followReadme(): Promise<Ran[]> {
  return (readme ??= follow('README.md', townOf('readme'), {
    run: (command, town) => (STARTED.some((name) => command.startsWith(name)) ? theProgram : interlocal)(command, town),
  }));
}
let reconciliation: Promise<Ran[]> | undefined;
async function followReconciliation(): Promise<Ran[]> {
  await followReadme();
  return (reconciliation ??= follow('docs/reconciliation.md', copyOf('readme', 'reconciliation')));
}

it('the five-minute pipeline of the README does what the README says', async () => {
  const ran = await followReadme();
  const of = (start: string): Ran => ran.find((r) => r.command.startsWith(start))!;
  expect(ran.map((r) => [r.command.split(' ').slice(0, 2).join(' '), r.exit])).toEqual([
    ['init ../my-town', 0],
    ['validate --project', 0],
    ['test receipt.from-pool-csv', 0],
    ['check --project', 0],
    ['preview pool-receipts', 3],
    ['run pool-receipts', 3],
    ['rejects list', 0],
    ['rejects replay', 0],
    ['report revenue', 0],
    ['explain receipt', 0],
    ['run pool-receipts', 0],
  ]);
  expect(of('test ').stdout).toContain('2 passed, 0 failed');
  expect(of('explain ').stdout).toMatch(/Paid By = "GC".*receipts-2026-07\.csv:5/);
  expect(ran.at(-1)!.stdout).toMatch(/succeeded +0 /);
});

it('the reconciliation page goes on from there and finds what it says', async () => {
  const ran = await followReconciliation();
  expect(ran.length).toBeGreaterThan(2);
  expect(ran.filter((r) => r.exit !== 0)).toEqual([]);
});

it('the finance page goes on from there: checklist, reports and periods', async () => {
  await followReconciliation();
  const ran = await follow('docs/finance.md', copyOf('reconciliation', 'finance'));
  expect(ran.length).toBeGreaterThan(6);
  expect(ran.filter((r) => r.exit !== 0)).toEqual([]);
  expect(ran[0]!.stdout).toMatch(/2026-07-01 to 2026-07-31: open/);
  expect(ran.find((r) => r.command.startsWith('report outstanding'))!.stdout).toMatch(/Unexplained +USD +0\.00/);
});

it('the delivery page goes on from there: shadow, review, live, a change that is held', async () => {
  await followReadme();
  const town = copyOf('readme', 'delivery');
  const ran = await follow('docs/delivery.md', town);
  expect(ran.map((r) => [r.command.split(' ').slice(0, 2).join(' '), r.exit])).toEqual([
    ['validate --project', 0],
    ['test entries.from-receipt', 0],
    ['check ledger', 0],
    ['run receipts-to-ledger', 3],
    ['deliver list', 0],
    // 3: a record is refused, and the run says so until somebody has dealt with it.
    ['run receipts-to-ledger', 3],
    ['deliver approve', 0],
    ['run receipts-to-ledger', 3],
    ['deliver sent', 0],
    ['deliver show', 0],
    ['run receipts-to-ledger', 3],
    ['run receipts-to-ledger', 3],
    ['deliver settle', 0],
    ['status --project', 3],
    ['run pool-receipts', 3],
    ['deliver list', 0],
    ['deliver dismiss', 0],
    ['run receipts-to-ledger', 0],
  ]);
  const files = readdirSync(join(town, 'ledger')).filter((name) => name.endsWith('.csv'));
  const entries = files.sort().flatMap((name) =>
    readFileSync(join(town, 'ledger', name), 'utf8')
      .split('\n')
      .slice(1, -1),
  );
  expect(entries.map((line) => line.slice(0, 6))).toEqual(['000121', '000122', '000123', '000125', '000124']);
});

it('the examples of the configuration page are a town that validates', async () => {
  const ran = await follow('docs/configuration.md', townOf('configuration'));
  expect(ran.map((r) => [r.exit, r.exit ? r.stdout : ''])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ]);
});

it('every file that the documentation names or links to is there', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'GLOSSARY.md', 'CHANGELOG.md', 'SECURITY.md', ...markdownIn('docs')];
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

/** The town as another page left it. */
function copyOf(before: string, now: string): string {
  const town = townOf(now);
  cpSync(townOf(before), town, { recursive: true, preserveTimestamps: true });
  return town;
}

function markdownIn(below: string): string[] {
  return readdirSync(join(root, below), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(below, file));
}
