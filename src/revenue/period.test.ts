import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyColumns, keyPart } from './period.ts';

test('a record counts by a field, by its month, or by the fiscal year it falls in', () => {
  const row = { received_on: '2026-03-31', tender: 'cash', payments: 3, branch: null };
  expect(keyPart('tender', row, '07-01')).toBe('cash');
  expect(keyPart({ field: 'payments' }, row, '07-01')).toBe('3');
  expect(keyPart({ month: 'received_on' }, row, '07-01')).toBe('2026-03');
  expect(keyPart({ fiscal_year: 'received_on' }, row, '07-01')).toBe('2025/2026');
  expect(keyPart({ fiscal_year: 'received_on', starts: '04-01' }, row, '07-01')).toBe('2025/2026');
  expect(keyPart({ fiscal_year: 'received_on', starts: '03-31' }, row, '07-01')).toBe('2026/2027');
  expect(keyPart({ fiscal_year: 'received_on' }, row, '01-01')).toBe('2026');
  expect(keyPart({ fiscal_year: 'branch' }, row, '07-01')).toBe('');
  expect(keyPart('nowhere', row, '07-01')).toBe('');
  expect(keyColumns({ fiscal_year: 'received_on', starts: '04-01' })).toEqual(['received_on']);
});

test('the days of one fiscal year are those between its first day and the next', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom('01-01', '04-01', '07-01', '10-01'), (days, starts) => {
      const date = new Date(Date.UTC(1970, 0, 1) + days * 86_400_000).toISOString().slice(0, 10);
      const year = keyPart({ fiscal_year: 'd' }, { d: date }, starts);
      const first = Number(year.slice(0, 4));
      expect(date >= `${first}-${starts}` && date < `${first + 1}-${starts}`).toBe(true);
      expect(year).toBe(starts === '01-01' ? String(first) : `${first}/${first + 1}`);
    }),
  );
});
