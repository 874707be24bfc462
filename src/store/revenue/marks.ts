import { dialectOf } from '../dialect.ts';
import { newestRun } from '../ledger/runs.ts';
import type { Knex } from '../open.ts';
import { transaction } from './transaction.ts';

/** Tables of the revenue sums: they are made from the rest of the store, and can be made again at any time. */
export const REVENUE_TABLES = [
  'il_revenue_month',
  'il_revenue_day',
  'il_revenue_block',
  'il_revenue_state',
  'il_revenue_since',
  'il_revenue_stale',
  'il_revenue_mark',
];

/**
 * So many records with neighboring ids are one block. Whoever reads a report adds up the blocks in which something changed, so they are
 * small. The triggers of stores divide by it: it can only change with a migration, as 087 did.
 */
export const BLOCK = 512;

/** What changed since the sums were last brought up to date. */
export interface Marks {
  /** Entity id → blocks in which records, or what they are linked to, changed. */
  records: Map<number, Set<number>>;
  /** Entity id → blocks in which what is known of records changed: matches, exceptions, rejects. */
  evidence: Map<number, Set<number>>;
  /** Entity id → receipt numbers that a line had before it was changed or deleted. */
  numbers: Map<number, Set<string>>;
}

/**
 * Notes each change of an entity's records from now on. A record that is added has a link that is added or changed in the same transaction,
 * and that is noted: a note for the record as well would cost a first load of a million a second. `numbered`: they may be lines of a receipt,
 * by its number.
 */
export async function watchRecords(trx: Knex, entity: string, entityId: number, numbered: boolean): Promise<void> {
  const { watch } = dialectOf(trx);
  await watch(trx, {
    table: entity,
    name: 'rev_record',
    on: ['update', 'delete'],
    select: `${entityId}, {r}._id / ${BLOCK}, ''`,
  });
  if (numbered)
    await watch(trx, {
      table: entity,
      name: 'rev_number',
      on: ['update', 'delete'],
      updates: { changed: ['receipt_number', 'source'], key: '_id' },
      select: `${entityId}, -1, '#' || {r}.receipt_number`,
      where: '{r}.receipt_number IS NOT NULL',
    });
}

export function areRecordsWatched(knex: Knex, entity: string): Promise<boolean> {
  return dialectOf(knex).isWatched(knex, { table: entity, name: 'rev_record' });
}

export async function readMarks(knex: Knex): Promise<Marks> {
  const rows = (await knex('il_revenue_mark').distinct('entity_id', 'block', 'about')) as {
    entity_id: number;
    block: number;
    about: string;
  }[];
  const marks: Marks = { records: new Map(), evidence: new Map(), numbers: new Map() };
  for (const { entity_id, block, about } of rows) {
    const entity = Number(entity_id);
    if (about.startsWith('#')) addTo(marks.numbers, entity, about.slice(1));
    else addTo(about === '' || about === NOTED ? marks.records : marks.evidence, entity, Number(block));
  }
  return marks;
}

/** Of marks of records: reconciliations know of the change, sums do not yet. */
const NOTED = 'n';

/**
 * Notes where records changed until now, for reconciliations. Called before a run of one begins: its number is then higher than that of the
 * note, and its next run does not take these changes for new ones.
 */
export async function noteChanges(knex: Knex): Promise<void> {
  const isMarked = async (on: Knex): Promise<boolean> => (await on('il_revenue_mark').where({ about: '' }).first('block')) !== undefined;
  if (!(await isMarked(knex))) return;
  await transaction(knex, async (trx) => {
    const noted = await noteIn(trx);
    await trx('il_revenue_mark').whereIn('about', ['', NOTED]).delete();
    await mark(trx, noted, NOTED);
  });
}

/** Gives all blocks in which records are marked, noted before or now. */
async function noteIn(trx: Knex.Transaction): Promise<[entityId: number, block: number][]> {
  const rows = (await trx('il_revenue_mark').whereIn('about', ['', NOTED]).distinct('entity_id', 'block', 'about')) as {
    entity_id: number;
    block: number;
    about: string;
  }[];
  const run = await newestRun(trx);
  const fresh = rows.filter(({ about }) => about !== NOTED).map((row) => [Number(row.entity_id), Number(row.block), run]);
  await (await dialectOf(trx).rowsOf(trx)).replace('il_changed_block', ['entity_id', 'block', 'run_id'], fresh);
  const all = new Map(rows.map((row) => [`${row.entity_id} ${row.block}`, [Number(row.entity_id), Number(row.block)] as [number, number]]));
  return [...all.values()];
}

async function mark(trx: Knex.Transaction, blocks: readonly (readonly [entityId: number, block: number])[], about: string): Promise<void> {
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_revenue_mark',
    ['entity_id', 'block', 'about'],
    blocks.map(([entityId, block]) => [entityId, block, about]),
  );
}

/** Takes away all marks that this transaction sees, and leaves these blocks of an entity to be looked at again. */
export async function replaceMarks(trx: Knex.Transaction, entityId: number, blocks: readonly number[]): Promise<void> {
  await noteIn(trx);
  await trx('il_revenue_mark').delete();
  await mark(
    trx,
    blocks.map((block) => [entityId, block]),
    'e',
  );
}

/** Blocks in which records of an entity changed, or what they are linked to, since the run `seen` was the newest of all. */
export async function changedBlocks(knex: Knex, entityId: number, seen: number): Promise<Set<number>> {
  const marked = (await knex('il_revenue_mark').where({ entity_id: entityId, about: '' }).pluck('block')) as unknown[];
  const noted = (await knex('il_changed_block').where({ entity_id: entityId }).where('run_id', '>=', seen).pluck('block')) as unknown[];
  return new Set([...marked, ...noted].map(Number));
}

/** Adds a value to the set of a key. */
export function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

/** First and last id, both included. */
export interface IdRange {
  first: number;
  last: number;
}

/** The ids of these blocks, neighbors together. */
export function rangesOf(blocks: Iterable<number>): IdRange[] {
  const ranges: IdRange[] = [];
  for (const block of [...blocks].sort((a, b) => a - b)) {
    const before = ranges.at(-1);
    if (before && before.last + 1 === block * BLOCK) before.last += BLOCK;
    else ranges.push({ first: block * BLOCK, last: (block + 1) * BLOCK - 1 });
  }
  return ranges;
}

/** Blocks of receipts that lines belong to: lines in these blocks as they are now, and lines that had one of these numbers. */
export async function blocksOfLines(
  knex: Knex,
  { receipts, lines }: { receipts: string; lines: string },
  blocks: Iterable<number>,
  numbers: Iterable<string>,
): Promise<Set<number>> {
  const found = new Set<number>();
  const add = (ids: readonly unknown[]): void => ids.forEach((id) => found.add(Math.floor(Number(id) / BLOCK)));
  for (const { first, last } of rangesOf(blocks))
    add(
      (await knex(`${receipts} as r`)
        .whereIn(
          'r.receipt_number',
          knex(`${lines} as l`).whereBetween('l._id', [first, last]).whereNotNull('l.receipt_number').select('l.receipt_number'),
        )
        .pluck('r._id')) as unknown[],
    );
  const list = [...numbers];
  for (let i = 0; i < list.length; i += 500)
    add(
      (await knex(receipts)
        .whereIn('receipt_number', list.slice(i, i + 500))
        .pluck('_id')) as unknown[],
    );
  return found;
}

/** Blocks of records of an entity that are in these matches. */
export async function blocksOfMatches(knex: Knex, entityId: number, matches: Iterable<number>): Promise<Set<number>> {
  const found = new Set<number>();
  const list = [...matches];
  for (let i = 0; i < list.length; i += 500) {
    const ids = (await knex('il_match_record')
      .whereIn('match_id', list.slice(i, i + 500))
      .where({ entity_id: entityId })
      .pluck('golden_id')) as unknown[];
    for (const id of ids) found.add(Math.floor(Number(id) / BLOCK));
  }
  return found;
}

/** Every block in which there is a receipt, something booked, or a sum. */
export async function allBlocks(knex: Knex, receipts: string): Promise<number[]> {
  const found = new Set<number>();
  for (const [table, column] of [
    [receipts, '_id'],
    ['il_booked', 'golden_id'],
  ] as const) {
    const [row] = (await knex(table).min({ first: column }).max({ last: column })) as { first: number | null; last: number | null }[];
    if (row?.last === null || row?.last === undefined) continue;
    for (let block = Math.floor(Number(row.first) / BLOCK); block <= Math.floor(Number(row.last) / BLOCK); block++) found.add(block);
  }
  for (const block of (await knex('il_revenue_block').distinct('block').pluck('block')) as unknown[]) found.add(Number(block));
  return [...found].sort((a, b) => a - b);
}
