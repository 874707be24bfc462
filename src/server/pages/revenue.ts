import { asSentence } from '../../core/text/sentence.ts';
import { counted } from '../../core/text/counted.ts';
import { type Problem, textOfPlace } from '../../core/errors.ts';
import type { RevenueRow } from '../../reports/revenue/revenue.ts';
import { html, type Html } from './parts/html.ts';
import { figureCell, type Page, scrolling } from './parts/page.ts';
import { PERIODS, type RevenueQueryText } from '../../reports/revenue/query.ts';
import {
  accountText,
  byDepartment,
  grandTotals,
  reasonsOverlap,
  type RevenueTotal,
  spanText,
  unreconciledReasons,
} from '../../reports/revenue/totals.ts';
import { countText } from './parts/words.ts';

export interface RevenueView {
  /** What is in the form. */
  asked: RevenueQueryText;
  departments: string[];
  /** Lines that were asked for; none when the form is wrong. */
  rows: readonly RevenueRow[];
  problems: readonly Problem[];
}

const MAX_LINES = 500;
const MAX_REASONS = 50;

const PERIOD_NAMES: Record<(typeof PERIODS)[number], string> = {
  day: 'Day',
  month: 'Month',
  'fiscal-period': 'Fiscal month',
  'fiscal-year': 'Fiscal year',
};

/** `/revenue`: the report with its form. */
export function revenuePage(v: RevenueView): Page {
  return {
    title: 'Revenue',
    section: '/revenue',
    lead: 'Every receipt that is not voided, counted once. It is reconciled when it is matched in every reconciliation that covers it.',
    body: html`${
      v.problems.length > 0
        ? html`<div class="status status-bad" role="alert">
            <ul>
              ${v.problems.map((p) => html`<li>${textOfPlace(p.place)}: ${asSentence(p.message)} ${p.hint}</li>`)}
            </ul>
          </div>`
        : ''
    }
    ${form(v)} ${v.problems.length > 0 ? '' : v.rows.length === 0 ? html`<p>There is no revenue in this period.</p>` : report(v)}`,
  };
}

function form({ asked, departments }: RevenueView): Html {
  const option = (value: string, name: string, chosen: string | undefined): Html =>
    html`<option value="${value}" ${value === (chosen ?? '') ? html` selected` : ''}>${name}</option>`;
  const chosen = PERIODS.find((period) => period === asked.period) ?? 'month';
  return html`<form class="filter" action="/revenue" method="get">
    <div>
      <label for="period">Period</label
      ><select id="period" name="period">
        ${PERIODS.map((period) => option(period, PERIOD_NAMES[period], chosen))}
      </select>
    </div>
    <div><label for="from">From</label><input id="from" name="from" type="date" value="${asked.from ?? ''}" /></div>
    <div><label for="to">To</label><input id="to" name="to" type="date" value="${asked.to ?? ''}" /></div>
    <div>
      <label for="department">Department</label
      ><select id="department" name="department">
        ${option('', 'All departments', asked.department)}${departments.map((name) => option(name, name, asked.department))}
      </select>
    </div>
    <div><button type="submit">Show</button></div>
  </form>`;
}

function report({ asked, rows }: RevenueView): Html {
  const query = new URLSearchParams(Object.entries(asked).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString();
  const departments = byDepartment(rows);
  return html`<p class="downloads">
      ${counted(rows.length, 'line')}: <a href="/revenue.xlsx${query ? `?${query}` : ''}">Excel workbook</a>
      <a href="/revenue.csv${query ? `?${query}` : ''}">CSV file</a>
    </p>
    <section aria-labelledby="departments">
      <h2 id="departments">By department</h2>
      ${scrolling(
        'By department',
        html`<table>
          <caption>
            Sums in
            all${asked.from || asked.to ? `, ${asked.from ? `from ${asked.from}` : ''}${asked.from && asked.to ? ' ' : ''}${asked.to ? `to ${asked.to}` : ''}` : ''}
          </caption>
          <thead>
            <tr>
              <th scope="col">Department</th>
              ${FIGURES}
            </tr>
          </thead>
          <tbody>
            ${departments.flatMap((d) =>
              d.totals.map(
                (total) =>
                  html`<tr>
                    <th scope="row">${d.department}</th>
                    ${figures(total)}
                  </tr>`,
              ),
            )}
          </tbody>
          <tfoot>
            ${grandTotals(rows).map(
              (total) =>
                html`<tr>
                  <th scope="row">Total</th>
                  ${figures(total)}
                </tr>`,
            )}
          </tfoot>
        </table>`,
      )}
    </section>
    ${reasons(rows)} ${lines(departments, rows.length)}`;
}

const FIGURES = html`<th scope="col">Currency</th>
  <th scope="col" class="n">Receipts</th>
  <th scope="col" class="n">Amount</th>
  <th scope="col" class="n">Reconciled</th>
  <th scope="col" class="n">Not reconciled</th>`;

function figures(x: RevenueTotal): Html {
  return html`<td>${x.currency}</td>
    <td class="n">${countText(x.receipts)}</td>
    ${[x.amount, x.reconciled, x.unreconciled].map((minor) => figureCell(minor, x.currency))}`;
}

function reasons(rows: readonly RevenueRow[]): Html {
  const all = unreconciledReasons(rows);
  const several = reasonsOverlap(rows);
  const shown = all.slice(0, MAX_REASONS);
  return html`<section aria-labelledby="open">
    <h2 id="open">Not reconciled</h2>
    ${
      all.length === 0
        ? html`<p>All of it is reconciled.</p>`
        : scrolling(
            'Not reconciled',
            html`<table class="words">
              <caption>
                Why, the largest amounts first${several ? '; what has several reasons is counted under each' : ''}
              </caption>
              <thead>
                <tr>
                  <th scope="col" class="n">Amount</th>
                  <th scope="col">Currency</th>
                  <th scope="col">Why</th>
                  <th scope="col">Department</th>
                  <th scope="col">Period</th>
                  <th scope="col" class="n">Lines</th>
                  <th scope="col" class="n">Receipts</th>
                </tr>
              </thead>
              <tbody>
                ${shown.map(
                  (r) =>
                    html`<tr>
                      ${figureCell(r.amount, r.currency)}
                      <td>${r.currency}</td>
                      <th scope="row">${r.reason}</th>
                      <td>${r.departments.join(', ')}</td>
                      <td>${spanText(r.periods)}</td>
                      <td class="n">${countText(r.lines)}</td>
                      <td class="n">${countText(r.receipts)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`,
          )
    }
    ${all.length > shown.length ? html`<p>… and ${counted(all.length - shown.length, 'more reason')}; the files have them all.</p>` : ''}
  </section>`;
}

function lines(departments: ReturnType<typeof byDepartment>, count: number): Html {
  let left = MAX_LINES;
  const bodies = departments.map(({ rows, totals }) => {
    const shown = rows.slice(0, left);
    left -= shown.length;
    if (shown.length === 0) return '';
    const sums =
      shown.length === rows.length && departments.length > 1
        ? totals.map(
            (total) =>
              html`<tr class="rollup">
                <th scope="row">${rows[0]!.department}</th>
                <td colspan="3">in all</td>
                ${figures(total)}
              </tr>`,
          )
        : '';
    return html`<tbody>
      ${shown.map(
        (row) =>
          html`<tr>
            <th scope="row">${row.department}</th>
            <td>${accountText(row)}</td>
            <td>${row.tender}</td>
            <td>${row.corrects === null ? row.period : `${row.period}, corrects ${row.corrects}`}</td>
            ${figures(row)}
          </tr>`,
      )}${sums}
    </tbody>`;
  });
  return html`<section aria-labelledby="lines">
    <h2 id="lines">By account, way of paying and period</h2>
    ${scrolling(
      'By account, way of paying and period',
      html`<table>
        <caption>
          ${count > MAX_LINES ? `The first ${MAX_LINES} of ${counted(count, 'line')}; the files have them all` : counted(count, 'line')}
        </caption>
        <thead>
          <tr>
            <th scope="col">Department</th>
            <th scope="col">Account</th>
            <th scope="col">Paid by</th>
            <th scope="col">Period</th>
            ${FIGURES}
          </tr>
        </thead>
        ${bodies}
      </table>`,
    )}
  </section>`;
}
