import type { Packed } from '../../formats/unpack/packed.ts';
import type { PackStep, SinkConfig, UnpackStep } from '../../config/schema/connector.ts';
import { packFile } from '../../formats/unpack/pack.ts';
import { openPacked, type Kept, type Unpacked } from '../../formats/unpack/unpack.ts';
import type { RenderedFile } from './sink.ts';
import { fileNameOf } from './sink-rows.ts';
import { fillText, type Variables } from '../template.ts';

export interface UnpackingContext {
  /** The file as the person knows it. */
  file: string;
  variables: Variables;
  keep(bytes: AsyncIterable<Uint8Array>): Promise<Kept>;
  signal?: AbortSignal | undefined;
}

/**
 * A fetched file as the decoder gets it: unpacked by the steps of its stream, keys taken from the connection's options; as it is
 * where there are none. Throws what `openPacked` throws.
 */
export async function openUnpacked(
  packed: Packed,
  steps: readonly UnpackStep[] | undefined,
  { variables, ...context }: UnpackingContext,
): Promise<Unpacked> {
  return openPacked(
    packed,
    (steps ?? []).map((step) => withKeys(step, variables)),
    context,
  );
}

function withKeys(step: UnpackStep, variables: Variables): UnpackStep {
  if (!step.pgp) return step;
  const { private_key, passphrase, signed_by, ...rest } = step.pgp;
  return {
    pgp: {
      ...rest,
      private_key: fillText(private_key, variables),
      ...(passphrase === undefined ? {} : { passphrase: fillText(passphrase, variables) }),
      ...(signed_by === undefined ? {} : { signed_by: fillText(signed_by, variables) }),
    },
  };
}

/** A rendered file as it is sent: packed by the steps of its sink, as it is where there are none. Throws what `packFile` throws. */
export async function packedForSending(sink: SinkConfig, { bytes, scope }: Pick<RenderedFile, 'bytes' | 'scope'>): Promise<Uint8Array> {
  return packFile(bytes, packSteps(sink, scope));
}

/** The steps of a sink, names and keys filled in. Throws FatalError FILE_NAME_INVALID. */
export function packSteps({ target }: SinkConfig, scope: Variables): PackStep[] {
  const filled = (text: string | undefined): string | undefined => (text === undefined ? undefined : fillText(text, scope));
  return (target.file?.pack ?? []).map(({ gzip, zip, pgp }) => {
    if (zip) return { zip: { entry: fileNameOf(zip.entry, scope) } };
    if (!pgp) return { gzip };
    const { public_key, sign_with, passphrase, armored } = pgp;
    return { pgp: { public_key: fillText(public_key, scope), sign_with: filled(sign_with), passphrase: filled(passphrase), armored } };
  });
}
