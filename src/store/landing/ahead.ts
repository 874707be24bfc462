import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import type { Cell, PackedInsert, Rows } from '../rows.ts';
import { type Landing, landingOver, type Link } from './landing.ts';

/**
 * What a batch writes, made before its transaction begins, so that the next batch is made while the database still works on this one. Only for
 * a store where ids are not taken in the transaction, and for records of which nothing can be there: nothing can be asked.
 */
export interface LandingAhead {
  landing: Landing;
  /** Writes it; may be called again when the transaction failed. */
  write(into: Landing): Promise<void>;
  /** Once it is committed: its memory serves the next. */
  release(): void;
}

/** Ids are taken in blocks that grow up to this many: what is left of the last one is not used. */
const MAX_BLOCK = 8192;

/** Numbers in a row, from blocks. One for a load, and all its batches. */
export type TakeIds = Landing['take'];

export function idBlocks(knex: Knex): TakeIds {
  const blocks = new Map<string, { next: number; end: number; size: number }>();
  return async (name, count) => {
    // What is given back is not used again.
    if (count <= 0) return 0;
    let block = blocks.get(name);
    if (!block || block.end - block.next < count) {
      const size = Math.max(count, Math.min(MAX_BLOCK, 2 * (block?.size ?? 0)));
      const next = await dialectOf(knex).takeIds(knex, name, size);
      blocks.set(name, (block = { next, end: next + size, size }));
    }
    block.next += count;
    return block.next - count;
  };
}

export function landingAhead(knex: Knex, take: TakeIds): LandingAhead {
  const dialect = dialectOf(knex);
  const inserts = new Map<string, PackedInsert>();
  const links: Link[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error('A batch that is made ahead of its transaction cannot ask or change what is in the store.');
  };
  const rows: Rows = {
    async insert(table, columns, list) {
      if (list.length === 0) return;
      const name = `${table} ${columns.join(' ')}`;
      let found = inserts.get(name);
      if (!found) inserts.set(name, (found = { table, columns, packed: dialect.packed(columns.length) }));
      found.packed.add(list);
    },
    insertPacked: refuse,
    replace: refuse,
    // Nothing is changed where nothing is there.
    update: async (_table, _set, _key, list: readonly Cell[][]) => (list.length > 0 ? refuse() : undefined),
    remove: async (_table, _key, list: readonly Cell[][]) => (list.length > 0 ? refuse() : undefined),
    select: refuse,
    asksTogether: false,
  };
  return {
    landing: {
      ...landingOver(rows, { take, sources: refuse }),
      putLinks: async (list) => void links.push(...list),
      addLinks: async (list) => void links.push(...list),
    },
    async write(into) {
      await into.rows.insertPacked([...inserts.values()]);
      await into.putLinks(links);
    },
    release: () => inserts.forEach(({ packed }) => packed.release()),
  };
}
