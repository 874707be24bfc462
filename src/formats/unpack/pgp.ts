import type { DecryptMessageResult, Message, PrivateKey, PublicKey } from 'openpgp';
import { InterlocalError } from '../../core/errors.ts';
import { limited } from './inflate.ts';
import { isArmored, looksLikePgp, notPacked } from './packing-kinds.ts';
import { type OpenPgp, privateKey, publicKey } from './pgp-keys.ts';
import { refuseFile } from '../refuse.ts';
import type { UnpackStep } from '../../config/schema/packing.ts';

type Step = NonNullable<UnpackStep['pgp']>;

/**
 * What is in an encrypted message. Its integrity, and its signature where one is wanted, are known only at the end, so
 * nothing may be used before the last piece came. Throws FileError: FILE_EMPTY, FILE_NOT_PACKED, PGP_NOT_ENCRYPTED,
 * PGP_OTHER_KEY, PGP_UNPROTECTED, PGP_DAMAGED, PGP_NOT_SIGNED, PGP_SIGNATURE_WRONG, UNPACKED_TOO_LARGE; FatalError
 * PGP_KEY_UNREADABLE, PGP_PASSPHRASE_WRONG.
 */
export async function* decrypted(
  packed: AsyncIterable<Uint8Array>,
  step: Step,
  file: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const pgp = await import('openpgp');
  const key = await privateKey(pgp, step.private_key, step.passphrase, 'unpack.pgp.private_key');
  const signer = step.signed_by === undefined ? undefined : await publicKey(pgp, step.signed_by, 'unpack.pgp.signed_by');
  let taken = 0;
  let waiting = false;
  const moved: Moved = () => (waiting ? {} : taken);
  const source = packed[Symbol.asyncIterator]();
  const head = await beginning(source);
  if (head.length === 0) throw refuseFile('FILE_EMPTY', file, {}, 'The file is empty (0 bytes).', 'Export it again.');
  if (!looksLikePgp(head)) throw notPacked('pgp', head, file);
  async function* bytes(): AsyncGenerator<Uint8Array, void, void> {
    taken += head.length;
    yield head;
    for (;;) {
      waiting = true;
      const next = await source.next();
      waiting = false;
      if (next.done) return;
      taken += next.value.length;
      yield Buffer.from(next.value);
    }
  }
  try {
    const message = await unlessStuck(read(pgp, bytes(), isArmored(head)), moved);
    lookAt(pgp, message, key, file);
    const options = {
      message,
      decryptionKeys: key,
      ...(signer ? { verificationKeys: signer } : {}),
      format: 'binary',
      // What is given out early is kept apart until its integrity was checked: see openPacked.
      config: { allowUnauthenticatedStream: true },
    };
    const result = (await unlessStuck(pgp.decrypt(options as never), moved)) as unknown as DecryptMessageResult & {
      data: AsyncIterable<Uint8Array>;
    };
    for (const { verified } of result.signatures) verified.catch(() => {});
    yield* limited(whileMoving(result.data, moved), step, () => taken, file, signal);
    if (signer) await unlessStuck(checkSignature(result, signer, file), moved);
  } catch (error) {
    if (error instanceof InterlocalError || (error as { name?: string }).name === 'AbortError') throw error;
    if (isSystemError(error)) throw error;
    throw refuseFile(
      'PGP_DAMAGED',
      file,
      {},
      'The encrypted message was cut off or altered in transit: its integrity check failed.',
      'Have it encrypted and sent again, in binary mode.',
    );
  } finally {
    await source.return?.();
  }
}

/** How far reading is; another object each time while it waits for the source, which may take its time. */
type Moved = () => unknown;
const TICK_MS = 50;
const MAX_TICKS = 60;

/**
 * Some damaged messages make the library wait for what never comes. All its work is done in this process: who has neither read nor given
 * anything for some seconds never will. Ticks are counted, not the clock, which goes on while a machine sleeps.
 */
async function unlessStuck<T>(work: Promise<T>, moved: Moved): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    let [before, still] = [moved(), 0];
    timer = setInterval(() => {
      const now = moved();
      still = now === before ? still + 1 : 0;
      before = now;
      if (still >= MAX_TICKS) reject(new Error('The encrypted message has no end: it was cut off.'));
    }, TICK_MS);
  });
  try {
    return await Promise.race([work, stuck]);
  } finally {
    clearInterval(timer);
  }
}

async function* whileMoving(data: AsyncIterable<Uint8Array>, moved: Moved): AsyncGenerator<Uint8Array, void, void> {
  const pieces = data[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessStuck(pieces.next(), moved);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: of a message that has no end it would never come.
    pieces.return?.().catch(() => {});
  }
}

/** Says what a message is that cannot be decrypted, before it is tried. */
function lookAt(pgp: OpenPgp, message: MessageLike, key: PrivateKey, file: string): void {
  const { packet } = pgp.enums;
  if (message.packets.findPacket(packet.symmetricallyEncryptedData))
    throw refuseFile(
      'PGP_UNPROTECTED',
      file,
      {},
      'The message has no integrity protection (no MDC), so it is not known whether it was altered in transit.',
      'Have the sender encrypt with a current program, without the option that turns this protection off.',
    );
  if (!message.packets.findPacket(packet.symEncryptedIntegrityProtectedData) && !message.packets.findPacket(packet.aeadEncryptedData))
    throw refuseFile(
      'PGP_NOT_ENCRYPTED',
      file,
      {},
      'The OpenPGP message is not encrypted, only signed or packed.',
      'Have the sender encrypt it for the key of the town.',
    );
  const ids = message.getEncryptionKeyIDs();
  if (ids.length > MAX_RECEIVERS)
    throw refuseFile(
      'PGP_DAMAGED',
      file,
      {},
      `The message says that it is encrypted for ${ids.length} keys at once, which is not normal (at most ${MAX_RECEIVERS} are tried).`,
      'Have it encrypted only for the key of the town and sent again.',
    );
  // A message may hide whom it is for.
  const ours = ids.some((id) => /^0+$/.test(id.toHex()) || key.getKeys(id).length > 0);
  if (!ours)
    throw refuseFile(
      'PGP_OTHER_KEY',
      file,
      {},
      ids.length === 0
        ? 'The message is encrypted with a password, not for the key of the town.'
        : `The message is encrypted for another key (${[...new Set(ids.map((id) => id.toHex().toUpperCase()))].slice(0, 5).join(', ')}), not for the town's ${key.getKeyID().toHex().toUpperCase()}.`,
      'Send the sender the public key of the town, and have the file encrypted for it.',
    );
}

/** Each is tried with the private key, which takes its time. */
const MAX_RECEIVERS = 100;

interface MessageLike extends Pick<Message<never>, 'getEncryptionKeyIDs'> {
  packets: { findPacket(tag: number): unknown };
}

async function checkSignature(result: DecryptMessageResult, signer: PublicKey, file: string): Promise<void> {
  const wanted = signer.getKeyID().toHex().toUpperCase();
  if (result.signatures.length === 0)
    throw refuseFile(
      'PGP_NOT_SIGNED',
      file,
      {},
      `The message is not signed, but only messages signed by the key ${wanted} are accepted.`,
      'Have the sender sign its files; or remove signed_by if it does not sign.',
    );
  const held = await Promise.allSettled(result.signatures.map(({ verified }) => verified));
  if (held.some((one) => one.status === 'fulfilled')) return;
  const known = result.signatures.some(({ keyID }) => signer.getKeys(keyID).length > 0);
  throw refuseFile(
    'PGP_SIGNATURE_WRONG',
    file,
    {},
    known
      ? `The signature of the key ${wanted} is not valid: the content was altered after it was signed, or the key was not valid then.`
      : `The message is signed by another key (${result.signatures.map(({ keyID }) => keyID.toHex().toUpperCase()).join(', ')}), not ${wanted}.`,
    'Ask the sender (by phone, for example) whether the file is theirs and whether they have a new key.',
  );
}

async function read(pgp: OpenPgp, bytes: AsyncGenerator<Uint8Array>, armored: boolean): Promise<MessageLike> {
  const { ReadableStream } = await import('node:stream/web');
  if (!armored) return (await pgp.readMessage({ binaryMessage: ReadableStream.from(bytes) as never })) as unknown as MessageLike;
  async function* text(): AsyncGenerator<string, void, void> {
    // Armor is ASCII.
    for await (const piece of bytes) yield Buffer.from(piece).toString('latin1');
  }
  return (await pgp.readMessage({ armoredMessage: ReadableStream.from(text()) as never })) as unknown as MessageLike;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

async function beginning(source: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 200) {
    const next = await source.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}
