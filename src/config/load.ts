import { compare } from '../core/compare.ts';
import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { readConnections } from './connections.ts';
import { crossCheck, crossCheckPartial } from './cross-check.ts';
import type { CompileCheck } from './checks/mappings.ts';
import type { CompileSinkCheck } from './checks/outbound/sink-mappings.ts';
import { readPart } from './draft.ts';
import type { Draft, Part, PartKind, Parts } from './draft.ts';
import { findFiles, readText } from './find-files.ts';
import type { TextFile } from './find-files.ts';
import { readLookup } from './lookups.ts';
import { named, ofItsPack, sinkOfItsPack } from './parts/own-name.ts';
import type { LoadResult, Project } from './project.ts';
import { connectorSchemaOf } from './schema/connector.ts';
import { identityParametersSchema } from './schema/identity.ts';
import { interlocalSchema } from './schema/interlocal.ts';
import { mappingSchema } from './schema/mapping.ts';
import { entitySchema } from './schema/model.ts';
import { pipelineSchema } from './schema/pipeline.ts';
import { sinkMappingSchema } from './schema/sink-mapping.ts';
import { connectorsNamed, mappingsNamed, readInUse } from './parts/shipped-in-use.ts';
import type { KnownTransports } from './checks/transport-rules.ts';

export interface LoadOptions {
  /** What a manifest may say of each transport, by its name; without it, what depends on the transport is not checked. */
  transports?: KnownTransports;
  /** Compiles a mapping as a run does and throws ConfigError with paths in it: what loads is then what runs. */
  compileMapping?: CompileCheck;
  /** The same for mappings to sinks. */
  compileSinkMapping?: CompileSinkCheck;
  /** Codes of exceptions; without them the types that the town names are not checked. */
  exceptionTypes?: readonly string[];
  /** Whether a text names a period; without it, the periods of saved reports are not checked. */
  knowsPeriod?: (text: string, starts: string) => boolean;
  /** The tables of a report; without it, the tables of saved reports are not checked. */
  reportTables?: (report: string) => readonly string[] | undefined;
  /** Also check whether every secret that a connection names can be had on this machine. Default: no. */
  secrets?: boolean;
  /** What can be known only with parts that this folder does not know: the store, the disk. Gets what could be read. */
  alsoCheck?: (draft: Draft) => Promise<Problem[]>;
  /** Where `${env:NAME}` is looked up; default the environment of this process. */
  env?: NodeJS.ProcessEnv;
  /** The folder of the shipped packs; default the one that Interlocal is installed in. */
  packsFolder?: string;
  /** Also read the shipped connectors and mappings that the town does not use. Default: no. */
  unused?: boolean;
}

const SHIPPED = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Loads a town's folder and checks everything that can be known without asking another system. Gives the project or all
 * problems of all files at once, by file and line. Throws only for what is not a problem of the configuration (a failing disk).
 */
export async function loadProject(folder: string, options: LoadOptions = {}): Promise<LoadResult> {
  const root = resolve(folder);
  const problems: Problem[] = [];
  const town = await readText(root, 'config/interlocal.yaml', problems);
  if (!town) return { project: undefined, problems: problems.length > 0 ? problems : [await nothingThere(folder, root)] };

  let config: Draft['config'];
  const whole = readPart({ ...town, shipped: false }, interlocalSchema, problems, undefined, (part) => (config = part));
  config = whole ?? config;
  const packs = (config?.raw as { packs?: unknown } | undefined)?.packs !== false;
  const files = await findFiles(root, packs ? packsOf(root, options.packsFolder ?? SHIPPED) : undefined);
  problems.push(...files.problems);
  const { true: toSinks = [], false: toEntities = [] } = Object.groupBy(files.mappings, ({ text }) =>
    /^sink\s*:/m.test(text) ? 'true' : 'false',
  );
  const partial: Draft['partial'] = {};
  let partialConnections: Draft['partialConnections'];
  const keep =
    (kind: PartKind, file: TextFile) =>
    (part: Part<unknown>): void =>
      void (partial[kind] ??= new Map()).set(file.name, part);
  const manifest = connectorSchemaOf(options.transports && Object.keys(options.transports));
  const connections = await readConnections(root, problems, (part) => (partialConnections = part));
  const pipelines = readAll(files.pipelines, (file) =>
    named(readPart(file, pipelineSchema, problems, undefined, keep('pipelines', file)), 'pipeline', file, problems),
  );
  const mappingsInUse = options.unused ? 'all' : mappingsNamed(pipelines, partial);
  const mappings = readInUse(toEntities, mappingsInUse, (file) =>
    ofItsPack(named(readPart(file, mappingSchema, problems, undefined, keep('mappings', file)), 'mapping', file, problems), file, problems),
  );
  const sinkMappings = readInUse(toSinks, mappingsInUse, (file) =>
    sinkOfItsPack(
      named(readPart(file, sinkMappingSchema, problems, undefined, keep('sinkMappings', file)), 'mapping', file, problems),
      file,
      problems,
    ),
  );
  const connectorsInUse = options.unused
    ? 'all'
    : connectorsNamed([connections?.value, partialConnections?.value], mappings, sinkMappings, partial);
  const draft: Draft = {
    folder: root,
    config,
    partial,
    connections,
    connectors: readInUse(files.connectors, connectorsInUse, (file) =>
      named(
        readPart(file, manifest, problems, (path) => path[0] === 'transport_options', keep('connectors', file)),
        'connector',
        file,
        problems,
      ),
    ),
    mappings,
    sinkMappings,
    pipelines,
    entities: readAll(files.model, (file) =>
      named(readPart(file, entitySchema, problems, undefined, keep('entities', file)), 'entity', file, problems),
    ),
    identityParameters: readAll(files.identityParameters, (file) =>
      named(readPart(file, identityParametersSchema, problems), 'parameters', file, problems),
    ),
    lookups: new Map(
      files.lookups.map((file) => {
        const { table, problems: found } = readLookup(file.name, file.shown, file.text);
        problems.push(...found);
        return [file.name, table];
      }),
    ),
  };
  problems.push(...(await crossCheck(draft, options)), ...(await crossCheckPartial({ ...draft, partialConnections }, options)));
  if (options.alsoCheck) problems.push(...(await options.alsoCheck(draft)));
  const port = portOf(options.env ?? process.env, problems);
  if (problems.length > 0) return { project: undefined, problems: sorted(withoutRepeats(problems)) };
  return { project: projectOf(draft, port), problems: [] };
}

/** The project, or a ConfigError with every problem. */
export async function openProject(folder: string, options: LoadOptions = {}): Promise<Project> {
  const { project, problems } = await loadProject(folder, options);
  if (!project) throw new ConfigError(problems);
  return project;
}

function readAll<T>(files: TextFile[], read: (file: TextFile) => Part<T> | undefined): Parts<T> {
  return new Map(files.map((file) => [file.name, read(file)]));
}

/** The repository root is a town's folder itself: nothing is to be read twice. */
function packsOf(root: string, packs: string): string | undefined {
  const real = (folder: string): string => {
    try {
      return realpathSync(folder);
    } catch {
      return resolve(folder);
    }
  };
  return real(root) === real(packs) ? undefined : packs;
}

async function nothingThere(given: string, root: string): Promise<Problem> {
  const there = await stat(root).catch(() => undefined);
  const missing = !there
    ? 'there is no such folder.'
    : there.isDirectory()
      ? "this folder has no config/interlocal.yaml, so it is not a town's folder."
      : 'this is a file, but a folder is needed.';
  const hint = `Name the town's folder with --project, or create one: interlocal init ${there ? 'DIR' : given}`;
  return {
    code: 'FILE_MISSING',
    place: { file: there?.isDirectory() ? join(given, 'config/interlocal.yaml') : given },
    message: missing,
    hint,
  };
}

/** PORT in the environment, as hosting platforms set it, overrides server.port. */
function portOf(env: NodeJS.ProcessEnv, problems: Problem[]): number | undefined {
  if (!env.PORT) return undefined;
  const port = Number(env.PORT);
  if (/^\d+$/.test(env.PORT) && port <= 65535) return port;
  problems.push({
    code: 'VALUE_INVALID',
    place: { system: 'environment', path: 'PORT' },
    message: 'must be a whole number from 0 to 65535.',
    hint: 'Set the environment variable PORT to a number such as 8650, or remove it.',
  });
  return undefined;
}

function projectOf(draft: Draft, port: number | undefined): Project {
  const { value } = draft.config!;
  const config = port === undefined ? value : { ...value, server: { ...value.server, port } };
  const right = <T>(parts: Parts<T>): Map<string, Part<T>> =>
    new Map([...parts].filter((entry): entry is [string, Part<T>] => entry[1] !== undefined));
  return {
    folder: draft.folder,
    config,
    connections: draft.connections!.value,
    connectors: right(draft.connectors),
    mappings: right(draft.mappings),
    sinkMappings: right(draft.sinkMappings),
    lookups: draft.lookups,
    pipelines: right(draft.pipelines),
    entities: right(draft.entities),
    identityParameters: right(draft.identityParameters),
    dataFolder: resolve(draft.folder, config.data_folder),
  };
}

/** A value of the wrong type is said once, and not where something worse is wrong with the same value. */
function withoutRepeats(problems: Problem[]): Problem[] {
  const spots = Map.groupBy(problems, ({ place }) => `${place.file}:${place.line}:${place.column}:${place.path}`);
  return [...spots.values()].flatMap((same) => {
    const others = same.filter((p) => p.code !== 'TYPE_WRONG');
    return others.length > 0 ? others : same.slice(-1);
  });
}

function sorted(problems: Problem[]): Problem[] {
  return problems.sort(
    (a, b) =>
      compare(a.place.file ?? '', b.place.file ?? '') ||
      compare(a.place.line ?? 0, b.place.line ?? 0) ||
      compare(a.place.column ?? 0, b.place.column ?? 0),
  );
}
