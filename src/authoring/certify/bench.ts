import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Located, Project } from '../../config/project.ts';
import type { ConnectorConfig, StreamConfig } from '../../config/schema/connector.ts';
import { interlocalSchema } from '../../config/schema/interlocal.ts';
import { mappingSchema } from '../../config/schema/mapping.ts';
import { entitySchema } from '../../config/schema/model.ts';
import { pipelineSchema } from '../../config/schema/pipeline.ts';
import type { Fixture } from './recordings/fixtures.ts';
import { fillText, optionVariables } from '../../connector/template.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { landedAfter } from '../../store/landing/landed.ts';
import { migrateModel } from '../../store/model-tables.ts';
import type { Knex } from '../../store/open.ts';
import { deletedKeys, goldenValues, openRejects, openScratch } from '../../store/scratch.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { runPipeline } from '../../engine/run/run.ts';
import { goodOf, type Reading } from './reading.ts';
import type { Progress, RunResult } from '../../engine/run/result.ts';

/** What a stream is run with on a bench. */
export interface Setup {
  connector: ConnectorConfig;
  stream: string;
  /** Options of the connection, secrets as `${file:…}` of the bench's folder. */
  options: Record<string, unknown>;
  /** Secret files: name below the bench's folder → text. */
  secrets?: Record<string, string>;
  /** The time that its runs believe in; default: the clock's. */
  now?: Date | undefined;
  /** Scalar fields that a generated mapping carries into a canonical record. */
  fields: readonly string[];
}

/** Everything a store holds that must not depend on how often, in which pieces or with which interruptions it was filled. */
export interface Contents {
  records: Record<string, Values>;
  golden: unknown[];
  rejects: string[];
  deleted: string[];
}

/** A town of its own with one pipeline, in a temporary folder, on the engine and the store that towns use. */
export interface Bench {
  folder: string;
  knex: Knex;
  run(options?: { batchSize?: number; onProgress?: (progress: Progress) => void }): Promise<RunResult>;
  contents(): Promise<Contents>;
  /** Puts a file where the stream looks for it, with an age at which it is surely complete. */
  put(name: string, bytes: Uint8Array, modified?: Date): Promise<void>;
  clear(): Promise<void>;
  /** Everything written to disk: the store's files and whatever else is in the folder, for looking for secrets. */
  everything(): Promise<Buffer>;
  close(): Promise<void>;
}

const LONG_AGO = new Date('2026-01-02T03:04:05Z');

export async function openBench(setup: Setup): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'certify-'));
  for (const [name, text] of Object.entries(setup.secrets ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await mkdir(join(folder, 'source'));
  const project = projectOf(setup, folder);
  const knex = await openScratch(folder);
  await migrateModel(
    knex,
    [...project.entities.values()].map((e) => e.value),
  );
  const files = setup.connector.streams[setup.stream]!.retriever.files;
  const variables = optionVariables({ ...setup.options });
  const inbox = join(folder, 'source', files ? fillText(files.folder, variables) : '.');
  await mkdir(inbox, { recursive: true });

  return {
    folder,
    knex,
    run: async (options = {}) => {
      const pipeline = project.pipelines.get('certify')!;
      pipeline.value = { ...pipeline.value, batch_size: options.batchSize ?? 5000 };
      return runPipeline({ project, knex }, 'certify', {
        signal: new AbortController().signal,
        onProgress: options.onProgress,
        // A report that is prepared for hours is prepared at once here.
        sleep: async () => {},
        ...(setup.now && { now: () => setup.now! }),
      });
    },
    contents: () => contentsOf(knex),
    async put(name, bytes, modified = LONG_AGO) {
      await writeFile(join(inbox, name), bytes);
      await utimes(join(inbox, name), modified, modified);
      const marker = files?.marker === undefined ? '' : fillText(files.marker, variables);
      if (marker) await writeFile(join(inbox, marker.replace('{name}', name).replace('{stem}', name.replace(/\.[^.]*$/, ''))), '');
    },
    async clear() {
      await rm(inbox, { recursive: true });
      await mkdir(inbox, { recursive: true });
    },
    async everything() {
      const parts: Buffer[] = [];
      for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile() && !Object.keys(setup.secrets ?? {}).some((name) => path === join(folder, name)))
          parts.push(await readFile(path));
      }
      return Buffer.concat(parts);
    },
    async close() {
      await knex.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `work` on a bench of its own and takes the bench away. */
export async function withBench<T>(setup: Setup, work: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = await openBench(setup);
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

/** Works on a bench and takes it away. */
export async function using<T>(opening: Promise<Bench>, work: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = await opening;
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

/**
 * Fields that have text or nothing in every record: what a generated mapping can carry. A path into a list has no one value, and a
 * mapping that asked for one would reject every record, so the bench proved nothing.
 */
export function plainFields(stream: StreamConfig, records: readonly Values[]): string[] {
  return Object.keys(stream.schema.fields).filter((name) =>
    records.every((values) => {
      const value = valueAt(values, name);
      return value === null || typeof value === 'string' || (value === undefined && !name.includes('.'));
    }),
  );
}

/** The plain fields of what a recording reads as, and is said to. */
export function fieldsRead(stream: StreamConfig, { records }: Pick<Fixture, 'records'>, reading: Reading): string[] {
  return plainFields(stream, [...records, ...goodOf(reading).map((record) => record.values)]);
}

function projectOf(setup: Setup, folder: string): Project {
  const { connector, stream } = setup;
  const fields = setup.fields.map((name, i) => [`field_${i + 1}`, name] as const);
  const canonical = fields.length ? fields : ([['field_1', '@record']] as const);
  const entity = entitySchema.parse({
    entity: 'certified',
    title: 'Certified',
    fields: Object.fromEntries(canonical.map(([name]) => [name, { type: 'text', class: 'personal' }])),
  });
  const mapping = mappingSchema.parse({
    mapping: 'certified.from-pack',
    entity: 'certified',
    from: { connector: connector.connector, stream },
    fields: Object.fromEntries(canonical.map(([name, from]) => [name, { from, trim: false }])),
  });
  const pipeline = pipelineSchema.parse({
    pipeline: 'certify',
    source: { connection: 'certified', stream },
    mappings: ['certified.from-pack'],
  });
  return {
    folder,
    config: interlocalSchema.parse({ town: { name: 'Certify', time_zone: 'UTC', currency: 'USD' }, packs: false }),
    connections: { certified: { connector: connector.connector, options: setup.options } },
    connectors: new Map([[connector.connector, located(connector)]]),
    sinkMappings: new Map(),
    mappings: new Map([['certified.from-pack', located(mapping)]]),
    lookups: new Map(),
    pipelines: new Map([['certify', located(pipeline)]]),
    identityParameters: new Map(),
    entities: new Map([['certified', located(entity)]]),
    dataFolder: join(folder, 'data'),
  };
}

function located<T>(value: T): Located<T> {
  return { value, file: 'certify', at: () => ({ file: 'certify', line: 1, column: 1 }) };
}

async function contentsOf(knex: Knex): Promise<Contents> {
  const records: Contents['records'] = {};
  for (const { id } of await listSources(knex)) {
    let after = '';
    for (;;) {
      const list = await landedAfter(knex, id, after, 5000);
      if (list.length === 0) break;
      for (const { key, values } of list) records[key] = values;
      after = list.at(-1)!.key;
    }
  }
  return {
    records,
    golden: await goldenValues(knex, 'certified'),
    rejects: await openRejects(knex),
    deleted: await deletedKeys(knex),
  };
}
