import { dialectOf } from '../dialect.ts';
import { textOf, wordsOf } from '../words.ts';
import { exactInteger } from '../numbers.ts';
import type { Knex } from '../open.ts';
import { BLOCK, rangesOf } from '../revenue/marks.ts';
import type { MatchSide } from './matches.ts';
import { restrict } from './within.ts';
import { recordsOf, type Side } from './totals.ts';

/** Records of one block and currency, and their sum in minor units. Currency null: they have no amount. */
export interface BlockSum {
  currency: string | null;
  records: number;
  minor: number;
}

/** What the records of a side add up to, by block of neighboring ids. */
export type SumsByBlock = Map<number, BlockSum[]>;

/** Adds up the records of a side as they are now. `among`: only those in these blocks. */
export async function sumsByBlock(knex: Knex, side: Side, among?: ReadonlySet<number>): Promise<SumsByBlock> {
  const block = `g._id / ${BLOCK}`;
  const currency = `CASE WHEN g.${side.amount} IS NOT NULL THEN g.${side.amount}_currency END`;
  const query = recordsOf(knex, side)
    .groupByRaw(`${block}, ${currency}`)
    .select(knex.raw(`${block} AS block, ${currency} AS currency`))
    .sum({ minor: `g.${side.amount}` })
    .count({ records: '*' });
  restrict(query, 'g._id', among && rangesOf(among));
  const found: SumsByBlock = new Map();
  for (const row of (await query) as { block: number; currency: string | null; minor: number | null; records: number }[]) {
    const number = Number(row.block);
    if (among && !among.has(number)) continue;
    const sum = { currency: row.currency, records: Number(row.records), minor: row.currency === null ? 0 : exactInteger(row.minor ?? 0) };
    const sums = found.get(number);
    if (sums) sums.push(sum);
    else found.set(number, [sum]);
  }
  return found;
}

/** The sums of a side as a run of a reconciliation kept them. */
export async function storedSums(knex: Knex, pipeline: string, side: MatchSide): Promise<SumsByBlock> {
  const rows = (await knex('il_side_block').where({ pipeline, side }).select('block', 'sums')) as { block: number; sums: string }[];
  return new Map(rows.map(({ block, sums }) => [Number(block), JSON.parse(sums) as BlockSum[]]));
}

/** Keeps the sums of a side. `among`: only these blocks were added up, and all others stay as they are. */
export async function saveSums(
  trx: Knex.Transaction,
  pipeline: string,
  side: MatchSide,
  sums: SumsByBlock,
  among?: ReadonlySet<number>,
): Promise<void> {
  await saveBlocks(
    trx,
    'il_side_block',
    'sums',
    { pipeline, side },
    [...sums].map(([block, list]) => [block, JSON.stringify(list)]),
    among,
  );
}

/** Two words for each record of a block: what tells whether it may be like another one, and its place in the block. */
export type AlikePages = Map<number, Uint32Array>;

export async function alikePages(knex: Knex, pipeline: string, side: MatchSide, blocks?: readonly number[]): Promise<AlikePages> {
  const query = knex('il_alike_page').where({ pipeline, side }).select('block', 'entries');
  if (blocks) void query.whereIn('block', [...blocks]);
  const rows = (await query) as { block: number; entries: string }[];
  const words = wordsOf(rows.map(({ entries }) => entries));
  return new Map(rows.map(({ block }, i) => [Number(block), words[i]!]));
}

/** Keeps the pages of a side. `among`: only these were made, and all others stay as they are. */
export async function saveAlikePages(
  trx: Knex.Transaction,
  pipeline: string,
  side: MatchSide,
  pages: AlikePages,
  among?: ReadonlySet<number>,
): Promise<void> {
  await saveBlocks(
    trx,
    'il_alike_page',
    'entries',
    { pipeline, side },
    [...pages].map(([block, words]) => [block, textOf(words)]),
    among,
  );
}

async function saveBlocks(
  trx: Knex.Transaction,
  table: string,
  column: string,
  { pipeline, side }: { pipeline: string; side: MatchSide },
  blocks: readonly (readonly [number, string])[],
  among: ReadonlySet<number> | undefined,
): Promise<void> {
  const rows = await dialectOf(trx).rowsOf(trx);
  if (!among) await trx(table).where({ pipeline, side }).delete();
  else
    await rows.remove(
      table,
      ['pipeline', 'side', 'block'],
      [...among].map((block) => [pipeline, side, block]),
    );
  await rows.insert(
    table,
    ['pipeline', 'side', 'block', column],
    blocks.map(([block, text]) => [pipeline, side, block, text]),
  );
}
