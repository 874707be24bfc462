import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { inputOf } from '../../scripts/fuzz/attempt.ts';
import { watch } from '../../scripts/fuzz/watch.ts';
import { badSubject, WAYS } from './bad-subject.ts';

const folder = mkdtempSync(join(tmpdir(), 'interlocal-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SEED = 2;
const CASES = 8;

test('the fuzzer names the case that hangs, crashes or throws, and goes on behind it', async () => {
  const ways = await Promise.all(
    Array.from({ length: CASES }, async (_, i) => Buffer.from((await inputOf(badSubject, SEED, i)).bytes).toString()),
  );
  expect(new Set(ways)).toEqual(new Set(WAYS));
  const figures = await watch(badSubject, {
    seed: SEED,
    from: 0,
    to: CASES,
    folder,
    signal: new AbortController().signal,
    script: join(import.meta.dirname, 'bad-child.ts'),
    floorMs: 300,
    onCase: () => {},
    onFault: () => {},
  });
  const words = { hangs: /^It hangs: /, 'takes the process with it': /^The process died of it \(exit code 7\)/, throws: /^TypeError: / };
  expect(figures).toMatchObject({ cases: CASES, read: ways.filter((way) => way === 'is read').length, aside: 0, refused: 0 });
  expect(figures.faults.map(({ index, bytes }) => [index, Buffer.from(bytes).toString()])).toEqual(
    [...ways.entries()].filter(([, way]) => way !== 'is read'),
  );
  for (const { fault, bytes } of figures.faults) expect(fault).toMatch(words[Buffer.from(bytes).toString() as keyof typeof words]);
  expect(readdirSync(folder)).toEqual([]);
});
