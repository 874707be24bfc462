import type { Lock } from '../lock-holder.ts';

import type { Knex } from '../open.ts';
import { listSources } from '../ledger/sources.ts';
import { dialectOf } from '../dialect.ts';
import { type Cell, quoted, quotedList, type Rows, together, TOGETHER_MARKS } from '../rows.ts';

/** A source record's tie to one golden record (golden is null where the mapping made nothing of it). */
export interface Link {
  sourceId: number;
  sourceKey: string;
  entityId: number;
  itemKey: string;
  golden: number | null;
  landed: number;
  /** Of what the source said last. */
  hash: string;
  /** What the mapping made of it, JSON; kept where several records share a golden record. */
  mapped: string | null;
  /** The run in which the source deleted it. */
  deletedRun: number | null;
  /** Whose record it is, where the entity has the long form of identity. */
  member: number | null;
}

/** What names a link, and whose it is. */
export type LinkName = Pick<Link, 'sourceId' | 'sourceKey' | 'entityId' | 'itemKey'> & { member: number };

const LINK_COLUMNS = [
  'source_id',
  'source_key',
  'entity_id',
  'item_key',
  'golden_id',
  'landed_id',
  'hash',
  'mapped',
  'deleted_run',
  'member_id',
] as const;
export const LINK_SELECT = `SELECT ${LINK_COLUMNS.join(', ')} FROM il_link`;
const LANDED_COLUMNS = ['id', 'source_id', 'source_key', 'run_id', 'file_id', 'record', 'line', 'shape_id', 'raw'] as const;
const HISTORY_COLUMNS = ['entity_id', 'golden_id', 'id', 'run_id', 'landed_id', 'action', 'changes'] as const;

/** What a batch reads and writes, all inside one transaction. */
export interface Landing {
  rows: Rows;
  /** Links of these records, by source key. */
  links(sourceId: number, keys: readonly string[]): Promise<Map<string, Link[]>>;
  /** Links of records that are one by equal fields. */
  linksOfGolden(entityId: number, goldens: readonly number[]): Promise<Link[]>;
  /** Links that are not deleted, of these members. */
  linksOfMembers(members: readonly number[]): Promise<Link[]>;
  /** What names the links of these members, those of deleted records as well: what an index has, without what was mapped. */
  linkNamesOfMembers(members: readonly number[]): Promise<LinkName[]>;
  /** Links that are not deleted, of all members from one id to another, in the order of the members. */
  linksOfMemberRange(first: number, last: number): Promise<Link[]>;
  /** Golden ids by identity text. */
  byIdentity(table: string, identities: readonly string[]): Promise<Map<string, number>>;
  /** Which pipeline and connection a source is of, in this transaction: other runs may add sources at any time. Throws for one that is not there. */
  sources(): Promise<(sourceId: number) => { pipeline: string; connection: string }>;
  goldens(table: string, columns: readonly string[], ids: readonly number[]): Promise<Map<number, Cell[]>>;
  /** The first of `count` new ids. */
  take(name: 'landed' | 'golden' | 'history' | 'reject' | 'file' | 'run', count: number): Promise<number>;
  insertLanded(rows: Cell[][]): Promise<void>;
  /** Links that cannot be there yet: source, key, entity, item, golden, landed, hash. */
  insertLinks(rows: Cell[][]): Promise<void>;
  putLinks(links: readonly Link[]): Promise<void>;
  /** The same for links that are there, with the golden record and the member that they had: the indexes of these stay as they are. */
  updateLinks(links: readonly Link[]): Promise<void>;
  /** The same for links that cannot be there yet. */
  addLinks(links: readonly Link[]): Promise<void>;
  removeLinks(links: readonly Link[]): Promise<void>;
  insertHistory(rows: Cell[][]): Promise<void>;
}

/** What a write transaction needs beyond its work. */
export interface LandingOptions {
  /** Must still be held. */
  locks?: readonly Lock[];
  /** It compares records, or fills in references to compared ones: see Dialect.write. */
  comparing?: boolean;
}

/**
 * Runs `work` in one write transaction: what it reads is still so when it commits. `work` may run more than once, when another writer came
 * in between: what it leaves outside of the store must be the same after each attempt.
 */
export async function landing<T>(
  knex: Knex,
  work: (landing: Landing, trx: Knex.Transaction) => Promise<T>,
  { locks = [], comparing = false }: LandingOptions = {},
): Promise<T> {
  const inTransaction = async (trx: Knex.Transaction): Promise<T> => {
    for (const lock of locks) await lock.assertHeld(trx);
    return work(await landingOf(trx), trx);
  };
  return dialectOf(knex).write(knex, inTransaction, comparing);
}

/** An open write transaction, for batches that are landed while they are still being read. */
export interface OpenLanding {
  landing: Landing;
  trx: Knex.Transaction;
  /** Resolves once everything is in the store. Throws what the store said when COMMIT failed; nothing of it is there then. */
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** May a batch be landed while it is read? Otherwise it is collected first, and landed with `landing`. */
export function landsWhileReading(knex: Knex): boolean {
  return dialectOf(knex).landsWhileReading;
}

/** Opens a write transaction as `landing` does; the caller ends it. */
export async function beginLanding(knex: Knex, locks: readonly Lock[] = []): Promise<OpenLanding> {
  const dialect = dialectOf(knex);
  const trx = await dialect.begin(knex);
  try {
    for (const lock of locks) await lock.assertHeld(trx);
    return {
      landing: await landingOf(trx),
      trx,
      commit: () => dialect.commit(trx),
      rollback: () => dialect.rollback(trx),
    };
  } catch (error) {
    await dialect.rollback(trx);
    throw error;
  }
}

/** What a batch does in this transaction. */
export async function landingOf(trx: Knex.Transaction): Promise<Landing> {
  const dialect = dialectOf(trx);
  let sources: Map<number, { pipeline: string; connection: string }> | undefined;
  return landingOver(await dialect.rowsOf(trx), {
    take: (name, count) => dialect.takeIds(trx, name, count),
    async sources() {
      const known = (sources ??= new Map((await listSources(trx)).map((source) => [source.id, source])));
      return (id) => {
        const source = known.get(id);
        if (!source) throw new Error(`The store has records of source ${id}, and does not say which pipeline that is.`);
        return source;
      };
    },
  });
}

/** The same over any rows. */
export function landingOver(rows: Rows, { take, sources }: Pick<Landing, 'take' | 'sources'>): Landing {
  return {
    rows,
    take,
    sources,
    async links(sourceId, keys) {
      const found = new Map<string, Link[]>();
      for (const row of await rows.select(
        `${LINK_SELECT} WHERE source_id = ? AND source_key = ?`,
        keys.map((key) => [sourceId, key]),
      )) {
        const link = linkOf(row);
        const list = found.get(link.sourceKey);
        if (list) list.push(link);
        else found.set(link.sourceKey, [link]);
      }
      return found;
    },
    async linksOfGolden(entityId, goldens) {
      const found = await rows.select(
        `${LINK_SELECT} WHERE entity_id = ? AND golden_id = ? AND mapped IS NOT NULL AND member_id IS NULL AND deleted_run IS NULL`,
        goldens.map((id) => [entityId, id]),
      );
      return found.map(linkOf);
    },
    async linksOfMembers(members) {
      const found = await rows.select(`${LINK_SELECT} WHERE member_id IN (${TOGETHER_MARKS}) AND deleted_run IS NULL`, together(members));
      return found.map(linkOf);
    },
    async linkNamesOfMembers(members) {
      const found = await rows.select(
        `SELECT source_id, source_key, entity_id, item_key, member_id FROM il_link WHERE member_id IN (${TOGETHER_MARKS})`,
        together(members),
      );
      return found.map((row) => ({
        sourceId: row[0] as number,
        sourceKey: row[1] as string,
        entityId: row[2] as number,
        itemKey: row[3] as string,
        member: row[4] as number,
      }));
    },
    async linksOfMemberRange(first, last) {
      const found = await rows.select(
        `${LINK_SELECT} WHERE member_id >= ? AND member_id <= ? AND deleted_run IS NULL ORDER BY member_id, source_id, source_key, entity_id, item_key`,
        [[first, last]],
      );
      return found.map(linkOf);
    },
    async byIdentity(table, identities) {
      const found = await rows.select(
        `SELECT _identity, _id FROM ${quoted(table)} WHERE _identity = ?`,
        identities.map((text) => [text]),
      );
      return new Map(found.map((row) => [row[0] as string, row[1] as number]));
    },
    async goldens(table, columns, ids) {
      const found = await rows.select(
        `SELECT ${quotedList(['_id', ...columns])} FROM ${quoted(table)} WHERE _id = ?`,
        ids.map((id) => [id]),
      );
      return new Map(found.map((row) => [row[0] as number, row.slice(1)]));
    },
    insertLanded: (list) => rows.insert('il_landed', LANDED_COLUMNS, list),
    insertLinks: (list) => rows.insert('il_link', LINK_COLUMNS.slice(0, 7), inKeyOrder(list)),
    putLinks: (links) => rows.replace('il_link', LINK_COLUMNS, links.map(cellsOf)),
    updateLinks: (links) =>
      rows.update(
        'il_link',
        ['landed_id', 'hash', 'mapped', 'deleted_run'],
        ['source_id', 'source_key', 'entity_id', 'item_key'],
        links.map((l) => [l.landed, l.hash, l.mapped, l.deletedRun, l.sourceId, l.sourceKey, l.entityId, l.itemKey]),
      ),
    addLinks: (links) => rows.insert('il_link', LINK_COLUMNS, inKeyOrder(links.map(cellsOf))),
    removeLinks: (links) =>
      rows.remove(
        'il_link',
        ['source_id', 'source_key', 'entity_id', 'item_key'],
        links.map((l) => [l.sourceId, l.sourceKey, l.entityId, l.itemKey]),
      ),
    insertHistory: (list) => rows.insert('il_history', HISTORY_COLUMNS, list),
  };
}

/** Links in the order of their keys: neighbors in the table are then written together. */
function inKeyOrder(links: Cell[][]): Cell[][] {
  return links.sort((a, b) => (a[1]! < b[1]! ? -1 : a[1]! > b[1]! ? 1 : 0));
}

function cellsOf(l: Link): Cell[] {
  return [l.sourceId, l.sourceKey, l.entityId, l.itemKey, l.golden, l.landed, l.hash, l.mapped, l.deletedRun, l.member];
}

export function linkOf(row: Cell[]): Link {
  return {
    sourceId: row[0] as number,
    sourceKey: row[1] as string,
    entityId: row[2] as number,
    itemKey: row[3] as string,
    golden: row[4] as number | null,
    landed: row[5] as number,
    hash: row[6] as string,
    mapped: row[7] as string | null,
    deletedRun: row[8] as number | null,
    member: row[9] as number | null,
  };
}
