import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connector } from '../base-town.ts';
import { closeTowns, makeTown } from '../town.ts';
import { settle } from '../../../src/store/scratch.ts';
import { contentsOfTown } from '../../store/stores.ts';

afterEach(closeTowns);

const CANARY = 'kanarien/vogel+7 "x" é';
const bytes = Buffer.from(CANARY);

/** What a server, a gateway or its error page may make of what it was sent. */
const FORMS: [string, (header: string) => string][] = [
  ['the header itself', (header) => header],
  ['hex', () => bytes.toString('hex')],
  ['a dump', () => bytes.toString('hex').toUpperCase().match(/../g)!.join(' ')],
  ['Base64 for URLs', () => bytes.toString('base64url')],
  ['a URL', () => `https://x.example/?p=${encodeURIComponent(CANARY)}`],
  ['JSON in ASCII', () => JSON.stringify({ p: CANARY }).replace('é', '\\u00e9')],
  ['the header in a cookie, encoded once more', (header) => encodeURIComponent(header)],
];

test.each(FORMS)('a password that the server sends back as %s is in no problem, note, log line or row of the store', async (_, form) => {
  const server = createServer((request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: `You may not: ${form(request.headers.authorization ?? '')}` }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const town = await makeTown({
      'secrets/password': CANARY,
      'config/connections.yaml': `connections:
  till: { connector: till, options: { base_url: "http://127.0.0.1:${port}", auth: { basic: { username: town, password: "\${file:secrets/password}" } } } }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
      'connectors/till/connector.yaml': connector('till', 'http', {
        receipts: `    retriever: { request: { path: /receipts } }
    decoder: { json: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
      }),
    });
    const lines: string[] = [];
    const run = await town.run('receipts', { onNote: (_pipeline, text) => lines.push(text) });
    expect(run.outcome).toBe('failed');
    await settle(town.engine.knex);
    const file = join(town.folder, 'data/interlocal.db');
    const stored = existsSync(file) ? readFileSync(file, 'latin1') : await contentsOfTown(town.folder);
    const said = `${JSON.stringify(run)}\n${lines.join('\n')}\n${stored}`;
    expect(said).toContain('[secret]');
    const found = [
      'kanarien',
      bytes.toString('hex').slice(0, 12),
      bytes.toString('hex').toUpperCase().match(/../g)!.slice(0, 6).join(' '),
      bytes.toString('base64').slice(0, 12),
      Buffer.from(`town:${CANARY}`).toString('base64').slice(8, 20),
    ].filter((piece) => said.includes(piece));
    expect(found).toEqual([]);
  } finally {
    await new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  }
});
