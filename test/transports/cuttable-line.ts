import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface CuttableLine {
  port: number;
  /** Cuts every open connection, as a failing line would. New ones go through. */
  cut(): void;
  /** Bytes from the server so far. */
  received(): number;
  /** Connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/** A TCP line to a server on this machine that can be cut in the middle of a transfer. */
export async function cuttableLine(serverPort: number): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  let received = 0;
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => (sockets.delete(socket), near.destroy(), far.destroy()));
    }
    far.on('data', (bytes) => (received += bytes.length));
    near.pipe(far);
    far.pipe(near);
  });
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    received: () => received,
    connections: () => connections,
    close: () => (cut(), new Promise((resolve) => server.close(() => resolve()))),
  };
}
