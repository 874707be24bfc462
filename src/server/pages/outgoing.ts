import { counted } from '../../core/text/counted.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { totalName } from '../../connector/sink/sink-sums.ts';
import { forAPersonText, type OutboundStatus } from '../../reports/outbound/deliveries.ts';
import type { Delivery, OutboxRow } from '../../reports/outbound/outgoing.ts';
import { deliveryMark, recordMark, WHY } from './parts/delivery-words.ts';
import { MODE_LABELS } from '../../reports/output/labels.ts';
import { html, type Html } from './parts/html.ts';
import { scrolling, type Town } from './parts/page.ts';
import { keyParts, withoutPersonal } from './parts/personal-values.ts';
import { shownProblem } from './parts/problem-words.ts';
import { countText, timeText } from './parts/words.ts';

/** What the page of an outbound pipeline shows next to its runs. */
export interface Outgoing {
  sink: SinkConfig;
  entity: string;
  mapping: string;
  status: OutboundStatus;
  /** Some of what waits, what needs a person first. */
  waiting: OutboxRow[];
  /** What those without a key are known by at their source, by their number in the outbox. */
  names: ReadonlyMap<number, string>;
  /** The newest first. */
  deliveries: Delivery[];
}

export function outgoingFacts({ entity, mapping, status: o }: Outgoing, mode: string): [string, Html | string][] {
  const person = forAPersonText(o);
  return [
    ['Sends', `${entity} records to ${o.connection} (${o.sink}); ${mapping} says how fields are translated`],
    ['Mode', MODE_LABELS[mode] ?? mode],
    ['Needs attention', person === '' ? 'nothing' : person],
    ['Not sent yet', counted(o.queued + o.shadow, 'record')],
    ['On its way', counted(o.on_its_way, 'record')],
    ...(o.overdue ? [['Late', o.overdue === 1 ? '1 delivery' : `${countText(o.overdue)} deliveries`] as [string, string]] : []),
  ];
}

export function outgoingSections(town: Town, now: Date, out: Outgoing): Html {
  return html`${waiting(out)} ${deliveries(town, now, out)}`;
}

function waiting(out: Outgoing): Html {
  const { status: o, waiting: rows } = out;
  const all = Object.values(o.needs_attention).reduce((sum, n) => sum + n, o.queued + o.shadow);
  if (rows.length === 0)
    return html`<section aria-labelledby="waiting">
      <h2 id="waiting">What is waiting</h2>
      <p>Nothing is waiting to be sent.</p>
    </section>`;
  return html`<section aria-labelledby="waiting">
    <h2 id="waiting">What is waiting</h2>
    ${scrolling(
      'What is waiting',
      html`<table class="words">
        <caption>
          ${rows.length < all ? `${countText(rows.length)} of ${counted(all, 'record')}` : counted(all, 'record')}, by the number that
          commands name them by
        </caption>
        <thead>
          <tr>
            <th scope="col" class="n">No.</th>
            <th scope="col">Record</th>
            <th scope="col">State</th>
            <th scope="col">Why</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => waitingRow(out, row))}
        </tbody>
      </table>`,
    )}
    <p>
      Decisions are made on the command line: <code>interlocal deliver list ${rows[0]!.pipeline}</code> shows these records, then
      <code>interlocal deliver approve NUMBER</code>, <code>dismiss NUMBER</code> or <code>retry NUMBER</code>.
    </p>
  </section>`;
}

function waitingRow({ sink, entity, names }: Outgoing, row: OutboxRow): Html {
  const problems = row.problems.map(shownProblem);
  const why = problems.map((p) => withoutPersonal(p.what, sink, [row.values]));
  return html`<tr>
    <td class="n">${row.id}</td>
    <th scope="row" class="key">${recordName(sink, entity, row, names.get(row.id))}</th>
    <td>${recordMark(row)}</td>
    <td class="say">${why.length ? lines(why) : (WHY[row.state] ?? '')}</td>
    <td class="say">${lines([...new Set(problems.map((p) => p.todo))])}</td>
  </tr>`;
}

/** By its key; where it has none yet, by what it is known by at its source, or its number in the store. */
export function recordName(sink: SinkConfig, entity: string, row: OutboxRow, known?: string): string {
  const parts = keyParts(sink, row.key);
  const name = parts.length ? parts.join(', ') : (known ?? `${entity} ${row.golden}`);
  return row.version > 1 ? `${name}, version ${row.version}` : name;
}

export function lines(texts: readonly string[]): Html {
  if (texts.length === 1) return html`${texts[0]}`;
  const some = texts.filter((text) => text !== '');
  return some.length === 0
    ? html``
    : html`<ul>
        ${some.map((text) => html`<li>${text}</li>`)}
      </ul>`;
}

function deliveries({ zone }: Town, now: Date, { sink, deliveries: list }: Outgoing): Html {
  if (list.length === 0)
    return html`<section aria-labelledby="deliveries">
      <h2 id="deliveries">Deliveries</h2>
      <p>Nothing was sent yet.</p>
    </section>`;
  const sums = sink.totals.map(totalName);
  const row = (d: Delivery): Html =>
    html`<tr>
      <td class="n">${d.id}</td>
      <th scope="row"><a href="/deliveries/${d.id}">${d.name}</a></th>
      <td>${deliveryMark(sink, d, now)}</td>
      <td>${d.sentAt ? html`<time datetime="${d.sentAt}">${timeText(d.sentAt, zone)}</time>` : ''}</td>
      <td class="n">${countText(d.records)}</td>
      ${sums.map((field) => html`<td class="n">${d.totals[field] ?? ''}</td>`)}
      <td>${d.answeredAt ? html`<time datetime="${d.answeredAt}">${timeText(d.answeredAt, zone)}</time>` : ''}</td>
    </tr>`;
  return html`<section aria-labelledby="deliveries">
    <h2 id="deliveries">Deliveries</h2>
    ${scrolling(
      'Deliveries',
      html`<table>
        <caption>
          What was sent together, newest first
        </caption>
        <thead>
          <tr>
            <th scope="col" class="n">No.</th>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Sent</th>
            <th scope="col" class="n">Records</th>
            ${sums.map((field) => html`<th scope="col" class="n">${field}</th>`)}
            <th scope="col">Answered</th>
          </tr>
        </thead>
        <tbody>
          ${list.map(row)}
        </tbody>
      </table>`,
    )}
  </section>`;
}
