import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { EntityConfig } from '../../src/config/schema/model.ts';
import { referencesOf } from '../../src/engine/identity/references.ts';
import { dialectOf } from '../../src/store/dialect.ts';
import type { Knex } from '../../src/store/open.ts';

/**
 * Everything that a store holds, as sorted lines without what differs from run to run (run numbers, times, ids): two stores with the same
 * lines say the same of the same records, with the same provenance, history, rejects and ledger, whatever databases they are in.
 * `model`: what the store was made with; it says which columns are references.
 */
export async function dumpStore(knex: Knex, model: Iterable<EntityConfig>): Promise<string[]> {
  const lines: string[] = [];
  const say = (what: string, values: readonly unknown[]): void => void lines.push(`${what} ${JSON.stringify(values)}`);
  const rowsOf = async (query: Knex.QueryBuilder): Promise<Row[]> => (await query) as Row[];
  const add = async (what: string, query: Knex.QueryBuilder): Promise<void> => {
    for (const row of await rowsOf(query)) say(what, Object.values(row));
  };
  const entities = (await knex('il_entity').select('id', 'name', 'identity')) as { id: number; name: string; identity: string }[];
  const tables = new Map<string, Row[]>();
  /** Entity id and golden id → the record that the golden record trusts most. */
  const origins = new Map<string, string>();
  const fromOf = ({ _pipeline, _key, _path, _record }: Row): string => `${_pipeline} ${_key} ${_path ?? ''} ${_record}`;
  for (const { id, name } of entities) {
    const rows = await rowsOf(
      knex(`${name} as g`)
        .leftJoin('il_landed as l', 'l.id', 'g._landed')
        .leftJoin('il_source as s', 's.id', 'l.source_id')
        .leftJoin('il_file as f', 'f.id', 'l.file_id')
        .select('g.*', { _pipeline: 's.pipeline', _key: 'l.source_key', _path: 'f.path', _record: 'l.record' }),
    );
    tables.set(name, rows);
    for (const row of rows) origins.set(`${id} ${row._id}`, fromOf(row));
  }
  // A golden id is the smallest of the ids of its records, which have theirs in the order in which they came: a column that holds one is
  // said by what that golden record is made of.
  const idsOf = new Map(entities.map(({ id, name }) => [name, id]));
  const refers = new Map([...model].map((e) => [e.entity, new Map(referencesOf(e).map((r) => [r.field, idsOf.get(r.entity)!]))]));
  const referred = (entity: string, column: string, value: unknown): unknown => {
    const target = refers.get(entity)?.get(column);
    return target === undefined || value === null || value === undefined
      ? value
      : (origins.get(`${target} ${String(value)}`) ?? 'NOT THERE');
  };
  for (const { name } of entities)
    for (const row of tables.get(name)!) {
      const { _id, _created: _c, _run: _r, _landed: _l, _provenance, _pipeline, _key, _path, _record, ...values } = row;
      const fields = _provenance === null ? [] : Object.keys(JSON.parse(_provenance as string) as object).sort();
      // Columns are in the order in which they were added.
      say(name, [
        ...Object.entries(values)
          .sort(byName)
          .flatMap(([column, value]) => [column, referred(name, column, value)]),
        fromOf(row),
        fields,
      ]);
    }
  await add(
    'link',
    knex('il_link as k')
      .join('il_source as s', 's.id', 'k.source_id')
      .leftJoin('il_entity as e', 'e.id', 'k.entity_id')
      .select('s.pipeline', 'k.source_key', 'e.name', 'k.item_key', 'k.hash', 'k.mapped')
      .select(
        knex.raw('CASE WHEN k.deleted_run IS NULL THEN 1 ELSE 0 END AS live, CASE WHEN k.golden_id IS NULL THEN 1 ELSE 0 END AS none'),
      ),
  );
  await add(
    'landed',
    knex('il_landed as l')
      .join('il_source as s', 's.id', 'l.source_id')
      .join('il_shape as h', 'h.id', 'l.shape_id')
      .leftJoin('il_file as f', 'f.id', 'l.file_id')
      .select('s.pipeline', 'l.source_key', 'l.record', 'l.line', 'l.raw', 'f.path', 'f.sha256', 'h.columns'),
  );
  for (const { id, name, identity } of entities) {
    const steps = await rowsOf(
      knex('il_history as h')
        .leftJoin('il_landed as l', 'l.id', 'h.landed_id')
        .where('h.entity_id', id)
        .orderBy('h.id')
        .select('h.golden_id', 'h.action', 'h.changes', 'l.source_key'),
    );
    for (const line of whatDoesNotFit(steps, tables.get(name)!)) say('history does not fit', [name, ...line]);
    // By which steps records became one depends on which of them were there when they were compared, and so on where a run was killed and on
    // which of two pipelines was quicker. What must be so of any steps is said above: each begins where the one before ended, and the last
    // ends with what the record is.
    if (!identity.startsWith('[')) continue;
    for (const { action, changes, source_key } of steps) {
      const all = JSON.parse((changes as string | null) ?? 'null') as Changes | null;
      // When a reference was filled in is decided by the same.
      const said = all && Object.fromEntries(Object.entries(all).filter(([column]) => !refers.get(name)?.has(column)));
      if (action === 'changed' && Object.keys(said ?? {}).length === 0) continue;
      say('history', [name, action, said, source_key]);
    }
  }
  await add(
    'reject',
    knex('il_reject as r')
      .join('il_source as s', 's.id', 'r.source_id')
      .leftJoin('il_file as f', 'f.id', 'r.file_id')
      .select('s.pipeline', 'r.reject_key', 'r.state', 'f.path', 'r.record', 'r.line', 'r.raw', 'r.readable', 'r.problems'),
  );
  await add(
    'file',
    knex('il_file as f')
      .join('il_source as s', 's.id', 'f.source_id')
      .select('s.pipeline', 'f.path', 'f.sha256', 'f.size', 'f.state', 'f.records_done', 'f.archived_to', 'f.problems'),
  );
  // Numbers of the outbox and of deliveries: which in the pipeline, not which in the store.
  const place = placesOf();
  for (const row of await rowsOf(
    knex('il_outbox as o').leftJoin('il_delivery as d', 'd.id', 'o.delivery_id').orderBy('o.id').select('o.*', { sequence: 'd.sequence' }),
  )) {
    const golden = (JSON.parse(row.outbox_key as string) as { golden?: number }).golden;
    const key = golden === undefined ? row.outbox_key : origins.get(`${row.entity_id} ${golden}`);
    const { pipeline, version, latest, operation, state, hash, values, problems, sequence } = row;
    say('outbox', [pipeline, place(pipeline), key, version, latest, operation, state, hash, values, problems, sequence]);
  }
  for (const row of await rowsOf(knex('il_delivery').orderBy('id'))) {
    // The day that a file is named by is that of the run.
    const day = row.day as string;
    const name = (row.name as string).replaceAll(day.replaceAll('-', ''), 'DAY').replaceAll(day, 'DAY');
    const { pipeline, connection, sink, sequence, state, records, totals, sha256, answer, problems } = row;
    say('delivery', [pipeline, place(pipeline), connection, sink, name, sequence, state, records, totals, sha256, answer, problems]);
  }
  await add('outbound', knex('il_outbound').select('pipeline', 'fingerprint'));
  await add(
    'difference',
    knex('il_difference').select('pipeline', 'key', 'status', 'left_minor', 'right_minor', 'left_count', 'right_count', 'reason'),
  );
  await add('lock', knex('il_lock').select('name'));
  for (const name of await dialectOf(knex).indexes(knex)) say('index', [name]);
  if (dialectOf(knex).fileOf(knex) !== undefined)
    for (const row of (await knex.raw('PRAGMA integrity_check')) as Row[]) say('integrity', Object.values(row));
  return lines.sort();
}

type Row = Record<string, string | number | null>;
/** Column → before and after. */
type Changes = Record<string, [string | number | null, string | number | null]>;

/** Steps that do not begin where the one before ended, and records that are not what their last step made of them. */
function whatDoesNotFit(steps: readonly Row[], records: readonly Row[]): unknown[][] {
  const now = new Map(records.map((row) => [row._id, row]));
  const ended = new Map<Row[string], Map<string, Row[string]>>();
  const found: unknown[][] = [];
  for (const { golden_id, action, changes, source_key } of steps) {
    // A record that comes back is written whole, without its changes.
    if (action === 'restored' || !ended.has(golden_id!)) ended.set(golden_id!, new Map());
    const columns = ended.get(golden_id!)!;
    for (const [column, [before, after]] of Object.entries(JSON.parse((changes as string | null) ?? '{}') as Changes)) {
      if (column === '_id') continue;
      if (columns.has(column) && columns.get(column) !== before) found.push([source_key, column, columns.get(column), before]);
      columns.set(column, after);
    }
  }
  for (const [golden, columns] of ended)
    for (const [column, value] of columns) {
      const record = now.get(golden);
      if (record ? record[column] !== value : value !== null) found.push(['the record', column, value, record?.[column] ?? null]);
    }
  return found;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function placesOf(): (pipeline: unknown) => number {
  const counts = new Map<unknown, number>();
  return (pipeline) => {
    const n = (counts.get(pipeline) ?? 0) + 1;
    counts.set(pipeline, n);
    return n;
  };
}

/** Every file under a folder: what was left in place and what was archived. */
export function dumpFolder(folder: string): string[] {
  return filesUnder(folder)
    .map((path) => `remote ${relative(folder, path)}`)
    .sort();
}

/** What another system took, with its content; names without the day of the run that they have in them. */
export function dumpTaken(folder: string): string[] {
  return filesUnder(folder)
    .map((path) => `taken ${relative(folder, path).replace(/\d{8}/, 'DAY')} ${digest([readFileSync(path, 'utf8')])}`)
    .sort();
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

export function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The first lines that only one of the two has. */
export function firstDifferences(a: readonly string[], b: readonly string[], limit = 10): string[] {
  const count = (list: readonly string[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const line of list) counts.set(line, (counts.get(line) ?? 0) + 1);
    return counts;
  };
  const [inA, inB] = [count(a), count(b)];
  const found: string[] = [];
  for (const [line, n] of inA) if ((inB.get(line) ?? 0) < n) found.push(`undisturbed only: ${line}`);
  for (const [line, n] of inB) if ((inA.get(line) ?? 0) < n) found.push(`killed only: ${line}`);
  return found.slice(0, limit).map((line) => line.slice(0, 400));
}
