import type { Project } from '../../config/project.ts';
import { calendarDay, startOfDay } from '../../core/time.ts';
import { type Split, splitOfRecord, standingOf, wholly } from '../../reconciliation/standing.ts';
import { type GoldenRow, linesOfReceipts, type ReceivedIn, receiptsAfter } from '../../store/landing/golden.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import type { Knex } from '../../store/open.ts';
import { entityIds, listSources, type Source } from '../../store/ledger/sources.ts';
import { heldBy } from '../../store/reconciliation/totals.ts';
import { coversOf, reasonsOf } from '../reconciliation/covers.ts';
import type { Engine } from '../run/engine.ts';

/** A receipt, or the part of one that one of its lines gives to an account. Amounts are minor units. */
export interface RevenueFact {
  /** The golden record of the receipt. */
  golden: number;
  /** '' for a whole receipt, `rest` for what its lines do not add up to, otherwise the golden record of the line. */
  part: string;
  /** The run that changed the receipt, or this line of it, last. */
  changed: number;
  source: string;
  receiptNumber: string;
  /** The town's calendar day on which the money was taken; '' where the record has none. */
  day: string;
  department: string | null;
  account: string | null;
  tender: string | null;
  currency: string;
  /** 1 for the first part of a receipt, so receipts can be counted. */
  count: number;
  amount: number;
  split: Split;
  /** Why not all of it is reconciled. */
  reasons: string[];
  /** Those of the reasons that a run of a reconciliation, or a person's confirmation, would settle. */
  waiting: string[];
}

const PAGE = 5000;

/**
 * Revenue as facts, in the order of the receipts' ids: every receipt that is not voided, once; split over accounts by its lines where
 * it has no account of its own. Records that only a pipeline gave that is off do not count. `from` and `to`: days, both included.
 *
 * This is the one place that says how much of a receipt is reconciled. A part of a receipt that has several is reconciled with the
 * receipt as a whole or not at all: which line a part of the money was for is not known.
 */
export async function* revenueFacts(
  engine: Engine,
  range: { from?: string | undefined; to?: string | undefined },
): AsyncGenerator<RevenueFact> {
  const { project, knex } = engine;
  const { receipts: receiptEntity, lines: lineEntity } = project.config.revenue;
  const entity = project.entities.get(receiptEntity);
  if (!entity) return;
  const has = new Set(columnsOfEntity(entity.value).map((c) => c.name));
  const { time_zone: zone, currency: town } = project.config.town;
  const ids = await entityIds(knex);
  const off = offSources(project, await listSources(knex));
  const covers = await coversOf(engine, receiptEntity);
  const held = await heldBy(knex, ids.get(receiptEntity)!);
  const lineId = project.entities.has(lineEntity) ? ids.get(lineEntity) : undefined;
  const heldLines = lineId === undefined ? new Map<number, { pipeline: string }>() : await heldBy(knex, lineId);
  for (let after = 0; ;) {
    const page: GoldenRow[] = await receiptsAfter(knex, { entity: receiptEntity, entityId: ids.get(receiptEntity)!, off }, after, {
      limit: PAGE,
      notVoided: has.has('status'),
      ...within(range, entity.value.fields.received_on?.type === 'datetime' ? zone : undefined),
    });
    if (page.length === 0) return;
    after = page.at(-1)!._id as number;
    const legsOf = await covers.legsFor(page);
    const split = page.filter((r) => (r.account ?? null) === null && (r.receipt_number ?? null) !== null);
    const lines = lineId === undefined ? new Map<string, GoldenRow[]>() : await linesOf(knex, lineEntity, lineId, off, split);
    for (const [i, receipt] of page.entries()) {
      const legs = legsOf[i]!;
      const faults: string[] = [];
      const rejected = held.get(receipt._id as number);
      if (rejected) faults.push(newestRejected(rejected.pipeline, 'it'));
      if ((receipt.amount ?? null) === null) faults.push('it has no amount');
      const amount = Number(receipt.amount ?? 0);
      const whole = {
        golden: Number(receipt._id),
        changed: Number(receipt._run),
        source: text(receipt.source) ?? '',
        receiptNumber: text(receipt.receipt_number) ?? `#${receipt._id}`,
        day: calendarDay(text(receipt.received_on) ?? '', zone),
        department: text(receipt.department),
        tender: text(receipt.tender),
        currency: text(receipt.amount_currency) ?? town,
      };
      const part = (name: string, of: Pick<RevenueFact, 'account' | 'amount' | 'count'>, wrong: readonly string[]): RevenueFact => ({
        ...whole,
        ...of,
        part: name,
        split: wholly(standingOf(legs, faults.length + wrong.length > 0), of.amount),
        reasons: [...reasonsOf(legs), ...faults, ...wrong],
        waiting: legs.flatMap(({ waits, reason }) => (waits && reason !== undefined ? [reason] : [])),
      });
      const own = lines.get(`${receipt.source as string}\u001f${receipt.receipt_number as string}`);
      if (!own) {
        yield {
          ...part('', { account: text(receipt.account), amount, count: 1 }, []),
          split: splitOfRecord(amount, legs, faults.length > 0),
        };
        continue;
      }
      // Amounts of two currencies are never taken from each other.
      if (own.some((line) => line.amount !== null && line.amount_currency !== receipt.amount_currency)) {
        yield part('rest', { account: null, amount, count: 1 }, ['a line of the receipt is in another currency']);
        continue;
      }
      let left = amount;
      for (const [n, line] of own.entries()) {
        const of = Number(line.amount ?? 0);
        left -= of;
        const behind = heldLines.get(line._id as number);
        yield {
          ...part(
            String(line._id),
            { account: text(line.account), amount: of, count: n === 0 ? 1 : 0 },
            behind ? [newestRejected(behind.pipeline, 'a line of it')] : [],
          ),
          department: text(line.department) ?? whole.department,
          changed: Math.max(whole.changed, Number(line._run)),
        };
      }
      if (left !== 0) yield part('rest', { account: null, amount: left, count: 0 }, ['the lines of the receipt do not add up to it']);
    }
  }
}

/** Sources whose pipelines are off: what only they gave does not count. */
export function offSources(project: Project, sources: readonly Source[]): number[] {
  return sources.filter((s) => project.pipelines.get(s.pipeline)?.value.mode === 'off').map((s) => s.id);
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** What is in the figures is the last good version; it is not known what the newest one says. */
function newestRejected(pipeline: string, what: string): string {
  return `the newest version of ${what} was rejected by ${pipeline}; the last good one is counted`;
}

/** From the first day to the last, both included. `zone`: the days are stored as moments, and are the town's days. */
function within({ from, to }: { from?: string | undefined; to?: string | undefined }, zone: string | undefined): ReceivedIn {
  if (zone === undefined) return { from, to };
  return { from: from && startOfDay(from, zone), before: to && startOfDay(to, zone, 1) };
}

async function linesOf(
  knex: Knex,
  lineEntity: string,
  lineId: number,
  off: readonly number[],
  receipts: readonly GoldenRow[],
): Promise<Map<string, GoldenRow[]>> {
  const lines = new Map<string, GoldenRow[]>();
  const numbers = [...new Set(receipts.map((r) => r.receipt_number as string))];
  for (const line of await linesOfReceipts(knex, { entity: lineEntity, entityId: lineId, off }, numbers)) {
    const id = `${line.source as string}\u001f${line.receipt_number as string}`;
    const list = lines.get(id);
    if (list) list.push(line);
    else lines.set(id, [line]);
  }
  return lines;
}
