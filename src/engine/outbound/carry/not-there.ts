import { connectorOf, type Project } from '../../../config/project.ts';
import type { PipelineConfig } from '../../../config/schema/pipeline.ts';
import { lastModified } from '../../../store/ledger/files.ts';
import { lastRead } from '../../../store/ledger/runs.ts';
import { findSource } from '../../../store/ledger/sources.ts';
import type { Knex } from '../../../store/open.ts';
import { takenCorrections } from '../../../store/outbound/taken.ts';
import { isEcho } from './same.ts';

/** A correction that a system said it took, and that is not in what it says. */
export interface NotThere {
  pipeline: string;
  connection: string;
  /** Its number in that system. */
  number: string;
  field: string;
}

/** Systems that take files and requests work them off in the night. */
const SETTLED_MS = 24 * 3_600_000;

/**
 * Corrections that systems took a day ago or longer, where they say now what they said before: the import there failed after its answer,
 * or a backup was restored. Only what was read since can tell: the record itself, or the whole of its source.
 */
export async function correctionsNotThere({ project, knex }: { project: Project; knex: Knex }): Promise<NotThere[]> {
  const found: NotThere[] = [];
  for (const [pipeline, { value: config }] of project.pipelines) {
    if (!config.deliver?.carry || config.mode === 'off') continue;
    const { connection } = config.deliver;
    const whole = await readWholeAt(project, knex, connection, entityOf(project, config));
    const seen = new Set<string>();
    for await (const { member, source, number, run, at, carried, said, readAt } of takenCorrections(knex, pipeline)) {
      const settled = Date.parse(at) + SETTLED_MS;
      const isRead = source === connection && (Date.parse(readAt) >= settled || whole >= settled);
      for (const [field, { value, before }] of Object.entries(carried.fields)) {
        // Of several corrections of a field the newest counts.
        const name = `${member} ${field}`;
        if (seen.has(name)) continue;
        seen.add(name);
        const now = said[field];
        if (isRead && now && now.run <= run && now.value === before && !isEcho(value, now.value))
          found.push({ pipeline, connection, number, field });
      }
    }
  }
  return found;
}

function entityOf(project: Project, { deliver }: PipelineConfig): string | undefined {
  const from = project.sinkMappings.get(deliver!.mapping)?.value.from;
  return from?.entity;
}

/** When a system was last read as a whole, milliseconds since 1970: by all pipelines that read such records of it. 0: never, or not as a whole. */
async function readWholeAt(project: Project, knex: Knex, connection: string, entity: string | undefined): Promise<number> {
  const times: number[] = [];
  for (const [pipeline, { value }] of project.pipelines) {
    if (value.source?.connection !== connection) continue;
    if (!(value.mappings ?? []).some((name) => project.mappings.get(name)?.value.entity === entity)) continue;
    const stream = connectorOf(project, connection)?.streams[value.source.stream];
    const source = await findSource(knex, pipeline);
    const isWhole = stream?.retriever.files ? stream.retriever.files.content === 'snapshot' : stream?.incremental === undefined;
    if (!stream || !source || !isWhole) return 0;
    times.push(stream.retriever.files ? await lastModified(knex, source.id) : await lastRead(knex, pipeline));
  }
  return times.length > 0 ? Math.min(...times) : 0;
}
