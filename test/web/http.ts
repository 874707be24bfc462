import { request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type ServerOptions } from '../../src/server/server.ts';
import type { Engine } from '../../src/engine/run/engine.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  bytes: Buffer;
}

export interface RunningServer {
  url: string;
  port: number;
  /** Asks for a path; any Host and method can be given, which fetch does not let. */
  ask(path: string, options?: { headers?: Record<string, string>; method?: string }): Promise<Answer>;
  close(): Promise<void>;
}

/** The app on a free port of this machine. */
export async function serve(engine: Engine, options: ServerOptions = {}): Promise<RunningServer> {
  const server: Server = createServer(engine, options).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ask: (path, { headers = {}, method = 'GET' } = {}) =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const bytes = Buffer.concat(chunks);
            resolve({ status: response.statusCode!, headers: response.headers, text: bytes.toString('utf8'), bytes });
          });
        });
        asked.on('error', reject);
        asked.end();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
