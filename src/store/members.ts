import { type Link, linkOf, LINK_SELECT } from './landing.ts';
import type { Member } from './identity.ts';
import type { Knex } from './open.ts';
import type { Rows } from './rows.ts';

/** What the members of an entity were compared by last, and whether some were not yet. */
export async function comparedBy(knex: Knex, entityId: number): Promise<{ comparedBy: string | null; membersNew: boolean }> {
  const row = (await knex('il_entity').where({ id: entityId }).first('compared_by', 'members_new')) as {
    compared_by: string | null;
    members_new: number;
  };
  return { comparedBy: row.compared_by, membersNew: Number(row.members_new) !== 0 };
}

export async function saveCompared(trx: Knex, entityId: number, fingerprint: string): Promise<void> {
  await trx('il_entity').where({ id: entityId }).update({ compared_by: fingerprint, members_new: 0 });
}

/** Members of which there are records, or those in one state. */
export async function countMembers(knex: Knex, entityId: number, state?: Member['state']): Promise<number> {
  const query = knex('il_member').where({ entity_id: entityId });
  const [row] = (await (state ? query.where({ state }) : query.whereNot({ state: 'gone' })).count({ n: '*' })) as { n: number | string }[];
  return Number(row!.n);
}

/** The next members that were not compared yet, in the order of their ids. */
export async function membersToCompare(rows: Rows, entityId: number, limit: number): Promise<Member[]> {
  const found = await rows.select(
    `SELECT id, source, member_key FROM il_member WHERE entity_id = ? AND state = 'new' ORDER BY id LIMIT ?`,
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
