import { hash } from 'node:crypto';
import type { Project } from '../config/project.ts';
import type { PipelineConfig } from '../config/schema/pipeline.ts';
import { compileMapping } from '../mapping/compile.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { BoundMapping } from './land.ts';

/** Compiles the mappings of a pipeline. The project is valid, so that every name is known. `fingerprint` changes with what golden records are made by. */
export function bindMappings(
  project: Project,
  pipeline: PipelineConfig,
  entityIds: ReadonlyMap<string, number>,
): { bound: BoundMapping[]; fingerprint: string } {
  const names = pipeline.mappings ?? [];
  const bound = names.map((name): BoundMapping => {
    const { mapping, entity } = compileNamed(project, name);
    const twins = names.filter((other) => project.mappings.get(other)!.value.entity === mapping.entity).length;
    return { mapping, entity, entityId: entityIds.get(mapping.entity)!, itemPrefix: twins > 1 ? `${name}/` : '' };
  });
  // What a mapping makes may have the name of the connection in it.
  const connection = bound.some((b) => b.mapping.usesConnection) ? ` ${pipeline.source?.connection ?? ''}` : '';
  return {
    bound,
    fingerprint: hash(
      'sha256',
      bound.map((b) => `${b.mapping.fingerprint} ${JSON.stringify(b.entity.survivorship)}`).join(' ') + connection,
    ),
  };
}

/** One mapping with its entity. */
export function compileNamed(project: Project, name: string): { mapping: CompiledMapping; entity: BoundMapping['entity'] } {
  const config = project.mappings.get(name)!.value;
  const entity = project.entities.get(config.entity)!.value;
  const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };
  return { mapping: compileMapping(config, entity, settings), entity };
}
