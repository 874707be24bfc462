import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { connector } from './base-town.ts';
import { closeTowns, type Files, type TestTown } from './town.ts';

const servers: Server[] = [];

export async function closeAll(): Promise<void> {
  await closeTowns();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A service on this machine; every request is noted with its method, where that is not GET, and its address. */
export async function service(answer: (request: Request, response: Response) => void): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const app = express();
  app.use(express.json(), (request, response) => {
    asked.push(`${request.method === 'GET' ? '' : `${request.method} `}${request.url}`);
    answer(request, response);
  });
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** A town that reads its permits from that service. `others`: more streams of the connector; `key`: lines of the manifest. */
export function office(url: string, stream: string, others: Record<string, string> = {}, keys = ''): Files {
  return {
    'config/connections.yaml': `connections:\n  permits: { connector: permits, options: { base_url: '${url}' } }\n  till: { connector: till, options: { path: inbox } }\n  clerk: { connector: office, options: { path: inbox } }\n  pool: { connector: office, options: { path: inbox } }\n  shop: { connector: shop, options: { path: inbox } }\n`,
    'connectors/permits/connector.yaml': connector('permits', 'http', { permits: stream, ...others }).replace(
      'streams:',
      `${keys}streams:`,
    ),
    'config/model/permit.yaml':
      'entity: permit\ntitle: Permit\nfields:\n  number: { type: text, class: public }\n  name: { type: text, class: public }\n',
    'mappings/permit.from-permits.yaml':
      'mapping: permit.from-permits\nentity: permit\nfrom: { connector: permits, stream: permits }\nfields:\n  number: id\n  name: name\n',
    'pipelines/permits.yaml':
      'pipeline: permits\nsource: { connection: permits, stream: permits }\nmappings: [permit.from-permits]\nbatch_size: 3\n',
  };
}

export const stateOf = async (town: TestTown): Promise<unknown> => JSON.parse(String((await town.rows('il_source'))[0]!.state));
