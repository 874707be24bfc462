import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A TCP line to a server on this machine that holds back the last bytes of what the server says: a packet comes without its end at first. */
export async function oddLine(serverPort: number): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const line = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {}).on('close', () => (sockets.delete(socket), near.destroy(), far.destroy()));
    }
    near.pipe(far);
    let before = Promise.resolve();
    far.on('data', (bytes) => {
      before = before.then(async () => {
        near.write(bytes.subarray(0, -HELD));
        await setTimeout(2);
        near.write(bytes.subarray(-HELD));
      });
    });
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  return {
    port: (line.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => line.close(resolve));
    },
  };
}

/** Fewer than a code of authentication has, so that it is cut in two. */
const HELD = 8;
