import { createSecretKey } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Client } from 'ssh2';

/*
 * What ssh2 spends most of a transfer's time on next to the work itself, made cheaper from outside. Measured on loopback, fetching
 * 500 MB into the spool: 3.3 s of processor time without these two, 1.7 with them. Without either all is as right, and slower.
 */

/**
 * ssh2 makes a cipher for each packet of AES-GCM (30,000 for 1 GB) of a key given as bytes: 16 µs in Node 24, against 3 with a
 * key that is prepared once. To be called after each handshake, which brings new keys.
 */
export function prepareKeys(client: Client): void {
  const protocol = (client as unknown as { _protocol?: { _decipher?: { _decipherKey?: unknown }; _cipher?: { _encKey?: unknown } } })
    ._protocol;
  const { _decipher: decipher, _cipher: cipher } = protocol ?? {};
  if (decipher?._decipherKey instanceof Uint8Array) decipher._decipherKey = createSecretKey(decipher._decipherKey);
  if (cipher?._encKey instanceof Uint8Array) cipher._encKey = createSecretKey(cipher._encKey);
}

/** So much is read between two collections of what is young; with 4 MB, V8 still finds too much lying about at times. */
const COLLECT_BYTES = 2_000_000;

/**
 * For each byte read, ssh2 and the socket make two to three of buffers that are garbage at once. Few objects go with them, so
 * that V8 collects what is young too seldom, and then everything, 40 times for 1 GB. Gives a function that is told how much was read.
 */
export function youngCollector(): (bytes: number) => void {
  collect ??= minorCollection();
  let read = 0;
  return (bytes) => {
    read += bytes;
    if (read < COLLECT_BYTES) return;
    read = 0;
    collect!({ type: 'minor' });
  };
}

let collect: ((options: { type: 'minor' }) => void) | undefined;

function minorCollection(): NonNullable<typeof collect> {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as NonNullable<typeof collect>;
}
