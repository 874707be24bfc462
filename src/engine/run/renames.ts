import type { Project } from '../../config/project.ts';
import { FatalError } from '../../core/errors.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { firstNames, knowsConnection, renameConnection, sentTo } from '../../store/ledger/connections.ts';
import type { Knex } from '../../store/open.ts';
import { countLinkedRecords, findSource } from '../../store/ledger/sources.ts';
import { landing } from '../../store/landing/landing.ts';

/**
 * Brings what the store knows of connections in line with their names before a pipeline runs: follows what was renamed, and gives a
 * sentence for each; `refusal` is why the pipeline may not run.
 */
export async function connectionsInLine(
  knex: Knex,
  project: Project,
  pipeline: string,
  actor: string,
): Promise<{ renamed: string[]; refusal: FatalError | undefined }> {
  const renamed: string[] = [];
  try {
    renamed.push(...(await followRenames(knex, project, actor)));
    await refuseOtherConnection(knex, project, pipeline);
    return { renamed, refusal: undefined };
  } catch (error) {
    if (error instanceof FatalError) return { renamed, refusal: error };
    throw error;
  }
}

/**
 * Follows connections that were renamed and say so (`formerly`), in one transaction: from then on the store knows them by their new
 * names only. Gives a sentence for each. Throws FatalError CONNECTION_NAME_TAKEN where a new connection has the first name of another.
 */
async function followRenames(knex: Knex, project: Project, actor: string): Promise<string[]> {
  const wanted = Object.entries(project.connections).flatMap(([to, { formerly = [] }]) => formerly.map((from) => ({ from, to })));
  const said: string[] = [];
  for (const { from, to } of wanted) {
    if (!(await knowsConnection(knex, from))) continue;
    // Of two processes that start together, one does it.
    const done = await landing(knex, async (_, trx) => {
      if (!(await knowsConnection(trx, from))) return false;
      await renameConnection(trx, from, to);
      await appendAudit(trx, { actor, action: 'connection_renamed', subject: to, detail: { from, to } });
      return true;
    });
    if (done) said.push(`The connection ${from} is now called ${to}; its records continue under the new name.`);
  }
  const taken = [...(await firstNames(knex))].find(([name, first]) => name !== first && Object.hasOwn(project.connections, first));
  if (taken)
    throw new FatalError({
      code: 'CONNECTION_NAME_TAKEN',
      place: { file: 'config/connections.yaml', path: `connections.${taken[1]}` },
      message: `${taken[1]} is the original name of the connection ${taken[0]}, and the keys of sent records contain that name.`,
      hint: `Give the new connection another name. To give ${taken[0]} its original name back, rename it and write formerly: ${taken[0]} there.`,
    });
  return said;
}

/**
 * Refuses a pipeline that reads another connection than its stored records came from, or sends to another one than before, when nobody
 * said that it is the same system under another name: records would be of two sources, and filters and joins by source would miss a
 * part of them; and what the one system got would not be sent to the other.
 */
async function refuseOtherConnection(knex: Knex, project: Project, pipeline: string): Promise<void> {
  const { source: reads, deliver, mappings = [] } = project.pipelines.get(pipeline)!.value;
  if (deliver) {
    const before = await sentTo(knex, pipeline);
    const other = before.find((name) => name !== deliver.connection);
    if (other !== undefined)
      throw changed(
        project,
        pipeline,
        deliver.connection,
        other,
        `It now sends to ${deliver.connection}, but earlier records went to ${other}; they would not be sent again.`,
      );
  }
  const source = reads && (await findSource(knex, pipeline));
  if (!source || source.connection === '' || source.connection === reads.connection) return;
  // Where no value says which connection it came from, there is nothing to be identified by it.
  if (!mappings.some((name) => JSON.stringify(project.mappings.get(name)!.value.fields).includes('@connection'))) return;
  const records = await countLinkedRecords(knex, source.id);
  if (records > 0)
    throw changed(
      project,
      pipeline,
      reads.connection,
      source.connection,
      `It now reads ${reads.connection}, but ${records === 1 ? 'its one stored record' : `the ${records.toLocaleString('en-US')} stored records`} came from ${source.connection}.`,
    );
}

function changed(project: Project, pipeline: string, now: string, before: string, message: string): FatalError {
  const another = 'If it is another system, write a new pipeline for it under another name';
  return new FatalError({
    code: 'CONNECTION_CHANGED',
    place: { system: pipeline },
    message,
    hint: Object.hasOwn(project.connections, before)
      ? `${another}; otherwise write connection: ${before} again.`
      : `If ${now} is the same system under another name, write formerly: ${before} below ${now} in config/connections.yaml. ${another}.`,
  });
}

/** Entity → the fields in which its mappings write the name of a connection. */
export function connectionFields(project: Project, entity: string): Set<string> {
  const fields = new Set<string>();
  for (const { value } of project.mappings.values())
    if (value.entity === entity)
      for (const [name, rule] of Object.entries(value.fields))
        if (rule === '@connection' || (typeof rule === 'object' && !rule.lookup && [rule.from].flat().includes('@connection')))
          fields.add(name);
  return fields;
}
