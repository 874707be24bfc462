import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface DripLine {
  port: number;
  /** From now on one byte after the other comes from the server. */
  drip(): void;
  close(): Promise<void>;
}

/** A TCP line to a server on this machine that can be made to give one byte every `everyMs`. */
export async function dripLine(serverPort: number, { everyMs = 30 }: { everyMs?: number } = {}): Promise<DripLine> {
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let dripping = false;
  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    let waiting = Buffer.alloc(0);
    const drip = setInterval(() => {
      if (waiting.length === 0) return;
      near.write(waiting.subarray(0, 1));
      waiting = waiting.subarray(1);
    }, everyMs);
    timers.add(drip);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => (sockets.delete(socket), clearInterval(drip), near.destroy(), far.destroy()));
    }
    far.on('data', (bytes) => {
      if (dripping) waiting = Buffer.concat([waiting, bytes]);
      else near.write(bytes);
    });
    near.pipe(far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    drip: () => void (dripping = true),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
