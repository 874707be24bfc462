import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTown } from '../../src/config/new-town.ts';
import { TRANSPORT_NAMES } from '../../src/transports/transports.ts';
import type { PackFiles } from '../../src/packs/files.ts';
import { newSigningKey, privateKeyOf, signPack } from '../../src/packs/signature.ts';
import { zipOf } from '../../src/packs/zip.ts';
import { addPack, type AddedPack, type AddOptions } from '../../src/authoring/install/add-pack.ts';
import { InterlocalError } from '../../src/core/errors.ts';

const made: string[] = [];
process.once('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packs-test-'));
  made.push(folder);
  return folder;
}

export const VENDOR = newSigningKey();
export const STRANGER = newSigningKey();

/** A town that trusts the vendor's key. */
export async function townWithKey(): Promise<string> {
  const town = join(temporaryFolder(), 'town');
  await makeTown(town, { name: 'Town', time_zone: 'UTC' }, TRANSPORT_NAMES);
  await mkdir(join(town, 'config/trusted-keys'));
  await writeFile(join(town, 'config/trusted-keys/vendor.pem'), VENDOR.publicKey);
  return town;
}

const MANIFEST = `connector: acme
version: 1.0.0
title: Acme, receipts
transport: folder
streams:
  receipts:
    retriever: { files: { pattern: "receipts-*.csv" } }
    decoder: { csv: { encoding: utf-8 } }
    schema:
      fields:
        Receipt No: { required: true }
        Amount: { required: true }
    primary_key: [Receipt No]
`;

export type Changes = Record<string, string | Buffer | null>;

/** A small connector that certifies; changes replace or take away files. */
export function acme(changes: Changes = {}): Map<string, Buffer> {
  const files: Changes = {
    'connector.yaml': MANIFEST,
    'README.md': 'Acme Till 4.2 and later. The town must supply the path of the folder that receipts are exported to, nightly.\n',
    'fixtures/receipts/receipts-1.csv': 'Receipt No,Amount\r\n000121,12.50\r\n000122,40.00\r\n',
    'fixtures/receipts/records.json': `{ "records": [ { "Receipt No": "000121", "Amount": "12.50" }, { "Receipt No": "000122", "Amount": "40.00" } ] }\n`,
    ...changes,
  };
  return new Map(Object.entries(files).flatMap(([name, content]) => (content === null ? [] : [[name, Buffer.from(content)]])));
}

export function version(text: string): Changes {
  return { 'connector.yaml': MANIFEST.replace('1.0.0', text) };
}

export function signed(files: PackFiles, key = VENDOR, days: { signed_on: string; valid_until?: string } = { signed_on: '2026-11-03' }) {
  const text = files.get('connector.yaml')!.toString();
  const of = { connector: /connector: (\S+)/.exec(text)![1]!, version: /version: (\S+)/.exec(text)![1]!, files };
  return new Map([...files, ['signature.json', Buffer.from(JSON.stringify(signPack(of, privateKeyOf(key.privateKey, 'key'), days)))]]);
}

export async function zipped(files: PackFiles, folder = 'acme'): Promise<string> {
  const path = join(temporaryFolder(), 'acme.zip');
  await writeFile(path, zipOf(folder, files));
  return path;
}

/** A .tgz with just these entries, whatever they are called. */
export async function tarred(entries: { name: string; content?: Buffer; kind?: string; link?: string }[]): Promise<string> {
  const blocks = entries.flatMap(({ name, content = Buffer.alloc(0), kind = '0', link = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(kind, 156);
    header.write(link, 157);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  const path = join(temporaryFolder(), 'acme.tgz');
  await writeFile(path, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  return path;
}

export async function inFolder(files: PackFiles): Promise<string> {
  const folder = join(temporaryFolder(), 'from-vendor');
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

export function add(town: string, source: string, options: Partial<AddOptions> = {}): Promise<AddedPack> {
  return addPack(town, source, {
    now: new Date('2026-11-24T12:00:00Z'),
    signal: new AbortController().signal,
    allowUnsigned: false,
    replace: false,
    certify: false,
    dryRun: false,
    ...options,
  });
}

/** The codes that it was refused with. */
export async function refusal(town: string, source: string, options: Partial<AddOptions> = {}): Promise<string[]> {
  try {
    await add(town, source, options);
    return [];
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return [...new Set(error.problems.map((p) => p.code))];
  }
}

/** Everything below a town's connectors/, hidden files too, but for what init puts there. */
export async function installed(town: string): Promise<string[]> {
  const entries = await readdir(join(town, 'connectors'), { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => !e.isDirectory() && e.name !== 'README.md')
    .map((e) => join(e.parentPath, e.name).slice(join(town, 'connectors/').length))
    .sort();
}

export async function manifestOf(town: string): Promise<string> {
  return readFile(join(town, 'connectors/acme/connector.yaml'), 'utf8');
}

export async function copyOf(town: string): Promise<string> {
  const copy = join(temporaryFolder(), 'town');
  await cp(town, copy, { recursive: true });
  return copy;
}
