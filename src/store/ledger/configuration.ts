import type { Knex } from '../open.ts';

/** What is remembered of one connection or pipeline, to see later that it changed. Texts and hashes, never secrets. */
export type Facts = Record<string, unknown>;

/** Facts as they were when they were saved last, by subject (`connection:finance`). */
export async function readFacts(knex: Knex, subjects: readonly string[]): Promise<Map<string, Facts>> {
  const rows = (await knex('il_configuration').whereIn('subject', [...subjects])) as { subject: string; facts: string }[];
  return new Map(rows.map((row) => [row.subject, JSON.parse(row.facts) as Facts]));
}

export async function saveFacts(knex: Knex, subject: string, facts: Facts): Promise<void> {
  await knex('il_configuration')
    .insert({ subject, facts: JSON.stringify(facts) })
    .onConflict('subject')
    .merge();
}
