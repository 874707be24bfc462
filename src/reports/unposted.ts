import { calendarDay } from '../core/time.ts';
import { receiptPipelines } from '../engine/outbound/receipt-pipelines.ts';
import { UNSETTLED } from '../engine/periods/checklist.ts';
import type { Engine } from '../engine/run/run.ts';
import { amountsOfReceipts } from '../store/landing/golden.ts';
import { listOutbox } from '../store/outbound/outbox.ts';
import { columnsFrom, type Report, type ReportRow } from './report-table.ts';

interface Group {
  pipeline: string;
  state: string;
  currency: string;
  receipts: number;
  /** Minor units. */
  amount: number;
  oldest: string | null;
  reason: string | null;
}

/**
 * `report unposted`: receipts up to a day that a pipeline sends to the ledger, and that the ledger has not taken as far as anybody knows.
 * What a pipeline only tries (shadow) has not been sent and is not here; what a person dismissed is not either.
 */
export async function unpostedReport(engine: Engine, asOf: string): Promise<Report> {
  const { project, knex } = engine;
  const { receipts: entity } = project.config.revenue;
  const { time_zone: zone, currency: town } = project.config.town;
  const groups = new Map<string, Group>();
  const pipelines: string[] = [];
  for (const { pipeline, mode } of receiptPipelines(project)) {
    pipelines.push(mode === 'live' ? pipeline : `${pipeline} (${mode})`);
    const rows = await listOutbox(knex, { pipeline, states: UNSETTLED, latest: true });
    const known = await amountsOfReceipts(
      knex,
      entity,
      rows.map(({ golden }) => golden),
    );
    for (const { golden, state, problems } of rows) {
      const receipt = known.get(golden);
      const day = receipt?.day ? calendarDay(receipt.day, zone) : null;
      if (day !== null && day > asOf) continue;
      const currency = receipt?.currency ?? town;
      const reason = problems[0]?.message ?? null;
      const key = JSON.stringify([pipeline, state, currency, reason]);
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { pipeline, state, currency, receipts: 0, amount: 0, oldest: null, reason }));
      group.receipts++;
      group.amount += receipt?.minor ?? 0;
      if (day !== null && (group.oldest === null || day < group.oldest)) group.oldest = day;
    }
  }
  return {
    title: `Not in the ledger on ${asOf}`,
    definition: { report: 'unposted', as_of: asOf },
    notes: [
      pipelines.length
        ? `Receipts are sent by ${pipelines.sort().join(', ')}.`
        : 'No pipeline sends receipts to a ledger, so nothing is known of what it has.',
      'interlocal deliver list --pipeline NAME --state STATE has each of them.',
    ],
    tables: [
      {
        name: 'unposted',
        title: 'Unposted',
        columns: columnsFrom(
          'pipeline:Pipeline',
          'state:State',
          'receipts:Receipts:count',
          'currency:Currency',
          'amount:Amount:money',
          'oldest:Oldest',
          'reason:Why',
        ),
        rows: [...groups.values()]
          .sort((a, b) => (a.pipeline + a.state < b.pipeline + b.state ? -1 : 1))
          .map((group): ReportRow => ({ ...group })),
      },
    ],
  };
}
