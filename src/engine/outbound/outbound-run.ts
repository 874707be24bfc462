import { hash } from 'node:crypto';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { entityToSend } from '../../config/schema/journal-entry.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import type { DeliveryConfig } from '../../config/schema/pipeline.ts';
import type { Values } from '../../core/record.ts';
import type { IdentityModel } from '../../identity/model.ts';
import { compileSinkMapping, type CompiledSinkMapping } from '../../mapping/sink/sink-mapping.ts';
import { firstNames } from '../../store/ledger/connections.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import { ENTRY_ENTITY_ID } from '../../store/outbound/entries.ts';
import type { Related } from '../../store/outbound/outbound.ts';
import { entitiesById } from '../inbound/inbound-run.ts';
import type { Run } from '../run/context.ts';
import { connectionFields } from '../run/renames.ts';
import { type Carry, carryOf } from './carry/carry.ts';
import { currencyFields } from './currencies.ts';
import { type CurrencyCheck, currencyCheck } from './currency-check.ts';
import { sinkOf } from './sink-of.ts';

/** One run of an outbound pipeline: which records it sends, to which sink, and how they are made. */
export interface OutboundRun extends Run {
  readonly config: DeliveryConfig;
  readonly mapping: CompiledSinkMapping;
  readonly sink: SinkConfig;
  readonly sinkName: string;
  /** `finance.receipt-import`, for messages. */
  readonly name: string;
  readonly entity: EntityConfig;
  readonly entityId: number;
  readonly related: readonly (Related & { config: EntityConfig; entityId: number })[];
  /** Every entity of the project by its id. */
  readonly entities: ReadonlyMap<number, EntityConfig>;
  /** The compiled identity of those that have its long form, by id. */
  readonly matching: ReadonlyMap<number, IdentityModel>;
  readonly fingerprint: string;
  /** The canonical values as they are sent: a connection that was renamed by its first name, so keys of what was sent stay. */
  asSent(entity: string, values: Values): Values;
  readonly currencyCheck: CurrencyCheck;
  /** Fields of the sink that get the currency of an amount. */
  readonly currencyFields: readonly string[];
  /** Where corrections of golden records are carried back to the system's own records. */
  readonly carry?: Carry | undefined;
}

/** What an outbound pipeline works with. */
export async function openOutboundRun(run: Run): Promise<OutboundRun> {
  const { project, pipeline, knex } = run;
  const config = pipeline.deliver!;
  const { connection } = config;
  const mappingConfig = project.sinkMappings.get(config.mapping)!.value;
  const { name: sinkName, config: sink } = sinkOf(project, config);
  const { currency, time_zone: timeZone } = project.config.town;
  const mapping = compileSinkMapping(mappingConfig, sink, { currency, timeZone, lookups: project.lookups });
  const entity = entityToSend(project.entities, mappingConfig.from.entity)!;
  const ids = await entityIds(knex);
  const related = Object.entries(mappingConfig.with).map(([name, { entity: other, on }]) => {
    const otherEntity = project.entities.get(other)!.value;
    return { name, entity: other, columns: columnNames(otherEntity), on, config: otherEntity, entityId: ids.get(other)! };
  });
  // Owners and what is sent decide as well; without carry the fingerprint stays what it was.
  const carrying = config.carry ? [{ ...config.carry, owners: entity.owners, holds: sink.corrections, creates: sink.creates }] : [];
  return {
    ...run,
    config,
    mapping,
    sink,
    sinkName,
    name: `${connection}.${sinkName}`,
    entity,
    entityId: config.entries ? ENTRY_ENTITY_ID : ids.get(entity.entity)!,
    related,
    ...entitiesById(run, ids),
    currencyCheck: currencyCheck(mappingConfig, currency),
    currencyFields: currencyFields(mappingConfig, entity),
    ...(config.carry ? { carry: carryOf(config.carry, { connection, entity, mapping: mappingConfig, sink }) } : {}),
    asSent: await underFirstNames(run, [mappingConfig.from.entity, ...related.map((one) => one.entity)]),
    fingerprint: hash('sha256', JSON.stringify([mapping.fingerprint, config.where, config.since ?? null, ...carrying])),
  };
}

/** Values of these entities in which connections have the names that they were sent under first. */
async function underFirstNames({ project, knex }: Run, entities: readonly string[]): Promise<OutboundRun['asSent']> {
  const first = await firstNames(knex);
  const fields = new Map(entities.map((name) => [name, connectionFields(project, name)]));
  return (name, values) => {
    if (first.size === 0) return values;
    const sent = { ...values };
    for (const field of fields.get(name) ?? []) {
      const value = sent[field];
      if (typeof value === 'string') sent[field] = first.get(value) ?? value;
    }
    return sent;
  };
}

/** The columns of an entity's table that its fields are in. */
export function columnNames(entity: EntityConfig): string[] {
  return columnsOfEntity(entity).map((column) => column.name);
}
