import type { Draft, Part, Parts } from '../draft.ts';
import type { TextFile } from '../find-files.ts';
import type { ConnectionsConfig } from '../schema/interlocal.ts';
import type { MappingConfig } from '../schema/mapping.ts';
import type { PipelineConfig } from '../schema/pipeline.ts';
import type { SinkMappingConfig } from '../schema/sink-mapping.ts';

/** Reads each file that is the town's own or in use. A shipped one that nobody uses is there by name alone: unread, it costs nothing. */
export function readInUse<T>(
  files: readonly TextFile[],
  inUse: ReadonlySet<string> | 'all',
  read: (file: TextFile) => Part<T> | undefined,
): Parts<T> {
  return new Map(files.map((file) => [file.name, !file.shipped || inUse === 'all' || inUse.has(file.name) ? read(file) : undefined]));
}

/** The mappings that pipelines name, also those with mistakes, as far as they could be read. */
export function mappingsNamed(pipelines: Parts<PipelineConfig>, partial: Draft['partial']): Set<string> {
  const names = partsOf(pipelines, partial.pipelines).flatMap(({ mappings, deliver }) => [mappings, deliver?.mapping].flat());
  return new Set(names.filter((name) => name !== undefined));
}

/** The connectors that connections and mappings name, also those with mistakes, as far as they could be read. */
export function connectorsNamed(
  connections: readonly (ConnectionsConfig['connections'] | undefined)[],
  mappings: Parts<MappingConfig>,
  sinkMappings: Parts<SinkMappingConfig>,
  partial: Draft['partial'],
): Set<string> {
  return new Set([
    ...connections.flatMap((known) => Object.values(known ?? {}).map(({ connector }) => connector)),
    ...partsOf(mappings, partial.mappings).flatMap(({ from }) => from?.connector ?? []),
    ...partsOf(sinkMappings, partial.sinkMappings).flatMap(({ sink }) => sink?.connector ?? []),
  ]);
}

/** What could be read; of a part with mistakes any key may be missing. */
function partsOf<T>(whole: Parts<T>, some: ReadonlyMap<string, Part<unknown>> | undefined): Partial<T>[] {
  return [...whole.values(), ...((some?.values() ?? []) as Iterable<Part<T>>)].flatMap((part) => part?.value ?? []);
}
