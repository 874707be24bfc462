import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { loadProject } from '../../config/load.ts';
import type { Project } from '../../config/project.ts';
import type { ConnectorConfig } from '../../config/schema/connector.ts';
import { type Fixtures, readFixtures } from './recordings/fixtures.ts';
import { readSinkFixtures, type SinkFixture } from './recordings/sink-fixtures.ts';
import { checkPackContents } from '../../packs/contents.ts';
import { folderHash, type PackFiles, readPackFolder } from '../../packs/files.ts';
import { checkSignature, type Signer, type TrustedKey } from '../../packs/signature.ts';
import type { Problem } from '../../core/errors.ts';
import { compileMapping } from '../../mapping/compile.ts';
import { type MappingTestResult, runMappingTests } from '../../mapping/tests.ts';
import { knownTransports } from '../../transports/transports.ts';

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
  /** What its signature.json says; undefined: it has none, or one that does not fit. */
  signer: Signer | undefined;
  /** Why its signature does not fit. */
  signature: Problem[];
  /** What is wrong with its files: names, links, secrets, what does not belong there. */
  contents: Problem[];
  /** What the tests inside the mappings that it brings along say. */
  mappings: { mapping: string; tests: MappingTestResult[] }[];
  /** Of the manifest: the same that `validate` says. */
  problems: Problem[];
}

/** Reads connectors/<id>: manifest, recordings, README, signature. Never throws for what is wrong with it. */
export async function readPack(folder: string, trusted: readonly TrustedKey[] = []): Promise<Pack> {
  const id = basename(folder);
  const { connector, mappings, problems } = await readManifest(folder, id);
  const fixtures = connector
    ? await readFixtures(folder, connector)
    : { options: {}, keys: {}, streams: new Map(), wsdls: [], problems: [] };
  const sinks = connector ? await readSinkFixtures(folder, connector, fixtures.problems) : new Map<string, SinkFixture>();
  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => undefined);
  const { files, problems: contents } = await contentsOf(folder);
  const { signer, problems: signature } = checkSignature(
    { connector: id, version: connector?.version ?? '', files },
    trusted,
    new Date().toISOString().slice(0, 10),
  );
  return {
    id,
    folder,
    connector,
    fixtures,
    sinks,
    readme,
    hash: await folderHash(folder),
    signer,
    signature,
    contents,
    mappings,
    problems,
  };
}

async function contentsOf(folder: string): Promise<{ files: PackFiles; problems: Problem[] }> {
  if (!existsSync(folder)) return { files: new Map(), problems: [] };
  const { files, problems } = await readPackFolder(folder);
  return { files, problems: [...problems, ...checkPackContents(files)] };
}

/** In a town with nothing else in it, so only this manifest is judged, by the same loader and with the same words as everywhere. */
async function readManifest(folder: string, id: string): Promise<Pick<Pack, 'connector' | 'mappings' | 'problems'>> {
  if (!(await stat(join(folder, 'connector.yaml')).catch(() => undefined)))
    return {
      connector: undefined,
      mappings: [],
      problems: [
        {
          code: 'FILE_MISSING',
          place: { file: join(folder, 'connector.yaml') },
          message: 'This folder has no connector.yaml, so it is no connector.',
          hint: 'Name the folder of a connector. To make a new one, run interlocal new connector.',
        },
      ],
    };
  const town = await mkdtemp(join(tmpdir(), 'certify-pack-'));
  try {
    await mkdir(join(town, 'config'));
    // Mappings need the canonical model, which comes with Interlocal.
    const bringsMappings = existsSync(join(folder, 'mappings'));
    await writeFile(
      join(town, 'config/interlocal.yaml'),
      `town: { name: Certify, time_zone: UTC, currency: USD }\npacks: ${bringsMappings}\n`,
    );
    await mkdir(join(town, 'connectors', id), { recursive: true });
    await copyFile(join(folder, 'connector.yaml'), join(town, 'connectors', id, 'connector.yaml'));
    if (bringsMappings) await cp(join(folder, 'mappings'), join(town, 'connectors', id, 'mappings'), { recursive: true });
    const { project, problems } = await loadProject(town, { transports: await knownTransports(), compileMapping });
    return { connector: project?.connectors.get(id)?.value, mappings: project ? testsOf(project) : [], problems };
  } finally {
    await rm(town, { recursive: true, force: true });
  }
}

/** Of the mappings that are the town's own, which here are those of the pack. */
function testsOf(project: Project): Pack['mappings'] {
  const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };
  return [...project.mappings].flatMap(([mapping, { value, file }]) =>
    isAbsolute(file) ? [] : [{ mapping, tests: runMappingTests(value, project.entities.get(value.entity)!.value, settings) }],
  );
}
