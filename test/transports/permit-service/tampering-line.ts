import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody on the way to a server, who changes what is sent to it. */
export async function tamperingLine(port: number, change: (body: string) => string): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.from(change(Buffer.concat(chunks).toString()));
      const headers = { ...incoming.headers, 'content-length': String(body.length) };
      request({ port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}
