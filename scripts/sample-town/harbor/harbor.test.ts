import { expect, test } from 'vitest';
import { makeHarbor } from './harbor.ts';

test('the same seed makes the same harbor, and another seed another one with as many mishaps', () => {
  expect(makeHarbor(1)).toEqual(makeHarbor(1));
  const kinds = (seed: number): Record<string, number> =>
    Object.fromEntries([...Map.groupBy(makeHarbor(seed).truth.exceptions, ({ type }) => type)].map(([type, list]) => [type, list.length]));
  const { rejected: _, ...first } = kinds(1);
  const { rejected: __, ...second } = kinds(2);
  expect(second).toEqual(first);
  expect(makeHarbor(2).files).not.toEqual(makeHarbor(1).files);
});
