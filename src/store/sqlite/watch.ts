import type { Knex } from 'knex';
import type { Watch } from '../dialect.ts';
import { quoted } from '../rows.ts';

/** One writer at a time: each mark stands once. */
export async function createMarks(knex: Knex): Promise<void> {
  await knex.raw(`CREATE TABLE il_revenue_mark (
    entity_id BIGINT NOT NULL, block BIGINT NOT NULL, about TEXT NOT NULL, PRIMARY KEY (entity_id, block, about)) WITHOUT ROWID`);
}

/** Row by row: a block that is marked already costs one look into a small table. */
export async function watch(knex: Knex, { table, name, on, select, from, where, updates }: Watch): Promise<void> {
  for (const event of on)
    for (const row of event === 'insert' ? ['NEW'] : event === 'delete' || !updates ? ['OLD'] : ['OLD', 'NEW']) {
      const text = (sql: string): string => sql.replaceAll('{r}', row);
      const only =
        event === 'update' && typeof updates === 'object'
          ? `WHEN ${updates.changed.map((c) => `OLD.${c} IS NOT NEW.${c}`).join(' OR ')}`
          : '';
      await knex.raw(
        `CREATE TRIGGER IF NOT EXISTS ${quoted(`${table}_${name}_${event}_${row.toLowerCase()}`)} AFTER ${event} ON ${quoted(table)} ${only}
         BEGIN INSERT INTO il_revenue_mark (entity_id, block, about) SELECT ${text(select)}
         ${from ? `FROM ${text(from)}` : ''} WHERE ${where ? text(where) : 'true'} ON CONFLICT DO NOTHING; END`,
      );
    }
}

export async function isWatched(knex: Knex, { table, name }: Pick<Watch, 'table' | 'name'>): Promise<boolean> {
  return (
    (await knex('sqlite_master').where({ type: 'trigger', tbl_name: table }).where('name', 'like', `${table}_${name}_%`).first('name')) !==
    undefined
  );
}

export async function rewriteWatches(knex: Knex, before: string, after: string): Promise<void> {
  const triggers = (await knex('sqlite_master').where({ type: 'trigger' }).where('sql', 'like', '%INSERT INTO il_revenue_mark %')) as {
    name: string;
    sql: string;
  }[];
  for (const { name, sql } of triggers) {
    await knex.raw(`DROP TRIGGER ${quoted(name)}`);
    await knex.raw(sql.replaceAll(before, after));
  }
}
