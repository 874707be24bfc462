import type { Knex } from '../open.ts';

/** Does the store know anything by this name of a connection: a source, a delivery, the configuration of a run? */
export async function knowsConnection(knex: Knex, name: string): Promise<boolean> {
  return (
    (await knex('il_source').where({ connection: name }).first('id')) !== undefined ||
    (await knex('il_delivery').where({ connection: name }).first('id')) !== undefined ||
    (await knex('il_configuration')
      .where({ subject: `connection:${name}` })
      .first('subject')) !== undefined
  );
}

/**
 * Everything that the store keeps by the name of a connection goes on under its new one: positions, deliveries, numbers of files that were
 * sent, what its configuration was. What it was called first is kept for ever: keys of what was sent are made with it.
 */
export async function renameConnection(trx: Knex, from: string, to: string): Promise<void> {
  await trx('il_source').where({ connection: from }).update({ connection: to });
  await trx('il_delivery').where({ connection: from }).update({ connection: to });
  await trx('il_configuration')
    .where({ subject: `connection:${to}` })
    .whereExists(
      trx('il_configuration')
        .where({ subject: `connection:${from}` })
        .select('subject'),
    )
    .delete();
  await trx('il_configuration')
    .where({ subject: `connection:${from}` })
    .update({ subject: `connection:${to}` });
  const sequences = (await trx('il_sequence').whereRaw('substr(name, 1, ?) = ?', [from.length + 6, `sink:${from}/`])) as {
    name: string;
    next: number;
  }[];
  for (const { name, next } of sequences) {
    const renamed = `sink:${to}/${name.slice(from.length + 6)}`;
    await trx('il_sequence').where({ name }).delete();
    const there = (await trx('il_sequence').where({ name: renamed }).first('next')) as { next: number } | undefined;
    await trx('il_sequence')
      .insert({ name: renamed, next: Math.max(Number(next), Number(there?.next ?? 0)) })
      .onConflict('name')
      .merge();
  }
  const first = (await firstNames(trx)).get(from) ?? from;
  await trx('il_connection').whereIn('name', [from, to]).delete();
  if (first !== to) await trx('il_connection').insert({ name: to, first_name: first });
}

/** What connections that were renamed were called when their first record was stored. */
export async function firstNames(knex: Knex): Promise<Map<string, string>> {
  const rows = (await knex('il_connection')) as { name: string; first_name: string }[];
  return new Map(rows.map((row) => [row.name, row.first_name]));
}

/** Connections that a pipeline has sent to. */
export async function sentTo(knex: Knex, pipeline: string): Promise<string[]> {
  return (await knex('il_delivery').where({ pipeline }).distinct('connection').orderBy('connection').pluck('connection')) as string[];
}
