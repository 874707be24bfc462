import { createGunzip } from 'node:zlib';
import type { UnpackStep } from '../../config/schema/packing.ts';
import { inflated, limited } from './inflate.ts';
import { notPacked } from './packing-kinds.ts';
import { refuseFile } from '../refuse.ts';

const MAGIC = [0x1f, 0x8b];

/**
 * A .gz file's content, checked by its own checksum and length; several members in one file follow each other. Throws
 * FileError: FILE_NOT_PACKED, FILE_TRUNCATED, FILE_CORRUPT, UNPACKED_TOO_LARGE.
 */
export async function* gunzipped(
  packed: AsyncIterable<Uint8Array>,
  limits: NonNullable<UnpackStep['gzip']>,
  file: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let seen = 0;
  let lastByte = 0;
  async function* looked(): AsyncGenerator<Uint8Array, void, void> {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const piece of packed) {
      if (piece.length === 0) continue;
      for (let i = piece.length - 1; i >= 0; i--)
        if (piece[i] !== 0) {
          lastByte = seen + i + 1;
          break;
        }
      seen += piece.length;
      if (head) {
        head = Buffer.concat([head, piece.subarray(0, 64)]);
        if (MAGIC.some((byte, i) => i < head!.length && head![i] !== byte)) throw notPacked('gzip', head, file);
        if (head.length > MAGIC.length) head = undefined;
      }
      yield piece;
    }
    if (seen === 0) throw refuseFile('FILE_EMPTY', file, {}, 'The file is empty (0 bytes).', 'Export it again.');
  }
  const { bytes, taken } = inflated(looked(), createGunzip({ chunkSize: 65_536 }), (code) =>
    code === 'Z_BUF_ERROR'
      ? refuseFile('FILE_TRUNCATED', file, {}, 'The gzip file is incomplete: it was cut off.', 'Have it sent again.')
      : refuseFile(
          'FILE_CORRUPT',
          file,
          {},
          'The gzip file is damaged: its content does not match its checksum or is not compressed data.',
          'Have it sent again, in binary mode.',
        ),
  );
  yield* limited(bytes, limits, taken, file, signal);
  // Zeros may fill a block up; whatever else follows was not read.
  if (lastByte > taken())
    throw refuseFile(
      'FILE_CORRUPT',
      file,
      {},
      'Something else follows the end of the gzip file, so it is damaged or two files were put together.',
      'Have it sent again.',
    );
}
