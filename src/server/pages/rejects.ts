import { counted } from '../../core/text/counted.ts';
import { groupDigits } from '../../core/text/digit-groups.ts';
import { formatMoney } from '../../core/money.ts';
import type { RejectFacts, RejectGroup } from '../../reports/reject-facts.ts';
import type { Reject } from '../../reports/rejects.ts';
import { html, type Html } from './parts/html.ts';
import { type Page, scrolling } from './parts/page.ts';
import { shownProblem } from './parts/problem-words.ts';
import { countText } from './parts/words.ts';

export interface Rejects {
  /** By what is wrong with them. */
  groups: RejectGroup[];
  /** Open in all, or of the pipeline that was asked for. */
  open: number;
  pipeline: string | undefined;
  /** Id to go on after; undefined on the last page. */
  more: number | undefined;
}

/** `/rejects`: what was rejected, why, and what to do. The record itself is not shown: it may hold personal data. */
export function rejectsPage(r: Rejects): Page {
  const title = r.pipeline ? `Rejected from ${r.pipeline}` : 'Rejected records';
  const shown = r.groups.reduce((n, group) => n + group.rejects.length, 0);
  if (shown === 0)
    return {
      title,
      section: '/rejects',
      body: html`<p>
        Nothing is
        rejected${r.pipeline ? html` from ${r.pipeline}. <a href="/rejects">See all pipelines</a>` : ': every record that was read could be used.'}
      </p>`,
    };
  return {
    title,
    section: '/rejects',
    lead: `${counted(r.open, 'record')} could not be used. Fix the file at its source, and the next run reads the record again; or fix the mapping or the code list, and try the records again.`,
    body: html`${scrolling(
        title,
        html`<table class="words">
          <caption>
            ${shown < r.open ? `${countText(shown)} of ${countText(r.open)}` : 'All of them'}, by the number that commands name them by
          </caption>
          <thead>
            <tr>
              <th scope="col" class="n">No.</th>
              <th scope="col">Where</th>
              <th scope="col">Why</th>
              <th scope="col">What to do</th>
            </tr>
          </thead>
          <tbody>
            ${r.groups.map(row)}
          </tbody>
        </table>`,
      )}
      ${r.more === undefined ? '' : html`<p><a rel="next" href="/rejects?${r.pipeline ? `pipeline=${encodeURIComponent(r.pipeline)}&` : ''}after=${r.more}">Next records</a></p>`}
      <section aria-labelledby="how">
        <h2 id="how">How to go on</h2>
        <p>
          <code>interlocal rejects show NUMBER</code> shows the record as it was read; it may contain personal data. After a mapping or a
          code list was fixed, <code>interlocal rejects replay</code> tries the records again.
        </p>
      </section>`,
  };
}

/** So many records of one group stand open; the others are folded away. */
const MAX_OPEN = 3;

function row({ pipeline, problems, rejects, totals }: RejectGroup): Html {
  // Of several records where each of them is told below.
  const told = problems.map((problem) => shownProblem(rejects.length > 1 ? { ...problem, place: {} } : problem));
  const sums = Object.entries(totals).map(([currency, sum]) => `${groupDigits(sum)} ${currency}`);
  return html`<tr>
    <th scope="row" class="n">${rejects.length === 1 ? rejects[0]!.reject.id : ''}</th>
    <td>
      ${
        rejects.length === 1
          ? html`${placeOf(rejects[0]!.reject)}${factsText(rejects[0]!)}<br />`
          : html`${counted(rejects.length, 'record')}${sums.length ? `, ${sums.join(' + ')}` : ''}<br />${records(rejects)}`
      }<a class="quiet" href="/pipelines/${pipeline}">${pipeline}</a>
    </td>
    <td>${lines(told.map((p) => p.what))}</td>
    <td>${lines([...new Set(told.map((p) => p.todo))])}</td>
  </tr>`;
}

function records(rejects: readonly RejectFacts[]): Html {
  const item = (facts: RejectFacts): Html => html`<li>No. ${facts.reject.id}: ${placeOf(facts.reject)}${factsText(facts)}</li>`;
  if (rejects.length <= MAX_OPEN)
    return html`<ul>
      ${rejects.map(item)}
    </ul>`;
  return html`<details>
    <summary>No. ${rejects[0]!.reject.id} to ${rejects.at(-1)!.reject.id}</summary>
    <ul>
      ${rejects.map(item)}
    </ul>
  </details>`;
}

/** Only what was read as a key, a day and an amount: what is there otherwise may be a name in the wrong column. */
function factsText({ key, keyIsPersonal, date, minor, currency }: RejectFacts): string {
  const facts = [
    ...(key !== null && !keyIsPersonal ? [`key ${key}`] : []),
    ...(date !== null && /^\d{4}-\d\d-\d\d$/.test(date) ? [date] : []),
    ...(minor !== null && currency !== null ? [`${formatMoney(minor, currency)} ${currency}`] : []),
  ];
  return facts.length ? `, ${facts.join(', ')}` : '';
}

function placeOf({ file, line, record }: Reject): string {
  if (file === null) return `record ${record}`;
  return line === null ? `${file}, record ${record}` : `${file}:${line}`;
}

function lines(texts: readonly string[]): Html {
  if (texts.length === 1) return html`${texts[0]}`;
  return html`<ul>
    ${texts.filter((text) => text !== '').map((text) => html`<li>${text}</li>`)}
  </ul>`;
}
