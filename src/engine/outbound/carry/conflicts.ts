import type { Project } from '../../../config/project.ts';
import type { Knex } from '../../../store/open.ts';
import { listOutbox } from '../../../store/outbound/outbox.ts';

/** A correction that waits because both systems changed a field, with both values. */
export interface Conflict {
  /** Of the row of the outbox, for deliver approve and deliver dismiss. */
  id: number;
  pipeline: string;
  connection: string;
  key: unknown;
  /** The canonical record. */
  record: number;
  fields: { field: string; ours: string | null; theirs: string | null }[];
}

/** Conflicts that need review, of one pipeline or all, in the order in which they were found. */
export async function conflictsOf(
  { project, knex }: { project: Project; knex: Knex },
  pipeline: string | undefined,
  limit: number,
): Promise<Conflict[]> {
  const rows = await listOutbox(knex, { pipeline, states: ['held'], latest: true });
  return rows
    .flatMap((row) => {
      const conflicts = Object.entries(row.carried?.conflicts ?? {});
      if (conflicts.length === 0) return [];
      return [
        {
          id: row.id,
          pipeline: row.pipeline,
          connection: project.pipelines.get(row.pipeline)?.value.deliver?.connection ?? '',
          key: JSON.parse(row.key) as unknown,
          record: row.golden,
          fields: conflicts.map(([field, { ours, theirs }]) => ({ field, ours, theirs })),
        },
      ];
    })
    .slice(0, limit);
}
