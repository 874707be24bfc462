import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Written } from './hash-behind.ts';

// Hashes a file as far as it is written, each time it is told how far that is.
const { path } = workerData as { path: string };
const port = parentPort!;
const digest = createHash('sha256');
const bytes = Buffer.allocUnsafeSlow(1 << 20);
const file = openSync(path, 'r');
let at = 0;

port.on('message', ({ size, whole }: Written) => {
  while (at < size) {
    const count = readSync(file, bytes, 0, Math.min(bytes.length, size - at), at);
    if (count === 0) throw new Error(`The fetched copy ends after ${at} bytes, and ${size} were written to it.`);
    digest.update(bytes.subarray(0, count));
    at += count;
  }
  if (!whole) return;
  closeSync(file);
  port.postMessage(digest.digest('hex'));
  port.close();
});
