import type { EntityConfig } from '../../config/schema/model.ts';
import type { IdentityModel } from '../../identity/model.ts';
import type { CompiledMapping } from '../../mapping/mapping.ts';
import type { Skips } from '../../mapping/skip.ts';
import type { Coming } from '../identity/changed/found-ahead.ts';
import type { GoldenChange } from '../golden/golden-records.ts';

/** A mapping together with what the store knows of its entity. */
export interface BoundMapping {
  mapping: CompiledMapping;
  entity: EntityConfig;
  entityId: number;
  /** Distinguished from another mapping of the pipeline that makes the same entity. */
  itemPrefix: string;
}

export interface LandContext {
  sourceId: number;
  connection: string;
  pipeline: string;
  runId: number;
  /** The file the records are from; none for requests and queries. */
  file?: { id: number; name: string };
  mappings: readonly BoundMapping[];
  /** Also those that no mapping of the pipeline makes anymore, by id. */
  entities: ReadonlyMap<number, EntityConfig>;
  /** The compiled identity of the entities that have its long form. */
  matching: ReadonlyMap<number, IdentityModel>;
  /** The id of a list of columns, made when new. */
  shapeId(columns: readonly string[]): Promise<number>;
  /** Nothing of this source is in the store and no key comes twice in this load: nothing has to be looked up. */
  allNew?: boolean;
  /** Nothing can be asked of the store: members that records name are taken for new as well. It refuses one that is there. */
  ahead?: boolean;
  /** What comparing the members that change found before the batch was opened, by the entity. */
  comparedAhead?: ((entityId: number) => Coming | undefined) | undefined;
  /** Maps records again that did not change at the source: after the mapping did. */
  force?: boolean;
  onChange?: (change: GoldenChange) => void;
  /** Records that the pipeline says are skipped. */
  skips?: Skips | undefined;
  /** What becomes of records that no mapping takes. */
  unmapped: 'reject' | 'skip';
  /** `fresh`: the record was neither landed nor rejected before. */
  onSkipped?: (reason: SkipReason, fresh: boolean) => void;
}

/** declared: `skip` of the pipeline holds. unmapped: no mapping takes it, and the pipeline skips those. empty: its list has no items. */
export type SkipReason = 'declared' | 'unmapped' | 'empty';
