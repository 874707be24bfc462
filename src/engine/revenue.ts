import type { GroupKey, PipelineConfig, ReconciliationConfig } from '../config/schema/pipeline.ts';
import { fiscalPeriod, fiscalYear } from '../core/time.ts';
import { keyPart } from '../revenue/period.ts';
import { type Difference, listDifferences } from '../store/differences.ts';
import { linesOfReceipts, receiptsAfter } from '../store/golden.ts';
import { columnsOfEntity } from '../store/model-tables.ts';
import { everSucceeded } from '../store/runs.ts';
import type { Engine } from './run.ts';

export type PeriodKind = 'day' | 'month' | 'fiscal-period' | 'fiscal-year';

/** One line of the revenue report. Amounts are minor units. */
export interface RevenueRow {
  department: string;
  account: string;
  tender: string;
  period: string;
  currency: string;
  receipts: number;
  amount: number;
  reconciled: number;
  unreconciled: number;
  /** Why what is not reconciled is not. */
  reasons: string[];
  /** How much of it each reason holds back; what has several reasons counts under each. */
  byReason: Record<string, number>;
}

type Row = Record<string, string | number | null>;

/** A reconciliation that covers receipts, with what it found where it did not match. */
interface Cover {
  pipeline: string;
  /** It has never run: nothing it covers is reconciled. */
  neverRan: boolean;
  where: Readonly<Record<string, string | readonly string[]>>;
  keys: GroupKey[];
  unmatched: Map<string, Difference>;
}

const PAGE = 5000;

/**
 * Revenue by department, account, tender and period: every receipt that is not voided, once; split over accounts by its
 * lines where it has no account of its own. A receipt is reconciled when every reconciliation that covers it matched.
 */
export async function revenueReport(
  engine: Engine,
  options: { period: PeriodKind; from?: string; to?: string; department?: string },
): Promise<RevenueRow[]> {
  const { project, knex } = engine;
  const { receipts: receiptEntity, lines: lineEntity } = project.config.revenue;
  const entity = project.entities.get(receiptEntity);
  if (!entity) return [];
  const has = new Set(columnsOfEntity(entity.value).map((c) => c.name));
  const covers = await coversOf(engine, receiptEntity);
  const starts = project.config.town.fiscal_year_starts;
  const rows = new Map<string, RevenueRow>();

  const add = (
    receipt: Row,
    department: string | null,
    account: string | null,
    amount: number,
    count: number,
    reasons: readonly string[],
  ): void => {
    if (options.department !== undefined && department !== options.department) return;
    const line = {
      department: department ?? '(no department)',
      account: account ?? '(no account)',
      tender: (receipt.tender as string | null) ?? '(no tender)',
      period: periodOf(String(receipt.received_on ?? ''), options.period, starts),
      currency: String(receipt.amount_currency ?? project.config.town.currency),
    };
    const id = JSON.stringify([line.department, line.account, line.tender, line.period, line.currency]);
    let row = rows.get(id);
    if (!row) rows.set(id, (row = { ...line, receipts: 0, amount: 0, reconciled: 0, unreconciled: 0, reasons: [], byReason: {} }));
    row.receipts += count;
    row.amount += amount;
    if (reasons.length === 0) row.reconciled += amount;
    else {
      row.unreconciled += amount;
      for (const reason of reasons) row.byReason[reason] = (row.byReason[reason] ?? 0) + amount;
    }
  };

  for (let after = 0; ;) {
    const page: Row[] = await receiptsAfter(knex, receiptEntity, after, {
      limit: PAGE,
      notVoided: has.has('status'),
      from: options.from,
      to: options.to,
    });
    if (page.length === 0) break;
    after = page.at(-1)!._id as number;
    const split = page.filter((r) => (r.account ?? null) === null && (r.receipt_number ?? null) !== null);
    const lines = await linesOf(engine, lineEntity, split);
    for (const receipt of page) {
      const reasons = reasonsFor(receipt, covers, starts);
      const own = lines.get(`${receipt.source as string}\u001f${receipt.receipt_number as string}`);
      if (!own) {
        add(receipt, receipt.department as string | null, receipt.account as string | null, receipt.amount as number, 1, reasons);
        continue;
      }
      let left = receipt.amount as number;
      own.forEach((line, i) => {
        left -= line.amount as number;
        add(
          receipt,
          (line.department ?? receipt.department) as string | null,
          line.account as string | null,
          line.amount as number,
          i === 0 ? 1 : 0,
          reasons,
        );
      });
      if (left !== 0)
        add(receipt, receipt.department as string | null, null, left, 0, [...reasons, 'the lines of the receipt do not add up to it']);
    }
  }
  return [...rows.values()]
    .map((row) => ({ ...row, reasons: Object.keys(row.byReason).sort() }))
    .sort(
      (a, b) => order(a.department, b.department) || order(a.account, b.account) || order(a.tender, b.tender) || order(a.period, b.period),
    );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function periodOf(date: string, kind: PeriodKind, fiscalYearStarts: string): string {
  if (kind === 'day') return date;
  if (kind === 'month') return date.slice(0, 7);
  if (kind === 'fiscal-year') return fiscalYear(date, fiscalYearStarts);
  return `${fiscalYear(date, fiscalYearStarts)} P${String(fiscalPeriod(date, fiscalYearStarts)).padStart(2, '0')}`;
}

async function linesOf({ project, knex }: Engine, lineEntity: string, receipts: readonly Row[]): Promise<Map<string, Row[]>> {
  const lines = new Map<string, Row[]>();
  if (receipts.length === 0 || !project.entities.has(lineEntity)) return lines;
  const numbers = [...new Set(receipts.map((r) => r.receipt_number as string))];
  for (const line of await linesOfReceipts(knex, lineEntity, numbers)) {
    const id = `${line.source as string}\u001f${line.receipt_number as string}`;
    const list = lines.get(id);
    if (list) list.push(line);
    else lines.set(id, [line]);
  }
  return lines;
}

async function coversOf({ project, knex }: Engine, receiptEntity: string): Promise<Cover[]> {
  const covers: Cover[] = [];
  for (const [pipeline, { value }] of project.pipelines) {
    for (const side of ['left', 'right'] as const) {
      const config = value.reconcile;
      if (!config || config[side].entity !== receiptEntity || value.mode === 'off') continue;
      covers.push(await coverOf(pipeline, value, config, side));
    }
  }
  return covers;

  async function coverOf(pipeline: string, value: PipelineConfig, config: ReconciliationConfig, side: 'left' | 'right'): Promise<Cover> {
    const depth = config.match_on.length;
    const unmatched = await listDifferences(knex, pipeline, { depth, status: ['differs', 'left_only', 'right_only', 'unchecked'] });
    return {
      pipeline,
      neverRan: !(await everSucceeded(knex, value.pipeline)),
      where: config[side].where,
      keys: config.match_on.map((m) => m[side]),
      unmatched: new Map(unmatched.map((d) => [JSON.stringify(d.key), d])),
    };
  }
}

/** Why a receipt is not reconciled; empty when it is. */
function reasonsFor(receipt: Row, covers: readonly Cover[], starts: string): string[] {
  const covering = covers.filter((c) =>
    Object.entries(c.where).every(([column, wanted]) => [wanted].flat().includes(String(receipt[column]))),
  );
  if (covering.length === 0) return ['no reconciliation covers it'];
  const reasons: string[] = [];
  for (const cover of covering) {
    if (cover.neverRan) reasons.push(`${cover.pipeline} has not run yet`);
    else {
      const difference = cover.unmatched.get(JSON.stringify(cover.keys.map((key) => keyPart(key, receipt, starts))));
      if (difference) reasons.push(`${cover.pipeline}, ${difference.key.join(' ')}: ${difference.reason ?? difference.status}`);
    }
  }
  return reasons;
}
