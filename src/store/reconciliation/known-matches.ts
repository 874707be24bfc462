import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import type { Rows } from '../rows.ts';

/** The matches of passes that a reconciliation had before a run. */
export interface KnownMatches {
  /** There are none. */
  areNone: boolean;
  /** Their ids, of those with these content ids, which are then found. */
  find(contentIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The ids of all that were not found, some at a time. */
  rest(): AsyncGenerator<number[]>;
}

/** Ids that are given at once. */
const PAGE = 20_000;

/** `among`: these only; undefined: all. */
export async function knownMatches(trx: Knex.Transaction, pipeline: string, among?: ReadonlySet<number>): Promise<KnownMatches> {
  const stored = () => trx('il_match').where({ pipeline }).whereNotNull('content_id');
  if (among) {
    const known = new Map<string, number>();
    const ids = [...among];
    for (let i = 0; i < ids.length; i += 500)
      for (const { id, content_id } of (await stored()
        .whereIn('id', ids.slice(i, i + 500))
        .select('id', 'content_id')) as { id: number; content_id: string }[])
        known.set(content_id, Number(id));
    return fewKnown(known);
  }
  const [{ n, last }] = (await stored().count({ n: '*' }).max({ last: 'id' })) as [{ n: number; last: number | null }];
  return Number(n) === 0 ? fewKnown(new Map()) : manyKnown(await dialectOf(trx).rowsOf(trx), pipeline, Number(n), Number(last));
}

function fewKnown(known: Map<string, number>): KnownMatches {
  return {
    areNone: known.size === 0,
    async find(contentIds) {
      const found = new Map(contentIds.flatMap((contentId) => (known.has(contentId) ? [[contentId, known.get(contentId)!]] : [])));
      for (const contentId of found.keys()) known.delete(contentId);
      return found;
    },
    async *rest() {
      if (known.size) yield [...known.values()];
    },
  };
}

/** Each is asked for, and a bit is kept of it: the ids of a town's matches of ten years take more memory than all else that a run holds. */
function manyKnown(rows: Rows, pipeline: string, count: number, last: number): KnownMatches {
  const seen = new Uint8Array(Math.floor(last / 8) + 1);
  let left = count;
  return {
    areNone: false,
    async find(contentIds) {
      const found = new Map<string, number>();
      for (const [contentId, id] of await rows.select(
        'SELECT content_id, id FROM il_match WHERE pipeline = ? AND content_id = ?',
        contentIds.map((contentId) => [pipeline, contentId]),
      )) {
        const number = Number(id);
        if (number > last) continue;
        found.set(String(contentId), number);
        seen[number >>> 3]! |= 1 << (number & 7);
        left--;
      }
      return found;
    },
    async *rest() {
      for (let first = 0; first <= last && left > 0; first += PAGE) {
        // By their ids, not by the pipeline: of that, each page would read all.
        const page = await rows.select(
          "SELECT id FROM il_match WHERE id BETWEEN ? AND ? AND pipeline || '' = ? AND content_id IS NOT NULL",
          [[first, Math.min(first + PAGE - 1, last), pipeline]],
        );
        const ids = page.map(([id]) => Number(id)).filter((id) => (seen[id >>> 3]! & (1 << (id & 7))) === 0);
        left -= ids.length;
        if (ids.length) yield ids;
      }
    },
  };
}
