import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Watch } from '../dialect.ts';
import { quoted } from '../rows.ts';

/** Marks may stand several times: each transaction adds its own. */
export async function createMarks(knex: Knex): Promise<void> {
  await knex.raw(
    'CREATE TABLE il_revenue_mark (number BIGSERIAL PRIMARY KEY, entity_id BIGINT NOT NULL, block BIGINT NOT NULL, about TEXT NOT NULL)',
  );
}

/**
 * Statement by statement. Marks are only added here: two transactions that change records of one block must not wait for each other, and
 * what one of them adds is not taken away by whoever does not see its records yet.
 */
export async function watch(knex: Knex, { table, name, on, select, from, where, updates }: Watch): Promise<void> {
  const existing = await triggersOf(knex, table);
  const made: string[] = [];
  for (const event of on)
    for (const side of event === 'insert' ? ['new'] : event === 'delete' || !updates ? ['old'] : ['old', 'new']) {
      const id = `${name}_${event}_${side}_${hash('sha256', table).slice(0, 10)}`;
      if (existing.has(id)) continue;
      const text = (sql: string): string => sql.replaceAll('{r}', 'r');
      const pairs = event === 'update' && typeof updates === 'object' ? updates : undefined;
      const [here, there] = side === 'old' ? ['was', 'is_now'] : ['is_now', 'was'];
      const other = pairs
        ? `JOIN ${there} o ON o.${pairs.key} = r.${pairs.key} AND (${pairs.changed.map((c) => `o.${c} IS DISTINCT FROM r.${c}`).join(' OR ')})`
        : '';
      const rows = [...(pairs || side === 'old' ? ['OLD TABLE AS was'] : []), ...(pairs || side === 'new' ? ['NEW TABLE AS is_now'] : [])];
      made.push(
        `CREATE OR REPLACE FUNCTION ${quoted(`il_${id}`)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         INSERT INTO il_revenue_mark (entity_id, block, about) SELECT DISTINCT ${text(select)}
         FROM ${here} r ${other} ${from ? `CROSS JOIN ${text(from)}` : ''} WHERE ${where ? text(where) : 'true'};
         RETURN NULL; END $$`,
        `CREATE TRIGGER ${quoted(id)} AFTER ${event} ON ${quoted(table)} REFERENCING ${rows.join(' ')}
         FOR EACH STATEMENT EXECUTE FUNCTION ${quoted(`il_${id}`)}()`,
      );
    }
  if (made.length > 0) await knex.raw(made.join(';\n'));
}

async function triggersOf(knex: Knex, table: string): Promise<Set<string>> {
  const { rows } = (await knex.raw('SELECT tgname::text AS name FROM pg_trigger WHERE tgrelid = to_regclass(?)', [quoted(table)])) as {
    rows: { name: string }[];
  };
  return new Set(rows.map(({ name }) => name));
}

export async function isWatched(knex: Knex, { table, name }: Pick<Watch, 'table' | 'name'>): Promise<boolean> {
  return [...(await triggersOf(knex, table))].some((trigger) => trigger.startsWith(`${name}_`));
}

/** In one statement: a store that is made does this too. */
export async function rewriteWatches(knex: Knex, before: string, after: string): Promise<void> {
  const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  await knex.raw(
    `DO $$ DECLARE made text; BEGIN
     FOR made IN SELECT pg_get_functiondef(oid) FROM pg_proc
       WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype AND prosrc LIKE '%INSERT INTO il_revenue_mark %'
     LOOP EXECUTE replace(made, ${literal(before)}, ${literal(after)}); END LOOP; END $$`,
  );
}
