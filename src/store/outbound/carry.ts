import type { Knex } from '../open.ts';
import { isSingle } from '../identity/members.ts';
import { restrict, type GoldenScan, type ScannedGolden, withRelated } from './outbound.ts';
import type { OutboxState } from './outbox.ts';
import type { Rows } from '../rows.ts';

/** What a record of a system said of one field. */
export interface Said {
  value: string | null;
  /** The run that saw this value first; 0: it was there when the pipeline looked the first time. */
  run: number;
  /** What both systems agreed on last, where that is something else, and the run that saw it. */
  agreed?: { value: string | null; run: number };
  /** The number of the value that a person had set in the golden record when the pipeline looked. */
  steward?: number;
}

/** What a pipeline knows of one member since it last looked. */
export interface Looked {
  member: number;
  golden: number;
  landed: number;
  said: Record<string, Said>;
  /** What it says now waits until a person decides: it is looked at in every run until then. Kept as a negative golden_id. */
  waits?: boolean;
}

/** What a pipeline knew of these members when it last looked, by member. */
export async function lookedAt(rows: Rows, pipeline: string, members: readonly number[]): Promise<Map<number, Looked>> {
  const found = await rows.select(
    'SELECT member_id, golden_id, landed_id, said FROM il_carry WHERE pipeline = ? AND member_id = ?',
    members.map((id) => [pipeline, id]),
  );
  return new Map(
    found.map(([member, golden, landed, said]) => [
      Number(member),
      {
        member: Number(member),
        golden: Math.abs(Number(golden)),
        landed: Number(landed),
        said: JSON.parse(said as string) as Looked['said'],
      },
    ]),
  );
}

export async function saveLooked(rows: Rows, pipeline: string, looked: readonly Looked[]): Promise<void> {
  await rows.replace(
    'il_carry',
    ['pipeline', 'member_id', 'golden_id', 'landed_id', 'said'],
    looked.map((one) => [pipeline, one.member, one.waits ? -one.golden : one.golden, one.landed, JSON.stringify(one.said)]),
  );
}

/** Did the pipeline ever look at anybody? */
export async function hasLooked(knex: Knex, pipeline: string): Promise<boolean> {
  return (await knex('il_carry').where({ pipeline }).first('member_id')) !== undefined;
}

/** A member that is in another golden record than when the pipeline last looked, or waits. */
export interface Moved {
  /** The golden record that it was in then, and the one that it is in now. */
  before: number;
  golden: number;
}

/** Everybody who is in another golden record than when a pipeline last looked, or waits; of those whom it does not know there is no `before`. */
export async function movedMembers(knex: Knex, entityId: number, pipeline: string): Promise<(Moved | Pick<Moved, 'golden'>)[]> {
  const rows = (await knex('il_member as m')
    .leftJoin('il_carry as c', (on) => {
      void on.on('c.member_id', 'm.id').andOnVal('c.pipeline', pipeline);
    })
    .where({ 'm.entity_id': entityId, 'm.state': 'live' })
    .whereRaw('(c.member_id IS NULL OR c.golden_id <> m.golden_id)')
    .distinct('c.golden_id as before', 'm.golden_id as golden')) as { before: number | string | null; golden: number | string | null }[];
  return rows.flatMap(({ before, golden }) => {
    if (golden === null) return [];
    return before === null ? { golden: Number(golden) } : { before: Math.abs(Number(before)), golden: Number(golden) };
  });
}

/** Rows that are not sent yet, and those of a conflict that a person dismissed: their golden records are looked at in every run. */
const OPEN: readonly OutboxState[] = ['shadow', 'review', 'queued', 'held', 'refused', 'rejected', 'dismissed'];

interface GoldensAsked {
  entity: string;
  entityId: number;
  pipeline: string;
  fromRun: number;
  moved: readonly Pick<Moved, 'golden'>[];
}

/**
 * Golden records that a pipeline must look at, in the order of their ids: they, or a record of theirs, changed in this run or a later one;
 * they have a member that the pipeline does not know, or knows in another golden record; or something waits for them.
 */
export async function goldensToLookAt(knex: Knex, { entity, entityId, pipeline, fromRun, moved }: GoldensAsked): Promise<number[]> {
  const ids = new Set<number>();
  const add = (list: readonly (number | string | null)[]): void => {
    for (const id of list) if (id !== null) ids.add(Number(id));
  };
  add((await knex(entity).where('_run', '>=', fromRun).pluck('_id')) as number[]);
  if (fromRun > 0) {
    add(
      (await knex('il_landed as d')
        .join('il_link as l', (on) => {
          void on.on('l.source_id', 'd.source_id').andOn('l.source_key', 'd.source_key').andOn('l.landed_id', 'd.id');
        })
        .where('d.run_id', '>=', fromRun)
        .where('l.entity_id', entityId)
        .distinct('l.golden_id')
        .pluck('l.golden_id')) as number[],
    );
    add(moved.map(({ golden }) => golden));
  }
  // What is to be made there is known by an id of the golden record; each of them is the id of a member.
  for (const column of ['o.member_id', 'o.golden_id'])
    add(
      (await knex('il_outbox as o')
        .join('il_member as m', 'm.id', column)
        .where({ 'o.pipeline': pipeline, 'o.latest': 1 })
        .whereIn('o.state', [...OPEN])
        .distinct('m.golden_id')
        .pluck('m.golden_id')) as number[],
    );
  return [...ids].sort((a, b) => a - b);
}

/** Ids of rows that wait for a record of the target system that is gone. */
export async function openRowsOfGone(knex: Knex, pipeline: string): Promise<number[]> {
  const ids = (await knex('il_outbox as o')
    .join('il_member as m', 'm.id', 'o.member_id')
    .where({ 'o.pipeline': pipeline, 'o.latest': 1, 'm.state': 'gone' })
    .whereIn('o.state', ['shadow', 'review', 'queued', 'held', 'refused'])
    .orderBy('o.id')
    .pluck('o.id')) as (number | string)[];
  return ids.map(Number);
}

/** These golden records, as far as a pipeline wants them. */
export async function goldensForCarry(knex: Knex, scan: GoldenScan, ids: readonly number[]): Promise<ScannedGolden[]> {
  const query = knex(`${scan.entity} as g`)
    .select(['_id', ...scan.columns].map((column) => `g.${column}`))
    .whereIn('g._id', [...ids])
    .orderBy('g._id');
  restrict(query, scan.where);
  if (scan.since) void query.where(`g.${scan.since.field}`, '>=', scan.since.from);
  return withRelated(knex, (await query) as Parameters<typeof withRelated>[1], scan.related);
}

/** The runs in which records were landed, by their ids. */
export async function runsOfLanded(rows: Rows, ids: readonly number[]): Promise<Map<number, number>> {
  const found = await rows.select(
    'SELECT id, run_id FROM il_landed WHERE id = ?',
    ids.map((id) => [id]),
  );
  return new Map(found.map(([id, run]) => [Number(id), Number(run)]));
}

/** Is a person still to decide whether one of these members is one with a member of a connection? */
export async function waitsForReview(rows: Rows, entityId: number, members: readonly number[], connection: string): Promise<boolean> {
  const asked = members.length === 1 ? '' : `AND (e.veto IS NULL OR e.veto <> 'alone' OR ${isSingle('m')})`;
  // By its second member without the entity: SQLite would go through all pairs of the entity.
  for (const [own, other, condition] of [
    ['a', 'b', 'e.entity_id = ? AND e.a = ?'],
    ['b', 'a', 'e.b = ?'],
  ] as const)
    for (const id of members) {
      const found = await rows.select(
        `SELECT m.id FROM il_edge e JOIN il_member m ON m.id = e.${other} WHERE ${condition} AND e.verdict IN ('link', 'review')
          AND m.source = ? AND m.state = 'live' ${asked}
          AND NOT EXISTS (SELECT 1 FROM il_decision d JOIN il_member o ON o.id = e.${own}
            WHERE d.entity_id = e.entity_id AND d.undone_at IS NULL AND d.verdict = 'different'
              AND ((d.source_a = m.source AND d.key_a = m.member_key AND d.source_b = o.source AND d.key_b = o.member_key)
                OR (d.source_b = m.source AND d.key_b = m.member_key AND d.source_a = o.source AND d.key_a = o.member_key)))`,
        [own === 'a' ? [entityId, id, connection] : [id, connection]],
      );
      if (found.length > 0) return true;
    }
  return false;
}

/** How many members of a connection there are now. */
export async function countMembers(knex: Knex, entityId: number, source: string): Promise<number> {
  const [row] = (await knex('il_member').where({ entity_id: entityId, source, state: 'live' }).count({ n: '*' })) as {
    n: number | string;
  }[];
  return Number(row!.n);
}
