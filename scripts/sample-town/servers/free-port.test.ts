import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { expect, test } from 'vitest';
import { answersAt, startOnFreePort } from './free-port.ts';

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end());
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });
const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

test('a port that somebody takes in the moment before the start costs a second try', async () => {
  const others: Server[] = [];
  const started = await startOnFreePort(async (port) => {
    if (others.length < 2) others.push(await listen(port));
    return listen(port);
  });
  expect(others).toHaveLength(2);
  await Promise.all([started, ...others].map(close));
});

test('a program that never starts is told with what it said', async () => {
  let tries = 0;
  await expect(startOnFreePort(() => Promise.reject(new Error(`no licence, try ${++tries}`)))).rejects.toThrow('no licence, try 5');
});

test('who answers at the port of a program that ended is somebody else', async () => {
  const [port, other] = await startOnFreePort(async (free) => [free, await listen(free)] as const);
  expect(await answersAt(port, Promise.resolve())).toBe(false);
  expect(await answersAt(port, new Promise(() => {}))).toBe(true);
  await close(other);
});
