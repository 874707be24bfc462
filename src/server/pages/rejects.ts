import type { Reject } from '../../store/rejects.ts';
import { html, type Html } from '../html.ts';
import { type Page, scrolling } from '../page.ts';
import { shownProblem } from '../problem-words.ts';
import { countText, plural } from '../words.ts';

export interface Rejects {
  list: Reject[];
  /** Open in all, or of the pipeline that was asked for. */
  open: number;
  pipeline: string | undefined;
  /** Id to go on after; undefined on the last page. */
  more: number | undefined;
}

/** `/rejects`: what was set aside, why, and what to do. The record itself is not shown: it may hold personal data. */
export function rejectsPage(r: Rejects): Page {
  const title = r.pipeline ? `Set aside from ${r.pipeline}` : 'Records set aside';
  if (r.list.length === 0)
    return {
      title,
      section: '/rejects',
      body: html`<p>
        Nothing is set
        aside${r.pipeline ? html` from ${r.pipeline}. <a href="/rejects">Look at all pipelines</a>` : ': every record that was read could be used.'}
      </p>`,
    };
  return {
    title,
    section: '/rejects',
    lead: `${plural(r.open, 'record')} could not be used. Mend the file at its source and the next run takes the record up again; or mend the mapping and replay.`,
    body: html`${scrolling(
        title,
        html`<table class="words">
          <caption>
            ${r.list.length < r.open ? `${countText(r.list.length)} of ${countText(r.open)}` : 'All of them'}, by the number that commands
            name them by
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
            ${r.list.map(row)}
          </tbody>
        </table>`,
      )}
      ${r.more === undefined ? '' : html`<p><a rel="next" href="/rejects?${r.pipeline ? `pipeline=${encodeURIComponent(r.pipeline)}&` : ''}after=${r.more}">The next ones</a></p>`}
      <section aria-labelledby="how">
        <h2 id="how">How to go on</h2>
        <p>
          The record as it was read is shown by <code>interlocal rejects show NUMBER</code>, since it may hold personal data. After a
          mapping or a lookup table was mended: <code>interlocal rejects replay</code>.
        </p>
      </section>`,
  };
}

function row(reject: Reject): Html {
  const problems = reject.problems.map(shownProblem);
  const place = placeOf(reject);
  return html`<tr>
    <th scope="row" class="n">${reject.id}</th>
    <td>${place}<br /><a class="quiet" href="/pipelines/${reject.pipeline}">${reject.pipeline}</a></td>
    <td>${lines(problems.map((p) => p.what))}</td>
    <td>${lines([...new Set(problems.map((p) => p.todo))])}</td>
  </tr>`;
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
