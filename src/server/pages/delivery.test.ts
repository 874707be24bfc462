import { expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/sink.ts';
import type { Delivery } from '../../reports/outbound/outgoing.ts';
import { textOfHtml } from './parts/html.ts';
import { deliveryPage } from './delivery.ts';

const sink = sinkSchema.parse({
  target: { file: { name: 'a.csv' } },
  encoder: { csv: {} },
  schema: { fields: { Number: {} } },
  idempotency_key: ['Number'],
  acknowledgment: { taken: true, person: 'The edit report.', within: '1d' },
});
const delivery: Delivery = {
  id: 3,
  pipeline: 'to-ledger',
  connection: 'ledger',
  sink: 'entries',
  name: 'a.csv',
  day: '2026-03-02',
  sequence: 1,
  state: 'sent',
  records: 1,
  totals: {},
  sha256: null,
  bytes: null,
  run: 1,
  preparedAt: '2026-03-02T15:00:00Z',
  sentAt: '2026-03-02T15:00:00Z',
  answeredAt: null,
  answer: null,
  problems: [],
};
const page = (state: Delivery['state'], now: string): string =>
  textOfHtml(
    deliveryPage({
      town: { name: 'Maplewood', zone: 'UTC', currency: 'USD', styleVersion: '1' },
      now: new Date(now),
      sink,
      entity: 'receipt',
      delivery: { ...delivery, state },
      rows: [],
    }).body,
  );

test('it says what is still to come: an answer, one that is late, or a word of a person and by what they know it', () => {
  expect(page('sent', '2026-03-02T16:00:00Z')).toContain('sent, no answer yet');
  expect(page('sent', '2026-03-04T16:00:00Z')).toContain('sent, late');
  const taken = page('acknowledged', '2026-03-02T16:00:00Z');
  expect(taken).toContain('received, answer needed');
  expect(taken).toMatch(/Answer due from<\/dt>\s*<dd>The edit report\.<\/dd>/);
  expect(page('accepted', '2026-03-02T16:00:00Z')).not.toContain('settled by');
});
