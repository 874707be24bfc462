import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Located, Project } from '../../../config/project.ts';
import type { ConnectorConfig, SinkConfig } from '../../../config/schema/connector.ts';
import { interlocalSchema } from '../../../config/schema/interlocal.ts';
import { entitySchema } from '../../../config/schema/model.ts';
import { pipelineSchema } from '../../../config/schema/pipeline.ts';
import { sinkMappingSchema } from '../../../config/schema/sink-mapping.ts';
import { problemsOfRecord, sinkKey } from '../../../connector/sink/sink.ts';
import { InterlocalError, type Problem } from '../../../core/errors.ts';
import type { Values } from '../../../core/record.ts';
import { migrateModel } from '../../../store/model-tables.ts';
import type { Knex } from '../../../store/open.ts';
import { insertOutbox, listOutbox, type OutboxRow } from '../../../store/outbound/outbox.ts';
import { startRun } from '../../../store/ledger/runs.ts';
import { type Cut, cutAt, CutOff, forgetSent, openScratch, setSequence, settle } from '../../../store/scratch.ts';
import type { Transport } from '../../../transports/transport.ts';
import { sendAll } from '../../../engine/outbound/outbound.ts';
import { openTarget } from '../../../engine/outbound/target.ts';
import { openOutboundRun, type OutboundRun } from '../../../engine/outbound/outbound-run.ts';
import { openRun } from '../../../engine/run/open-run.ts';

/** What a sink is pushed with on a bench. */
export interface SinkSetup {
  connector: ConnectorConfig;
  sink: string;
  /** Options of the connection, secrets as `${file:…}` of the bench's folder. */
  options: Record<string, unknown>;
  /** Secret files: name below the bench's folder → text. */
  secrets: Record<string, string>;
  /** The day and the sequence number of the recording. */
  context: { date: string; sequence: number };
}

/** What one run said. */
export interface Sent {
  problems: Problem[];
  notes: string[];
  /** Commits to the store; with `cut`, up to there. */
  commits: number;
}

export interface SendOptions {
  /** The process is killed at this commit to the store, just before or just after it. */
  cut?: { at: number; how: Cut };
  /** Looks at what is done to the target. */
  watch?: (transport: Transport) => Transport;
}

/** A town of its own that sends records to a sink, from the outbox on as in every town: same engine, same store, a real target. */
export interface SinkBench {
  folder: string;
  knex: Knex;
  /** The target of a sink that writes files. */
  target: string;
  /** Puts records into the outbox, as an outbound pipeline does. */
  queue(records: readonly Values[]): Promise<void>;
  /** One run of the pipeline: answers are looked at, unfinished business is finished, what waits is sent. */
  send(options?: SendOptions): Promise<Sent>;
  rows(): Promise<OutboxRow[]>;
  /** The store is that of before anything was sent, as after a restore. */
  forget(): Promise<void>;
  everything(): Promise<Buffer>;
  close(): Promise<void>;
}

const NAME = 'certified';

async function openSinkBench(setup: SinkSetup): Promise<SinkBench> {
  const folder = await mkdtemp(join(tmpdir(), 'certify-sink-'));
  for (const [name, text] of Object.entries(setup.secrets)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const files = join(folder, 'target');
  await mkdir(files);
  const project = projectOf(setup, folder);
  const sink = setup.connector.sinks[setup.sink]!;
  let knex: Knex = await openScratch(folder);
  await migrateModel(knex, [entity]);
  const sequence = { connection: NAME, sink: setup.sink, sequence: setup.context.sequence };
  await setSequence(knex, sequence);

  async function outboundNow(): Promise<OutboundRun> {
    const options = { signal: new AbortController().signal, now: () => new Date(`${setup.context.date}T12:00:00Z`) };
    return openOutboundRun(openRun({ project }, { pipeline: 'certify', id: await startRun(knex, 'certify'), knex }, options));
  }

  return {
    folder,
    target: files,
    get knex() {
      return knex;
    },
    async queue(records) {
      for (const [i, values] of records.entries()) {
        const problems = problemsOfRecord(sink, values, { record: i + 1 });
        await insertOutbox(knex, {
          pipeline: 'certify',
          key: sinkKey(sink, values),
          entityId: 1,
          golden: i + 1,
          operation: 'write',
          state: problems.length ? 'refused' : 'queued',
          hash: hash('sha256', JSON.stringify(values)).slice(0, 24),
          values,
          problems,
          run: 1,
        });
      }
    },
    async send({ cut, watch = (transport: Transport) => transport } = {}) {
      const run = await outboundNow();
      const target = await openTarget(run);
      const counting = await cutAt(knex, cut?.at ?? Number.POSITIVE_INFINITY, cut?.how ?? 'before');
      const problems = run.problems;
      try {
        const at = { ...target, transport: watch(target.transport) };
        // What is sent is in the outbox already.
        await sendAll(run, at, async () => {});
      } catch (error) {
        if (error instanceof InterlocalError) problems.push(...error.problems);
        else if (!(error instanceof CutOff) && !counting.wasCut()) throw error;
      } finally {
        await target.close();
        await knex.destroy();
        knex = await openScratch(folder);
      }
      return { problems: [...problems], notes: [...run.notes], commits: counting.commits() };
    },
    rows: () => listOutbox(knex, { pipeline: 'certify', latest: true }),
    forget: () => forgetSent(knex, sequence),
    async everything() {
      await settle(knex);
      const parts: Buffer[] = [];
      for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
        const path = join(entry.parentPath, entry.name);
        parts.push(Buffer.from(path));
        if (entry.isFile() && !Object.keys(setup.secrets).some((name) => path === join(folder, name))) parts.push(await readFile(path));
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
export async function withSinkBench<T>(setup: SinkSetup, work: (bench: SinkBench) => Promise<T>): Promise<T> {
  const bench = await openSinkBench(setup);
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

/** The connector with another version of one of its sinks. */
export function withSink(connector: ConnectorConfig, name: string, change: Partial<SinkConfig>): ConnectorConfig {
  return { ...connector, sinks: { ...connector.sinks, [name]: { ...connector.sinks[name]!, ...change } } };
}

const entity = entitySchema.parse({ entity: NAME, title: 'Certified', fields: { field_1: { type: 'text', class: 'personal' } } });

function projectOf({ connector, sink, options }: SinkSetup, folder: string): Project {
  // What the canonical record becomes is a town's mapping, with its own tests: here the records come as the sink takes them.
  const mapping = sinkMappingSchema.parse({
    mapping: NAME,
    sink: { connector: connector.connector, sink },
    from: { entity: NAME },
    fields: {},
  });
  const pipeline = pipelineSchema.parse({ pipeline: 'certify', deliver: { mapping: NAME, connection: NAME } });
  return {
    folder,
    config: interlocalSchema.parse({ town: { name: 'Certify', time_zone: 'UTC', currency: 'USD' }, packs: false }),
    connections: { [NAME]: { connector: connector.connector, options } },
    connectors: new Map([[connector.connector, located(connector)]]),
    sinkMappings: new Map([[NAME, located(mapping)]]),
    mappings: new Map(),
    lookups: new Map(),
    pipelines: new Map([['certify', located(pipeline)]]),
    identityParameters: new Map(),
    entities: new Map([[NAME, located(entity)]]),
    dataFolder: join(folder, 'data'),
  };
}

function located<T>(value: T): Located<T> {
  return { value, file: 'certify', at: () => ({ file: 'certify', line: 1, column: 1 }) };
}
