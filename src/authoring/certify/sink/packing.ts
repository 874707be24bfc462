import type { PackStep, SinkConfig, UnpackStep } from '../../../config/schema/connector.ts';
import { unpackStep } from '../../../config/schema/packing.ts';
import { InterlocalError } from '../../../core/errors.ts';
import { collected, keepInMemory, openPacked, packedBytes } from '../../../formats/unpack/unpack.ts';

/**
 * A packed sink with keys that are made for certifying it, since nobody has the receiver's own private key; and what undoes its packing, as
 * the receiver would. The sink as it is, where it is not packed.
 */
export async function withTestKeys(sink: SinkConfig): Promise<{ sink: SinkConfig; unpack: UnpackStep[] }> {
  const { file } = sink.target;
  if (!file?.pack) return { sink, unpack: [] };
  const pack: PackStep[] = [];
  const unpack: UnpackStep[] = [];
  for (const step of file.pack) {
    const { pgp } = step;
    if (!pgp) {
      pack.push(step);
      unpack.unshift(unpackStep.parse(step.gzip ? { gzip: {} } : { zip: {} }));
      continue;
    }
    const [receiver, town] = [await keyPair('receiver'), await keyPair('town')];
    const signs = pgp.sign_with !== undefined;
    pack.push({ pgp: { public_key: receiver.publicKey, ...(signs ? { sign_with: town.privateKey } : {}), armored: pgp.armored } });
    unpack.unshift(unpackStep.parse({ pgp: { private_key: receiver.privateKey, ...(signs ? { signed_by: town.publicKey } : {}) } }));
  }
  return { sink: { ...sink, target: { file: { ...file, pack } } }, unpack };
}

async function keyPair(name: string): Promise<{ privateKey: string; publicKey: string }> {
  const { generateKey } = await import('openpgp');
  return generateKey({ userIDs: [{ name: `certify ${name}` }], format: 'armored' });
}

/** A file as the receiver gets to read it; of one that cannot be unpacked, why. Markers are empty, and not packed. */
export async function asReceived(bytes: Buffer, unpack: readonly UnpackStep[]): Promise<Buffer> {
  if (bytes.length === 0 || unpack.length === 0) return bytes;
  try {
    const open = await openPacked(packedBytes(bytes), unpack, { file: 'file', keep: keepInMemory });
    const content = await collected(open.read());
    await open.close();
    return content;
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return Buffer.from(`cannot be unpacked: ${error.message}`);
  }
}
