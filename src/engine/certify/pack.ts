import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import { loadProject } from '../../config/load.ts';
import type { ConnectorConfig } from '../../config/schema/connector.ts';
import { type Fixtures, readFixtures } from '../../connector/certify-fixtures.ts';
import { readSinkFixtures, type SinkFixture } from '../../connector/certify-sink-fixtures.ts';
import type { Problem } from '../../core/errors.ts';
import { transports } from '../../transports/transports.ts';

/** A connector's folder, read to be certified. */
export interface Pack {
  id: string;
  /** Absolute. */
  folder: string;
  /** undefined when the manifest cannot be used. */
  connector: ConnectorConfig | undefined;
  fixtures: Fixtures;
  /** Recordings of its sinks. */
  sinks: Map<string, SinkFixture>;
  readme: string | undefined;
  hash: string;
  /** Of the manifest: the same that `validate` says. */
  problems: Problem[];
}

/** Reads connectors/<id>: manifest, recordings, README. Never throws for what is wrong with it. */
export async function readPack(folder: string): Promise<Pack> {
  const id = basename(folder);
  const { connector, problems } = await readManifest(folder, id);
  const fixtures = connector
    ? await readFixtures(folder, connector)
    : { options: {}, keys: {}, streams: new Map(), wsdls: [], problems: [] };
  const sinks = connector ? await readSinkFixtures(folder, connector, fixtures.problems) : new Map<string, SinkFixture>();
  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => undefined);
  return { id, folder, connector, fixtures, sinks, readme, hash: await hashOf(folder), problems };
}

/** SHA-256 over names and contents of all files, in the order of their names. */
export async function hashOf(folder: string): Promise<string> {
  const digest = createHash('sha256');
  const names: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []))
    if (entry.isFile()) names.push(relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  for (const name of names.sort())
    digest.update(`${name}\0`).update(
      createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest(),
    );
  return digest.digest('hex');
}

/** In a town with nothing else in it, so that only this manifest is judged, by the same loader and with the same words as everywhere. */
async function readManifest(folder: string, id: string): Promise<{ connector: ConnectorConfig | undefined; problems: Problem[] }> {
  if (!(await stat(join(folder, 'connector.yaml')).catch(() => undefined)))
    return {
      connector: undefined,
      problems: [
        {
          code: 'FILE_MISSING',
          place: { file: join(folder, 'connector.yaml') },
          message: 'There is no connector.yaml.',
          hint: 'interlocal new connector writes one to begin with.',
        },
      ],
    };
  const town = await mkdtemp(join(tmpdir(), 'certify-pack-'));
  try {
    await mkdir(join(town, 'config'));
    await writeFile(join(town, 'config/interlocal.yaml'), 'town: { name: Certify, time_zone: UTC, currency: USD }\npacks: false\n');
    await mkdir(join(town, 'connectors', id), { recursive: true });
    await copyFile(join(folder, 'connector.yaml'), join(town, 'connectors', id, 'connector.yaml'));
    const transportOptions = Object.fromEntries(Object.entries(transports).map(([name, t]) => [name, t.optionsSchema]));
    const { project, problems } = await loadProject(town, { transportOptions });
    return { connector: project?.connectors.get(id)?.value, problems };
  } finally {
    await rm(town, { recursive: true, force: true });
  }
}
