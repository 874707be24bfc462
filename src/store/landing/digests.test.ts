import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tries } from '../../../test/effort.ts';
import { digestsFor, digestsIn } from './digests.ts';

const digestOf = (n: number): string => hash('sha256', String(n), 'base64').slice(0, 22);

describe('digests in memory', () => {
  it('are found when they were added, and only then', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500)), fc.array(fc.nat(500)), (added, asked) => {
        const digests = digestsFor(added.length);
        for (const n of added) expect(digests.add(digestOf(n))).toBe(true);
        for (const n of asked) expect(digests.find(digestOf(n)) >= 0).toBe(added.includes(n));
      }),
      { numRuns: tries(300) },
    );
  });

  it('differ in any of their first 20 characters', () => {
    const digest = digestOf(1);
    const digests = digestsFor(1);
    digests.add(digest);
    for (let i = 0; i < 20; i++) {
      const other = `${digest.slice(0, i)}${digest[i] === 'A' ? 'B' : 'A'}${digest.slice(i + 1)}`;
      expect(digests.find(other)).toBe(-1);
    }
  });

  it('are met once', () => {
    const digests = digestsFor(2);
    expect([digests.add(digestOf(1)), digests.add(digestOf(2)), digests.add(digestOf(1))]).toEqual([true, true, false]);
    const [one, two] = [digests.find(digestOf(1)), digests.find(digestOf(2))];
    expect([digests.met(one), digests.meet(one), digests.met(one), digests.meet(one), digests.met(two)]).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('are found by whoever sees the same memory, and stay met while more are added', () => {
    const seen = digestsFor(3);
    const filled = digestsIn(seen.memory);
    filled.add(digestOf(1));
    expect(seen.meet(seen.find(digestOf(1)))).toBe(true);
    expect(filled.addAll(digestOf(2) + digestOf(3))).toBe(true);
    expect([1, 2, 3, 4].map((n) => seen.find(digestOf(n)) >= 0)).toEqual([true, true, true, false]);
    expect(seen.met(seen.find(digestOf(1)))).toBe(true);
  });

  it('are added up to the first that is there or one too many', () => {
    const digests = digestsFor(2);
    expect(digests.addAll(digestOf(1) + digestOf(1) + digestOf(2))).toBe(false);
    expect(digests.find(digestOf(2))).toBe(-1);
    expect(digests.addAll(digestOf(2) + digestOf(3))).toBe(false);
    expect(digests.find(digestOf(3))).toBe(-1);
  });

  it('take no more than was asked for, so that a search always ends', () => {
    const digests = digestsFor(100);
    for (let n = 0; n < 100; n++) digests.add(digestOf(n));
    expect(() => digests.add(digestOf(100))).toThrow(RangeError);
  });
});
