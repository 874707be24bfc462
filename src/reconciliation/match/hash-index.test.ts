import { expect, test } from 'vitest';
import { hashIndex, hashOf } from './hash-index.ts';

test('each key has the record that had it first, however many keys there are', () => {
  const index = hashIndex();
  for (let i = 0; i < 20_000; i++) expect(index.first(hashOf(`key ${i}`, 0), i)).toBe(i);
  for (let i = 0; i < 20_000; i += 7) {
    expect(index.first(hashOf(`key ${i}`, 0), 50_000)).toBe(i);
    expect(index.find(hashOf(`key ${i}`, 0))).toBe(i);
  }
  expect(index.find(hashOf('key 20000', 0))).toBeUndefined();
});

test('texts that are alike, and the same text of another relation, have other hashes', () => {
  const hashes = new Set<number>();
  for (let i = 0; i < 50_000; i++) for (const seed of [0, 1, 2]) hashes.add(hashOf(`USD\u0000${i}`, seed));
  expect(hashes.size).toBe(150_000);
  for (const hash of hashes) if (!Number.isSafeInteger(hash) || hash < 0) throw new Error(`${hash} is no hash.`);
});
