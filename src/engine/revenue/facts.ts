import type { Project } from '../../config/project.ts';
import { calendarDay, startOfDay } from '../../core/time/time.ts';
import { type Split, splitOfRecord, standingOf, wholly } from '../../reconciliation/standing.ts';
import { type GoldenRow, linesOfReceipts, type ReceivedIn, receiptsAfter } from '../../store/landing/golden.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import type { Knex } from '../../store/open.ts';
import { entityIds, listSources, type Source } from '../../store/ledger/sources.ts';
import { heldBy } from '../../store/reconciliation/totals.ts';
import type { IdRange } from '../../store/revenue/marks.ts';
import { type ChangedSince, type Covers, coversOf, type RecordLeg, reasonsOf } from '../reconciliation/covers.ts';
import type { Engine } from '../run/engine.ts';
import { partOf } from './ledger-rules.ts';

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
  program: string | null;
  /** How it came in: counter, online, mail. */
  channel: string | null;
  /** Where it was taken. */
  place: string | null;
  /** The daily close or batch that it belongs to, and who took it. */
  batch: string | null;
  cashier: string | null;
  currency: string;
  /** 1 for the first part of a receipt, so receipts can be counted. */
  count: number;
  amount: number;
  split: Split;
  /** Why not all of it is reconciled. */
  reasons: string[];
  /** Those of the reasons that a run of a reconciliation, or a person's review, would settle; each with the command. */
  waiting: string[];
}

const PAGE = 5000;

function waitingOf({ pipeline, waits, reason }: RecordLeg): string[] {
  if (waits === undefined || reason === undefined) return [];
  return [`${reason}: interlocal ${waits === 'run' ? `run ${pipeline}` : `matches list ${pipeline} --state proposed`}`];
}

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
  const context = await factsContext(engine);
  if (!context) return;
  for await (const page of factsOf(context, range)) for (const facts of page) yield* facts;
}

/** Which records are receipts, and which of them count. */
export interface FactsPlan {
  /** Entities with their ids; without lines, receipts have the account that they say. */
  receipts: { entity: string; id: number };
  lines: { entity: string; id: number } | undefined;
  /** Receipts have a status. */
  voids: boolean;
  /** Receipts have the moment at which they were taken, not the day. */
  moments: boolean;
  off: readonly number[];
}

/** What is read once, whichever receipts are asked for. */
export interface FactsContext extends FactsPlan {
  engine: Engine;
  covers: Covers;
  held: Awaited<ReturnType<typeof heldBy>>;
  heldLines: Awaited<ReturnType<typeof heldBy>>;
}

/** undefined: the model has no receipts. */
export async function factsPlan({ project, knex }: Engine): Promise<FactsPlan | undefined> {
  const { receipts, lines } = project.config.revenue;
  const entity = project.entities.get(receipts);
  if (!entity) return undefined;
  const ids = await entityIds(knex);
  const lineId = project.entities.has(lines) ? ids.get(lines) : undefined;
  return {
    receipts: { entity: receipts, id: ids.get(receipts)! },
    lines: lineId === undefined ? undefined : { entity: lines, id: lineId },
    voids: columnsOfEntity(entity.value).some((c) => c.name === 'status'),
    moments: entity.value.fields.received_on?.type === 'datetime',
    off: offSources(project, await listSources(knex)),
  };
}

/** undefined: the model has no receipts. `since`: see ChangedSince. */
export async function factsContext(engine: Engine, since?: ChangedSince): Promise<FactsContext | undefined> {
  const plan = await factsPlan(engine);
  if (!plan) return undefined;
  const { knex } = engine;
  return {
    ...plan,
    engine,
    covers: await coversOf(engine, plan.receipts.entity, since),
    held: await heldBy(knex, plan.receipts.id),
    heldLines: plan.lines ? await heldBy(knex, plan.lines.id) : new Map(),
  };
}

/** The facts of receipts page by page, those of each receipt together; `ids`: of these only, both included. Each receipt has one at least. */
export async function* factsOf(
  context: FactsContext,
  range: { from?: string | undefined; to?: string | undefined },
  ids?: IdRange,
): AsyncGenerator<RevenueFact[][]> {
  const { engine, receipts, lines: lineEntity, off, covers } = context;
  const { project, knex } = engine;
  const { time_zone: zone } = project.config.town;
  for (let after = ids ? ids.first - 1 : 0; ;) {
    const page: GoldenRow[] = await receiptsAfter(knex, { entity: receipts.entity, entityId: receipts.id, off }, after, {
      limit: PAGE,
      through: ids?.last,
      notVoided: context.voids,
      ...within(range, context.moments ? zone : undefined),
    });
    if (page.length === 0) return;
    after = page.at(-1)!._id as number;
    const legsOf = await covers.legsFor(page);
    const split = page.filter((r) => (r.account ?? null) === null && (r.receipt_number ?? null) !== null);
    const lines = lineEntity ? await linesOf(knex, lineEntity.entity, lineEntity.id, off, split) : new Map<string, GoldenRow[]>();
    yield page.map((receipt, i) => factsOfReceipt(context, receipt, legsOf[i]!, lines));
    if (page.length < PAGE) return;
  }
}

/** One receipt as facts: as a whole, or split over its lines. */
function factsOfReceipt(
  { engine, held, heldLines }: FactsContext,
  receipt: GoldenRow,
  legs: readonly RecordLeg[],
  lines: ReadonlyMap<string, readonly GoldenRow[]>,
): RevenueFact[] {
  const { time_zone: zone, currency: town } = engine.project.config.town;
  const { separator, program: segment } = engine.project.config.revenue.parts;
  const programOf = (own: string | null, account: string | null): string | null =>
    own ?? (segment === undefined || account === null ? null : (partOf({ segment, separator }, account) ?? null));
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
    channel: text(receipt.channel),
    place: text(receipt.branch),
    batch: text(receipt.batch),
    cashier: text(receipt.cashier),
    program: programOf(text(receipt.program), text(receipt.account)),
    currency: text(receipt.amount_currency) ?? town,
  };
  const part = (name: string, of: Pick<RevenueFact, 'account' | 'amount' | 'count'>, wrong: readonly string[]): RevenueFact => ({
    ...whole,
    ...of,
    part: name,
    split: wholly(standingOf(legs, faults.length + wrong.length > 0), of.amount),
    reasons: [...reasonsOf(legs), ...faults, ...wrong],
    waiting: legs.flatMap(waitingOf),
  });
  // Lines are found by number: one that has an account of its own may share it with a receipt of another system that has none.
  const own =
    (receipt.account ?? null) === null ? lines.get(`${receipt.source as string}\u001f${receipt.receipt_number as string}`) : undefined;
  if (!own)
    return [
      { ...part('', { account: text(receipt.account), amount, count: 1 }, []), split: splitOfRecord(amount, legs, faults.length > 0) },
    ];
  // Amounts of two currencies are never taken from each other.
  if (own.some((line) => line.amount !== null && line.amount_currency !== receipt.amount_currency))
    return [part('rest', { account: null, amount, count: 1 }, ['a line of the receipt is in another currency'])];
  let left = amount;
  const facts = own.map((line, n): RevenueFact => {
    const of = Number(line.amount ?? 0);
    left -= of;
    const behind = heldLines.get(line._id as number);
    return {
      ...part(
        String(line._id),
        { account: text(line.account), amount: of, count: n === 0 ? 1 : 0 },
        behind ? [newestRejected(behind.pipeline, 'a line of it')] : [],
      ),
      department: text(line.department) ?? whole.department,
      program: programOf(text(line.program) ?? text(receipt.program), text(line.account)),
      changed: Math.max(whole.changed, Number(line._run)),
    };
  });
  if (left !== 0) facts.push(part('rest', { account: null, amount: left, count: 0 }, ['the lines of the receipt do not add up to it']));
  return facts;
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
  const named = receipts.map((r) => ({ source: text(r.source), number: r.receipt_number as string }));
  for (const line of await linesOfReceipts(knex, { entity: lineEntity, entityId: lineId, off }, named)) {
    const id = `${line.source as string}\u001f${line.receipt_number as string}`;
    const list = lines.get(id);
    if (list) list.push(line);
    else lines.set(id, [line]);
  }
  return lines;
}
