import { join } from 'node:path';
import type { ConnectorConfig, StreamConfig } from '../../config/schema/connector.ts';
import { fillOptions } from '../../config/connection-options.ts';
import { variableParameters } from '../../connector/certify-exchanges.ts';
import type { Fixture } from '../../connector/certify-fixtures.ts';
import { readRequests } from '../../connector/pages.ts';
import { selectorOf } from '../../connector/select.ts';
import { optionVariables } from '../../connector/template.ts';
import { InterlocalError } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { transports } from '../../transports/transports.ts';
import type { RequestTransport } from '../../transports/transport.ts';
import { type Bench, openBench, plainFields, type Setup } from './bench.ts';
import { type Reading, withKeys } from './reading.ts';
import { type Behaviour, type ReplayServer, startReplayServer } from './replay-server.ts';
import { CANARY, CANARY_FILES, CANARY_REFERENCE } from './secrets.ts';

/** What the checks of a stream of requests work with: a server that answers as recorded, and the connector against it. */
export interface RequestContext {
  name: string;
  stream: StreamConfig;
  connector: ConnectorConfig;
  fixture: Fixture;
  server: ReplayServer;
  /** As recorded, read now. */
  reading: Reading;
  /** Reads all pages, without a store. `stream`: another version of it. */
  read(behaviour?: Behaviour, stream?: StreamConfig): Promise<Reading>;
  bench(): Promise<Bench>;
  withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T>;
}

export async function openRequestContext(
  connector: ConnectorConfig,
  name: string,
  fixture: Fixture,
  packFolder: string,
  wsdl: string | undefined,
  given: Record<string, unknown>,
): Promise<RequestContext> {
  const stream = connector.streams[name]!;
  const session = sessionOf(connector);
  const server = await startReplayServer({
    exchanges: fixture.exchanges!,
    soap: connector.transport === 'soap',
    variable: variableParameters(stream),
    fixturesFolder: join(packFolder, 'fixtures'),
    ...(session && { login: session }),
  });
  const options = { ...given, ...addresses(connector, server.url, wsdl), ...canaryLogin(connector) };
  const setup: Setup = { connector, stream: name, options, secrets: CANARY_FILES, fields: plainFields(stream, fixture.records) };
  const context: RequestContext = {
    name,
    stream,
    connector,
    fixture,
    server,
    reading: { records: [], newColumns: [] },
    async read(behaviour, changed = stream) {
      server.rewind(behaviour);
      const filled = withCanary(options) as Record<string, unknown>;
      const all = { ...filled, ...(fillOptions(connector.transport_options, filled) as object), ...filled };
      const entry = transports[connector.transport];
      const own = Object.fromEntries(Object.entries(all).filter(([option]) => option in entry.optionsSchema.shape));
      const transport = (await entry.open(own, { connection: 'certified', projectFolder: packFolder })) as RequestTransport;
      try {
        return await readAll(changed, transport, name, all);
      } finally {
        await transport.close();
      }
    },
    bench: () => openBench(setup),
    async withBench(work) {
      const bench = await openBench(setup);
      try {
        return await work(bench);
      } finally {
        await bench.close();
      }
    },
  };
  context.reading = await context.read();
  return context;
}

async function readAll(
  stream: StreamConfig,
  transport: RequestTransport,
  name: string,
  options: Record<string, unknown>,
): Promise<Reading> {
  const selector = selectorOf(stream, name);
  const records: SourceRecord[] = [];
  try {
    const pages = readRequests(stream, transport, {
      name,
      variables: optionVariables(options),
      state: {},
      now: new Date(),
      note: () => {},
    });
    for await (const page of pages) records.push(...selector.select(page.records));
    selector.finish();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return { records: [], newColumns: selector.newColumns(), refused: error.problems };
  }
  withKeys(records, stream);
  return { records, newColumns: selector.newColumns() };
}

export function addresses(connector: ConnectorConfig, url: string, wsdl: string | undefined): Record<string, unknown> {
  if (connector.transport === 'soap') return { endpoint: `${url}/service`, ...(wsdl === undefined ? {} : { wsdl: `${url}/wsdl/${wsdl}` }) };
  return { base_url: url };
}

/** Credentials of the usual kind, so that a stream that would let them out is found out. */
export function canaryLogin(connector: ConnectorConfig): Record<string, unknown> {
  if (connector.transport === 'soap') return { username_token: { username: 'certify', password: CANARY_REFERENCE } };
  return connector.transport_options['auth'] === undefined ? { auth: { bearer: { token: CANARY_REFERENCE } } } : {};
}

export function sessionOf(connector: ConnectorConfig): { path: string; token: string } | undefined {
  const session = (connector.transport_options['auth'] as { session?: { path: string; token?: string } } | undefined)?.session;
  return session && { path: session.path, token: session.token ?? 'token' };
}

export function withCanary(value: unknown): unknown {
  if (value === CANARY_REFERENCE) return CANARY;
  if (Array.isArray(value)) return value.map(withCanary);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withCanary(inner)]));
  return value;
}
