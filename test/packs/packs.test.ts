import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { optionsOf } from '../../src/config/connection-options.ts';
import type { ConnectorConfig, StreamConfig } from '../../src/config/schema/connector.ts';
import { readRequests } from '../../src/connector/source/pages.ts';
import { selectorOf } from '../../src/connector/stream/select.ts';
import { optionVariables } from '../../src/connector/template.ts';
import type { SourceRecord } from '../../src/core/record.ts';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { defaultsOf, expectedOf, packs, readFiles, recordingsOf } from './recordings.ts';
import type { Pack } from './recordings.ts';

interface Exchange {
  request: { method: string; path: string; query?: Record<string, string>; body?: unknown };
  answer: { status: number; headers: Record<string, string>; body: string };
}

const recorded = recordedPacks().flatMap((pack) =>
  Object.entries(pack.connector.streams)
    .filter(([name]) => recordingsOf(pack, 'records.json').includes(name))
    .map(([name, stream]) => ({ pack: pack.name, name, connector: pack.connector, stream, folder: join(pack.fixtures, name) })),
);

describe('a recording reads as records.json says', () => {
  test.each(recorded.filter(({ stream }) => stream.retriever.files))('$pack $name', async ({ connector, stream, folder }) => {
    const found = await readFiles(connector, stream, folder);
    const { records, rejected = [], refused = [] } = expectedOf(folder);
    expect(found.records).toEqual(records);
    expect(found.rejected).toEqual(rejected.map((r) => expect.objectContaining(r)));
    expect(found.refused).toEqual(refused);
  });

  test.each(recorded.filter(({ connector }) => connector.transport === 'http'))(
    '$pack $name, from a server',
    async ({ connector, stream, folder }) => {
      const exchanges = JSON.parse(readFileSync(join(folder, 'exchanges.json'), 'utf8')) as Exchange[];
      const { records, rejected = [] } = expectedOf(folder);
      const found = await readAnswers(connector, stream, exchanges);
      expect(found.filter((r) => !r.problem).map((r) => r.values)).toEqual(records);
      expect(found.flatMap((r) => (r.problem ? [{ record: r.number, code: r.problem.code }] : []))).toEqual(rejected);
    },
  );
});

test('every pack says what is known of its system and what the town must give', () => {
  for (const pack of recordedPacks()) expect(readdirSync(join(pack.fixtures, '..')), pack.name).toContain('README.md');
});

test('a pack that has recordings has one of each stream', () => {
  for (const pack of recordedPacks())
    expect(recordingsOf(pack, 'records.json'), pack.name).toEqual(expect.arrayContaining(Object.keys(pack.connector.streams)));
});

function recordedPacks(): Pack[] {
  return packs().filter((pack) => recordingsOf(pack, 'records.json').length > 0);
}

/** A server that gives the recorded answers, and 404 to every request that was not recorded. */
async function readAnswers(connector: ConnectorConfig, stream: StreamConfig, exchanges: Exchange[]): Promise<SourceRecord[]> {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://recorded');
    const found = exchanges.find(
      ({ request: r }) =>
        r.method === request.method &&
        r.path === url.pathname &&
        Object.entries(r.query ?? {}).every(([name, value]) => url.searchParams.get(name) === value),
    );
    const { status, headers, body } = found?.answer ?? { status: 404, headers: {}, body: 'not recorded' };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const required = Object.entries(connector.options).flatMap(([name, option]) => (option.required ? [[name, 'recorded']] : []));
    const options = optionsOf(connector, {
      ...defaultsOf(connector),
      ...Object.fromEntries(required),
      base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    const transport = (await transports.http.open(options, { connection: connector.connector, projectFolder: '.' })) as RequestTransport;
    const selector = selectorOf(stream, connector.connector);
    const records: SourceRecord[] = [];
    const context = {
      name: connector.connector,
      variables: optionVariables(options),
      state: {},
      now: new Date('2026-07-01T12:00:00Z'),
      note: () => {},
    };
    for await (const page of readRequests(stream, transport, context)) records.push(...selector.select(page.records));
    selector.finish();
    await transport.close();
    return records;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
