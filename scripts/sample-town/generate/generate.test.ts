import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateTown } from './generate.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sample-town-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('the same seed gives the same bytes, another seed others', () => {
  generateTown({ seed: 7, folder: join(folder, 'a'), households: 60 });
  generateTown({ seed: 7, folder: join(folder, 'b'), households: 60 });
  generateTown({ seed: 8, folder: join(folder, 'c'), households: 60 });
  const [a, b, c] = ['a', 'b', 'c'].map((each) => digests(join(folder, each)));
  expect(Object.keys(a ?? {}).length).toBeGreaterThan(140);
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
});

test('a town that is there already is left as it is: what was archived stays archived', () => {
  const first = generateTown({ seed: 7, folder, households: 60 });
  renameSync(join(folder, 'sftp/bank/outgoing/bai-260109.txt'), join(folder, 'sftp/bank/archive/bai-260109.txt'));
  const before = digests(folder);
  expect(generateTown({ seed: 7, folder, households: 60 })).toEqual(first);
  expect(digests(folder)).toEqual(before);
});

test('half a town, or that of another seed, is made again', () => {
  generateTown({ seed: 7, folder, households: 60 });
  const whole = digests(folder);
  rmSync(join(folder, 'truth.json'));
  rmSync(join(folder, 'sftp/bank'), { recursive: true });
  generateTown({ seed: 7, folder, households: 60 });
  expect(digests(folder)).toEqual(whole);
  expect(generateTown({ seed: 8, folder, households: 60 }).seed).toBe(8);
});

test('files that no sample town made are not deleted', () => {
  writeFileSync(join(folder, 'finance.db'), "somebody else's");
  expect(() => generateTown({ seed: 7, folder, households: 60 })).toThrow(/choose another folder/);
  expect(readFileSync(join(folder, 'finance.db'), 'utf8')).toBe("somebody else's");
});

test('by default the town is of a size that a first start reads in seconds, and its files are older than an hour', () => {
  const truth = generateTown({ seed: 1, folder });
  expect(truth.residents.length).toBeGreaterThan(850);
  expect(truth.residents.length).toBeLessThan(1000);
  expect(truth.receipts.filter((receipt) => receipt.department === 'recreation')).toHaveLength(2500);
  expect(truth.streams['recreation.gl']?.records).toBeGreaterThan(5800);
  const files = readdirSync(join(folder, 'sftp'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.filter((entry) => !entry.name.endsWith('.done')).length).toBeLessThanOrEqual(91);
  for (const file of files) expect(statSync(join(file.parentPath, file.name)).mtimeMs).toBeLessThan(Date.now() - 3_600_000);
});

function digests(of: string): Record<string, string> {
  const files = readdirSync(of, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(of.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
