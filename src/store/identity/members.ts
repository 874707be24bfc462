import { type Link, linkOf, LINK_SELECT } from '../landing/landing.ts';
import { decisionsOf, type Member, memberOf as memberOfRow } from './identity.ts';
import type { Knex } from '../open.ts';
import type { Rows } from '../rows.ts';

/** What the members of an entity were compared by last, and whether some were not yet. */
export async function comparedBy(knex: Knex, entityId: number): Promise<{ comparedBy: string | null; membersNew: boolean }> {
  const row = (await knex('il_entity').where({ id: entityId }).first('compared_by', 'members_new')) as {
    compared_by: string | null;
    members_new: number;
  };
  return { comparedBy: row.compared_by, membersNew: Number(row.members_new) !== 0 };
}

/** Is there a record of the entity that a golden record was made of? */
export async function hasRecords(knex: Knex, entityId: number): Promise<boolean> {
  return (
    (await knex('il_link').where({ entity_id: entityId }).whereNotNull('mapped').whereNull('deleted_run').first('source_id')) !== undefined
  );
}

export async function saveCompared(trx: Knex, entityId: number, fingerprint: string): Promise<void> {
  await trx('il_entity').where({ id: entityId }).update({ compared_by: fingerprint, members_new: 0 });
}

/** Members of which there are records. Goes through all of them. */
export async function countMembers(knex: Knex, entityId: number): Promise<number> {
  const [row] = (await knex('il_member').where({ entity_id: entityId }).whereNot({ state: 'gone' }).count({ n: '*' })) as {
    n: number | string;
  }[];
  return Number(row!.n);
}

/** Members that were not compared yet. They have no golden record, and are found by that: of a million members, a few are new. */
export async function countMembersToCompare(knex: Knex, entityId: number): Promise<number> {
  const [row] = (await knex('il_member').where({ entity_id: entityId, golden_id: null, state: 'new' }).count({ n: '*' })) as {
    n: number | string;
  }[];
  return Number(row!.n);
}

/** The next members that were not compared yet, in the order of their ids. */
export async function membersToCompare(rows: Rows, entityId: number, limit: number): Promise<Member[]> {
  const found = await rows.select(
    `SELECT id, source, member_key FROM il_member WHERE entity_id = ? AND golden_id IS NULL AND state = 'new' ORDER BY id LIMIT ?`,
    [[entityId, limit]],
  );
  return found.map(([id, source, key]) => ({
    id: Number(id),
    source: source as string,
    key: key as string,
    state: 'new',
    golden: null,
    host: null,
    population: -1,
    profile: null,
    linkKind: null,
    linkScore: null,
  }));
}

/** Links of an entity that belong to no member yet. */
export async function takeUnnamedLinks(rows: Rows, entityId: number, limit: number): Promise<Link[]> {
  const found = await rows.select(
    `${LINK_SELECT} WHERE entity_id = ? AND member_id IS NULL AND mapped IS NOT NULL AND deleted_run IS NULL ORDER BY source_id, source_key, item_key LIMIT ?`,
    [[entityId, limit]],
  );
  return found.map(linkOf);
}

const MEMBER_COLUMNS = ['id', 'source', 'member_key', 'state', 'golden_id', 'host', 'population', 'profile', 'link_kind', 'link_score'];

function memberOf(row: Record<string, unknown> | undefined): Member | undefined {
  return row === undefined ? undefined : memberOfRow(MEMBER_COLUMNS.map((name) => row[name] as string | number | null));
}

export async function memberByName(
  knex: Knex,
  entityId: number,
  { source, key }: { source: string; key: string },
): Promise<Member | undefined> {
  return memberOf(
    (await knex('il_member').where({ entity_id: entityId, source, member_key: key }).first(MEMBER_COLUMNS)) as
      Record<string, unknown> | undefined,
  );
}

/** The member that had this id alone: whatever golden record an id named, this says where it is now. */
export async function memberOfId(knex: Knex, entityId: number, id: number): Promise<Member | undefined> {
  return memberOf(
    (await knex('il_member').where({ entity_id: entityId, id }).first(MEMBER_COLUMNS)) as Record<string, unknown> | undefined,
  );
}

/** The members of a golden record that records are left of. */
export async function membersOfGolden(knex: Knex, entityId: number, golden: number): Promise<Member[]> {
  const rows = (await knex('il_member')
    .where({ entity_id: entityId, golden_id: golden, state: 'live' })
    .orderBy(['source', 'member_key'])
    .select(MEMBER_COLUMNS)) as Record<string, unknown>[];
  return rows.map((row) => memberOf(row)!);
}

/** One row for each member, cluster by cluster; `after` is called in their order. */
export interface ClusterRow {
  golden_id: number;
  connection: string;
  source_key: string;
  link_kind: 'rule' | 'score' | 'steward' | null;
  /** 1/1024 bit. */
  link_score: number | null;
}

export async function clusterRows(knex: Knex, entityId: number): Promise<ClusterRow[]> {
  return (await knex('il_member')
    .where({ entity_id: entityId, state: 'live' })
    .orderBy(['golden_id', 'source', 'member_key'])
    .select('golden_id', 'source as connection', 'member_key as source_key', 'link_kind', 'link_score')) as ClusterRow[];
}

/** A pair that needs review: of two golden records the pair with the best score. */
export interface WaitingPair {
  a: number;
  b: number;
  goldenA: number;
  goldenB: number;
  score: number;
  verdict: string;
  veto: string | null;
  /** A person said "later". */
  later: boolean;
}

/** Every pair of members of different golden records that waits, best score first; those put off for later at the end. */
export async function waitingPairs(knex: Knex, entityId: number): Promise<WaitingPair[]> {
  const rows = (await knex('il_edge as e')
    .join('il_member as a', 'a.id', 'e.a')
    .join('il_member as b', 'b.id', 'e.b')
    .where('e.entity_id', entityId)
    .whereIn('e.verdict', ['link', 'review'])
    .whereRaw('a.golden_id <> b.golden_id')
    .whereRaw(`(e.veto IS NULL OR e.veto <> 'alone' OR ${isSingle('a')} OR ${isSingle('b')})`)
    .select(
      'e.a',
      'e.b',
      'e.score',
      'e.verdict',
      'e.veto',
      'a.golden_id as ga',
      'b.golden_id as gb',
      'a.source as sa',
      'a.member_key as ka',
      'b.source as sb',
      'b.member_key as kb',
    )) as Record<string, string | number | null>[];
  const decided = new Map(
    (await decisionsOf(knex, entityId)).map((d) => [JSON.stringify([d.a.source, d.a.key, d.b.source, d.b.key]), d.verdict]),
  );
  const said = (r: Record<string, string | number | null>): string | undefined =>
    decided.get(JSON.stringify([r.sa, r.ka, r.sb, r.kb])) ?? decided.get(JSON.stringify([r.sb, r.kb, r.sa, r.ka]));
  const apart = new Set(rows.filter((r) => said(r) === 'different').map((r) => goldenPair(Number(r.ga), Number(r.gb))));
  return rows
    .filter((r) => !apart.has(goldenPair(Number(r.ga), Number(r.gb))))
    .map((r) => ({
      a: Number(r.a),
      b: Number(r.b),
      goldenA: Number(r.ga),
      goldenB: Number(r.gb),
      score: Number(r.score),
      verdict: r.verdict as string,
      veto: r.veto as string | null,
      later: said(r) === 'later',
    }))
    .sort((x, y) => Number(x.later) - Number(y.later) || y.score - x.score || x.a - y.a || x.b - y.b);
}

/** Names two golden records, whichever is said first. */
export function goldenPair(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** The golden record of a member has no other record: SQL. `member`: the alias of its row. */
export function isSingle(member: string): string {
  return `NOT EXISTS (SELECT 1 FROM il_member s
    WHERE s.entity_id = ${member}.entity_id AND s.golden_id = ${member}.golden_id AND s.id <> ${member}.id AND s.state = 'live')`;
}

/** Over the pairs that are kept: how many of them are expected to be one, those inside clusters and those across. */
export async function edgeMass(
  knex: Knex,
  entityId: number,
  unit: number,
): Promise<{ linkedPairs: number; linked: number; unlinked: number }> {
  const rows = (await knex('il_edge as e')
    .join('il_member as a', 'a.id', 'e.a')
    .join('il_member as b', 'b.id', 'e.b')
    .where('e.entity_id', entityId)
    // Nearly all of them are of a household.
    .whereRaw("(e.veto IS NULL OR e.veto <> 'alone')")
    .groupByRaw('CASE WHEN a.golden_id = b.golden_id THEN 1 ELSE 0 END, CASE WHEN e.veto IS NULL THEN 0 ELSE 1 END, e.score')
    .select(
      knex.raw('CASE WHEN a.golden_id = b.golden_id THEN 1 ELSE 0 END AS inside'),
      knex.raw('CASE WHEN e.veto IS NULL THEN 0 ELSE 1 END AS vetoed'),
      'e.score',
    )
    .count({ n: '*' })) as unknown as { inside: number; vetoed: number; score: number; n: number | string }[];
  const mass = { linkedPairs: 0, linked: 0, unlinked: 0 };
  for (const { inside, vetoed, score, n } of rows) {
    // A score knows nothing of the reason for a veto: such a pair is one as likely as not.
    const share = 1 / (1 + 2 ** (-Number(score) / unit));
    const likely = Number(n) * (Number(inside) === 0 && Number(vetoed) === 1 ? Math.min(share, 0.5) : share);
    if (Number(inside) === 1) {
      mass.linkedPairs += Number(n);
      mass.linked += likely;
    } else mass.unlinked += likely;
  }
  return mass;
}

/** Members of any connection that have this key. */
export async function membersByKey(knex: Knex, entityId: number, key: string, limit: number): Promise<Member[]> {
  const rows = (await knex('il_member')
    .where({ entity_id: entityId, member_key: key })
    .orderBy(['source', 'id'])
    .limit(limit)
    .select(MEMBER_COLUMNS)) as Record<string, unknown>[];
  return rows.map((row) => memberOf(row)!);
}

/** The pairs that are kept of members of one golden record, strongest first. */
export async function edgesInside(
  knex: Knex,
  entityId: number,
  golden: number,
): Promise<{ a: number; b: number; score: number; verdict: string; rule: string | null }[]> {
  const rows = (await knex('il_edge as e')
    .join('il_member as a', 'a.id', 'e.a')
    .join('il_member as b', 'b.id', 'e.b')
    .where({ 'e.entity_id': entityId, 'a.golden_id': golden, 'b.golden_id': golden, 'a.entity_id': entityId })
    .orderBy([{ column: 'e.score', order: 'desc' }, 'e.a', 'e.b'])
    .select('e.a', 'e.b', 'e.score', 'e.verdict', 'e.rule')) as {
    a: number;
    b: number;
    score: number;
    verdict: string;
    rule: string | null;
  }[];
  return rows.map((r) => ({ ...r, a: Number(r.a), b: Number(r.b), score: Number(r.score) }));
}

/** Ids of the members of a golden record: it answers to each of them for ever. */
export async function memberIdsOf(knex: Knex, entityId: number, golden: number): Promise<number[]> {
  const ids = (await knex('il_member').where({ entity_id: entityId, golden_id: golden }).orderBy('id').pluck('id')) as (number | string)[];
  return ids.map(Number);
}
