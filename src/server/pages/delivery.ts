import { counted } from '../../core/text/counted.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import type { Value, Values } from '../../core/record.ts';
import { toSettle } from '../../reports/outbound/deliveries.ts';
import type { Delivery, OutboxRow } from '../../reports/outbound/outgoing.ts';
import { deliveryMark, recordMark } from './parts/delivery-words.ts';
import { html, type Html } from './parts/html.ts';
import { type Page, scrolling, type Town } from './parts/page.ts';
import { HIDDEN, isPersonal, withoutPersonal } from './parts/personal-values.ts';
import { shownProblem } from './parts/problem-words.ts';
import { countText, timeText } from './parts/words.ts';
import { lines, recordName } from './outgoing.ts';

export interface DeliveryView {
  town: Town;
  now: Date;
  sink: SinkConfig;
  entity: string;
  delivery: Delivery;
  /** The first of its records. */
  rows: OutboxRow[];
}

/** `/deliveries/ID`: one file, request or statement, with its records. */
export function deliveryPage(view: DeliveryView): Page {
  const { town, now, sink, delivery: d, rows } = view;
  const time = (utc: string): Html => html`<time datetime="${utc}">${timeText(utc, town.zone)}</time>`;
  const facts: [string, Html | string][] = [
    ['To', `${d.connection} (${d.sink})`],
    ['Pipeline', html`<a href="/pipelines/${d.pipeline}">${d.pipeline}</a>`],
    ['State', deliveryMark(sink, d, now)],
    ['Records', countText(d.records)],
    ...Object.entries(d.totals),
    ['For the day', d.day],
    ['Sent', d.sentAt ? time(d.sentAt) : 'not yet'],
    ['Answered', d.answeredAt ? time(d.answeredAt) : 'not yet'],
    ...(toSettle(sink, d) ? [['Answer due from', sink.acknowledgment!.person!] as [string, string]] : []),
  ];
  return {
    title: `Delivery ${d.id}`,
    section: '/',
    below: true,
    lead: d.name,
    body: html`<dl class="facts">
        ${facts.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      ${d.sha256 ? html`<p class="quiet hash">SHA-256 of what was sent: ${d.sha256}</p>` : ''} ${said(view)}
      <section aria-labelledby="records">
        <h2 id="records">Records</h2>
        ${rows.length === 0 ? html`<p>It has no records anymore: they were sent again.</p>` : recordsTable(view)}
        <p>
          Personal values are shown as ${HIDDEN}. <code>interlocal deliver show ${d.id}</code> shows all of it;
          <code>interlocal deliver settle ${d.id} --accepted</code> or <code>--rejected</code> records what became of it, when only a person
          can see that.
        </p>
      </section>`,
  };
}

function said({ sink, delivery: d, rows }: DeliveryView): Html | '' {
  const records = rows.map((row) => row.values);
  const problems = d.problems.map(shownProblem);
  if (d.answer === null && problems.length === 0) return '';
  return html`<section aria-labelledby="answer">
    <h2 id="answer">What the remote system said</h2>
    ${d.answer === null ? '' : html`<blockquote>${withoutPersonal(d.answer, sink, records)}</blockquote>`}
    ${
      problems.length
        ? html`<ul class="problems">
            ${problems.map((p) => html`<li>${withoutPersonal(p.what, sink, records)} <span class="todo">${p.todo}</span></li>`)}
          </ul>`
        : ''
    }
  </section>`;
}

function recordsTable({ sink, entity, delivery, rows }: DeliveryView): Html {
  const row = (r: OutboxRow): Html =>
    html`<tr>
      <td class="n">${r.id}</td>
      <th scope="row" class="key">${recordName(sink, entity, r)}</th>
      <td>${recordMark(r)}</td>
      <td class="values">
        ${fieldList(sink, r.values, '')} ${lines(r.problems.map((p) => withoutPersonal(shownProblem(p).what, sink, [r.values])))}
      </td>
    </tr>`;
  return scrolling(
    'Records',
    html`<table class="words">
      <caption>
        ${rows.length < delivery.records ? `The first ${countText(rows.length)} of ${counted(delivery.records, 'record')}` : counted(rows.length, 'record')},
        with the values that were sent
      </caption>
      <thead>
        <tr>
          <th scope="col" class="n">No.</th>
          <th scope="col">Record</th>
          <th scope="col">State</th>
          <th scope="col">Values</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>`,
  );
}

/** Fields without a value are left out. */
function fieldList(sink: SinkConfig, values: Values, below: string): Html {
  const item = ([name, value]: [string, Value]): Html | '' => {
    const path = `${below}${name}`;
    if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return '';
    if (isPersonal(sink, path)) return html`<li><span class="quiet">${name}</span> ${HIDDEN}</li>`;
    if (typeof value === 'string') return html`<li><span class="quiet">${name}</span> ${value}</li>`;
    const items = Array.isArray(value) ? value : [value];
    return html`<li class="inside"><span class="quiet">${name}</span> ${items.map((one) => insideOf(sink, one, `${path}.`))}</li>`;
  };
  return html`<ul class="fields">
    ${Object.entries(values).map(item)}
  </ul>`;
}

function insideOf(sink: SinkConfig, value: Value, below: string): Html {
  if (value === null || typeof value === 'string') return html`${value ?? ''} `;
  return Array.isArray(value) ? html`${value.map((one) => insideOf(sink, one, below))}` : fieldList(sink, value, below);
}
