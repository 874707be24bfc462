import type { UnpackStep } from '../config/schema/connector.ts';
import { openPacked, type Kept, type Packed, type Unpacked } from '../formats/unpack.ts';
import { fillText, type Variables } from './template.ts';

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
