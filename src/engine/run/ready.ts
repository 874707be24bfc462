import type { Run } from './context.ts';
import { requirePassingTests } from './mapping-tests.ts';
import { connectionsInLine } from './renames.ts';

/**
 * Brings the store in line with connections that were renamed, and checks that the pipeline may run. Throws FatalError where a test of
 * its mappings fails, or where its connection is not the one that it had.
 */
export async function requireReady(run: Pick<Run, 'actor' | 'knex' | 'note' | 'pipeline' | 'project'>): Promise<void> {
  const { knex, project, pipeline, actor } = run;
  const { renamed, refusal } = await connectionsInLine(knex, project, pipeline.pipeline, actor);
  for (const text of renamed) run.note(text);
  await requirePassingTests(project, pipeline);
  if (refusal) throw refusal;
}
