import { counted } from '../../core/text/counted.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { groupProblems, placesText } from '../../core/grouped-problems.ts';
import { scheduleWords } from '../../core/time/schedule-words.ts';
import type { Run } from '../../reports/runs.ts';
import { MODE_LABELS, type PipelineKind } from '../../reports/output/labels.ts';
import type { PipelineStatus } from '../../reports/status.ts';
import { waitingTexts } from '../../reports/waiting-files.ts';
import { html, type Html } from './parts/html.ts';
import { type Page, scrolling, type Town } from './parts/page.ts';
import { withoutPersonal } from './parts/personal-values.ts';
import { shownProblem } from './parts/problem-words.ts';
import { outcomeMark } from './parts/status-mark.ts';
import { countText, durationText, timeText } from './parts/words.ts';
import { type Outgoing, outgoingFacts, outgoingSections } from './outgoing.ts';

export interface PipelineView {
  town: Town;
  config: PipelineConfig;
  /** The title of the connection that it reads, or its id. */
  reads: string;
  runs: Run[];
  next: Date | undefined;
  rejectedNow: number;
  /** Files that are there and that the last run left for a later one. */
  waiting: PipelineStatus['waiting_files'];
  /** Of a pipeline that sends. */
  outgoing?: Outgoing | undefined;
  now: Date;
}

/** So many problems of one run are told. */
const MAX_PROBLEMS = 50;

/** `/pipelines/ID`: its last runs, and what they had to say. */
export function pipelinePage(view: PipelineView): Page {
  const { town, config, runs, outgoing } = view;
  const id = config.pipeline;
  return {
    title: config.title ?? `Pipeline ${id}`,
    section: '/',
    below: true,
    lead: config.description,
    body: html`<dl class="facts">
        ${factsOf(view).map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      ${waitingFiles(view)} ${outgoing ? outgoingSections(town, view.now, outgoing) : ''}
      ${runs.length === 0 ? html`<p>It has not run yet. <code>interlocal run ${id}</code> runs it.</p>` : runsTable(town, runs, columnsOf(config))}
      ${runs.map((run) => said(town, run, shownText(outgoing)))}`,
  };
}

function factsOf({ town, config, reads, next, rejectedNow, outgoing }: PipelineView): [string, Html | string][] {
  const { pipeline: id, source, reconcile } = config;
  const when: [string, string][] = [
    ['Schedule', config.schedule ? scheduleWords(config.schedule) : 'by hand'],
    ...(next ? [['Next run', timeText(next, town.zone)] as [string, string]] : []),
  ];
  if (outgoing) return [...outgoingFacts(outgoing, config.mode), ...when];
  return [
    source
      ? ['Reads', `${source.stream} from ${reads}`]
      : ['Compares', html`<a href="/reconciliation/${id}">${reconcile!.left.name} and ${reconcile!.right.name}</a>`],
    ['Mode', MODE_LABELS[config.mode] ?? config.mode],
    ...when,
    ['Rejected', rejectedNow === 0 ? 'nothing' : html`<a href="/rejects?pipeline=${id}">${counted(rejectedNow, 'record')}</a>`],
  ];
}

function waitingFiles({ waiting, town }: PipelineView): Html | '' {
  if (waiting.length === 0) return '';
  return html`<section aria-labelledby="waiting-files">
    <h2 id="waiting-files">Files that are waiting</h2>
    <ul>
      ${waitingTexts(waiting, (utc) => timeText(utc, town.zone)).map((text) => html`<li>${text}</li>`)}
    </ul>
  </section>`;
}

interface RunColumns {
  kind: PipelineKind;
  of: string;
  names: string[];
  counts: (run: Run) => number[];
}

function columnsOf({ reconcile, deliver }: PipelineConfig): RunColumns {
  if (reconcile)
    return {
      kind: 'compares',
      of: '',
      names: ['Sums', 'Matched', 'Left to explain'],
      counts: (run) => [run.read, run.unchanged, run.changed],
    };
  return {
    kind: deliver ? 'sends' : 'reads',
    of: ', in records',
    names: [
      deliver ? 'Looked at' : 'Read',
      'New',
      'Changed',
      'Unchanged',
      'Deleted',
      ...(deliver ? [] : ['Skipped']),
      deliver ? 'Refused' : 'Rejected',
    ],
    counts: (run) => [run.read, run.created, run.changed, run.unchanged, run.deleted, ...(deliver ? [] : [run.skipped]), run.rejected],
  };
}

function runsTable({ zone }: Town, runs: readonly Run[], { kind, of, names, counts }: RunColumns): Html {
  const row = (run: Run): Html =>
    html`<tr>
      <th scope="row" class="n">${hasWords(run) ? html`<a href="#run-${run.id}">${run.id}</a>` : run.id}</th>
      <td>${outcomeMark(run.outcome, run, kind)}</td>
      <td><time datetime="${run.startedAt}">${timeText(run.startedAt, zone)}</time></td>
      <td class="n">${run.durationMs === null ? '' : durationText(run.durationMs)}</td>
      ${counts(run).map((n) => html`<td class="n">${countText(n)}</td>`)}
    </tr>`;
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Last runs</h2>
    ${scrolling(
      'Last runs',
      html`<table>
        <caption>
          Newest first${of}
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

/** What another system said of a record may quote it. */
function shownText(outgoing: Outgoing | undefined): (text: string) => string {
  if (!outgoing) return (text) => text;
  const records = outgoing.waiting.map((row) => row.values);
  return (text) => withoutPersonal(text, outgoing.sink, records);
}

function said({ zone }: Town, run: Run, shown: (text: string) => string): Html | '' {
  if (!hasWords(run)) return '';
  const groups = groupProblems(run.problems);
  const problems = groups.slice(0, MAX_PROBLEMS).map(({ problem, places }) => ({
    ...shownProblem(problem),
    ...(places.length > 1
      ? { where: `${countText(places.length)} times, at ${placesText(places.map(({ key: _, ...place }) => place))}` }
      : {}),
  }));
  return html`<section aria-labelledby="run-${run.id}">
    <h2 id="run-${run.id}">Run ${run.id}, ${timeText(run.startedAt, zone)}</h2>
    ${
      problems.length > 0
        ? html`<ul class="problems">
            ${problems.map((p) => html`<li>${p.where ? html`<b>${p.where}</b> ` : ''}${shown(p.what)} <span class="todo">${p.todo}</span></li>`)}
          </ul>`
        : ''
    }
    ${groups.length > problems.length ? html`<p>… and ${counted(groups.length - problems.length, 'more problem')}.</p>` : ''}
    ${
      run.notes.length > 0
        ? html`<ul>
            ${run.notes.map((note) => html`<li>${shown(note)}</li>`)}
          </ul>`
        : ''
    }
  </section>`;
}
