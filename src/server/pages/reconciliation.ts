import { asSentence } from '../../core/text/sentence.ts';
import { counted } from '../../core/text/counted.ts';
import type { Reconciliation, ReconciliationLine } from '../../reports/reconciliation/lines.ts';
import { textOfPlace } from '../../core/errors.ts';
import { formatMoney } from '../../core/money.ts';
import { html, type Html } from './parts/html.ts';
import { type Page, scrolling, type Town } from './parts/page.ts';
import { differingCount, keysText, statusWord } from '../../reports/reconciliation/reconciliation.ts';
import { reconciliationReasons } from '../../reports/reconciliation/reasons.ts';
import { type Mark, statusMark } from './parts/status-mark.ts';
import { capitalized, timeText } from './parts/words.ts';

/** More differing keys than this are cut, with a count. */
const MAX_LINES = 1000;

/** `/reconciliation/ID`: the sums by the outermost key, then every key inside that differs. */
export function reconciliationPage(town: Town, r: Reconciliation): Page {
  const title = `Reconciliation ${r.pipeline}`;
  const lead = r.description ?? `${r.left} and ${r.right}, by ${r.keys.join(', ')}.`;
  if (r.ranAt === null)
    return {
      title,
      section: '/',
      below: true,
      lead,
      body: html`<p>It has not run yet. <code>interlocal run ${r.pipeline}</code> runs it.</p>`,
    };
  const differing = differingCount(r.counts);
  const totals = r.lines.filter((line) => line.depth === 0);
  const outer = r.keys.length > 1 ? r.lines.filter((line) => line.depth === 1) : [];
  const inner = r.lines.filter((line) => line.depth > (r.keys.length > 1 ? 1 : 0));
  const shown = inner.slice(0, MAX_LINES);
  return {
    title,
    section: '/',
    below: true,
    lead,
    body: html`<p class="status status-${differing === 0 ? 'good' : 'note'}">
        ${keysText(r.counts)}. Last run
        <time datetime="${r.ranAt}">${timeText(r.ranAt, town.zone)}</time>.
      </p>
      ${
        r.problems.length > 0
          ? html`<div class="status status-note">
              <p>One side is not complete, which may explain differences:</p>
              <ul>
                ${r.problems.map((p) => html`<li>${textOfPlace(p.place)}: ${asSentence(p.message)} ${p.hint ?? ''}</li>`)}
              </ul>
            </div>`
          : ''
      }
      <p>
        The difference is ${r.right} minus ${r.left}. Differences are not netted: a sum is left to explain when anything in it
        is.${r.counts.unchecked > 0 ? ' Amounts that were not checked are in the sums but not in the difference.' : ''}
      </p>
      ${reasonsSection(r)} ${outer.length > 0 ? outerTable(r, outer, totals, shown) : ''}
      ${
        outer.length > 0
          ? outer.map((line, i) =>
              innerSection(
                r,
                line,
                i,
                shown.filter((inside) => inside.currency === line.currency && inside.key[0] === line.key[0]),
              ),
            )
          : innerSection(r, undefined, 0, shown, totals)
      }
      ${inner.length > shown.length ? html`<p>… and ${counted(inner.length - shown.length, 'more line')}: <code>interlocal report reconciliation ${r.pipeline}</code> has them all.</p>` : ''}`,
  };
}

/** What several keys have in common, so it is read once. */
function reasonsSection(r: Reconciliation): Html | '' {
  const several = reconciliationReasons(r).filter(({ keys }) => keys.length > 1);
  if (several.length === 0) return '';
  return html`<section aria-labelledby="why">
    <h2 id="why">Reasons shared by several</h2>
    <ul>
      ${several.map(
        ({ status, reason, currency, keys, difference }) =>
          html`<li>
            ${counted(keys.length, 'key')},
            ${statusWord(status, r)}${status === 'unchecked' ? '' : `, ${formatMoney(difference, currency)} ${currency}`}: ${reason}
          </li>`,
      )}
    </ul>
  </section>`;
}

function outerTable(
  r: Reconciliation,
  outer: readonly ReconciliationLine[],
  totals: readonly ReconciliationLine[],
  inner: readonly ReconciliationLine[],
): Html {
  const at = (line: ReconciliationLine): string => JSON.stringify([line.currency, line.key[0]]);
  const has = new Set(inner.map(at));
  const row = (line: ReconciliationLine, name: Html | string): Html =>
    html`<tr>
      <th scope="row">${name}</th>
      <td>${mark(line, r)}${line.status === 'unchecked' && line.reason ? html`<br /><span class="quiet">${line.reason}</span>` : ''}</td>
      ${amounts(line, r)}
    </tr>`;
  return scrolling(
    `By ${r.keys[0]!}`,
    html`<table>
      <caption>
        Sums by ${r.keys[0]!}, in ${r.currency}
      </caption>
      <thead>
        <tr>
          <th scope="col">${capitalized(r.keys[0]!)}</th>
          <th scope="col">Result</th>
          <th scope="col" class="n">${r.left}</th>
          <th scope="col" class="n">${r.right}</th>
          <th scope="col" class="n">Difference</th>
        </tr>
      </thead>
      <tbody>
        ${outer.map((line, i) => row(line, has.has(at(line)) ? html`<a href="#differs-${i}">${part(line.key[0])}</a>` : part(line.key[0])))}
      </tbody>
      ${
        totals.length > 0
          ? html`<tfoot>
              ${totals.map((total) => row(total, 'Total'))}
            </tfoot>`
          : ''
      }
    </table>`,
  );
}

/** What differs inside one outermost key; without one, in all. */
function innerSection(
  r: Reconciliation,
  outer: ReconciliationLine | undefined,
  i: number,
  lines: readonly ReconciliationLine[],
  totals: readonly ReconciliationLine[] = [],
): Html | '' {
  if (lines.length === 0) return '';
  const from = outer ? 1 : 0;
  const names = r.keys.slice(from);
  const heading = outer ? `${capitalized(r.keys[0]!)} ${part(outer.key[0])}` : 'Left to explain';
  const cells = (line: ReconciliationLine): Html[] =>
    names.map((_, n) => {
      const at = from + n;
      const text = at < line.depth ? part(line.key[at]) : at === line.depth ? 'in all' : '';
      return n === 0 ? html`<th scope="row">${text}</th>` : html`<td>${text}</td>`;
    });
  return html`<section aria-labelledby="differs-${i}">
    <h2 id="differs-${i}">${heading}</h2>
    ${scrolling(
      heading,
      html`<table>
        <caption>
          Left to explain, in ${r.currency}
        </caption>
        <thead>
          <tr>
            ${names.map((name) => html`<th scope="col">${capitalized(name)}</th>`)}
            <th scope="col">Result</th>
            <th scope="col" class="n">${r.left}</th>
            <th scope="col" class="n">${r.right}</th>
            <th scope="col" class="n">Difference</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map((line) => html`<tr${line.depth < r.keys.length ? html` class="rollup"` : ''}>${cells(line)}<td>${mark(line, r)}</td>${amounts(line, r)}</tr>`)}
        </tbody>
        ${
          totals.length > 0
            ? html`<tfoot>
                ${totals.map(
                  (total) =>
                    html`<tr>
                      <th scope="row" ${names.length > 1 ? html` colspan="${names.length}"` : ''}>Total</th>
                      <td>${mark(total, r)}</td>
                      ${amounts(total, r)}
                    </tr>`,
                )}
              </tfoot>`
            : ''
        }
      </table>`,
    )}
  </section>`;
}

function amounts(line: ReconciliationLine, r: Reconciliation): Html {
  const moneyText = (minor: number): string =>
    `${formatMoney(minor, line.currency)}${line.currency === r.currency ? '' : ` ${line.currency}`}`;
  const side = (minor: number | null): Html =>
    html`<td class="n${minor === null ? ' nil' : ''}">${minor === null ? 'nothing' : moneyText(minor)}</td>`;
  const { difference } = line;
  return html`${side(line.left)}${side(line.right)}
    <td class="n ${difference === 0 ? 'nil' : 'sum'}">${line.status === 'unchecked' ? '' : moneyText(difference)}</td>`;
}

const MARKS: Record<ReconciliationLine['status'], Mark> = {
  matched: 'good',
  differs: 'note',
  left_only: 'note',
  right_only: 'note',
  unchecked: 'idle',
};

function mark(line: ReconciliationLine, r: Reconciliation): Html {
  return statusMark(MARKS[line.status], statusWord(line.status, r));
}

function part(key: string | undefined): string {
  return key || '(empty)';
}
