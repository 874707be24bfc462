import type { Problem } from '../core/errors.ts';
import { checkConnections, checkReferences, checkSecrets } from './checks/connections/connections.ts';
import { checkConnector } from './checks/connectors.ts';
import { checkMapping } from './checks/mappings.ts';
import type { CompileCheck } from './checks/mappings.ts';
import { checkSinkMapping } from './checks/outbound/sink-mappings.ts';
import type { CompileSinkCheck } from './checks/outbound/sink-mappings.ts';
import { checkEntity } from './checks/model.ts';
import { checkPipelines } from './checks/pipelines.ts';
import { checkRenamed } from './checks/connections/renamed.ts';
import { checkSharedMoney } from './checks/shared-money.ts';
import type { KnowsPeriod, ReportTables } from './checks/saved-reports.ts';
import { checkTown } from './checks/town.ts';
import type { Draft, Part, PartKind, Parts } from './draft.ts';
import { touches } from './parts/prune.ts';
import type { KnownTransports } from './checks/transport-rules.ts';

export interface CrossCheckOptions {
  transports?: KnownTransports;
  compileMapping?: CompileCheck;
  compileSinkMapping?: CompileSinkCheck;
  exceptionTypes?: readonly string[];
  knowsPeriod?: KnowsPeriod;
  reportTables?: ReportTables;
  secrets?: boolean;
  env?: NodeJS.ProcessEnv;
}

/** So many files with mistakes are looked at more closely; with more of them there is enough to do. */
const MAX_PARTIAL = 20;

/**
 * What else is wrong in files that are wrong in themselves, as far as they could be read. Each is looked at as if it were right, the
 * others as they are, so what one mistake makes of another file is not told.
 */
export async function crossCheckPartial(draft: Draft, options: CrossCheckOptions): Promise<Problem[]> {
  const found: Problem[] = [];
  const parts = Object.entries(draft.partial).flatMap(([kind, list]) =>
    [...list].map(([name, part]) => ({ kind: kind as PartKind, name, part })),
  );
  for (const { kind, name, part } of parts.filter(({ part }) => !part.shipped).slice(0, MAX_PARTIAL)) {
    const all = draft[kind] as Parts<unknown>;
    const alone: Draft = { ...draft, [kind]: new Map(all).set(name, part) };
    const problems = await crossCheck(alone, options);
    found.push(...problems.filter((problem) => problem.place.file === part.file && !touches(problem, part.removed ?? [])));
  }
  const { partialConnections: some } = draft;
  if (some) {
    const problems = await crossCheck({ ...draft, connections: some }, options);
    found.push(...problems.filter((problem) => problem.place.file === some.file && !touches(problem, some.removed)));
  }
  return found;
}

/**
 * What the files say of each other. From the packs only what the town uses is looked at: its own model or connector may
 * override one, and a shipped mapping that nobody uses need not fit it.
 */
export async function crossCheck(draft: Draft, options: CrossCheckOptions): Promise<Problem[]> {
  const pipelines = own(draft.pipelines);
  const connectorsInUse = new Set(Object.values(draft.connections?.value ?? {}).map((connection) => connection.connector));
  const mappingsInUse = new Set(pipelines.flatMap((part) => part.value.mappings ?? []));
  const connectors = own(draft.connectors, connectorsInUse);
  const mappings = own(draft.mappings, mappingsInUse);
  const sinkMappings = own(draft.sinkMappings, new Set(pipelines.map((part) => part.value.deliver?.mapping ?? '')));
  const entities = own(draft.entities);
  const transports = options.transports ?? {};
  return [
    ...checkTown(draft, options.exceptionTypes, { period: options.knowsPeriod, tables: options.reportTables }),
    ...checkConnections(draft, transports),
    ...(options.secrets ? checkSecrets(draft, options.env ?? process.env) : []),
    ...connectors.flatMap((part) => checkConnector(part, transports)),
    ...mappings.flatMap((part) => checkMapping(draft, part, options.compileMapping)),
    ...sinkMappings.flatMap((part) => checkSinkMapping(draft, part, options.compileSinkMapping)),
    ...entities.flatMap((part) => checkEntity(draft, part)),
    ...(await checkPipelines(draft, transports, options.compileMapping)),
    ...checkSharedMoney(draft),
    ...checkRenamed(draft),
    ...[...connectors, ...mappings, ...sinkMappings, ...entities, ...pipelines].flatMap(checkReferences),
  ];
}

/** The town's own parts, and the shipped ones that are in use. */
function own<T>(parts: Parts<T>, inUse: ReadonlySet<string> = new Set()): Part<T>[] {
  return [...parts].flatMap(([name, part]) => (part && (!part.shipped || inUse.has(name)) ? [part] : []));
}
