import { ConfigError } from '../../core/errors.ts';
import { calendarDay } from '../../core/time/time.ts';
import { matchesOfGolden } from '../../store/reconciliation/evidence.ts';
import { type GoldenRow, goldenRow, goldensOfKey, goldensWithText } from '../../store/landing/golden.ts';
import { landedById } from '../../store/landing/landed.ts';
import { recordsOfMatches } from '../../store/reconciliation/matches.ts';
import { latestOfGoldens } from '../../store/outbound/outbox.ts';
import { sourceNames } from '../../store/landing/record-names.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import { entriesWith } from '../outbound/entries/open-entries.ts';
import { dateFieldOf } from '../revenue/legs.ts';
import type { Engine } from '../run/engine.ts';
import { type Covers, coversOf, type StoredRow } from './covers.ts';

/** One record on the way of a receipt, or that it goes no further there. Minor units. */
export interface TraceStep {
  /** How many matches are between it and the receipt. */
  depth: number;
  /** The reconciliation that leads to it; for the receipt itself ''. */
  pipeline: string;
  /** confirmed, proposed, contested, changed (a record of the match is another version now); in_transit, exception, not_covered: it goes no further; or of a delivery, its state. */
  state: string;
  rule: string;
  entity: string;
  connection: string;
  key: string;
  day: string | null;
  amount: number | null;
  currency: string;
  /** File and line that it came from; null where it was not a file. */
  file: string | null;
  line: number | null;
  /** A match, an exception or a delivery that says more. */
  reference: string;
}

/** Further than this no chain goes: receipt, tender, deposit, bank, ledger. */
const DEEPEST = 6;

/**
 * The way of a receipt: from it by each reconciliation to what its money was matched with, from there by the next reconciliation, and
 * to what was sent to the ledger. Only the remote system of a match is followed, so the receipts of one deposit are not each other's
 * way. Where a leg goes no further it says why. Throws ConfigError RECEIPT_UNKNOWN.
 */
export async function traceReceipt(engine: Engine, key: string): Promise<TraceStep[]> {
  const { project, knex } = engine;
  const entity = project.config.revenue.receipts;
  const ids = await entityIds(knex);
  const names = new Map([...ids].map(([name, id]) => [id, name]));
  const entityId = ids.get(entity)!;
  const bySource = await goldensOfKey(knex, entityId, key, MOST);
  const goldens = bySource.length ? bySource : await goldensWithText(knex, entity, ['receipt_number'], key, MOST);
  if (goldens.length === 0)
    throw new ConfigError({
      code: 'RECEIPT_UNKNOWN',
      place: {},
      message: `There is no receipt ${JSON.stringify(key.slice(0, 60))}.`,
      hint: 'Give its number, or the key that its system knows it by. A rejected record is in no report: interlocal rejects list.',
    });
  const steps: TraceStep[] = [];
  const origin = originFinder(engine);
  const seen = new Set<string>();
  const covers = new Map<string, Covers>();
  for (const golden of goldens) {
    steps.push({
      ...(await stepOf(entityId, golden, 'amount', 'received_on')),
      depth: 0,
      pipeline: '',
      state: 'receipt',
      rule: '',
      reference: '',
    });
    await follow(entityId, golden, 1, undefined);
    await deliveries(golden);
    await journalEntries(golden);
  }
  return steps;

  async function follow(id: number, golden: number, depth: number, from: string | undefined): Promise<void> {
    if (depth > DEEPEST || seen.has(`${id} ${golden}`)) return;
    seen.add(`${id} ${golden}`);
    const name = names.get(id)!;
    const row = await goldenRow(knex, name, golden);
    const matches = await matchesOfGolden(knex, id, golden);
    const led = new Set<string>();
    for (const { match, pipeline, side, state, rule, version } of matches) {
      const config = project.pipelines.get(pipeline)?.value.reconcile;
      if (!config || pipeline === from) continue;
      led.add(pipeline);
      const other = side === 'left' ? 'right' : 'left';
      for (const record of (await recordsOfMatches(knex, [match])).filter((r) => r.side === other)) {
        const now = await goldenRow(knex, config[other].entity, record.golden);
        const changed = Number(row?._run) !== version || Number(now?._run) !== record.version;
        steps.push({
          ...(await stepOf(record.entityId, record.golden, config[other].amount, dateFieldOf(project, config, other))),
          depth,
          pipeline,
          state: changed ? 'changed' : state,
          rule,
          reference: `match ${match}`,
        });
        await follow(record.entityId, record.golden, depth + 1, pipeline);
      }
    }
    await openEnds(id, depth, from, led, row);
  }

  /** Legs that cover the record and lead nowhere, with the reason. */
  async function openEnds(
    id: number,
    depth: number,
    from: string | undefined,
    led: Set<string>,
    row: GoldenRow | undefined,
  ): Promise<void> {
    if (!row) return;
    const name = names.get(id)!;
    if (!covers.has(name)) covers.set(name, await coversOf(engine, name));
    const [legs] = await covers.get(name)!.legsFor([row as StoredRow]);
    for (const { pipeline, otherwise, reason } of legs!)
      if (pipeline !== from && !led.has(pipeline)) steps.push({ ...NOTHING, depth, pipeline, state: otherwise, reference: reason ?? '' });
  }

  async function deliveries(golden: number): Promise<void> {
    for (const { value } of project.pipelines.values()) {
      if (!value.deliver || value.mode === 'off') continue;
      if (project.sinkMappings.get(value.deliver.mapping)?.value.from.entity !== entity) continue;
      for (const sent of await latestOfGoldens(knex, value.pipeline, [golden])) {
        const reference = sent.delivery === null ? '' : `delivery ${sent.delivery}`;
        const connection = value.deliver.connection;
        const number = sent.theirNumber === null ? '' : `, number ${sent.theirNumber}`;
        steps.push({
          ...NOTHING,
          depth: 1,
          pipeline: value.pipeline,
          state: sent.state,
          connection,
          key: (JSON.parse(sent.key) as string[]).join(' '),
          reference: `${reference}${number}`,
        });
      }
    }
  }

  /** The entries of the ledger that have the receipt, with the number that the ledger gave each. */
  async function journalEntries(golden: number): Promise<void> {
    for (const { entry, reference, pipeline, connection, day, amount, currency, state, ledger_number, delivery } of await entriesWith(
      engine,
      golden,
    )) {
      const more = [
        `entry ${entry}`,
        ...(ledger_number === null ? [] : [`journal ${ledger_number}`]),
        ...(delivery === null ? [] : [`delivery ${delivery}`]),
      ];
      steps.push({
        ...NOTHING,
        depth: 1,
        pipeline,
        state,
        entity: 'journal_entry',
        connection,
        key: reference,
        day,
        amount,
        currency,
        reference: more.join(', '),
      });
    }
  }

  async function stepOf(id: number, golden: number, amount: string, date: string | null) {
    const name = names.get(id)!;
    const row = await goldenRow(knex, name, golden);
    const day = date === null ? null : (row?.[date] ?? null);
    return {
      entity: name,
      ...(await origin(id, golden, row?._landed as number | undefined)),
      day: day === null ? null : calendarDay(String(day), project.config.town.time_zone),
      amount: row?.[amount] === null || row?.[amount] === undefined ? null : Number(row[amount]),
      currency: String(row?.[`${amount}_currency`] ?? project.config.town.currency),
    };
  }
}

/** So many receipts of one number are told. */
const MOST = 20;

const NOTHING: TraceStep = {
  depth: 0,
  pipeline: '',
  state: '',
  rule: '',
  entity: '',
  connection: '',
  key: '',
  day: null,
  amount: null,
  currency: '',
  file: null,
  line: null,
  reference: '',
};

/** What a record's own system calls it, and the file and line that it came from. */
function originFinder({
  knex,
}: Engine): (
  entityId: number,
  golden: number,
  landed: number | undefined,
) => Promise<Pick<TraceStep, 'connection' | 'key' | 'file' | 'line'>> {
  const names = new Map<number, Awaited<ReturnType<typeof sourceNames>>>();
  return async (entityId, golden, landed) => {
    if (!names.has(entityId)) names.set(entityId, await sourceNames(knex, entityId));
    const name = names.get(entityId)!.get(golden);
    const from = landed === undefined ? undefined : (await landedById(knex, [landed])).get(landed);
    return { connection: name?.connection ?? '', key: name?.key ?? `#${golden}`, file: from?.file ?? null, line: from?.line ?? null };
  };
}
