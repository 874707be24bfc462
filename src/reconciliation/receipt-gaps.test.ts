import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Numbered, receiptGaps } from './receipt-gaps.ts';

const at = (number: string, fields: Partial<Numbered> = {}): Numbered => ({
  place: 'desk',
  number,
  day: '2026-07-01',
  cashier: null,
  ...fields,
});
const spans = (list: Numbered[], from?: string, to?: string) =>
  receiptGaps(list, from, to).gaps.map(({ first, last, count }) => [first, last, count]);

test('what is missing between two numbers is one gap, with its leading zeros and what comes before the digits', () => {
  expect(spans([at('R-0007'), at('R-0003'), at('R-0004')])).toEqual([['R-0005', 'R-0006', 2]]);
  expect(spans([at('9'), at('11')])).toEqual([['10', '10', 1]]);
});

test('places, and what comes before the digits, are distinguished', () => {
  expect(spans([at('1'), at('3', { place: 'pool' }), at('2'), at('A4')])).toEqual([]);
});

test('a gap counts in the period of the receipt after it, and a number that was used on another day is not missing', () => {
  const list = [at('1'), at('2', { day: '2026-06-01' }), at('3'), at('5', { day: '2026-08-02' })];
  expect(spans(list, '2026-07-01', '2026-07-31')).toEqual([]);
  expect(spans(list, '2026-08-01', '2026-08-31')).toEqual([['4', '4', 1]]);
});

test('numbers that do not run on, and those without digits, are told and not taken for complete', () => {
  const found = receiptGaps([at('1000'), at('734512'), at('99120034'), at('abc')]);
  expect(found).toEqual({ gaps: [], notSequential: ['desk'], withoutDigits: 1 });
});

test('used and missing numbers together are all between the first and the last', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 31 }), (numbers) => {
      const { gaps } = receiptGaps(numbers.map((n) => at(String(n))));
      const missing = gaps.reduce((sum, { count }) => sum + count, 0);
      expect(missing + numbers.length).toBe(Math.max(...numbers) - Math.min(...numbers) + 1);
    }),
  );
});
