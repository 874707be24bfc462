import { describe, expect, it } from 'vitest';
import { comparable } from './positions.ts';

const cast = (type: Parameters<typeof comparable>[0], value: string): string => {
  const made = comparable(type, value);
  return typeof made === 'string' ? made : `${made.sql('@p')} with ${made.parameter}`;
};

describe('a position is compared in the type of its column', () => {
  it('keeps all seven digits of a datetime2', () => {
    expect(cast({ name: 'datetime2', scale: 7 }, '2026-06-15T13:45:00.1234567')).toBe(
      'CONVERT(datetime2(7), @p, 126) with 2026-06-15T13:45:00.1234567',
    );
  });

  it('writes a datetime in the one form that no language setting turns around', () => {
    expect(cast({ name: 'datetime' }, '2026-06-15 13:45:00.003')).toBe('CONVERT(datetime, @p, 126) with 2026-06-15T13:45:00.003');
    expect(cast({ name: 'datetime' }, '2026-06-15')).toBe('CONVERT(datetime, @p, 126) with 2026-06-15T00:00:00');
    expect(cast({ name: 'datetime' }, '2026-06-15T13:45')).toBe('CONVERT(datetime, @p, 126) with 2026-06-15T13:45:00');
  });

  it('refuses a time zone where the column has none, instead of guessing', () => {
    expect(cast({ name: 'datetime' }, '2026-06-15T13:45:00Z')).toMatch(/names a time zone/);
    expect(cast({ name: 'datetimeoffset', scale: 7 }, '2026-06-15T13:45:00')).toMatch(/with an offset/);
  });

  it('compares a row version as a row version', () => {
    expect(cast({ name: 'timestamp' }, '0x00000000000007D1')).toBe(
      'CONVERT(rowversion, CONVERT(varbinary(8), @p, 1)) with 0x00000000000007D1',
    );
    expect(cast({ name: 'timestamp' }, '2001')).toMatch(/row version such as/);
  });

  it('never rounds a number until it equals another', () => {
    expect(cast({ name: 'numeric', precision: 19, scale: 5 }, '12.34500')).toContain('decimal(19,5)');
    expect(cast({ name: 'numeric', precision: 19, scale: 2 }, '12.345')).toContain('decimal(38,3)');
    expect(cast({ name: 'numeric', precision: 4, scale: 2 }, '12345')).toContain('decimal(38,2)');
    expect(cast({ name: 'int' }, '42')).toContain('CONVERT(int,');
    expect(cast({ name: 'int' }, '4000000000')).toContain('CONVERT(bigint,');
  });

  it('never cuts a text until it equals another', () => {
    expect(cast({ name: 'char', length: 3 }, 'ABCD')).toBe('CONVERT(varchar(8000), @p) with ABCD');
  });

  it.each([
    ['int', '12.5', /whole number/],
    ['numeric', '1,5', /not a number/],
    ['datetime', '06/15/2026', /such as 2026/],
    ['date', 'today', /such as 2026/],
    ['uniqueidentifier', 'x', /GUID/],
    ['bit', '2', /0 or 1/],
    ['xml', '<a/>', /cannot be compared/],
  ])('says what a column of type %s wants instead of %s', (name, value, why) => {
    expect(cast({ name }, value)).toMatch(why);
  });
});
