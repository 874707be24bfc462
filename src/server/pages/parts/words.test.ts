import { counted } from '../../../core/text/counted.ts';
import { expect, test } from 'vitest';
import { durationText, moneyText, monthText, timeText } from './words.ts';

test('amounts are written exactly, with the sign that the currency has', () => {
  expect([moneyText(123450, 'USD'), moneyText(-1200, 'GBP'), moneyText(5, 'EUR'), moneyText(500, 'JPY'), moneyText(-5, 'CHF')]).toEqual([
    '$1,234.50',
    '-£12.00',
    '€0.05',
    '¥500',
    '-CHF\u00a00.05',
  ]);
  expect(moneyText(9_007_199_254_740_991, 'USD')).toBe('$90,071,992,547,409.91');
});

test('a moment is told in the time of the town, on its own day', () => {
  expect(timeText('2026-07-01T02:30:00.000Z', 'America/New_York').replace(/\s/g, ' ')).toBe('Jun 30, 2026, 10:30 PM EDT');
});

test('months, durations and counts read as words', () => {
  expect([monthText('2026-03'), monthText('2026-03', 'short'), monthText('2025/2026'), monthText('2026-13')]).toEqual([
    'March 2026',
    'Mar 2026',
    '2025/2026',
    '2026-13',
  ]);
  expect([durationText(9.6), durationText(1240), durationText(185_000)]).toEqual(['10 ms', '1.2 s', '3 min 5 s']);
  expect([counted(1, 'record'), counted(24787, 'record')]).toEqual(['1 record', '24,787 records']);
});
