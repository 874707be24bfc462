import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const OUTBOUND = 'src/engine/outbound';

/** The steps of a record's way out, in order, with the files and folders that each of them is. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  find: ['records/find.ts', 'carry/find.ts', 'entries/find.ts'],
  map: ['records/map.ts', 'carry/map.ts', 'entries/map.ts'],
  queue: ['records/queue.ts', 'carry/queue.ts', 'carry/remember.ts', 'entries/queue.ts'],
  prepare: ['prepare.ts', 'carry/before-sending.ts'],
  send: ['send'],
  settle: ['settle.ts', 'carry/link.ts'],
};

/** The one file that knows them all. */
const LINE = `${OUTBOUND}/outbound.ts`;

describe('the steps of the way out do not know each other', () => {
  const imports = new Map(sources().map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));

  test('every step is there', () => {
    for (const file of Object.values(STEPS).flat()) expect(existsSync(join(root, OUTBOUND, file)), file).toBe(true);
  });

  test('none reaches another one, types included, also not by way of other files', () => {
    expect(acquainted(imports)).toEqual([]);
  });

  test('none reaches the line that calls them, and the line calls each of them', () => {
    for (const file of imports.keys()) if (stepOf(file) !== undefined) expect(reachedFrom(file, imports), file).not.toContain(LINE);
    const called = new Set(
      imports
        .get(LINE)!
        .map(stepOf)
        .filter((step) => step !== undefined),
    );
    expect([...called].sort()).toEqual(Object.keys(STEPS).sort());
  });

  test.each([
    ['carry/queue.ts', "import type { X } from './map.ts';", 'queue, map'],
    ['send/send-file.ts', "import { saveAnswers } from '../settle.ts';", 'send, settle'],
    ['summary.ts', "import { x } from './settle.ts';", 'send, settle'],
    ['prepare.ts', "const { send } = await import('./send/send.ts');", 'prepare, send'],
  ])('%s with %s is found', (file, line, steps) => {
    const path = `${OUTBOUND}/${file}`;
    const planted = new Map(imports).set(path, [...imports.get(path)!, ...importsOf(path, line)]);
    expect(acquainted(planted)).toContain(steps);
  });
});

/** Pairs of steps of which the first reaches the second. */
function acquainted(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const pairs = new Set<string>();
  for (const file of imports.keys()) {
    const from = stepOf(file);
    if (from === undefined) continue;
    for (const reached of reachedFrom(file, imports)) {
      const to = stepOf(reached);
      if (to !== undefined && to !== from) pairs.add(`${from}, ${to}`);
    }
  }
  return [...pairs].sort();
}

function stepOf(file: string): string | undefined {
  const own = relative(OUTBOUND, file);
  return Object.keys(STEPS).find((step) => STEPS[step]!.some((part) => own === part || own.startsWith(`${part}/`)));
}

function reachedFrom(file: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const follow = (from: string): void => {
    for (const next of imports.get(from) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      follow(next);
    }
  };
  follow(file);
  return reached;
}

function sources(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(/(?:from\s|import\(|import\s)\s*'(\.[^']+)'/g)].map(([, path]) => normalize(join(dirname(file), path!)));
}
