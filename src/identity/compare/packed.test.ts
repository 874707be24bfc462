import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leastMatches, lettersOf, mayBeAlike } from './letters.ts';
import { SCALES, type ScaleName } from './levels.ts';
import { packedLevel } from './packed.ts';
import { jaroWinkler } from './similarity.ts';

const digits = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });
/** The same text with one or two typing errors: what random texts hardly ever are. */
function mistyped(text: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> {
  const error = fc.record({
    kind: fc.constantFrom('put in', 'left out', 'mistaken', 'exchanged'),
    at: fc.nat(12),
    by: fc.constantFrom(...'0123456789'),
  });
  return fc.tuple(text, fc.array(error, { maxLength: 3 })).map(([a, errors]) => {
    let b = a;
    for (const { kind, at: place, by } of errors) {
      const at = place % Math.max(1, b.length);
      if (kind === 'put in') b = b.slice(0, at) + by + b.slice(at);
      else if (kind === 'left out') b = b.slice(0, at) + b.slice(at + 1);
      else if (kind === 'mistaken') b = b.slice(0, at) + by + b.slice(at + 1);
      else b = b.slice(0, at) + (b[at + 1] ?? '') + (b[at] ?? '') + b.slice(at + 2);
    }
    return [a, b];
  });
}
const name = fc.oneof(
  fc.constantFrom('william', 'bill', 'liam', 'robert', 'bob', 'emma', 'a', 'mac donald', 'macdonald', 'łukasz', '漢字', 'x'.repeat(40)),
  fc.string({ unit: fc.constantFrom(...'abemnot '), minLength: 1, maxLength: 12 }),
);
const email = fc.constantFrom(
  'jsmith14@a.org',
  'jsmith41@a.org',
  'jsmith14@b.com',
  'jsmit14@a.org',
  'jo@a.org',
  'jo@b.org',
  'ann.lee@a.org',
);

function pairsOf(scale: ScaleName): fc.Arbitrary<[string, string]> {
  if (scale === 'date')
    return fc.oneof(
      mistyped(digits(8, 8)).map(([a, b]): [string, string] => [a, b.padEnd(8, '0').slice(0, 8)]),
      // Only the year is known of one of them.
      digits(8, 8).map((day): [string, string] => [day, `${day.slice(0, 4)}0101`]),
    );
  if (scale === 'phone') return mistyped(digits(7, 10)).map(([a, b]) => [a, b.padEnd(7, '0').slice(-10)]);
  if (scale === 'email') return fc.oneof(fc.tuple(email, email), mistyped(email));
  return fc.oneof(
    fc.tuple(name, name),
    mistyped(name).map(([a, b]): [string, string] => [a, b || 'x']),
  );
}

test.each(['date', 'phone', 'email', 'given_name', 'surname'] as const)(
  'two values of the scale %s agree as integers just as they do as texts, in both directions',
  (scaleName) => {
    const scale = SCALES[scaleName];
    fc.assert(
      fc.property(pairsOf(scaleName), ([a, b]) => {
        fc.pre(a !== b);
        const values = [a, b];
        const level = packedLevel(scale, values, (x, y) => scale.level(values[x]!, values[y]!))!;
        expect([level(0, 1), level(1, 0)]).toEqual([scale.level(a, b), scale.level(b, a)]);
      }),
      { numRuns: 5000, seed: 4 },
    );
  },
);

test('values that are not what their scale usually holds are compared as texts', () => {
  expect(packedLevel(SCALES.date, ['19800101', '1980-01-02'], () => 9)).toBeUndefined();
  expect(packedLevel(SCALES.phone, ['5855550101', '12345678901'], () => 9)).toBeUndefined();
  expect(packedLevel(SCALES.postal_code, ['14586', '14568'], () => 9)).toBeUndefined();
});

test('letters never rule out two values that are alike', () => {
  for (const similarity of [0.7, 0.85]) {
    const least = leastMatches(similarity);
    fc.assert(
      fc.property(fc.oneof(fc.tuple(name, name), mistyped(name)), ([a, b]) => {
        const letters = lettersOf([a, b]);
        if (!mayBeAlike(letters, 0, letters, 1, least)) expect(jaroWinkler(a, b)).toBeLessThan(similarity);
      }),
      { numRuns: 3000, seed: 8 },
    );
  }
});
