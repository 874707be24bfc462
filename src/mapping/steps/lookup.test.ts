import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LookupTable } from '../../config/project.ts';
import { Fault } from '../fault.ts';
import { compileLookup, type LookupRule } from './lookup.ts';
import type { Scope } from '../source.ts';

const scopeOn = (day: string | null): Scope => ({
  values: { day },
  around: [],
  record: { values: {}, number: 1 },
  context: { connection: 'c' },
});

function table(rows: Record<string, string>[]): LookupTable {
  return {
    name: 'codes',
    file: 'mappings/lookups/codes.csv',
    columns: [...new Set(['from', 'to', ...rows.flatMap((r) => Object.keys(r))])],
    rows,
  };
}

function lookup(rows: Record<string, string>[], rule: Partial<LookupRule> = {}) {
  const said: string[] = [];
  const lookups = new Map([['codes', table(rows)]]);
  const found = compileLookup(
    { table: 'codes', column: 'to', on_format: 'YYYY-MM-DD', unknown: 'reject', ...rule },
    { currency: 'USD', timeZone: 'UTC', lookups },
    (_, message, hint) => said.push(message + (hint ? ` ${hint}` : '')),
  );
  const find = (code: string, day: string | null = null): unknown => {
    const value = found!(code, scopeOn(day));
    return value instanceof Fault ? `${value.code} ${value.what}` : value;
  };
  return { said, find };
}

test('codes that were renumbered on a day mean what they meant on the day of the record', () => {
  const { find } = lookup(
    [
      { from: '03', to: 'check', valid_to: '2024-02-26' },
      { from: '03', to: 'card', valid_from: '2024-02-27' },
      { from: '04', to: 'card', valid_to: '2024-02-26' },
      { from: '04', to: 'check', valid_from: '2024-02-27' },
      { from: '01', to: 'cash' },
    ],
    { on: 'day', on_format: 'MM/DD/YYYY' },
  );
  expect(find('03', '02/26/2024')).toBe('check');
  expect(find('03', '02/27/2024')).toBe('card');
  expect(find('04', '12/31/2099')).toBe('check');
  expect(find('01', null)).toBe('cash');
  expect(find('03', null)).toBe('CODE_UNKNOWN is empty, but the code has rows by date');
  expect(find('03', '2024-02-27')).toMatch('DATE_INVALID');
  expect(find('9', '02/27/2024')).toBe('CODE_UNKNOWN is not in mappings/lookups/codes.csv');
});

test('for any stretches of time and any day, the row that holds that day is taken, as reading the table line by line would', () => {
  const day = fc.integer({ min: 1, max: 28 }).map((d) => `2024-02-${String(d).padStart(2, '0')}`);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 2, maxLength: 8 }), day, (cuts, on) => {
      const sorted = cuts.sort((a, b) => a - b);
      const rows = sorted.slice(1).map((cut, i) => ({
        from: 'x',
        to: `v${i}`,
        valid_from: `2024-02-${String(sorted[i]).padStart(2, '0')}`,
        valid_to: `2024-02-${String(cut - 1).padStart(2, '0')}`,
      }));
      const expected =
        rows.find((r) => r.valid_from <= on && on <= r.valid_to)?.to ?? `CODE_UNKNOWN is not in mappings/lookups/codes.csv for ${on}`;
      expect(lookup(rows.toReversed(), { on: 'day' }).find('x', on)).toBe(expected);
    }),
  );
});

test('an unknown code is rejected, kept, dropped or replaced, as the rule says', () => {
  const rows = [{ from: 'A', to: 'apple', short: 'a' }];
  expect(lookup(rows).find('B')).toBe('CODE_UNKNOWN is not in mappings/lookups/codes.csv');
  expect(lookup(rows, { unknown: 'keep' }).find('B')).toBe('B');
  expect(lookup(rows, { unknown: 'null' }).find('B')).toBe(null);
  expect(lookup(rows, { unknown: { value: 'other' } }).find('B')).toBe('other');
  expect(lookup(rows, { column: 'short' }).find('A')).toBe('a');
});

test('a table that would give two answers, or a rule that cannot find one, is refused before anything runs', () => {
  expect(
    lookup([
      { from: 'A', to: '1' },
      { from: 'A', to: '2' },
    ]).said[0],
  ).toBe('mappings/lookups/codes.csv, rows 2 and 3: both are valid for the code "A".');
  expect(lookup([{ from: 'A', to: '1', valid_from: '2024-01-01' }]).said[0]).toMatch('does not say for which day. Add on:');
  expect(lookup([{ from: 'A', to: '1', valid_from: '2024-13-01' }], { on: 'day' }).said[0]).toMatch('row 2: "2024-13-01" is not a date');
  expect(lookup([], { table: 'code' }).said[0]).toBe('There is no lookup table code. Did you mean codes?');
  expect(lookup([], { column: 'tp' }).said[0]).toMatch('has no column tp; it has from, to');
});
