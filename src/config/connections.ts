import { didYouMean } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import type { Draft } from './draft.ts';
import { readPart } from './draft.ts';
import { readText } from './find-files.ts';
import type { ConnectionsConfig } from './schema/interlocal.ts';
import { connectionsSchema, localConnectionsSchema } from './schema/interlocal.ts';
import { valueAtPath } from './words.ts';
import type { Path } from './yaml/document.ts';

const FILE = 'config/connections.yaml';
/** Everything but the three keys that are never secret: a password may have slipped to any other place. */
const mayBeSecret = (path: Path): boolean => path.length < 2 || !['connector', 'title', 'transport'].includes(String(path[2]));
const LOCAL = 'config/connections.local.yaml';

/** Reads config/connections.yaml and lays this machine's connections.local.yaml over it. Neither has to be there. */
export async function readConnections(
  folder: string,
  problems: Problem[],
  onPartial: (connections: NonNullable<Draft['connections']> & { removed: readonly Path[] }) => void = () => {},
): Promise<Draft['connections']> {
  const file = await readText(folder, FILE, problems);
  const localFile = await readText(folder, LOCAL, problems);
  const nowhere = { file: FILE, line: 1, column: 1 };
  const base = file
    ? readPart({ ...file, shipped: false }, connectionsSchema, problems, mayBeSecret, (part) =>
        onPartial({ value: part.value.connections, source: part.source, file: FILE, removed: part.removed! }),
      )
    : { value: { connections: {} }, raw: {}, source: { at: () => nowhere, keyAt: () => nowhere, source: () => undefined } };
  const local = localFile && readPart({ ...localFile, shipped: false }, localConnectionsSchema, problems, mayBeSecret);
  if (!base || (localFile && !local)) return undefined;
  const known: ConnectionsConfig['connections'] = base.value.connections;
  if (!local) return { value: known, source: base.source, file: FILE };

  const merged = { ...known };
  for (const [id, over] of Object.entries(local.value.connections)) {
    const under = known[id];
    if (!under) {
      const meant = didYouMean(id, Object.keys(known));
      problems.push({
        code: 'REFERENCE_UNKNOWN',
        place: { ...local.source.keyAt(['connections', id]), path: `connections.${id}` },
        message: `there is no connection "${id}" in ${FILE}.`,
        hint: meant
          ? `Did you mean ${meant}?`
          : `This file only says what is different on this machine: write the connection in ${FILE} first.`,
      });
      continue;
    }
    merged[id] = {
      connector: over.connector ?? under.connector,
      title: over.title ?? under.title,
      transport: over.transport ?? under.transport,
      ...(under.formerly && { formerly: under.formerly }),
      options: mergeOptions(under.options, over.options),
    };
  }
  const from = (path: Path) => (valueAtPath(local.raw, path) !== undefined ? local.source : base.source);
  return {
    value: merged,
    file: FILE,
    source: { at: (path) => from(path).at(path), keyAt: (path) => from(path).keyAt(path), source: (path) => from(path).source(path) },
  };
}

/** Groups are merged key by key; everything else is replaced; null takes an option away. */
function mergeOptions(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    if (value === null) delete merged[name];
    else merged[name] = isGroup(value) && isGroup(merged[name]) ? mergeOptions(merged[name], value) : value;
  }
  return merged;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
