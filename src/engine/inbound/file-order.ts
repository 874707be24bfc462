import type { FilesRetriever } from '../../config/schema/connector.ts';
import { FileError, type Problem } from '../../core/errors.ts';
import { isCalendarDate } from '../../core/time/time.ts';
import { filesWithContent, type LedgerFile, type NewFile, noteOlderFile, readElsewhere } from '../../store/ledger/files.ts';
import type { Knex } from '../../store/open.ts';
import { byName, nameOf } from '../../transports/paths.ts';
import type { RemoteFile } from '../../transports/transport.ts';
import type { InboundRun } from './inbound-run.ts';

/** What the order of files needs of a run. */
type OrderedRun = Pick<InboundRun, 'commit' | 'id' | 'knex' | 'note' | 'now' | 'source' | 'stream'>;

type Order = FilesRetriever['order'];

/** The files of one run in the order in which they are read: the oldest first. */
export function inOrder(files: readonly RemoteFile[], order: Order): RemoteFile[] {
  return files.toSorted((a, b) => compared(a, b, order));
}

function compared(a: Found, b: Found, order: Order): number {
  return (order === 'modified' ? (a.modifiedMs ?? 0) - (b.modifiedMs ?? 0) : 0) || byName(a, b);
}

type Found = Pick<RemoteFile, 'name' | 'modifiedMs'>;

/**
 * Of snapshots each is the whole of the source at its time: one that is older than one that was read would take back what
 * changed since and bring back what was deleted. It is noted in the ledger as skipped, and true is given. Throws FileError FILE_NAMED_AHEAD.
 */
export async function leftOutAsOlder(run: OrderedRun, remote: RemoteFile, file: NewFile): Promise<boolean> {
  const { content, order } = run.stream.retriever.files!;
  if (content !== 'snapshot') return false;
  const others = await readElsewhere(run.knex, run.source.id, remote.path);
  const before = (await filesWithContent(run.knex, run.source.id, file.sha256)).find((f) => f.path === remote.path);
  // It was left out before, and nobody put it there again since.
  const stays = before?.state === 'older' && before.modified_ms === (remote.modifiedMs ?? null);
  const newer = others.findLast((other) => isOlder(remote, other, order, run.now().getTime())) ?? (stays ? others.at(-1) : undefined);
  if (!newer) return false;
  const ahead = order === 'name' ? dayToCome(nameOf(newer.path), run.now()) : undefined;
  if (ahead !== undefined) throw new FileError(namedAhead(remote.name, nameOf(newer.path), ahead));
  const problem = olderProblem(remote.path, order);
  // What was read once and comes again stays in the ledger as read.
  if (before?.state !== 'loaded' && before?.state !== 'known')
    await run.commit(async (_, trx) => noteOlderFile(trx, file, before, problem));
  run.note(
    `${remote.name} is not read, because ${nameOf(newer.path)} was read before. ${problem.message} ${problem.hint} [${problem.code}]`,
  );
  return true;
}

/** Once this snapshot is read, those before it that were begun, and refused for what they lack, are not gone on with. */
export async function leaveOlderUnfinished(run: OrderedRun, trx: Knex, remote: RemoteFile): Promise<void> {
  const { order } = run.stream.retriever.files!;
  for (const file of await readElsewhere(trx, run.source.id, remote.path))
    if (file.state === 'loading' && compared({ name: nameOf(file.path), modifiedMs: file.modified_ms ?? 0 }, remote, order) < 0)
      await noteOlderFile(trx, { ...file, run_id: run.id }, file, olderProblem(file.path, order));
}

function isOlder(remote: RemoteFile, other: LedgerFile, order: Order, now: number): boolean {
  const byItsName = byName(remote, { name: nameOf(other.path) }) < 0;
  const changed = timeOfChange(other, now);
  const byItsTime = changed !== undefined && remote.modifiedMs !== undefined && remote.modifiedMs < changed;
  if (order === 'name') return byItsName;
  return order === 'modified' ? byItsTime : byItsName && byItsTime;
}

const DAY_IN_NAME = /(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)/;

/** The day in the name of a file, where it is later than tomorrow; undefined where it has none, or one that has come. */
function dayToCome(name: string, now: Date): string | undefined {
  const [, year, , month, date] = DAY_IN_NAME.exec(name) ?? [];
  const day = `${year}-${month}-${date}`;
  const tomorrow = new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10);
  return year !== undefined && isCalendarDate(Number(year), Number(month), Number(date)) && day > tomorrow ? day : undefined;
}

/** If the name that was read is a mistake, no file would be read until its day has come: a person has to look. */
function namedAhead(left: string, read: string, day: string): Problem {
  return {
    code: 'FILE_NAMED_AHEAD',
    place: {},
    message: `${left} was not read: by the date in its name it is older than ${read}, which was already read but has a future date in its name (${day}).`,
    hint: `If the future date is a mistake of the sender, set order: modified for the stream in the connector: files are then read in the order in which they were changed. If it is right, remove ${left}.`,
  };
}

/** Clocks of servers that are in another zone than they think differ from ours by less than this. */
const TOLERATED_MS = 26 * 3_600_000;

/**
 * When a file that was read had been changed. No file is changed after it is read: a clock that was ahead would otherwise have all that
 * come until its time left out as older. undefined: not known, also where our own clock was ahead as well.
 */
function timeOfChange({ modified_ms: changed, loaded_at: loaded }: LedgerFile, now: number): number | undefined {
  if (changed === null) return undefined;
  const read = loaded === null ? Infinity : Date.parse(loaded);
  const at = Number(changed) > read + TOLERATED_MS ? read : Number(changed);
  return at > now + TOLERATED_MS ? undefined : at;
}

function olderProblem(file: string, order: Order): Problem {
  const how = order ? { name: ' by its name', modified: ' by its time of change' }[order] : '';
  return {
    code: 'FILE_OLDER',
    place: { file },
    message: `This file is older${how} than one that was already read, and each of these files replaces those before it.`,
    hint: `Nothing needs to be done if it only came late. If it is really the newest, have it sent again under a name that sorts after the others${order === 'name' ? '' : ', with a new time of change'}.`,
  };
}
