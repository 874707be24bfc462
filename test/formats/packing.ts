import { gzipSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import yazl from 'yazl';
import type { ConnectorConfig } from '../../src/config/schema/connector.ts';
import { unpackStep } from '../../src/config/schema/connector.ts';
import { InterlocalError } from '../../src/core/errors.ts';
import { keepInMemory, openPacked, packedBytes } from '../../src/formats/unpack/unpack.ts';

export type Step = NonNullable<NonNullable<ConnectorConfig['streams'][string]['retriever']['files']>['unpack']>[number];

/** A step as a connector writes it, with its defaults applied. */
export function step(given: object): Step {
  return unpackStep.parse(given);
}

/** What comes out of the steps. */
export async function unpacked(bytes: Uint8Array, steps: object[], pieces?: number): Promise<string> {
  const packed = packedBytes(bytes);
  if (pieces !== undefined)
    packed.read = async function* () {
      for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
    };
  const open = await openPacked(packed, steps.map(step), { file: 'file', keep: keepInMemory });
  const parts: Buffer[] = [];
  for await (const part of open.read()) parts.push(Buffer.from(part));
  await open.close();
  return Buffer.concat(parts).toString();
}

/** Why a file was refused, as a person reads it; its content when it was not. */
export async function refused(bytes: Uint8Array, steps: object[]): Promise<string> {
  try {
    return `read ${await unpacked(bytes, steps)}`;
  } catch (error) {
    if (error instanceof InterlocalError) return error.message;
    throw error;
  }
}

export function gzip(text: string | Uint8Array): Buffer {
  return gzipSync(text);
}

/** An archive as another program writes it. */
export async function zip(files: Record<string, string | Buffer>, options: { compress?: boolean } = {}): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name, options);
  archive.end();
  const parts: Buffer[] = [];
  for await (const part of archive.outputStream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

export interface Keys {
  private: string;
  public: string;
}

const made = new Map<string, Promise<Keys>>();
/** A key pair; the same one for the same name and passphrase. */
export function keysOf(name: string, passphrase?: string): Promise<Keys> {
  const id = `${name}|${passphrase ?? ''}`;
  let keys = made.get(id);
  if (!keys) made.set(id, (keys = generated(name, passphrase)));
  return keys;
}

async function generated(name: string, passphrase: string | undefined): Promise<Keys> {
  const { privateKey, publicKey } = await openpgp.generateKey({
    userIDs: [{ name, email: `${name}@example.org` }],
    format: 'armored',
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  return { private: privateKey, public: publicKey };
}

/** Encrypted as a sender does it. */
export async function encrypted(
  content: string | Uint8Array,
  { to, by, armored = false, compress = true }: { to: Keys; by?: Keys; armored?: boolean; compress?: boolean },
): Promise<Buffer> {
  const options = {
    message: await openpgp.createMessage({ binary: Buffer.from(content) }),
    encryptionKeys: await openpgp.readKey({ armoredKey: to.public }),
    ...(by ? { signingKeys: await openpgp.readPrivateKey({ armoredKey: by.private }) } : {}),
    config: { preferredCompressionAlgorithm: compress ? openpgp.enums.compression.zip : openpgp.enums.compression.uncompressed },
  };
  return armored
    ? Buffer.from(await openpgp.encrypt({ ...options, format: 'armored' }))
    : Buffer.from(await openpgp.encrypt({ ...options, format: 'binary' }));
}
