import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import type { Cell, PackedInsert, Rows } from '../rows.ts';
import { type Landing, landingOver } from './landing.ts';

/**
 * What a batch writes, made before its transaction begins, so that the next batch is made while the database still works on this one. Only for
 * records of which nothing can be there: nothing can be asked.
 */
export interface LandingAhead {
  landing: Landing;
  /** Writes it; may be called again when the transaction failed. */
  write(into: Landing): Promise<void>;
  /** Once it is committed: its memory serves the next. */
  release(): void;
}

/** The same store over a connection of its own, for batches that are made ahead; undefined where they are written over `knex`. */
export function openWriter(knex: Knex): Knex | undefined {
  return dialectOf(knex).openWriter?.(knex);
}

/** Ids are taken in blocks that grow up to this many: what is left of the last one is not used. */
const MAX_BLOCK = 8192;

/** Numbers in a row, from blocks. One for a load, and all its batches. */
export type TakeIds = Landing['take'];

/** undefined where ids are taken in the transaction that uses them. */
export function idBlocks(knex: Knex): TakeIds | undefined {
  if (dialectOf(knex).idsInTransaction) return undefined;
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

/** The columns that ids of a series are in. */
const COLUMNS_OF_IDS = {
  landed: ['landed_id', '_landed', 'il_landed.id'],
  golden: ['golden_id', '_id', 'member_id', 'il_member.id'],
} as const;

/** `take` undefined: ids count from 1 until the batch is written, and are then moved to those that its transaction takes. */
export function landingAhead(knex: Knex, take: TakeIds | undefined): LandingAhead {
  const dialect = dialectOf(knex);
  const used = { landed: 0, golden: 0 };
  const fromOne: TakeIds = async (name, count) => {
    if (name !== 'landed' && name !== 'golden')
      throw new Error(`A batch that is made ahead of its transaction cannot take ids of ${name}.`);
    used[name] += count;
    return used[name] - count + 1;
  };
  const inserts = new Map<string, PackedInsert>();
  const entities = new Map<number, readonly Cell[]>();
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
    // Nothing is changed where nothing is there, but for what is noted of an entity.
    async update(table, set, key, list: readonly Cell[][]) {
      if (list.length === 0) return;
      if (table !== 'il_entity' || set.join() !== 'members_new' || key.join() !== 'id') return refuse();
      for (const row of list) entities.set(row[1] as number, row);
    },
    remove: async (_table, _key, list: readonly Cell[][]) => (list.length > 0 ? refuse() : undefined),
    select: refuse,
    asksTogether: false,
  };
  async function move(into: Landing, series: 'landed' | 'golden'): Promise<void> {
    if (used[series] === 0) return;
    const by = (await into.take(series, used[series])) - 1;
    for (const { table, columns, packed } of inserts.values())
      for (const [c, name] of columns.entries())
        if ((COLUMNS_OF_IDS[series] as readonly string[]).some((of) => of === name || of === `${table}.${name}`)) packed.shift!(c, by);
  }

  return {
    landing: landingOver(rows, { take: take ?? fromOne, sources: refuse }),
    async write(into) {
      if (!take) {
        await move(into, 'landed');
        await move(into, 'golden');
      }
      await into.rows.insertPacked([...inserts.values()]);
      await into.rows.update(
        'il_entity',
        ['members_new'],
        ['id'],
        [...entities.values()].map((row) => [...row]),
      );
    },
    release: () => inserts.forEach(({ packed }) => packed.release()),
  };
}
