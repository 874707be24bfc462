import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { streamSchema } from '../../config/schema/connector.ts';
import { keyOf, repeatFinder, shortenedKey } from './keys.ts';
import { tries } from '../../../test/effort.ts';

const record = (values: Record<string, string | null>) => ({ values, number: 1, line: 2 });
const part = fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[ab|\\#0-9]{1,5}$/));

describe('the key of a record', () => {
  test('is its value, readable as it is', () => {
    expect(keyOf(record({ a: '00123' }), ['a'])).toBe('00123');
    expect(keyOf(record({ a: 'x', b: 'y z' }), ['b', 'a'])).toBe('y z|x');
    expect(keyOf({ values: { H: { n: '7' } }, number: 1 }, ['H.n'])).toBe('7');
  });

  test('is different for different values, whatever is in them', () => {
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (x, y) => {
        const key = ([a, b, c]: [string, string, string]) => keyOf(record({ a, b, c }), ['a', 'b', 'c']);
        expect(key(x) === key(y)).toBe(x.join('\0') === y.join('\0'));
      }),
      { numRuns: tries(2000) },
    );
  });

  test('is never that of a repeat of another record', () => {
    fc.assert(
      fc.property(part, part, fc.integer({ min: 2, max: 12 }), (a, b, n) => {
        expect(keyOf(record({ a }), ['a'])).not.toBe(`${String(keyOf(record({ a: b }), ['a']))}#${n}`);
      }),
      { numRuns: tries(2000) },
    );
  });

  test.each([[{ a: '' }], [{ a: null }], [{}], [{ a: ['x'] }], [{ a: { x: '1' } }]])(
    '%j has none, and it is said which field is missing',
    (values) => {
      const problem = keyOf({ values: values as Record<string, string>, number: 3, line: 4 }, ['a']);
      expect(problem).toMatchObject({ code: 'KEY_EMPTY', place: { line: 4, record: 3, path: 'a' } });
    },
  );
});

describe('keys that come again', () => {
  test('are counted exactly, however many others there are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'a#2', 'ü'), { maxLength: 40 }), fc.nat(50), (keys, expected) => {
        const finder = repeatFinder(expected);
        for (const key of keys) finder.look(key);
        const before = new Map<string, number>();
        for (const key of keys) {
          expect(finder.count(key)).toBe(before.get(key) ?? 0);
          before.set(key, (before.get(key) ?? 0) + 1);
        }
      }),
    );
  });

  test('are found among a hundred thousand, and no other is taken for one', () => {
    const finder = repeatFinder(100_000);
    const keys = Array.from({ length: 100_000 }, (_, i) => `R-2026-${i}`);
    keys.push('R-2026-7', 'R-2026-99999');
    for (const key of keys) finder.look(key);
    expect(keys.filter((key) => finder.count(key) > 0)).toEqual(['R-2026-7', 'R-2026-99999']);
  });

  test('are found when there are far more than was thought', () => {
    const finder = repeatFinder(0);
    const keys = [...Array.from({ length: 20_000 }, (_, i) => String(i)), '5'];
    for (const key of keys) finder.look(key);
    expect(keys.filter((key) => finder.count(key) > 0)).toEqual(['5']);
  });
});

describe('a key that a spreadsheet shortened', () => {
  const stream = (decoder: object, more: object = {}) =>
    streamSchema.parse({
      retriever: { files: { pattern: '*' } },
      decoder,
      schema: { fields: { no: more, kind: {} } },
      primary_key: ['no', 'kind'],
    });
  const said = (no: string, of = stream({ csv: {} })) => shortenedKey(record({ no, kind: 'A' }), ['no', 'kind'], of);

  test.each(['1.23E+05', '1E+11', '1,23457E+15', '-9.99E+05', ' 1.23e+05 '])('%s is told, with its place', (no) => {
    expect(said(no)).toMatchObject({ code: 'KEY_SHORTENED', place: { line: 2, path: 'no' } });
  });

  test.each(['123000', '1E5', '1E05', 'E+05', '12.3E+05', 'A1E+05', '1.23E+', '3E-02', '+1', '1-2', ''])('%j is none', (no) => {
    expect(said(no)).toBeUndefined();
  });

  test('in JSON such a number is exact, and a personal one is not shown', () => {
    expect(said('1.23E+05', stream({ json: {} }))).toBeUndefined();
    expect(said('1.23E+05')!.message).toContain('(1.23E+05)');
    expect(said('1.23E+05', stream({ csv: {} }, { class: 'personal' }))!.message).not.toContain('1.23');
  });
});
