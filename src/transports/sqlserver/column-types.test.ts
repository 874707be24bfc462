import { describe, expect, it } from 'vitest';
import { readingOf } from './column-types.ts';
import type { DeclaredType } from './column-types.ts';

const finished = (type: string, declared: DeclaredType, value: string | number): string => {
  const reading = readingOf({ name: type }, 't.[c]', declared)!;
  return reading.finish ? reading.finish(value) : String(value);
};

describe('a value becomes its exact text', () => {
  it('a datetime at midnight is a date where a date was declared, and nothing else is cut', () => {
    expect(finished('datetime', 'date', '2026-06-15T00:00:00')).toBe('2026-06-15');
    expect(finished('datetime2', 'date', '2026-06-15T00:00:00.0000000')).toBe('2026-06-15');
    expect(finished('datetime', 'date', '2026-06-15T00:00:00.003')).toBe('2026-06-15T00:00:00.003');
    expect(finished('datetime', 'datetime', '2026-06-15T00:00:00')).toBe('2026-06-15T00:00:00');
  });

  it('a decimal without a fraction is whole where an integer was declared, and never rounded', () => {
    expect(finished('numeric', 'integer', '90001.00000')).toBe('90001');
    expect(finished('numeric', 'integer', '90001.50000')).toBe('90001.50000');
    expect(finished('numeric', 'decimal', '90001.00000')).toBe('90001.00000');
  });

  it.each([
    ['float', 0.1, '0.1'],
    ['float', 1e21, '1000000000000000000000'],
    ['float', 1.5e-7, '0.00000015'],
    ['float', -1.25e22, '-12500000000000000000000'],
    ['real', Math.fround(0.1), '0.1'],
    ['real', Math.fround(16777216), '16777216'],
    ['real', Math.fround(1 / 3), '0.33333334'],
  ])('%s %d is %s', (type, value, text) => {
    expect(finished(type, 'decimal', value)).toBe(text);
  });

  it('the shortest text of a float of 32 bits gives the same float again', () => {
    for (let i = 0; i < 2000; i++) {
      const value = Math.fround((i * 7919.123) / 3 ** (i % 30));
      expect(Math.fround(Number(finished('real', 'decimal', value)))).toBe(value);
    }
  });

  it('a type without an exact text is said to be one', () => {
    for (const type of ['sql_variant', 'geography', 'hierarchyid', 'udt'])
      expect(readingOf({ name: type }, 't.[c]', 'text')).toBeUndefined();
  });
});
