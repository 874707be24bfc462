import { counted } from '../../core/text/counted.ts';
import type { Reconciliation } from '../../reports/reconciliation/lines.ts';
import { forAPerson, forAPersonText, type OutboundStatus } from '../../reports/outbound/deliveries.ts';
import type { PipelineStatus } from '../../reports/status.ts';
import { weakTexts } from '../../engine/run/weak-connections.ts';
import { chartSeries, type MonthlyRevenue } from './parts/monthly-revenue.ts';
import { formatMoney } from '../../core/money.ts';
import { columnChart } from './parts/chart.ts';
import { DELIVERY_LABELS, MODE_LABELS, type PipelineKind } from '../../reports/output/labels.ts';
import { html, type Html } from './parts/html.ts';
import { figureCell, type Page, scrolling, type Town } from './parts/page.ts';
import { differingCount } from '../../reports/reconciliation/reconciliation.ts';
import type { RevenueTotal } from '../../reports/revenue/totals.ts';
import { statusLine } from './parts/status-line.ts';
import { outcomeMark, statusMark } from './parts/status-mark.ts';
import { countText, moneyText, monthText, timeText } from './parts/words.ts';

export interface Overview {
  town: Town;
  now: Date;
  pipelines: PipelineStatus[];
  /** When pipelines run next, by id. */
  next: ReadonlyMap<string, Date>;
  revenue: RevenueTotal[];
  monthly: MonthlyRevenue | undefined;
  reconciliations: Reconciliation[];
}

/** `/`: how everything is, at a glance. */
export function overviewPage(o: Overview): Page {
  const { mark, text } = statusLine(o.pipelines, o.revenue);
  return {
    title: o.town.name,
    section: '/',
    lead: html`<time datetime="${o.now.toISOString()}">${timeText(o.now, o.town.zone)}</time>`,
    body: html`<p class="status status-${mark}">${text}</p>
      ${figures(o)} ${pipelines(o)} ${revenue(o)} ${reconciliations(o)} ${outgoing(o)} ${rejectedNow(o)}`,
  };
}

function figures({ revenue, pipelines }: Overview): Html {
  const aside = pipelines.reduce((sum, p) => sum + p.open_rejects, 0);
  const figure = (name: string, value: string, more: Html | string = ''): Html =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}${more}</dd>
    </div>`;
  return html`<dl class="figures">
    ${revenue.map((t) => html`${figure('Revenue', moneyText(t.amount, t.currency), html`<span>${counted(t.receipts, 'receipt')}</span>`)}${figure('Reconciled', moneyText(t.reconciled, t.currency))}${figure('Not reconciled', moneyText(t.unreconciled, t.currency))}`)}
    ${figure('Rejected', counted(aside, 'record'))}
  </dl>`;
}

function pipelines({ pipelines, next, town, reconciliations }: Overview): Html {
  const weak = weakTexts(pipelines.flatMap((p) => p.weak_encryption));
  // Those count sums, which are told further down.
  const sums = new Set(reconciliations.map((r) => r.pipeline));
  if (pipelines.length === 0)
    return html`<section aria-labelledby="pipelines">
      <h2 id="pipelines">Pipelines</h2>
      <p>
        There are none yet. Add a file to the folder <code>pipelines</code>; <code>interlocal validate</code> checks whether it is right.
      </p>
    </section>`;
  const row = (p: PipelineStatus): Html =>
    html`<tr>
      <th scope="row"><a href="/pipelines/${p.pipeline}">${p.title ?? p.pipeline}</a></th>
      <td>${stateMark(p, sums.has(p.pipeline) ? 'compares' : p.outbound ? 'sends' : 'reads')}</td>
      <td>${p.last_run ? html`<time datetime="${p.last_run.started_at}">${timeText(p.last_run.started_at, town.zone)}</time>` : ''}</td>
      ${next.size > 0 ? html`<td>${next.has(p.pipeline) ? timeText(next.get(p.pipeline)!, town.zone) : ''}</td>` : ''}
      ${(sums.has(p.pipeline) ? [undefined, undefined, undefined, undefined] : [p.last_run?.read, p.last_run?.created, p.last_run?.changed, p.open_rejects]).map((n) => html`<td class="n">${n === undefined ? '' : countText(n)}</td>`)}
    </tr>`;
  return html`<section aria-labelledby="pipelines">
    <h2 id="pipelines">Pipelines</h2>
    ${scrolling(
      'Pipelines',
      html`<table>
        <caption>
          The last run of each, in records; “rejected” counts records that need to be fixed now
        </caption>
        <thead>
          <tr>
            <th scope="col">Pipeline</th>
            <th scope="col">Outcome</th>
            <th scope="col">Last run</th>
            ${next.size > 0 ? html`<th scope="col">Next run</th>` : ''}
            <th scope="col" class="n">Read</th>
            <th scope="col" class="n">New</th>
            <th scope="col" class="n">Changed</th>
            <th scope="col" class="n">Rejected</th>
          </tr>
        </thead>
        <tbody>
          ${pipelines.map(row)}
        </tbody>
      </table>`,
    )}
    ${weak.map((text) => html`<p>${statusMark('note', text)}</p>`)} ${pipelines.map((p) => waiting(p, town))}
  </section>`;
}

/** Files that are there and were not read: the page of the pipeline names them. */
function waiting({ pipeline, title, waiting_files: files }: PipelineStatus, { zone }: Town): Html | '' {
  if (files.length === 0) return '';
  const since = files.reduce((first, file) => (file.since < first ? file.since : first), files[0]!.since);
  return html`<p>
    ${statusMark('note', files.length === 1 ? '1 file is waiting' : `${counted(files.length, 'file')} are waiting`)} to be read by
    <a href="/pipelines/${pipeline}#waiting-files">${title ?? pipeline}</a>, since
    <time datetime="${since}">${timeText(since, zone)}</time>.
  </p>`;
}

function revenue({ monthly: m }: Overview): Html {
  if (!m)
    return html`<section aria-labelledby="revenue">
      <h2 id="revenue">Revenue</h2>
      <p>No revenue has been read yet.</p>
    </section>`;
  const money = (minor: number): string => formatMoney(minor, m.currency);
  const span = m.months.length === 1 ? monthText(m.months[0]!) : `${monthText(m.months[0]!)} to ${monthText(m.months.at(-1)!)}`;
  const line = (name: Html, months: readonly number[], total: number, open: number): Html =>
    html`<tr>
      ${name}${months.map((minor) => figureCell(minor, m.currency))}
      <td class="n sum">${money(total)}</td>
      ${figureCell(open, m.currency)}
    </tr>`;
  return html`<section aria-labelledby="revenue">
    <div class="heading">
      <h2 id="revenue">Revenue by department and month</h2>
      <p><a href="/revenue">${m.earlier ? 'All months, accounts and ways of paying' : 'By account and way of paying'}</a></p>
    </div>
    <figure>
      ${columnChart({ periods: m.months, series: chartSeries(m), currency: m.currency, title: `Revenue by department, ${span}` })}
    </figure>
    ${scrolling(
      'Revenue by department and month',
      html`<table>
        <caption>
          Revenue in ${m.currency}, ${span}
        </caption>
        <thead>
          <tr>
            <th scope="col">Department</th>
            ${m.months.map((month) => html`<th scope="col" class="n">${monthText(month, 'short')}</th>`)}
            <th scope="col" class="n">Total</th>
            <th scope="col" class="n">Not reconciled</th>
          </tr>
        </thead>
        <tbody>
          ${m.departments.map((d) => line(html`<th scope="row">${d.name}</th>`, d.months, d.total, d.unreconciled))}
        </tbody>
        <tfoot>
          ${line(html`<th scope="row">Total</th>`, m.months_total, m.total, m.unreconciled)}
        </tfoot>
      </table>`,
    )}
  </section>`;
}

function reconciliations({ reconciliations: list, pipelines: all, town }: Overview): Html {
  const titles = new Map(all.map((p) => [p.pipeline, p.title]));
  if (list.length === 0)
    return html`<section aria-labelledby="reconciliations">
      <h2 id="reconciliations">Reconciliations</h2>
      <p>There are none yet. A pipeline with <code>reconcile</code> compares the sums of two systems.</p>
    </section>`;
  const row = (r: Reconciliation): Html => {
    const differing = differingCount(r.counts);
    const state =
      r.ranAt === null
        ? statusMark('idle', 'has not run yet')
        : differing === 0
          ? statusMark('good', 'all matched')
          : statusMark('note', `${countText(differing)} left to explain`);
    const counts = r.ranAt === null ? ['', '', ''] : [r.counts.matched, differing, r.counts.unchecked].map(countText);
    return html`<tr>
      <th scope="row"><a href="/reconciliation/${r.pipeline}">${titles.get(r.pipeline) ?? r.pipeline}</a></th>
      <td>${state}</td>
      <td>${r.left} and ${r.right}</td>
      ${counts.map((n) => html`<td class="n">${n}</td>`)}
      <td>${r.ranAt === null ? '' : html`<time datetime="${r.ranAt}">${timeText(r.ranAt, town.zone)}</time>`}</td>
    </tr>`;
  };
  return html`<section aria-labelledby="reconciliations">
    <h2 id="reconciliations">Reconciliations</h2>
    ${scrolling(
      'Reconciliations',
      html`<table>
        <caption>
          How many sums match; differences are not netted
        </caption>
        <thead>
          <tr>
            <th scope="col">Reconciliation</th>
            <th scope="col">Result</th>
            <th scope="col">What is compared</th>
            <th scope="col" class="n">Matched</th>
            <th scope="col" class="n">Left to explain</th>
            <th scope="col" class="n">Not checked</th>
            <th scope="col">Last run</th>
          </tr>
        </thead>
        <tbody>
          ${list.map(row)}
        </tbody>
      </table>`,
    )}
  </section>`;
}

/** Only where something goes to other systems. */
function outgoing({ pipelines, town }: Overview): Html | '' {
  const list = pipelines.flatMap(({ pipeline, title, mode, outbound }) => (outbound ? [{ pipeline, title, mode, outbound }] : []));
  if (list.length === 0) return '';
  const row = ({ pipeline, title, mode, outbound: o }: (typeof list)[number]): Html =>
    html`<tr>
      <th scope="row"><a href="/pipelines/${pipeline}">${title ?? pipeline}</a></th>
      <td>${MODE_LABELS[mode] ?? mode}</td>
      <td>${outgoingState(o, mode)}</td>
      <td class="n">${countText(o.queued + o.shadow)}</td>
      <td class="n">${countText(o.on_its_way)}</td>
      <td>${lastDelivery(o, town)}</td>
    </tr>`;
  return html`<section aria-labelledby="outgoing">
    <h2 id="outgoing">To other systems</h2>
    ${scrolling(
      'To other systems',
      html`<table>
        <caption>
          Records for other systems
        </caption>
        <thead>
          <tr>
            <th scope="col">Pipeline</th>
            <th scope="col">Mode</th>
            <th scope="col">Needs attention</th>
            <th scope="col" class="n">Not sent yet</th>
            <th scope="col" class="n">On its way</th>
            <th scope="col">Last delivery</th>
          </tr>
        </thead>
        <tbody>
          ${list.map(row)}
        </tbody>
      </table>`,
    )}
  </section>`;
}

function outgoingState(o: OutboundStatus, mode: string): Html {
  const late = o.overdue === 0 ? [] : [o.overdue === 1 ? '1 delivery is late' : `${countText(o.overdue)} deliveries are late`];
  const parts = [...(forAPerson(o) ? [forAPersonText(o)] : []), ...late];
  return parts.length ? statusMark('note', parts.join(', ')) : statusMark(mode === 'off' ? 'idle' : 'good', 'nothing');
}

function lastDelivery({ last_delivery: last }: OutboundStatus, { zone }: Town): Html | string {
  if (!last) return 'nothing was sent yet';
  const at = last.sent_at ?? last.prepared_at;
  return html`<a href="/deliveries/${last.id}">${last.name}</a><br />
    <span class="quiet">${DELIVERY_LABELS[last.state]}, <time datetime="${at}">${timeText(at, zone)}</time></span>`;
}

function rejectedNow({ pipelines }: Overview): Html {
  const some = pipelines.filter((p) => p.open_rejects > 0);
  const aside = some.reduce((sum, p) => sum + p.open_rejects, 0);
  const text =
    aside === 0
      ? html`<p>${statusMark('good', 'Every record that was read could be used.')}</p>`
      : html`<p>
          ${aside === 1 ? '1 record could not be used and waits' : `${counted(aside, 'record')} could not be used and wait`} to be fixed:
          ${some.map((p, i) => html`${i ? ', ' : ''}${countText(p.open_rejects)} of <a href="/rejects?pipeline=${p.pipeline}">${p.title ?? p.pipeline}</a>`)}.
          <a href="/rejects">See why, and what to do</a>
        </p>`;
  return html`<section aria-labelledby="rejected">
    <h2 id="rejected">Rejected records</h2>
    ${text}
  </section>`;
}

/** What it is doing, or how its last run ended. */
function stateMark(p: PipelineStatus, kind: PipelineKind): Html {
  if (p.mode === 'off') return statusMark('idle', 'Off');
  if (p.stalled_since) return statusMark('note', 'stalled');
  if (p.running) return statusMark('idle', 'running');
  if (p.unrecorded) return statusMark('bad', 'not recorded in the store');
  if (!p.last_run) return statusMark('idle', 'has not run yet');
  if (p.last_run.outcome === null) return statusMark('bad', 'ended without a result');
  return outcomeMark(p.last_run.outcome, p.last_run, kind);
}
