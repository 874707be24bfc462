import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tries } from '../../../../test/effort.ts';
import type { StoredEntry } from '../read-entries.ts';
import { packedEntries } from './packed-entries.ts';

const text = fc.oneof(fc.constantFrom('a', 'b', '2026-07-01'), fc.string({ unit: 'grapheme' }));
const entry = fc.record({
  id: text,
  minor: fc.maxSafeInteger(),
  currency: fc.constantFrom('USD', 'CAD'),
  day: fc.option(fc.integer({ min: -100_000, max: 100_000 }), { nil: null }),
  values: fc.record({ place: fc.option(text, { nil: null }), batch: fc.option(text, { nil: null }) }),
  version: fc.nat(),
});

test('entries come back as they were', () => {
  fc.assert(
    fc.property(fc.array(entry), (list) => {
      const entries = list.map((one, i): StoredEntry => ({ ...one, golden: i * 3 + 2 ** 33 }));
      const packed = packedEntries(['place', 'batch']);
      for (const one of entries) packed.add(one);
      expect(entries.map((_, i) => packed.at(i))).toEqual(entries);
      expect([packed.length, packed.nameOf(1), packed.nameOf(2 ** 33 + 1)]).toEqual([entries.length, undefined, undefined]);
      for (const { golden, id } of entries) expect(packed.nameOf(golden)).toBe(id);
    }),
    { numRuns: tries(200) },
  );
});

test('so do those of many different texts, and of very long ones', () => {
  const entries = Array.from({ length: 150_000 }, (_, i): StoredEntry => ({
    ...{ id: `["counter","${i}"]`, minor: i, currency: 'USD', day: null, golden: i, version: 1 },
    values: { place: `place ${i}`, batch: i % 10_000 === 0 ? 'é'.repeat(i) : null },
  }));
  const packed = packedEntries(['place', 'batch']);
  for (const one of entries) packed.add(one);
  for (let i = 0; i < entries.length; i += 997) expect(packed.at(i)).toEqual(entries[i]);
  for (let i = 0; i < entries.length; i += 10_000) expect(packed.at(i)).toEqual(entries[i]);
});
