import type { BoundMapping } from '../landing/context.ts';
import { hash } from 'node:crypto';
import type { Project } from '../../config/project.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { compileMapping } from '../../mapping/compile.ts';
import type { CompiledMapping, MappingSettings } from '../../mapping/mapping.ts';
import { compileSkip, type Skips } from '../../mapping/skip.ts';

/** Compiles the mappings of a pipeline. The project is valid, so every name is known. `fingerprint` changes with what golden records are made by. */
export function bindMappings(
  project: Project,
  pipeline: PipelineConfig,
  entityIds: ReadonlyMap<string, number>,
): { bound: BoundMapping[]; skips: Skips | undefined; fingerprint: string } {
  const names = pipeline.mappings ?? [];
  const bound = names.map((name): BoundMapping => {
    const { mapping, entity } = compileNamed(project, name);
    const twins = names.filter((other) => project.mappings.get(other)!.value.entity === mapping.entity).length;
    return { mapping, entity, entityId: entityIds.get(mapping.entity)!, itemPrefix: twins > 1 ? `${name}/` : '' };
  });
  const { skip, unmapped } = pipeline;
  // Only where they are used, so the records of other pipelines need not be mapped again.
  const skipped = skip === undefined && unmapped === 'reject' ? [] : [JSON.stringify({ skip, unmapped })];
  // What a mapping makes may have the name of the connection in it.
  const connection = bound.some((b) => b.mapping.usesConnection) ? [pipeline.source?.connection ?? ''] : [];
  return {
    bound,
    skips: skip && compileSkip(pipeline.pipeline, skip, settingsOf(project)),
    fingerprint: hash(
      'sha256',
      [...bound.map((b) => `${b.mapping.fingerprint} ${JSON.stringify(b.entity.survivorship)}`), ...connection, ...skipped].join(' '),
    ),
  };
}

/** One mapping with its entity. */
export function compileNamed(project: Project, name: string): { mapping: CompiledMapping; entity: BoundMapping['entity'] } {
  const config = project.mappings.get(name)!.value;
  const entity = project.entities.get(config.entity)!.value;
  return { mapping: compileMapping(config, entity, settingsOf(project)), entity };
}

/** What mappings are compiled with in this town. */
export function settingsOf({ config, lookups }: Project): MappingSettings {
  return { currency: config.town.currency, timeZone: config.town.time_zone, lookups };
}
