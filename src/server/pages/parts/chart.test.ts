import { expect, test } from 'vitest';
import { columnChart } from './chart.ts';
import { textOfHtml } from './html.ts';
import { chartSeries, monthlyRevenue } from './monthly-revenue.ts';

const rects = (svg: string) =>
  [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.-]+)" width="[\d.]+" height="([\d.]+)" fill="url\(#part-(\d)\)"/g)].map((m) => ({
    x: Number(m[1]),
    y: Number(m[2]),
    height: Number(m[3]),
    part: Number(m[4]),
  }));
const chart = (values: number[][], currency = 'USD') =>
  textOfHtml(
    columnChart({
      periods: ['2026-01', '2026-02'],
      series: values.map((v, i) => ({ name: `D<${i}>`, values: v })),
      currency,
      title: 'Revenue',
    }),
  );

test('columns are as high as their amounts, and stacked without gaps', () => {
  const found = rects(
    chart([
      [100_00, 200_00],
      [100_00, 0],
    ]),
  );
  expect(found.map((r) => r.part)).toEqual([1, 2, 1]);
  const [below, above, twice] = found;
  expect(twice!.height).toBeCloseTo(2 * below!.height, 1);
  // But for the hair of background between them.
  expect(above!.y + above!.height).toBeCloseTo(below!.y - 1.5, 1);
});

test('a month with more refunds than takings goes below zero, inside the picture', () => {
  const svg = chart([[100_00, -50_00]]);
  for (const { y, height } of rects(svg)) expect(y >= 0 && y + height <= 340).toBe(true);
  expect(svg).toContain('>-50<');
});

test('it tells in words what it shows, and names from outside are escaped', () => {
  const svg = chart([[1, 99_50]]);
  expect(svg).toMatch(/role="img" aria-labelledby="chart-title chart-text"/);
  expect(svg).toContain('Most was taken in February 2026: $99.50');
  expect(svg).not.toContain('D<0>');
});

test('amounts of nothing, of one cent and of great sums can be drawn', () => {
  for (const values of [
    [0, 0],
    [1, 0],
    [9_000_000_000_000_000, 1],
    [-1, -2],
  ])
    expect(chart([values])).not.toMatch(/NaN|Infinity/);
  expect(chart([[500, 1000]], 'JPY')).toContain('>1,000<');
});

const row = (department: string, period: string, amount: number) => ({
  department,
  account: 'a',
  tender: 'cash',
  period,
  currency: 'USD',
  receipts: 1,
  amount,
  reconciled: amount,
  unreconciled: 0,
  inTransit: 0,
  exception: 0,
  notCovered: 0,
  unreconciledReceipts: 0,
  receipt: null,
  corrects: null,
  reasons: [],
  byReason: {},
  receiptsByReason: {},
});

test('the latest months are shown, those without revenue too, and earlier ones are said to be there', () => {
  const m = monthlyRevenue([row('A', '2025-11', 1), row('A', '2026-02', 2), row('B', '2025-01', 9)], 'USD', 6)!;
  expect(m.months).toEqual(['2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02']);
  expect(m).toMatchObject({ earlier: true, total: 3, months_total: [0, 0, 1, 0, 0, 2] });
  expect(monthlyRevenue([row('A', '2026-02', 2)], 'USD', 6)!.months).toEqual(['2026-02']);
  expect(monthlyRevenue([row('A', '2026-02', 2)], 'GBP', 6)).toBeUndefined();
});

test('many departments still add up: the smaller ones are one part of the column', () => {
  const m = monthlyRevenue(
    Array.from({ length: 12 }, (_, i) => row(`D${i}`, '2026-01', (i + 1) * 100)),
    'USD',
    6,
  )!;
  const series = chartSeries(m);
  expect(series).toHaveLength(7);
  expect(series.at(-1)!.name).toBe('6 other departments');
  expect(series.reduce((sum, s) => sum + s.values[0]!, 0)).toBe(m.total);
});
