import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const MAX_TRIES = 5;

/**
 * Starts a program that must be told its port. Another process may take a port between the moment it is found free and the start: then
 * the start is tried again with another one. Throws what the last start threw.
 */
export async function startOnFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return await start(port);
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

/** Resolves when something answers at this port of this machine; false when the program ended first. */
export async function answersAt(port: number, ended: Promise<unknown>): Promise<boolean> {
  let gone = false;
  void ended.then(() => (gone = true));
  for (;;) {
    const up = await canConnect(port);
    // A program that ended because the port was taken is not the one that answers.
    await pause(20);
    if (gone) return false;
    if (up) return true;
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
