import type { InboundRun } from '../inbound/inbound-run.ts';
import type { LandContext } from './context.ts';

/** What landing a batch needs of a run. */
export type LandingRun = Pick<
  InboundRun,
  | 'begin'
  | 'bound'
  | 'commit'
  | 'connection'
  | 'counts'
  | 'entities'
  | 'hasWriter'
  | 'id'
  | 'knex'
  | 'landed'
  | 'matching'
  | 'pipeline'
  | 'preview'
  | 'skips'
  | 'source'
  | 'stream'
>;

/** What a batch is landed with; `shapeOf` asks in the transaction of the batch. */
export function landContext(
  run: Omit<LandingRun, 'begin' | 'commit' | 'counts' | 'knex' | 'stream'>,
  shapeOf: (columns: readonly string[]) => Promise<number>,
  file?: { id: number; name: string },
): LandContext {
  const { shapes, allNew } = run.landed;
  return {
    sourceId: run.source.id,
    connection: run.connection,
    pipeline: run.pipeline.pipeline,
    runId: run.id,
    file,
    mappings: run.bound,
    skips: run.skips,
    unmapped: run.bound.length === 0 ? 'skip' : run.pipeline.unmapped,
    entities: run.entities,
    matching: run.matching,
    shapeId: async (columns) => {
      const name = columns.join('\u001f');
      let id = shapes.get(name);
      if (id === undefined) shapes.set(name, (id = await shapeOf(columns)));
      return id;
    },
    allNew,
    onChange: run.preview?.onChange,
  };
}
