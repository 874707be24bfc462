import { FatalError, type Problem } from '../../core/errors.ts';
import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';

/** One content of one path, as the file ledger knows it. Identity is the content; path and time are only where it was. */
export interface LedgerFile {
  id: number;
  source_id: number;
  path: string;
  sha256: string;
  size: number;
  /**
   * loading: some of its records are committed, records_done of them. known: the same content was loaded from another path.
   * older: a snapshot that is older than one that was read; it is not read anymore.
   */
  state: 'loading' | 'loaded' | 'refused' | 'known' | 'older';
  /** Time of last change in the remote system, milliseconds since 1970; null where it was not kept yet. */
  modified_ms: number | null;
  records_done: number;
  /** Of these, records that were neither landed nor rejected before: few of them in a file that was fixed, all in another delivery. */
  created_done: number;
  /** Of the stream's settings that records are counted by. */
  reading: string | null;
  run_id: number;
  loaded_at: string | null;
  load_order: number | null;
  archived_to: string | null;
  problems: string | null;
}

/** A content as it was found. */
export type NewFile = Pick<LedgerFile, 'source_id' | 'path' | 'sha256' | 'size' | 'run_id' | 'reading' | 'modified_ms'>;

export async function filesWithContent(knex: Knex, sourceId: number, sha256: string): Promise<LedgerFile[]> {
  return (await knex('il_file').where({ source_id: sourceId, sha256 }).orderBy('id')) as LedgerFile[];
}

/** Did this source ever have a file, whatever became of it? */
export async function anyFile(knex: Knex, sourceId: number): Promise<boolean> {
  return (await knex('il_file').where({ source_id: sourceId }).first('id')) !== undefined;
}

/** What was loaded last from this path, or from any path of the source. */
export async function lastLoaded(knex: Knex, sourceId: number, path?: string): Promise<LedgerFile | undefined> {
  const query = knex('il_file').where({ source_id: sourceId, state: 'loaded' }).orderBy('load_order', 'desc').first();
  if (path !== undefined) void query.where({ path });
  return (await query) as LedgerFile | undefined;
}

/** When the newest file of a source that was read was written there, milliseconds since 1970; 0 where that is not known. */
export async function lastModified(knex: Knex, sourceId: number): Promise<number> {
  const [row] = (await knex('il_file').where({ source_id: sourceId }).whereIn('state', ['loaded', 'known']).max({ at: 'modified_ms' })) as {
    at: number | string | null;
  }[];
  return Number(row?.at ?? 0);
}

/** What is at this path and was left there, as it was last loaded or recognized; undefined when it was archived. */
export async function lyingAt(knex: Knex, sourceId: number, path: string): Promise<LedgerFile | undefined> {
  const row = (await knex('il_file')
    .where({ source_id: sourceId, path })
    .whereIn('state', ['loaded', 'known'])
    .orderBy('run_id', 'desc')
    .first()) as LedgerFile | undefined;
  return row?.archived_to === null ? row : undefined;
}

/** Was every record of this source read as `reading` says, and is something there? */
export async function allReadAs(knex: Knex, sourceId: number, reading: string): Promise<boolean> {
  const rows = (await knex('il_file')
    .where({ source_id: sourceId })
    .whereIn('state', ['loading', 'loaded'])
    .distinct('reading')
    .limit(2)) as { reading: string | null }[];
  return rows.length === 1 && rows[0]!.reading === reading;
}

/** Starts loading this content, or starts it over. */
export async function startFile(knex: Knex, file: NewFile): Promise<LedgerFile> {
  const known = (await knex('il_file').where({ source_id: file.source_id, path: file.path, sha256: file.sha256 }).first()) as
    LedgerFile | undefined;
  if (known) {
    const fields = {
      state: 'loading' as const,
      records_done: 0,
      created_done: 0,
      reading: file.reading,
      run_id: file.run_id,
      modified_ms: file.modified_ms,
      problems: null,
      archived_to: null,
    };
    await knex('il_file').where({ id: known.id }).update(fields);
    return { ...known, ...fields };
  }
  const row: LedgerFile = {
    id: await takeId(knex, 'file'),
    ...file,
    state: 'loading',
    records_done: 0,
    created_done: 0,
    loaded_at: null,
    load_order: null,
    archived_to: null,
    problems: null,
  };
  await knex('il_file').insert(row);
  return row;
}

/** How much of a file is in the store: before this transaction, and with it. */
export interface FileProgress {
  before: number;
  done: number;
  /** Of `done`, records that were neither landed nor rejected before. */
  created: number;
}

/** Throws FatalError STORE_NOT_COMMITTED when what was saved before is not in the store anymore. */
export async function saveFileProgress(knex: Knex, id: number, runId: number, { before, done, created }: FileProgress): Promise<void> {
  const rows = (await knex('il_file')
    .where({ id, records_done: before })
    .update({ records_done: done, created_done: created, run_id: runId })) as number;
  if (rows !== 1) await refuseLost(knex, id, before);
}

/**
 * Batches of a first load may be lost when the machine of a database server fails, and the run may find another server in its place: then what
 * it saves next does not fit what is there. See Rows.insertPacked.
 */
async function refuseLost(knex: Knex, id: number, expected: number): Promise<never> {
  const file = (await knex('il_file').where({ id }).first('path', 'records_done')) as Pick<LedgerFile, 'path' | 'records_done'> | undefined;
  throw new FatalError({
    code: 'STORE_NOT_COMMITTED',
    place: file ? { file: file.path } : {},
    message: `The database server failed and lost the last records of this file: this run saved ${expected}, but the database has ${file?.records_done ?? 0}.`,
    hint: 'Run the pipeline again: it reads the lost records once more. Have the log of the database server looked at, since a server must not lose what it confirmed.',
  });
}

/**
 * The entry of this content and path when some of it is committed and the rest can be taken up where it was left: it is
 * read as it was then, and nothing else of the source was begun since, which might have overwritten its first records.
 */
export async function resumableFile(knex: Knex, file: NewFile): Promise<LedgerFile | undefined> {
  const { source_id, path, sha256, reading } = file;
  const started = (await knex('il_file').where({ source_id, path, sha256, state: 'loading', reading }).first()) as LedgerFile | undefined;
  if (!started) return undefined;
  const later = await knex('il_file')
    .where({ source_id })
    .whereIn('state', ['loading', 'loaded'])
    .whereNot({ id: started.id })
    .where('run_id', '>', started.run_id)
    .first('id');
  return later ? undefined : started;
}

/**
 * All of its `total` records are committed; `archivedTo` is where it is about to be moved. Throws FatalError STORE_NOT_COMMITTED when they are
 * not in the store anymore.
 */
export async function finishFile(knex: Knex, file: LedgerFile, total: number, archivedTo: string | null): Promise<void> {
  const rows = (await knex('il_file')
    .where({ id: file.id, records_done: total })
    .update({
      state: 'loaded',
      archived_to: archivedTo,
      loaded_at: new Date().toISOString(),
      load_order: knex.raw('(SELECT coalesce(max(load_order), 0) + 1 FROM il_file WHERE source_id = ?)', [file.source_id]),
    })) as number;
  if (rows !== 1) await refuseLost(knex, file.id, total);
}

/** The same content came under another name: nothing of it has to be loaded, but the ledger says where it went. */
export async function noteKnownFile(knex: Knex, file: NewFile): Promise<void> {
  const row = await startFile(knex, file);
  await knex('il_file').where({ id: row.id }).update({ state: 'known' });
}

/** Contents of other paths than this that were read, or of which some of it was. */
export async function readElsewhere(knex: Knex, sourceId: number, path: string): Promise<LedgerFile[]> {
  return (await knex('il_file')
    .where({ source_id: sourceId })
    .whereNot({ path })
    .where((q) =>
      q.whereIn('state', ['loaded', 'known']).orWhere((begun) => begun.where({ state: 'loading' }).where('records_done', '>', 0)),
    )
    .orderBy('id')) as LedgerFile[];
}

/** The snapshot is older than one that was read: it is not read, or not gone on with where `known` was begun. */
export async function noteOlderFile(knex: Knex, file: NewFile, known: LedgerFile | undefined, problem: Problem): Promise<void> {
  const { id } = known ?? (await startFile(knex, file));
  const { run_id, modified_ms } = file;
  await knex('il_file')
    .where({ id })
    .update({ state: 'older', run_id, modified_ms, problems: JSON.stringify([problem]) });
}

/** Where the file is about to be moved; null when it stays. */
export async function saveArchived(knex: Knex, id: number, to: string | null): Promise<void> {
  await knex('il_file').where({ id }).update({ archived_to: to });
}

/** The file is refused; nothing of it is in the store. */
export async function refuseFile(knex: Knex, file: NewFile, problems: readonly Problem[]): Promise<void> {
  const row = await startFile(knex, file);
  await knex('il_file')
    .where({ id: row.id })
    .update({ state: 'refused', problems: JSON.stringify(problems) });
}

/** Paths below a folder whose files were archived. */
export async function archivedUnder(knex: Knex, sourceId: number, prefix: string): Promise<string[]> {
  const rows = (await knex('il_file').where({ source_id: sourceId }).whereNotNull('archived_to').distinct('path')) as { path: string }[];
  return rows.map((row) => row.path).filter((path) => path.startsWith(prefix));
}

/**
 * Paths whose newest content was refused and is still missing: nothing good came by the same path, and the pipeline has not ended a run
 * well since, which it cannot while a refused file is there.
 */
export async function refusedSince(knex: Knex, sourceId: number, pipeline: string): Promise<string[]> {
  const good = knex('il_run').where({ pipeline }).whereIn('outcome', ['succeeded', 'partial']);
  const last = ((await good.max({ id: 'id' })) as { id: number | null }[])[0]!.id ?? 0;
  return (await knex('il_file as f')
    .where({ 'f.source_id': sourceId, 'f.state': 'refused' })
    .where('f.run_id', '>', last)
    .whereNotExists(
      knex('il_file as later')
        .select('later.id')
        .whereRaw('later.source_id = f.source_id AND later.path = f.path AND later.run_id > f.run_id')
        .whereIn('later.state', ['loaded', 'known', 'loading']),
    )
    .distinct('f.path')
    .orderBy('f.path')
    .pluck('f.path')) as string[];
}
