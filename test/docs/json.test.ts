import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { follow, interlocal, root } from './follow.ts';
import { peopleTown } from './people-town.ts';

const folder = mkdtempSync(join(tmpdir(), 'interlocal-json-'));
const town = join(folder, 'my-town');
/** One that sends: a record is refused, another held, a delivery not settled yet. */
const sending = join(folder, 'sending', 'my-town');
/** One that knows people from two systems: twins, one of whom both know. */
const people = join(folder, 'people', 'my-town');
beforeAll(async () => {
  await follow('README.md', town, { until: 'run pool-receipts' });
  await follow('README.md', sending);
  await follow('docs/delivery.md', sending, { until: 'deliver dismiss' });
  await peopleTown(people);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is under these keys is named by the data, not by us. */
const OPEN = new Set(['changes', 'facts', 'fields', 'key', 'place', 'checked', 'detail', 'totals', 'values']);
/** What docs/json.md says is optional. */
const OPTIONAL = [
  'findings[].stream',
  'findings[].milliseconds',
  'findings[].hint',
  'problems[].hint',
  'checks[].hint',
  'checks[].warning',
  'checks[].code',
];
/** Said once for all reports: the command that leads from a row, or from the figure of one column, to what is behind it. */
const DRILL = /\[\]\.drill(?:_[a-z]+)?(?:\[\])?$/;
const isOptional = (path: string): boolean => OPTIONAL.some((end) => path.endsWith(end)) || DRILL.test(path);
const examples = examplesIn(readFileSync(join(root, 'docs/json.md'), 'utf8'));
/** So that each has something to tell: a preview before the run, replaying after the reject was looked at. */
const order = [
  'validate',
  'test',
  'check',
  'preview',
  'run',
  'rejects list',
  'rejects show',
  'rejects replay',
  'audit',
  'explain',
  'matches list',
  'exceptions list',
  'report revenue',
  'report reconciled',
  'report adjustments',
  'report exceptions',
  'report aging',
  'report gaps',
  'report drawers',
  'report unposted',
  'report trace',
  'period status',
  'period list',
  'report reconciliation',
  'report outstanding',
  'report proof-of-cash',
  'store copy',
  'doctor',
  'certify',
  'rejects dismiss',
  'rejects reopen',
  'new connector',
  'new signing-key',
  'sign ',
  'pack ',
  'add ',
  'packs',
];
const orderOfSending = [
  'status',
  'deliver list',
  'deliver preview',
  'deliver conflicts',
  'deliver sent',
  'deliver show',
  'deliver approve',
  'deliver dismiss',
  'deliver retry',
  'deliver settle',
  'deliver undo',
];

const orderOfPeople = ['identity clusters', 'identity report', 'identity compare', 'review list', 'review same'];

it('docs/json.md has an example for each of the commands', () => {
  const all = [...order, ...orderOfSending, ...orderOfPeople];
  expect(examples.map(({ command }) => all.find((start) => command.startsWith(start))).sort()).toEqual([...all].sort());
});

it('every command gives the keys that docs/json.md promises, and no others', { timeout: 360_000 }, async () => {
  for (const start of order) {
    const { command, example } = examples.find((e) => e.command.startsWith(start))!;
    if (start === 'report reconciliation') {
      appendFileSync(join(town, 'mappings/lookups/pool-tenders.csv'), 'GC,other\n');
      await interlocal('run pool-receipts --project ../my-town', town);
      await interlocal('rejects replay --project ../my-town', town);
      await follow('docs/reconciliation.md', town);
    }
    await keysAsPromised(command, example, town);
  }
});

it('so does every command of a town that sends', async () => {
  for (const start of orderOfSending) {
    const { command, example } = examples.find((e) => e.command.startsWith(start))!;
    await keysAsPromised(command, example, sending);
  }
});

it('so does every command about people', async () => {
  for (const start of orderOfPeople) {
    const { command, example } = examples.find((e) => e.command.startsWith(start))!;
    await keysAsPromised(command, example, people);
  }
});

async function keysAsPromised(command: string, example: unknown, project: string): Promise<void> {
  const { stdout } = await interlocal(`${command} --json --project ../my-town`, project);
  const lines = stdout.trim().split('\n');
  expect(lines, command).toHaveLength(1);
  const given = pathsOf(JSON.parse(lines[0]!));
  // A list that has nothing in it today says nothing of its items.
  const wanted = pathsOf(example);
  expect(
    [...given].filter((path) => !wanted.has(path) && !isOptional(path) && !isBelowEmptyList(path, example)),
    `${command}: not in docs/json.md`,
  ).toEqual([]);
  expect(
    [...wanted].filter((path) => !given.has(path) && !isOptional(path) && !isBelowEmptyList(path, JSON.parse(lines[0]!))),
    `${command}: only in docs/json.md`,
  ).toEqual([]);
}

function examplesIn(markdown: string): { command: string; example: unknown }[] {
  return [...markdown.matchAll(/^## interlocal (.+)\n[\s\S]*?^```json\n([\s\S]*?)^```$/gm)]
    .filter(([, command]) => !command!.includes(','))
    .map(([, command, json]) => ({ command: command!, example: JSON.parse(json!) as unknown }));
}

/** `runs[].outcome`, for every key at any depth. */
function pathsOf(value: unknown, path = '', paths = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) pathsOf(item, `${path}[]`, paths);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inside] of Object.entries(value)) {
      const at = path ? `${path}.${key}` : key;
      paths.add(at);
      if (!OPEN.has(key) || Array.isArray(inside)) pathsOf(inside, at, paths);
    }
  return paths;
}

function isBelowEmptyList(path: string, value: unknown): boolean {
  const parts = path.split('[]');
  return parts.slice(1).some((_, i) => listsAt(value, parts.slice(0, i + 1)).every((list) => list.length === 0));
}

/** All lists that a path such as ['mappings', '.tests'] leads to. */
function listsAt(value: unknown, parts: readonly string[]): unknown[][] {
  const [first, ...rest] = parts;
  let at: unknown = value;
  for (const key of first!.split('.').filter((name) => name !== '')) at = (at as Record<string, unknown> | null | undefined)?.[key];
  if (!Array.isArray(at)) return [];
  return rest.length === 0 ? [at as unknown[]] : (at as unknown[]).flatMap((item) => listsAt(item, rest));
}
