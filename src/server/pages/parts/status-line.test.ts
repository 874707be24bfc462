import { expect, test } from 'vitest';
import type { PipelineStatus } from '../../../reports/status.ts';
import { statusLine } from './status-line.ts';

function pipeline(id: string, outcome: string | null | 'never', aside = 0): PipelineStatus {
  const run = {
    id: 1,
    started_at: '',
    ended_at: '',
    outcome,
    read: 0,
    created: 0,
    changed: 0,
    unchanged: 0,
    skipped: 0,
    rejected: 0,
    deleted: 0,
    duration_ms: 0,
    problems: [],
    notes: [],
  };
  return {
    pipeline: id,
    title: null,
    mode: 'live',
    schedule: null,
    unrecorded: null,
    running: false,
    stalled_since: null,
    open_rejects: aside,
    waiting_files: [],
    weak_encryption: [],
    outbound: null,
    last_run: outcome === 'never' ? null : run,
  };
}
const revenue = (amount: number, unreconciled: number) => [
  {
    currency: 'USD',
    receipts: 3,
    amount,
    reconciled: amount - unreconciled,
    unreconciled,
    unreconciledReceipts: unreconciled === 0 ? 0 : 2,
  },
];

test('one sentence says how the town stands', () => {
  expect(statusLine([pipeline('a', 'succeeded', 7), pipeline('b', 'succeeded')], revenue(100000, 1234))).toEqual({
    mark: 'note',
    text: 'All 2 pipelines succeeded; 7 records are rejected; revenue of $1,000.00 is reconciled except for $12.34.',
  });
  expect(statusLine([pipeline('a', 'succeeded'), pipeline('b', 'succeeded')], revenue(100, 0))).toEqual({
    mark: 'good',
    text: 'All 2 pipelines succeeded; nothing is rejected; revenue of $1.00 is reconciled to the cent.',
  });
});

test('what failed is named first, and never hidden behind what succeeded', () => {
  const { mark, text } = statusLine(
    [pipeline('a', 'succeeded'), pipeline('bank', 'failed'), pipeline('c', 'partial', 1), pipeline('d', 'never')],
    [],
  );
  expect(mark).toBe('bad');
  expect(text).toBe(
    'The pipeline bank failed; the pipeline c finished, but not with all records; the pipeline d has not run yet; the other pipeline succeeded; 1 record is rejected.',
  );
  expect(
    statusLine(
      ['a', 'b', 'c', 'd', 'e'].map((id) => pipeline(id, 'failed')),
      [],
    ).text,
  ).toBe('The pipelines a, b and 3 more failed; nothing is rejected.');
});

test('a town at its first day is not told that all is well', () => {
  expect(statusLine([], [])).toEqual({ mark: 'idle', text: 'There are no pipelines yet; nothing is rejected.' });
  expect(statusLine([pipeline('a', 'never')], []).text).toBe('No pipeline has run yet; nothing is rejected.');
});

test('differences that cancel out are not called reconciled', () => {
  expect(
    statusLine(
      [pipeline('a', 'succeeded')],
      [{ currency: 'USD', receipts: 2, amount: 0, reconciled: 500, unreconciled: -500, unreconciledReceipts: 1 }],
    ),
  ).toMatchObject({ mark: 'note', text: expect.stringContaining('reconciled except for -$5.00') });
  expect(
    statusLine(
      [pipeline('a', 'succeeded')],
      [{ currency: 'USD', receipts: 2, amount: 500, reconciled: 500, unreconciled: 0, unreconciledReceipts: 2 }],
    ),
  ).toMatchObject({ mark: 'note', text: expect.stringContaining('reconciled except for 2 receipts') });
});

test('what needs review before it goes to another system, and what had no answer, is said', () => {
  const outbound = {
    connection: 'ledger',
    sink: 'entries',
    needs_attention: { review: 2, held: 1, unknown: 0, rejected: 0, refused: 0 },
    to_settle: 2,
    shadow: 5,
    queued: 0,
    on_its_way: 4,
    overdue: 1,
    last_delivery: null,
  };
  expect(statusLine([{ ...pipeline('a', 'succeeded'), outbound }], [])).toEqual({
    mark: 'note',
    text: 'The pipeline a succeeded; nothing is rejected; 3 records to other systems need review; 2 deliveries need an answer; 1 delivery is late.',
  });
});

test('a run that the store could not keep, or that nobody ended, is never told as well or as running', () => {
  const full = { ...pipeline('bank', 'succeeded'), unrecorded: { at: '2026-07-01T00:00:00Z', problems: [] } };
  expect(statusLine([full, pipeline('b', 'succeeded')], [])).toMatchObject({
    mark: 'bad',
    text: expect.stringContaining('bank ran but could not be recorded in the store') as string,
  });
  const lost = pipeline('bank', 'succeeded');
  const { mark, text } = statusLine([{ ...lost, last_run: { ...lost.last_run!, outcome: null } }], []);
  expect([mark, text]).toEqual(['bad', expect.stringContaining('bank ended without a result') as string]);
});
