import { renderSink } from '../../connector/sink/sink.ts';
import { requestShown } from '../../connector/sink/push-request.ts';
import { linesOf } from '../../connector/sink/push-lines.ts';
import { keyColumns } from '../../connector/sink/push-table.ts';
import { RecordError, type Problem } from '../../core/errors.ts';
import type { Outcome } from '../../core/outcome.ts';
import { plainMoney } from '../../core/money.ts';
import type { Value } from '../../core/record.ts';
import { dayIn } from '../../core/time/time.ts';
import { listEntries } from '../../store/outbound/entries.ts';
import { listOutbox, type OutboxRow, type OutboxState, reachedOf } from '../../store/outbound/outbox.ts';
import { startRun } from '../../store/ledger/runs.ts';
import { tryOut } from '../../store/try-out.ts';
import type { Knex } from '../../store/open.ts';
import type { Engine } from '../run/engine.ts';
import { openRun, type RunOptions } from '../run/open-run.ts';
import { outcomeOf } from '../run/outcome.ts';
import { requireReady } from '../run/ready.ts';
import { referenceOf } from './entries/entry-record.ts';
import type { HeldBack } from './carry/field.ts';
import { namesOfKeyless } from './known-by.ts';
import { outbound } from './outbound.ts';
import { openOutboundRun, type OutboundRun } from './outbound-run.ts';
import { outgoing, targetOf } from './record.ts';

/** One request, row of a file or statement that would be sent. */
export interface PreviewedDelivery {
  kind: 'request' | 'file' | 'table';
  /** The operation, the file or the table. */
  to: string;
  operation: 'update' | 'create' | 'write' | 'delete';
  /** Values of the key there; null for what has none yet. */
  key: string[] | null;
  /** What it is known by where it has no key there. */
  known_by: string | null;
  /** The canonical record. */
  record: number;
  /** What becomes of it: queued is sent, review, held and refused wait, shadow is only shown. */
  state: OutboxState;
  fields: { field: string; from: Value; to: Value }[];
  /** As it is written: the parameters, the lines of the file, the statement. */
  text: string | null;
  /** The journal entry that it is; not there for other records. */
  entry?: PreviewedEntry;
  problems: Problem[];
}

/** A journal entry, with its lines in amounts such as 1234.50. */
export interface PreviewedEntry {
  entry: number;
  id: string;
  reference: string;
  period: string;
  corrects: number | null;
  currency: string;
  receipts: number;
  lines: { fund: string; account: string; what: string; debit: string; credit: string }[];
}

export interface DeliveryPreview {
  pipeline: string;
  mode: string;
  system: string;
  sink: string;
  outcome: Outcome;
  problems: Problem[];
  notes: string[];
  deliveries: PreviewedDelivery[];
  more_deliveries: number;
  held_back: HeldBack[];
  more_held_back: number;
}

/**
 * What an outbound pipeline would send if it ran now, record by record, without asking the other system and without writing anything. It
 * opens no connection and reads no secret. It shows personal data.
 */
export async function previewDelivery(engine: Engine, id: string, options: RunOptions & { limit: number }): Promise<DeliveryPreview> {
  return tryOut(engine.knex, engine.project.dataFolder, async ({ knex, held }) => {
    const back: HeldBack[] = [];
    const run = openRun(engine, { pipeline: id, id: await startRun(knex, id), knex, preview: { held } }, options);
    const outcome = await outcomeOf(run, async () => {
      await requireReady(run);
      return outbound(await openOutboundRun(run), back);
    });
    const out = await openOutboundRun(run);
    const states: OutboxState[] = ['queued', 'review', 'shadow', 'held', 'refused'];
    const rows = await listOutbox(knex, { pipeline: id, states, latest: true });
    const shown = rows.slice(0, options.limit);
    const names = await namesOfKeyless(knex, run.project, shown);
    const deliveries: PreviewedDelivery[] = [];
    for (const row of shown) deliveries.push(await previewed(out, knex, row, names.get(row.id) ?? null));
    return {
      pipeline: id,
      mode: run.pipeline.mode,
      system: out.config.connection,
      sink: out.sinkName,
      outcome,
      problems: run.problems,
      notes: run.notes,
      deliveries,
      more_deliveries: rows.length - shown.length,
      held_back: back.slice(0, options.limit),
      more_held_back: Math.max(0, back.length - options.limit),
    };
  });
}

async function previewed(run: OutboundRun, knex: Knex, row: OutboxRow, name: string | null): Promise<PreviewedDelivery> {
  const { target } = run.sink;
  const kind = target.file ? 'file' : target.table ? 'table' : 'request';
  return {
    kind,
    to: target.file ? target.file.name : targetOf(run.sink, row),
    operation: row.operation === 'delete' ? 'delete' : row.carried?.create ? 'create' : row.carried ? 'update' : 'write',
    key: row.key.startsWith('[') ? (JSON.parse(row.key) as string[]) : null,
    known_by: name,
    record: row.golden,
    state: row.state,
    fields: await fieldsOf(knex, row),
    text: row.state === 'refused' ? null : await textOf(run, row),
    ...(await entryOf(run, knex, row)),
    problems: row.problems,
  };
}

async function entryOf({ config }: OutboundRun, knex: Knex, { golden, pipeline }: OutboxRow): Promise<{ entry?: PreviewedEntry }> {
  const [entry] = config.entries ? await listEntries(knex, { pipeline, number: golden }) : [];
  if (!entry) return {};
  const { number, id, period, corrects, currency, receipts, lines } = entry;
  const shown: PreviewedEntry = {
    entry: number,
    id,
    reference: referenceOf(id),
    period,
    corrects,
    currency,
    receipts,
    lines: lines.map(({ fund, account, what, debit, credit }) => ({
      fund,
      account,
      what,
      debit: plainMoney(debit, currency),
      credit: plainMoney(credit, currency),
    })),
  };
  return { entry: shown };
}

async function fieldsOf(knex: Knex, row: OutboxRow): Promise<PreviewedDelivery['fields']> {
  if (row.carried) return Object.entries(row.carried.changes).map(([field, [from, to]]) => ({ field, from, to }));
  const before = row.version > 1 ? ((await reachedOf(knex, row.pipeline, row.key))?.values ?? {}) : {};
  return [...new Set([...Object.keys(before), ...Object.keys(row.values)])]
    .map((field) => ({ field, from: before[field] ?? null, to: row.operation === 'delete' ? null : (row.values[field] ?? null) }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

async function textOf(run: OutboundRun, row: OutboxRow): Promise<string | null> {
  const { sink } = run;
  const record = outgoing(run, row);
  if (sink.target.table) return statementOf(run, row);
  try {
    if (sink.target.request && (!sink.encoder || row.operation === 'delete')) {
      const { body, path, query } = requestShown(sink, record);
      const rest = query && Object.keys(query).length ? { query } : {};
      return JSON.stringify({ ...(path === undefined ? {} : { path }), ...rest, ...(body === undefined ? {} : { body }) });
    }
    const day = dayIn(run.project.config.town.time_zone, run.now());
    const { bytes } = await renderSink(sink, [record.values], { date: day, sequence: 1, variables: {} });
    return new TextDecoder().decode(bytes).trimEnd();
  } catch (error) {
    // What cannot be written is refused when it is sent, with this reason.
    if (error instanceof RecordError) return error.problems.map(({ message }) => message).join(' ');
    throw error;
  }
}

function literal(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

/** In the words of SQL; what is sent has parameters in place of the values. */
function statementOf(run: OutboundRun, row: OutboxRow): string {
  const { name, write } = run.sink.target.table!;
  if (run.sink.target.table!.for_each !== undefined)
    return linesOf(run.sink, row.values)
      .map((line) => `INSERT INTO ${name} (${Object.keys(line).join(', ')}) VALUES (${Object.values(line).map(literal).join(', ')})`)
      .join('\n');
  const { values } = outgoing(run, row);
  const key = keyColumns(run.sink);
  const cell = (column: string): string => {
    const value = values[column] ?? null;
    return literal(typeof value === 'string' ? value : null);
  };
  const where = key.map((column) => `${column} = ${cell(column)}`).join(' AND ');
  if (row.operation === 'delete' || write === 'delete') return `DELETE FROM ${name} WHERE ${where}`;
  const given = Object.keys(values).filter((column) => row.carried?.create === undefined || values[column] !== null);
  if (row.carried?.create || write === 'append') return `INSERT INTO ${name} (${given.join(', ')}) VALUES (${given.map(cell).join(', ')})`;
  const set = given.filter((column) => !key.includes(column)).map((column) => `${column} = ${cell(column)}`);
  return `${write === 'upsert' ? 'UPDATE OR INSERT' : 'UPDATE'} ${name} SET ${set.join(', ')} WHERE ${where}`;
}
