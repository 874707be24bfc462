import { MOVING_PERIODS, type SavedReport } from '../config/schema/saved-report.ts';
import { ConfigError } from '../core/errors.ts';
import { knownPeriod } from '../engine/periods/periods.ts';
import type { Engine } from '../engine/run/engine.ts';
import { dayBefore, monthOf, type Period, yearOf } from '../reconciliation/periods/fiscal.ts';
import { assertDatedInOrder } from '../store/landing/as-of.ts';
import { type AsOf, keptOrRefused, notKept } from './as-of.ts';
import type { Report } from './output/table.ts';

/** When a report is made, and as of which time. */
export interface Making {
  /** The town's day on which it is made. */
  today: string;
  asOf?: AsOf | undefined;
}

interface Days {
  from?: string | undefined;
  to?: string | undefined;
}

/** The period that a report is asked for, also one that moves on: last_month. Throws ConfigError PERIOD_UNKNOWN. */
export function periodOf({ project }: Pick<Engine, 'project'>, text: string, { today, asOf }: Making): Period {
  const starts = project.config.town.fiscal_year_starts;
  const day = asOf?.day ?? today;
  if (!(MOVING_PERIODS as readonly string[]).includes(text)) return knownPeriod({ project }, text);
  if (text === 'yesterday') return knownPeriod({ project }, dayBefore(day));
  const of = text.endsWith('_month') ? monthOf : yearOf;
  const current = of(day, starts);
  return text.startsWith('last_') ? of(dayBefore(current.first), starts) : current;
}

/** The days that a report is about. Throws ConfigError. */
export function daysOf(engine: Pick<Engine, 'project'>, request: SavedReport, making: Making): Days & { period?: Period } {
  const { in: period, from, to } = request as Days & { in?: string };
  if (period !== undefined && (from ?? to) !== undefined)
    throw usage(
      '--in',
      '--in already says which days the report covers, so --from and --to cannot be given with it.',
      'Leave out --in, or --from and --to.',
    );
  if (from !== undefined && to !== undefined && from > to) throw usage('--to', `${to} is before ${from}.`, 'Give the earlier date first.');
  if (period === undefined) return { from, to };
  const known = periodOf(engine, period, making);
  return { from: known.first, to: known.last, period: known };
}

/**
 * Makes any report that is made of tables, from its definition. Throws ConfigError: for what it names and there is not; AS_OF_NOT_KEPT
 * where it cannot be told as of the time that is asked for.
 */
export async function makeReport(engine: Engine, request: SavedReport, making: Making): Promise<Report> {
  const { asOf } = making;
  if (asOf !== undefined && !TOLD_AS_OF.includes(request.report)) throw notKept(request.report, WHY_NOT[request.report] ?? OF_NOW, HINT);
  const { as_of: balanceDay } = request as { as_of?: string };
  if (balanceDay !== undefined && balanceDay > making.today)
    throw usage(
      '--as-of',
      `${balanceDay} has not come yet, so it is not known how things stand then.`,
      `For what is known today, leave --as-of out.`,
    );
  return keptOrRefused(request.report, async () => {
    if (asOf !== undefined) await assertDatedInOrder(engine.knex, asOf.moment);
    return made(engine, request, making);
  });
}

async function made(engine: Engine, request: SavedReport, making: Making): Promise<Report> {
  const days = daysOf(engine, request, making);
  const { from, to } = days;
  const range = { from, to };
  const moment = making.asOf?.moment;
  const today = making.asOf?.day ?? making.today;
  switch (request.report) {
    case 'revenue': {
      const { by, period, report: _report, title: _title, table: _table, in: _in, ...filter } = request;
      return (await import('./revenue/by.ts')).revenueByReport(engine, { ...filter, ...range }, by, period, moment);
    }
    case 'receipts': {
      const { report: _report, title: _title, table: _table, in: _in, ...filter } = request;
      return (await import('./revenue/receipts.ts')).receiptsReport(engine, { ...filter, ...range });
    }
    case 'reconciled':
      return (await import('./reconciliation/reconciled.ts')).reconciledReport(engine, range);
    case 'adjustments':
      return (await import('./ledger/adjustments.ts')).adjustmentsReport(engine, range, moment);
    case 'exceptions':
      return (await import('./reconciliation/exceptions.ts')).openExceptionsReport(engine, to ?? today);
    case 'entries':
      return (await import('./ledger/entries.ts')).entriesReport(engine, range);
    case 'postings':
      return (await import('./ledger/postings.ts')).postingsReport(engine, {
        ...range,
        account: request.account,
        what: request.what,
        tender: request.tender,
        why: request.why,
      });
    case 'clearing':
      return (await import('./ledger/postings.ts')).clearingReport(engine, { from, to: to ?? today, account: request.account });
    case 'gaps':
      return (await import('./revenue/gaps.ts')).gapsReport(engine, range);
    case 'drawers':
      return (await import('./reconciliation/drawers.ts')).drawersReport(engine, range, moment);
    case 'drawer': {
      const { place, cashier, tender } = request;
      return (await import('./reconciliation/drawers.ts')).drawerReport(engine, { ...range, place, cashier, tender });
    }
    case 'deposits': {
      const { depositPipelines, depositsReport, theOnly } = await import('./reconciliation/deposits.ts');
      const pipeline = request.pipeline ?? theOnly(depositPipelines(engine.project), 'deposits');
      await known(engine, pipeline);
      return depositsReport(engine, pipeline, { ...range, deposit: request.deposit });
    }
    case 'settlements': {
      const { theOnly } = await import('./reconciliation/deposits.ts');
      const { settlementPipelines, settlementsReport } = await import('./reconciliation/settlements.ts');
      const all = settlementPipelines(engine.project);
      const pipeline = request.pipeline ?? theOnly(all, 'settlements');
      await known(engine, pipeline);
      if (!all.includes(pipeline))
        throw usage(
          'pipeline',
          `The reconciliation ${pipeline} has no settlements.`,
          all.length
            ? `Those that have: ${all.join(', ')}.`
            : 'A reconciliation has settlements if it has a pass of kind settlement: see docs/reconciliation.md.',
        );
      return settlementsReport(engine, pipeline, { ...range, settlement: request.settlement });
    }
    case 'records': {
      await known(engine, request.pipeline);
      const { side, state, standing, record, key } = request;
      return (await import('./records.ts')).recordsReport(engine, request.pipeline, { ...range, side, state, standing, record, key });
    }
    case 'proof-of-cash':
      await known(engine, request.pipeline);
      return (await import('./reconciliation/proof-of-cash.ts')).proofOfCash(engine, request.pipeline, days.period!);
    case 'years':
      return (await import('./revenue/years.ts')).yearsReport(engine, { from: from!, to: to! }, request.by, moment);
    case 'outstanding':
      await known(engine, request.pipeline);
      return (await import('./reconciliation/bank-reconciliation.ts')).outstandingReport(engine, request.pipeline, request.as_of ?? today, {
        side: request.side,
        refunds: request.refunds,
      });
    case 'unposted':
      return (await import('./ledger/unposted.ts')).unpostedReport(engine, request.as_of ?? today);
    case 'aging': {
      const day = request.as_of !== undefined && request.as_of < today ? request.as_of : today;
      return (await import('./reconciliation/aging.ts')).agingReport(engine, making.asOf ? day : (request.as_of ?? day), moment, {
        type: request.type,
        age: request.age,
        owner: request.owner,
      });
    }
  }
}

/** Those whose figures the history tells as of a time: of closed periods, of receipts, of exceptions. */
const TOLD_AS_OF: readonly SavedReport['report'][] = ['revenue', 'adjustments', 'drawers', 'years', 'aging'];
const OF_NOW = 'it tells how things stand now, and how they stood before is not kept.';
const MATCHES = 'how all matches stood then is not kept: a reconciliation that compares sums makes them again in each run.';
const WHY_NOT: Partial<Record<SavedReport['report'], string>> = {
  reconciled: MATCHES,
  deposits: MATCHES,
  settlements: MATCHES,
  records: MATCHES,
  outstanding: MATCHES,
  'proof-of-cash': MATCHES,
  receipts: 'how receipts of an open period stood, and from which line each came then, is not kept.',
  exceptions: 'what the sentences of exceptions said then is not kept.',
  gaps: 'when a rejected record was fixed is not kept.',
};
const HINT =
  'revenue, adjustments, years, drawers and aging can be told as of a time; so can what a closing kept: --in with a period that was closed then.';

async function known({ project }: Engine, pipeline: string): Promise<void> {
  (await import('./reconciliation/exceptions.ts')).checkReconciliationName(project, pipeline);
}

function usage(path: string, message: string, hint: string): ConfigError {
  return new ConfigError({ code: 'USAGE', place: { path }, message, hint });
}
