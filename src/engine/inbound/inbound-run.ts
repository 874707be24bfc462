import { connectorOf } from '../../config/project.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import type { IdentityModel } from '../../identity/model.ts';
import type { Skips } from '../../mapping/skip.ts';
import { beginLanding, landsWhileReading, type OpenLanding } from '../../store/landing/landing.ts';
import { countOpenRejects } from '../../store/landing/rejects.ts';
import { entityIds, type Source, sourceOf } from '../../store/ledger/sources.ts';
import { makeMissingIndexes } from '../../store/model-tables.ts';
import { identityModels } from '../identity/models.ts';
import { referencesOf } from '../identity/references.ts';
import type { BoundMapping, SkipReason } from '../landing/context.ts';
import { bindMappings } from '../run/bind.ts';
import type { Run } from '../run/context.ts';
import { committing } from '../run/open-run.ts';

/** One run of an inbound pipeline: which source it reads, what its records are made into, and what it has landed so far. */
export interface InboundRun extends Run {
  readonly connection: string;
  readonly stream: StreamConfig;
  readonly streamName: string;
  /** Of the same connector. */
  readonly streams: Readonly<Record<string, StreamConfig>>;
  /** What the store knows of the source; it is changed with the store. */
  readonly source: Source;
  readonly bound: readonly BoundMapping[];
  readonly skips: Skips | undefined;
  /** Of the mappings. */
  readonly fingerprint: string;
  /** Every entity of the project by its id. */
  readonly entities: ReadonlyMap<number, EntityConfig>;
  /** The compiled identity of those that have its long form, by id. */
  readonly matching: ReadonlyMap<number, IdentityModel>;
  /** Opens a transaction for a batch that is landed while it is read; undefined where batches are collected first. */
  readonly begin: (() => Promise<OpenLanding>) | undefined;
  /** Its `knex` writes in a thread of its own: batches may be made ahead of their transactions although `begin` is there. */
  readonly hasWriter?: boolean;
  readonly landed: LandedSoFar;
  /** Files that this run left for a later one: path to reason. */
  readonly left: Map<string, string>;
}

/** What a run knows of what it has landed. */
export interface LandedSoFar {
  /** See LandContext.allNew; set for one file at a time. */
  allNew: boolean;
  /** Records of this load name somebody who is in the store: members must be looked up. */
  namesKnownMembers?: boolean;
  /** Some record of this source is rejected: good ones may have to close it. */
  openRejects: boolean;
  /** Of the skipped records, those that were not known before. */
  skippedNew: number;
  /** How many records were skipped, by the reason. */
  readonly skippedBecause: Map<SkipReason, number>;
  /** The ids of lists of columns. */
  readonly shapes: Map<string, number>;
}

/** What an inbound pipeline works with. Its source is in the store afterwards, under the pipeline's name. */
export async function openInboundRun(run: Run): Promise<InboundRun> {
  const { project, pipeline, knex, locks, preview } = run;
  const { connection, stream: streamName } = pipeline.source!;
  const { streams } = connectorOf(project, connection)!;
  // A server goes on for months after a load that was cut off: it must not wait for its next start.
  if (!preview)
    await makeMissingIndexes(
      knex,
      [...project.entities.values()].map(({ value }) => value),
    );
  const { renamedFrom, ...source } = await sourceOf(
    knex,
    { pipeline: pipeline.pipeline, connection, stream: streamName },
    project.pipelines.keys(),
  );
  if (renamedFrom !== undefined) run.note(`It reads what the pipeline ${renamedFrom} used to read and continues with its records.`);
  const ids = await entityIds(knex);
  const { bound, skips, fingerprint } = bindMappings(project, pipeline, ids);
  const { entities, matching } = entitiesById(run, ids);
  // Where the mappings changed, records may leave entities that the pipeline does not make anymore.
  const comparing =
    matching.size > 0 &&
    (source.fingerprint !== fingerprint || bound.some((b) => matching.has(b.entityId) || referencesOf(b.entity).length > 0));
  const held = preview?.held;
  return {
    ...run,
    commit: committing(run, comparing),
    begin: held ? async () => held : landsWhileReading(knex) ? () => beginLanding(knex, locks) : undefined,
    connection,
    stream: streams[streamName]!,
    streamName,
    streams,
    source,
    bound,
    skips,
    fingerprint,
    entities,
    matching,
    landed: {
      allNew: false,
      openRejects: (await countOpenRejects(knex, source.id)) > 0,
      skippedNew: 0,
      skippedBecause: new Map(),
      shapes: new Map(),
    },
    left: new Map(),
  };
}

/** The entities of the project as the store numbers them, with the compiled identity of those that have its long form. */
export function entitiesById(
  { project }: Pick<Run, 'project'>,
  ids: ReadonlyMap<string, number>,
): Pick<InboundRun, 'entities' | 'matching'> {
  return {
    entities: new Map([...project.entities.values()].map(({ value }) => [ids.get(value.entity)!, value])),
    matching: new Map([...identityModels(project)].map(([name, model]) => [ids.get(name)!, model])),
  };
}
