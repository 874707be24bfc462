import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileTransport } from '../../transports/transport.ts';
import { transports } from '../../transports/transports.ts';
import { spool } from './spool.ts';

let folder: string;
let transport: FileTransport;
const spoolFolder = (): string => join(folder, 'spool');
const signal = new AbortController().signal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'interlocal-spool-'));
  mkdirSync(join(folder, 'inbox'));
  transport = (await transports.folder.open({ path: 'inbox' }, { connection: 'till', projectFolder: folder })) as FileTransport;
});
afterEach(async () => {
  await transport.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Bytes that differ from place to place: a part that was left out or came twice would change the hash. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i + 4 <= size; i += 4096) bytes.writeUInt32LE(i, i);
  return bytes;
}

test.each([
  ['a small file', 1000],
  ['a file that is hashed in a thread of its own', 72_500_001],
])('the hash of %s is that of its content, and its copy is the same', async (_, size) => {
  const bytes = bytesOf(size);
  writeFileSync(join(folder, 'inbox/file.csv'), bytes);
  const fetched = await spool(transport, (await transport.stat('file.csv'))!, spoolFolder(), undefined, signal);
  expect(fetched.size).toBe(size);
  expect(fetched.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  const [copy] = readdirSync(spoolFolder());
  expect(readFileSync(join(spoolFolder(), copy!)).equals(bytes)).toBe(true);
  await fetched.remove();
  expect(readdirSync(spoolFolder())).toEqual([]);
});

test('a file that is refused or stopped while its thread is at work leaves no copy', async () => {
  writeFileSync(join(folder, 'inbox/file.csv'), bytesOf(80_000_000));
  const remote = (await transport.stat('file.csv'))!;
  await expect(spool(transport, remote, spoolFolder(), 70_000_000, signal)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  expect(readdirSync(spoolFolder())).toEqual([]);
  const abort = new AbortController();
  const stopped = spool(transport, remote, spoolFolder(), undefined, abort.signal, (megabytes) => void (megabytes === 72 && abort.abort()));
  await expect(stopped).rejects.toThrow();
  expect(readdirSync(spoolFolder())).toEqual([]);
});
