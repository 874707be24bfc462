import type { FixtureTable } from '../recordings/fixture-table.ts';
import { keyColumns } from '../../../connector/source/query/spec.ts';
import type { ConnectorConfig, StreamConfig } from '../../../config/schema/connector.ts';
import type { Fixture } from '../recordings/fixtures.ts';
import { readStream } from '../../../connector/source/read-stream.ts';
import { selectorOf } from '../../../connector/stream/select.ts';
import { optionVariables } from '../../../connector/template.ts';
import { InterlocalError } from '../../../core/errors.ts';
import type { SourceRecord } from '../../../core/record.ts';
import { openTransport } from '../../../transports/transports.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import { type Bench, openBench, plainFields } from '../bench.ts';
import { type Reading, withKeys } from '../reading.ts';
import { CANARY, CANARY_FILES, CANARY_REFERENCE } from '../secrets.ts';

/** A server with recorded tables in it. */
export interface TableServer {
  /** Of a connection that may read, and write where that was asked for, without its password. */
  options: Record<string, unknown>;
  /** As an owner who may write. */
  execute(sql: string): Promise<void>;
  begin(): Promise<{ execute(sql: string): Promise<void>; commit(): Promise<void> }>;
  /** Has the server forget all changes that Change Tracking kept until now. */
  forgetChanges(): Promise<void>;
  /** As if a backup had been restored, of just this moment. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** Given by the command line, since the server is not part of the engine. */
export type StartTables = (
  tables: Record<string, FixtureTable>,
  login: { username: string; password: string; writes?: boolean },
  /** The tables' changes are tracked; columns of their primary key, where the recording declares none. */
  trackedKey?: readonly string[],
) => Promise<TableServer>;

/** What the checks of a stream of queries work with. */
export interface QueryContext {
  name: string;
  stream: StreamConfig;
  fixture: Fixture;
  /** The tables as recorded, or others, on a server of their own. */
  withServer<T>(work: (server: TableServer) => Promise<T>, tables?: Record<string, FixtureTable>): Promise<T>;
  read(server: TableServer): Promise<Reading>;
  bench(server: TableServer, options?: Record<string, unknown>): Promise<Bench>;
}

export function queryContext(
  connector: ConnectorConfig,
  name: string,
  fixture: Fixture,
  given: Record<string, unknown>,
  start: StartTables,
): QueryContext {
  const stream = connector.streams[name]!;
  const plain = { ...connector, transport_options: {} };
  return {
    name,
    stream,
    fixture,
    async withServer(work, tables = fixture.tables!) {
      const key = stream.incremental?.kind === 'change_tracking' ? keyColumns(stream) : undefined;
      const server = await start(tables, { username: 'reader', password: CANARY }, key);
      try {
        return await work(server);
      } finally {
        await server.close();
      }
    },
    async read(server) {
      const transport = (await openTransport(
        connector.transport,
        { ...server.options, password: CANARY },
        { connection: 'certified', projectFolder: fixture.folder },
      )) as QueryTransport;
      try {
        return await readAll(connector, transport, name, given);
      } finally {
        await transport.close();
      }
    },
    bench: (server, options = {}) =>
      openBench({
        connector: plain,
        stream: name,
        options: { ...given, ...server.options, password: CANARY_REFERENCE, ...options },
        secrets: CANARY_FILES,
        fields: plainFields(stream, fixture.records),
      }),
  };
}

async function readAll(
  connector: ConnectorConfig,
  transport: QueryTransport,
  name: string,
  given: Record<string, unknown>,
): Promise<Reading> {
  const stream = connector.streams[name]!;
  const selector = selectorOf(stream, name);
  const records: SourceRecord[] = [];
  try {
    for await (const page of readStream(stream, transport, {
      name,
      variables: optionVariables(given),
      state: {},
      now: new Date(),
      note: () => {},
      streams: connector.streams,
    }))
      records.push(...selector.select(page.records));
    selector.finish();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return { records: [], newColumns: [], refused: error.problems };
  }
  withKeys(records, stream);
  return { records, newColumns: selector.newColumns() };
}
