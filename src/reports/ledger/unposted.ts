import { calendarDay } from '../../core/time/time.ts';
import { receiptPipelines } from '../../engine/outbound/receipt-pipelines.ts';
import { entryPipelines, missingEntries } from '../../engine/outbound/entries/open-entries.ts';
import { referenceOf } from '../../engine/outbound/entries/entry-record.ts';
import { UNSETTLED } from '../../engine/periods/checklist.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { amountsOfReceipts } from '../../store/landing/golden.ts';
import { listEntries } from '../../store/outbound/entries.ts';
import { listOutbox } from '../../store/outbound/outbox.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

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
 * `report unposted`: receipts up to a day that a pipeline sends to the ledger, and journal entries, that the ledger has not taken as far as anybody knows;
 * and money that is due in the ledger and in no entry yet.
 * What a pipeline only tries (shadow) has not been sent and is not here; what a person dismissed is not either.
 */
export async function unpostedReport(engine: Engine, asOf: string, now = new Date()): Promise<Report> {
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
  const { rows: entries, names } = await unpostedEntries(engine, asOf, now);
  const sends = [...pipelines.sort(), ...names];
  return {
    title: `Not in the ledger on ${asOf}`,
    definition: { report: 'unposted', as_of: asOf },
    notes: [
      sends.length
        ? `Receipts, or journal entries of them, are sent by ${sends.join(', ')}.`
        : 'No pipeline sends receipts or journal entries to a ledger, so nothing is known of what it has.',
    ],
    tables: [
      {
        name: 'unposted',
        title: 'Unposted',
        drills: [
          {
            as: 'drill',
            what: 'Receipts of a line; explain has the file and line of each',
            command: ['deliver', 'list'],
            args: ['pipeline'],
            options: { '--state': 'state' },
          },
        ],
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
      {
        name: 'entries',
        title: 'Journal entries',
        drills: [
          { as: 'drill', what: 'Lines and receipts of an entry', command: ['report', 'journal'], args: ['entry'] },
          { as: 'drill', what: 'An entry that is not made yet', command: ['deliver'], args: ['pipeline'], more: ['--preview'] },
        ],
        columns: columnsFrom(
          'pipeline:Pipeline',
          'entry:Entry:count',
          'reference:Reference',
          'period:Period',
          'department:Department',
          'tender:Paid by',
          'corrects:Corrects:count',
          'currency:Currency',
          'amount:Debits:money',
          'state:State',
          'reason:Why',
        ),
        rows: entries,
      },
    ],
  };
}

/** Entries of periods that began by a day and are not in the ledger as far as anybody knows; and those that are not even made. */
async function unpostedEntries(engine: Engine, asOf: string, now: Date): Promise<{ rows: ReportRow[]; names: string[] }> {
  const { project, knex } = engine;
  const rows: ReportRow[] = [];
  const names: string[] = [];
  for (const config of entryPipelines(project).sort((a, b) => (a.pipeline < b.pipeline ? -1 : 1))) {
    const { pipeline, mode, deliver } = config;
    names.push(mode === 'live' ? pipeline : `${pipeline} (${mode})`);
    for (const entry of await listEntries(knex, { pipeline })) {
      const { number, id, period, department, tender, corrects, currency, total, state, problems } = entry;
      if (entry.first > asOf || !UNSETTLED.includes(state)) continue;
      const reason = problems[0]?.message ?? null;
      rows.push({
        pipeline,
        entry: number,
        reference: referenceOf(id),
        period,
        department,
        tender,
        corrects,
        currency,
        amount: total,
        state,
        reason,
      });
    }
    for (const { draft, ready } of await missingEntries(engine, config, asOf, now)) {
      const { id, period, department, tender, corrects, currency, lines } = draft;
      const amount = lines.reduce((sum, line) => sum + line.debit, 0);
      const reason = ready
        ? `interlocal run ${pipeline} makes it`
        : `${period.id} is not ${deliver!.entries!.when === 'closed' ? 'closed' : 'over'} yet`;
      rows.push({
        pipeline,
        entry: null,
        reference: referenceOf(id),
        period: period.id,
        department,
        tender,
        corrects: corrects?.number ?? null,
        currency,
        amount,
        state: 'not made',
        reason,
      });
    }
  }
  return { rows, names };
}
