import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import type { Run } from '../../store/runs.ts';
import { html, type Html } from '../html.ts';
import { type Page, scrolling, type Town } from '../page.ts';
import { shownProblem } from '../problem-words.ts';
import { outcomeMark } from '../status-mark.ts';
import { countText, durationText, plural, timeText } from '../words.ts';

export interface PipelineView {
  town: Town;
  config: PipelineConfig;
  runs: Run[];
  next: Date | undefined;
  setAside: number;
}

/** So many problems of one run are told. */
const MOST_PROBLEMS = 50;

/** `/pipelines/ID`: its last runs, and what they had to say. */
export function pipelinePage({ town, config, runs, next, setAside }: PipelineView): Page {
  const id = config.pipeline;
  const facts: [string, Html | string][] = [
    config.source
      ? ['Reads', `${config.source.stream} of ${config.source.connection}`]
      : ['Compares', html`<a href="/reconciliation/${id}">${config.reconcile!.left.name} with ${config.reconcile!.right.name}</a>`],
    ['Mode', config.mode],
    ['Schedule', config.schedule ?? 'by hand'],
    ...(next ? [['Next run', timeText(next, town.zone)] as [string, string]] : []),
    ['Set aside', setAside === 0 ? 'nothing' : html`<a href="/rejects?pipeline=${id}">${plural(setAside, 'record')}</a>`],
  ];
  return {
    title: `Pipeline ${id}`,
    section: '/',
    below: true,
    lead: config.description,
    body: html`<dl class="facts">
        ${facts.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      ${runs.length === 0 ? html`<p>It has not run yet. <code>interlocal run ${id}</code> runs it.</p>` : runsTable(town, runs, Boolean(config.reconcile))}
      ${runs.map((run) => said(town, run))}`,
  };
}

function runsTable({ zone }: Town, runs: readonly Run[], sums: boolean): Html {
  const row = (run: Run): Html =>
    html`<tr>
      <th scope="row" class="n">${hasWords(run) ? html`<a href="#run-${run.id}">${run.id}</a>` : run.id}</th>
      <td>${outcomeMark(run.outcome)}</td>
      <td><time datetime="${run.startedAt}">${timeText(run.startedAt, zone)}</time></td>
      <td class="n">${run.durationMs === null ? '' : durationText(run.durationMs)}</td>
      ${(sums ? [run.read, run.unchanged, run.changed] : [run.read, run.created, run.changed, run.unchanged, run.deleted, run.rejected]).map((n) => html`<td class="n">${countText(n)}</td>`)}
    </tr>`;
  const names = sums ? ['Sums', 'Agree', 'Differ'] : ['Read', 'New', 'Changed', 'Unchanged', 'Deleted', 'Set aside'];
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Last runs</h2>
    ${scrolling(
      'Last runs',
      html`<table>
        <caption>
          The newest first${sums ? '' : ', in records'}
        </caption>
        <thead>
          <tr>
            <th scope="col" class="n">Run</th>
            <th scope="col">Outcome</th>
            <th scope="col">Began</th>
            <th scope="col" class="n">Took</th>
            ${names.map((name) => html`<th scope="col" class="n">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${runs.map(row)}
        </tbody>
      </table>`,
    )}
  </section>`;
}

function hasWords(run: Run): boolean {
  return run.problems.length > 0 || run.notes.length > 0;
}

function said({ zone }: Town, run: Run): Html | '' {
  if (!hasWords(run)) return '';
  const problems = run.problems.slice(0, MOST_PROBLEMS).map(shownProblem);
  return html`<section aria-labelledby="run-${run.id}">
    <h2 id="run-${run.id}">Run ${run.id}, ${timeText(run.startedAt, zone)}</h2>
    ${
      problems.length > 0
        ? html`<ul class="problems">
            ${problems.map((p) => html`<li>${p.where ? html`<b>${p.where}</b> ` : ''}${p.what} <span class="todo">${p.todo}</span></li>`)}
          </ul>`
        : ''
    }
    ${run.problems.length > problems.length ? html`<p>… and ${plural(run.problems.length - problems.length, 'more problem')}.</p>` : ''}
    ${
      run.notes.length > 0
        ? html`<ul>
            ${run.notes.map((note) => html`<li>${note}</li>`)}
          </ul>`
        : ''
    }
  </section>`;
}
