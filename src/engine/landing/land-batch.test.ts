import { expect, test } from 'vitest';
import type { SourceRecord } from '../../core/record.ts';
import { inStretches } from './land-batch.ts';

async function sizesOf(records: number, size: number): Promise<number[]> {
  const all = Array.from({ length: records }, (_, i): SourceRecord => ({ values: {}, number: i + 1 }));
  const sizes: number[] = [];
  const landed: SourceRecord[] = [];
  await inStretches(
    all,
    async (some) => {
      sizes.push(some.length);
      landed.push(...some);
    },
    size,
  );
  expect(landed).toEqual(all);
  return sizes;
}

test('records are landed in stretches of about one size, in order, and none is a small rest', async () => {
  expect(await sizesOf(0, 100)).toEqual([]);
  expect(await sizesOf(1, 100)).toEqual([1]);
  expect(await sizesOf(108, 100)).toEqual([108]);
  expect(await sizesOf(149, 100)).toEqual([149]);
  expect(await sizesOf(150, 100)).toEqual([75, 75]);
  expect(await sizesOf(1000, 250)).toEqual([250, 250, 250, 250]);
  expect(await sizesOf(1001, 250)).toEqual([251, 251, 251, 248]);
});
