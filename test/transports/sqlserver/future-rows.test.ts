import type { StreamState } from '../../../src/connector/source/stream-state.ts';

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { streamSchema } from '../../../src/config/schema/connector.ts';
import { readQuery } from '../../../src/connector/source/pages.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import type { QueryTransport } from '../../../src/transports/transport.ts';
import { startServer } from './server.ts';
import type { TestServer } from './server.ts';

const STREAM = streamSchema.parse({
  retriever: { query: { tables: ['bills'] } },
  incremental: { cursor: 'changed', tie_breaker: 'no' },
  schema: { fields: { no: { required: true }, changed: {} } },
  primary_key: ['no'],
});

let server: TestServer;
let transport: QueryTransport;
let state: StreamState;
let notes: string[];
beforeAll(async () => {
  server = await startServer([{ name: 'bills', columns: { no: 'char(2) NOT NULL PRIMARY KEY', changed: 'datetime' }, rows: [] }]);
  transport = openSqlServer(server.options, { connection: 'finance', projectFolder: server.folder });
});
afterAll(async () => {
  await transport?.close();
  await server?.stop();
});
beforeEach(async () => {
  state = {};
  await server.execute("DELETE FROM bills; INSERT INTO bills (no, changed) VALUES ('A1', '2026-01-02'), ('B2', '2026-01-03')");
});

/** Reads from where the last reading ended. */
async function read(): Promise<string[]> {
  notes = [];
  const found: string[] = [];
  const context = { name: 'finance.bills', variables: {}, state, now: new Date(), note: (text: string) => void notes.push(text) };
  for await (const page of readQuery(STREAM, transport, context)) {
    found.push(...page.records.map(({ values }) => String(values['no'])));
    state = page.state ?? state;
  }
  return found;
}

it('a row that is dated in the future is read, but does not take the position past what changes before that day', async () => {
  await server.execute("INSERT INTO bills (no, changed) VALUES ('Z9', '2099-01-01')");
  expect(await read()).toEqual(['A1', 'B2', 'Z9']);
  expect(state).toEqual({ cursor: '2026-01-03T00:00:00', tie: 'B2' });
  expect(notes).toEqual([expect.stringMatching(/one row has a changed in the future \(up to 2099-01-01T00:00:00; by the server's clock/)]);
  await server.execute("INSERT INTO bills (no, changed) VALUES ('C3', '2026-01-04')");
  expect(await read()).toEqual(['C3', 'Z9']);
  await server.execute("UPDATE bills SET changed = '2026-01-05' WHERE no = 'Z9'");
  expect(await read()).toEqual(['Z9']);
  expect([await read(), notes]).toEqual([[], []]);
});

it('a position in the future, from when the clock of the server was ahead, is given up, and everything is read again', async () => {
  state = { cursor: '2099-01-01T00:00:00', tie: 'Z9' };
  expect(await read()).toEqual(['A1', 'B2']);
  expect(notes).toEqual([expect.stringMatching(/2099-01-01T00:00:00\) is in the future/)]);
  expect(state).toEqual({ cursor: '2026-01-03T00:00:00', tie: 'B2' });
});
