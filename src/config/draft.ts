import type { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import type { Located, LookupTable } from './project.ts';
import type { ConnectorConfig } from './schema/connector.ts';
import type { IdentityParameters } from './schema/identity.ts';
import type { ConnectionsConfig, InterlocalConfig } from './schema/interlocal.ts';
import type { MappingConfig } from './schema/mapping.ts';
import type { EntityConfig } from './schema/model.ts';
import type { PipelineConfig } from './schema/pipeline.ts';
import type { SinkMappingConfig } from './schema/sink-mapping.ts';
import { explainIssues, explainLossy } from './explain.ts';
import type { Source } from './explain.ts';
import { withoutWrong } from './parts/prune.ts';
import { textOfPath } from './words.ts';
import type { Path } from './yaml/document.ts';
import { readYaml } from './yaml/document.ts';

/** One file that is right in itself. */
export interface Part<T> extends Located<T> {
  shipped: boolean;
  source: Source;
  /** As it is in the file, without defaults: for what was left out. */
  raw: unknown;
  /** Of a file with mistakes: what was taken out of it so that the rest could be read. */
  removed?: readonly Path[];
}

/** Parts by name; undefined for one that is there but wrong in itself, so nobody says it is missing. */
export type Parts<T> = Map<string, Part<T> | undefined>;

/** What was loaded, before it is checked against each other. */
export interface Draft {
  folder: string;
  config: Part<InterlocalConfig> | undefined;
  /** connections.yaml with connections.local.yaml laid over it; undefined when either is wrong in itself. */
  connections: { value: ConnectionsConfig['connections']; source: Source; file: string } | undefined;
  connectors: Parts<ConnectorConfig>;
  mappings: Parts<MappingConfig>;
  sinkMappings: Parts<SinkMappingConfig>;
  lookups: Map<string, LookupTable>;
  pipelines: Parts<PipelineConfig>;
  entities: Parts<EntityConfig>;
  identityParameters: Parts<IdentityParameters>;
  /** Files that are wrong in themselves, as far as they are right: for checking what else is wrong with them. */
  partial: { [K in PartKind]?: Map<string, Part<unknown>> };
  /** The same of connections.yaml. */
  partialConnections?: (NonNullable<Draft['connections']> & { removed: readonly Path[] }) | undefined;
}

export type PartKind = 'connectors' | 'mappings' | 'sinkMappings' | 'pipelines' | 'entities';

/** By schema and file: what was read last, and from which text. */
const read = new WeakMap<z.ZodType, Map<string, { text: string; part: Part<unknown> }>>();

/**
 * Reads one YAML file by its schema; problems are added to the list. `mayBeSecret`: where a value may be a password that
 * somebody wrote into the file, so no problem shows it. A file that has no problem and has not changed is not parsed again:
 * a server that looks at its configuration gets the same value, which nobody can change. The part itself is a new one each time, so
 * that what is remembered of it, such as how its tests went beside the lookups of that time, is not taken for that of the next.
 */
export function readPart<S extends z.ZodType>(
  file: { shown: string; text: string; shipped: boolean },
  schema: S,
  problems: Problem[],
  mayBeSecret?: (path: Path) => boolean,
  onPartial?: (part: Part<z.output<S>>) => void,
): Part<z.output<S>> | undefined {
  const key = `${file.shipped} ${file.shown}`;
  const before = read.get(schema)?.get(key);
  if (before?.text === file.text) return { ...(before.part as Part<z.output<S>>) };
  const found = problems.length;
  const part = parsePart(file, schema, problems, mayBeSecret, onPartial);
  if (part && problems.length === found) {
    freeze(part.value);
    freeze(part.raw);
    const files = read.get(schema) ?? new Map<string, { text: string; part: Part<unknown> }>();
    read.set(schema, files.set(key, { text: file.text, part }));
  }
  return part;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}

function parsePart<S extends z.ZodType>(
  file: { shown: string; text: string; shipped: boolean },
  schema: S,
  problems: Problem[],
  mayBeSecret: (path: Path) => boolean = () => false,
  onPartial: (part: Part<z.output<S>>) => void = () => {},
): Part<z.output<S>> | undefined {
  const document = readYaml(file.shown, file.text);
  problems.push(...document.problems);
  if (document.problems.length > 0) return undefined;
  if (document.value === null || document.value === undefined) {
    problems.push({
      code: 'KEY_MISSING',
      place: { file: document.file, line: 1, column: 1 },
      message: 'this file is empty, so it means nothing.',
      hint: 'Put back what was in it, or remove the file.',
    });
    return undefined;
  }
  const parsed = schema.safeParse(document.value);
  const found = parsed.success ? [] : explainIssues(parsed.error.issues, schema, document.value, document, [], mayBeSecret);
  problems.push(...found, ...explainLossy(document, schema, found, mayBeSecret));
  if (!parsed.success) {
    const left = withoutWrong(schema, document.value, parsed.error.issues);
    if (left)
      onPartial({
        value: left.value,
        file: file.shown,
        at: document.at,
        shipped: file.shipped,
        source: document,
        raw: document.value,
        removed: left.removed,
      });
    return undefined;
  }
  return { value: parsed.data, file: file.shown, at: document.at, shipped: file.shipped, source: document, raw: document.value };
}

/** A problem at a path of a part. */
export function problemAt(part: { source: Source }, path: Path, code: string, message: string, hint?: string): Problem {
  return { code, place: { ...part.source.at(path), path: textOfPath(path) }, message, hint };
}

/** Whether a file has this key: what is wrong in it was taken out, and is not missing. */
export function isGiven(part: Pick<Part<unknown>, 'raw'>, key: string): boolean {
  return typeof part.raw === 'object' && part.raw !== null && (part.raw as Record<string, unknown>)[key] !== undefined;
}
