import { formatMoney, minorDigits } from '../../../core/money.ts';
import { html, type Html } from './html.ts';
import { moneyText, monthText } from './words.ts';

/** Stacked columns: for each period the parts of each series, in minor units of one currency. */
export interface ChartData {
  periods: string[];
  series: { name: string; values: number[] }[];
  currency: string;
  title: string;
}

/** More series than this cannot be distinguished; the rest is one of its own. */
export const MAX_SERIES = 6;

const WIDTH = 1000;
const HEIGHT = 340;
const PLOT = { left: 86, right: 990, top: 26, bottom: 300 };
const STEPS = 4;

/** The chart as SVG with its legend. Series differ by pattern and order as well as by color; exact figures are in the table next to it. */
export function columnChart(data: ChartData): Html {
  const { periods, series, currency } = data;
  const totals = periods.map((_, i) => series.reduce((sum, s) => sum + s.values[i]!, 0));
  const up = periods.map((_, i) => series.reduce((sum, s) => sum + Math.max(0, s.values[i]!), 0));
  const down = periods.map((_, i) => series.reduce((sum, s) => sum + Math.min(0, s.values[i]!), 0));
  const step = stepFor(Math.max(...up), Math.min(...down), 10 ** minorDigits(currency));
  const highest = Math.max(step, Math.ceil(Math.max(...up) / step) * step);
  const lowest = Math.floor(Math.min(...down) / step) * step;
  const y = (minor: number): number => round(PLOT.bottom - ((minor - lowest) / (highest - lowest)) * (PLOT.bottom - PLOT.top));
  const slot = (PLOT.right - PLOT.left) / periods.length;
  const width = Math.min(84, slot * 0.62);

  const grid: Html[] = [];
  for (let at = lowest; at <= highest; at += step)
    grid.push(
      html`<line class="${at === 0 ? 'zero' : 'grid'}" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(at)}" y2="${y(at)}" /><text
          class="axis"
          x="${PLOT.left - 10}"
          y="${y(at) + 4}"
          text-anchor="end"
          >${wholeMoney(at, currency)}</text
        >`,
    );

  const columns = periods.map((period, i) => {
    const x = round(PLOT.left + slot * (i + 0.5) - width / 2);
    let [above, below] = [0, 0];
    const parts = series.map((s, n) => {
      const value = s.values[i]!;
      if (value === 0) return '';
      const from = value > 0 ? above : below;
      if (value > 0) above += value;
      else below += value;
      const [top, bottom] = [y(Math.max(from, from + value)), y(Math.min(from, from + value))];
      // A hair of background between the parts; what is too thin for it keeps its own.
      const height = round(Math.max(0.5, bottom - top - (from !== 0 && bottom - top > 4 ? 1.5 : 0)));
      return html`<rect x="${x}" y="${top}" width="${round(width)}" height="${height}" fill="url(#part-${n + 1})"
        ><title>${s.name}, ${monthText(period)}: ${moneyText(value, currency)}</title></rect
      >`;
    });
    const middle = round(PLOT.left + slot * (i + 0.5));
    return html`${parts}<text class="sum" x="${middle}" y="${y(Math.max(0, above)) - 8}" text-anchor="middle"
        >${wholeMoney(totals[i]!, currency)}</text
      ><text class="axis" x="${middle}" y="${PLOT.bottom + 24}" text-anchor="middle">${monthText(period, 'short')}</text>`;
  });

  const top = totals.indexOf(Math.max(...totals));
  const told = `One column for each month, stacked by department: ${series.map((s) => s.name).join(', ')}. Most was taken in ${monthText(periods[top]!)}: ${moneyText(totals[top]!, currency)}. The table below has every figure.`;
  return html`<ul class="legend">
      ${series.map(
        (s, n) =>
          html`<li>
            <svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="2" fill="url(#part-${n + 1})" /></svg>${s.name}
          </li>`,
      )}
    </ul>
    <div class="scroll" role="region" aria-label="Chart: ${data.title}" tabindex="0">
      <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="chart-title chart-text">
        <title id="chart-title">${data.title}</title>
        <desc id="chart-text">${told}</desc>
        <defs>${series.map((_, n) => pattern(n + 1))}</defs>
        ${grid}${columns}
      </svg>
    </div>`;
}

/** 1, 2 or 5 times a power of ten, so there are about four steps; never less than one whole unit. */
function stepFor(highest: number, lowest: number, unit: number): number {
  const rough = Math.max(unit, (highest - lowest) / STEPS);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough)!;
}

const OVERLAYS: (Html | '')[] = [
  '',
  html`<path class="over" d="M-2 2 2-2M0 8 8 0M6 10l4-4" />`,
  html`<circle class="over-dot" cx="2" cy="2" r="1.1" /><circle class="over-dot" cx="6" cy="6" r="1.1" />`,
  html`<path class="over" d="M0 2h8M0 6h8" />`,
  html`<path class="over" d="M2 0v8M6 0v8" />`,
  html`<path class="over" d="M-2 6l4 4M0 0l8 8M6-2l4 4" />`,
  html`<path class="over" d="M0 4h8M4 0v8" />`,
];

function pattern(n: number): Html {
  return html`<pattern id="part-${n}" width="8" height="8" patternUnits="userSpaceOnUse"
    ><rect class="part-${n}" width="8" height="8" />${OVERLAYS[n - 1] ?? ''}</pattern
  >`;
}

/** Rounded to whole units, for the eye. */
function wholeMoney(minor: number, currency: string): string {
  const unit = 10 ** minorDigits(currency);
  const text = formatMoney(Math.abs(minor) + unit / 2 - ((Math.abs(minor) + unit / 2) % unit), currency).replace(/\.\d+$/, '');
  return minor < 0 && text !== '0' ? `-${text}` : text;
}

function round(x: number): number {
  return Math.round(x * 100) / 100;
}
