import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import Database from 'better-sqlite3';

/**
 * Everything that a store holds, as sorted lines without what differs from run to run (run numbers, times): two stores
 * with the same lines say the same of the same records, with the same provenance, history, rejects and ledger.
 */
export function dumpStore(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const lines: string[] = [];
  const add = (what: string, sql: string): void => {
    for (const row of db.prepare(sql).raw().iterate() as IterableIterator<unknown[]>) lines.push(`${what} ${JSON.stringify(row)}`);
  };
  const entities = db.prepare('SELECT id, name FROM il_entity').all() as { id: number; name: string }[];
  const landed =
    "(SELECT s.pipeline || ' ' || l.source_key || ' ' || coalesce(f.path, '') || ' ' || l.record FROM il_landed l JOIN il_source s ON s.id = l.source_id LEFT JOIN il_file f ON f.id = l.file_id WHERE l.id = g._landed)";
  for (const { name } of entities) {
    const columns = (db.prepare(`PRAGMA table_info("${name}")`).all() as { name: string }[])
      .map((c) => c.name)
      .filter((c) => !c.startsWith('_') || c === '_identity');
    add(
      name,
      `SELECT ${columns.map((c) => `g."${c}"`).join(', ')}, ${landed}, (SELECT json_group_array(key) FROM (SELECT key FROM json_each(g._provenance) ORDER BY key)) FROM "${name}" g`,
    );
  }
  add(
    'link',
    `SELECT s.pipeline, k.source_key, e.name, k.item_key, k.hash, k.mapped, k.deleted_run IS NULL, k.golden_id IS NULL FROM il_link k JOIN il_source s ON s.id = k.source_id LEFT JOIN il_entity e ON e.id = k.entity_id`,
  );
  add(
    'landed',
    `SELECT s.pipeline, l.source_key, l.record, l.line, l.raw, f.path, f.sha256, h.columns FROM il_landed l JOIN il_source s ON s.id = l.source_id JOIN il_shape h ON h.id = l.shape_id LEFT JOIN il_file f ON f.id = l.file_id`,
  );
  add(
    'history',
    `SELECT e.name, h.action, h.changes, l.source_key FROM il_history h JOIN il_entity e ON e.id = h.entity_id LEFT JOIN il_landed l ON l.id = h.landed_id`,
  );
  add(
    'reject',
    `SELECT s.pipeline, r.reject_key, r.state, f.path, r.record, r.line, r.raw, r.readable, r.problems FROM il_reject r JOIN il_source s ON s.id = r.source_id LEFT JOIN il_file f ON f.id = r.file_id`,
  );
  add(
    'file',
    `SELECT s.pipeline, f.path, f.sha256, f.size, f.state, f.records_done, f.archived_to, f.problems FROM il_file f JOIN il_source s ON s.id = f.source_id`,
  );
  // The day that a file is named by is that of the run.
  add(
    'outbox',
    `SELECT o.pipeline, o.id, o.outbox_key, o.version, o.latest, o.operation, o.state, o.hash, o."values", o.problems, d.sequence FROM il_outbox o LEFT JOIN il_delivery d ON d.id = o.delivery_id`,
  );
  add(
    'delivery',
    `SELECT pipeline, id, connection, sink, replace(replace(name, replace(day, '-', ''), 'DAY'), day, 'DAY'), sequence, state, records, totals, sha256, answer, problems FROM il_delivery`,
  );
  add('outbound', `SELECT pipeline, fingerprint FROM il_outbound`);
  add('difference', `SELECT pipeline, key, status, left_minor, right_minor, left_count, right_count, reason FROM il_difference`);
  add('lock', `SELECT name FROM il_lock`);
  add('indexes', `SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'`);
  const check = db.pragma('integrity_check', { simple: true }) as string;
  db.close();
  lines.push(`integrity ${check}`);
  return lines.sort();
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
