import type { LookupTable } from '../config/project.ts';
import type { MappingConfig } from '../config/schema/mapping.ts';
import type { EntityConfig } from '../config/schema/model.ts';
import type { Problem } from '../core/errors.ts';
import type { SourceRecord, Value } from '../core/record.ts';

/**
 * Columns of one canonical record, as the store keeps them: money in minor units with <field>_currency, codes with
 * <field>_raw, booleans as 0/1, decimals and dates as text.
 */
export type Columns = Record<string, string | number | null>;

/** What a mapping made of one source record (or of one item of its list). */
export interface Candidate {
  entity: string;
  /** Distinguishes the items of a for_each within their record; empty otherwise. */
  itemKey: string;
  columns: Columns;
}

/** Where a record came from, for problems and for @file, @record, @connection. */
export interface MappingContext {
  connection: string;
  file?: string;
}

/** What a mapping says of one record. `taken` is false where its `when` does not hold: it is not about this record. */
export interface Applied {
  taken: boolean;
  candidates: Candidate[];
  problems: Problem[];
}

export interface CompiledMapping {
  name: string;
  entity: string;
  /** The columns that candidates have, in order. */
  columns: readonly string[];
  /** Changes when the mapping, the lookups it uses or the entity change: records are then mapped again. */
  fingerprint: string;
  /** Which source field(s) each canonical column was taken from, for explain. */
  sources: Record<string, string[]>;
  /**
   * What the source said in the fields that each column was made from, as the rules saw it: of an item of a list, that item's own
   * values. `itemKey` is that of the candidate; undefined when the record has no such item. An absent field is null.
   */
  said(record: SourceRecord, context: MappingContext, itemKey: string): Record<string, Record<string, Value>> | undefined;
  /** Some rule reads @connection. */
  usesConnection: boolean;
  /** Pure. Problems of all fields at once; candidates is empty when there is any. */
  apply(record: SourceRecord, context: MappingContext): Applied;
}

/** What compiling needs to know of the town. */
export interface MappingSettings {
  currency: string;
  timeZone: string;
  lookups: ReadonlyMap<string, LookupTable>;
}

export type CompileMapping = (mapping: MappingConfig, entity: EntityConfig, settings: MappingSettings) => CompiledMapping;
