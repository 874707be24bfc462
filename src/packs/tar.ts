import { type Collector, textOfName, unreadable } from './collector.ts';
import { gunzipSync } from 'node:zlib';
import { linkProblem, PACK_LIMITS } from './files.ts';

const BLOCK = 512;
/** Headers and padding of so many files come on top of what they hold. */
const MAX_TAR_BYTES = PACK_LIMITS.allBytes + 4 * BLOCK * PACK_LIMITS.files;

/** Reads a .tgz: ustar with the long names of GNU and POSIX (pax). Anything that is not a plain file or folder is refused. */
export function readTar(path: string, archive: Buffer, collector: Collector): void {
  let tar: Buffer;
  try {
    tar = gunzipSync(archive, { maxOutputLength: MAX_TAR_BYTES });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw unreadable(path, tooLarge ? `It unpacks to more than ${MAX_TAR_BYTES} bytes.` : 'The archive is damaged.');
  }
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (!checksumFits(header)) throw unreadable(path, 'The archive is damaged: a header in it has a wrong checksum.');
    const size = octal(header.subarray(124, 136));
    if (size === undefined || at + BLOCK + size > tar.length) throw unreadable(path, 'The archive is cut off.');
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const kind = String.fromCharCode(header[156]!);
    if (kind === 'x') longName = paxPath(content) ?? longName;
    else if (kind === 'L') longName = text(content);
    else if (kind !== 'g') {
      const name = (longName ?? shortName(header)).replace(/^(\.\/)+/, '');
      longName = undefined;
      if (kind === '5' || name === '' || name.endsWith('/')) continue;
      if (kind !== '0' && kind !== '\0') collector.refuse(linkProblem(name));
      else if (collector.announce(name, size)) collector.take(name, Buffer.from(content));
      if (collector.problems.length) return;
    }
  }
}

function shortName(header: Buffer): string {
  const prefix = header.subarray(257, 262).toString('latin1') === 'ustar' ? text(header.subarray(345, 500)) : '';
  const name = text(header.subarray(0, 100));
  return prefix ? `${prefix}/${name}` : name;
}

/** Up to the first zero; what is not UTF-8 keeps a sign that no name may have. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return textOfName(bytes.subarray(0, end < 0 ? bytes.length : end)) ?? '\u0000';
}

/** `path` of an extended header: lines of `LENGTH KEY=VALUE`. */
function paxPath(content: Buffer): string | undefined {
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const length = blank < 0 ? NaN : Number(content.subarray(at, blank).toString('latin1'));
    if (!Number.isInteger(length) || length <= 0) return undefined;
    const line = content.subarray(blank + 1, at + length - 1);
    if (line.subarray(0, 5).toString('latin1') === 'path=') return textOfName(line.subarray(5)) ?? '\u0000';
    at += length;
  }
  return undefined;
}

function octal(field: Buffer): number | undefined {
  const digits = field
    .toString('latin1')
    .replace(/(?<![\0 ])[\0 ]+$/, '')
    .trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** The sum of all bytes, the checksum's own taken as blanks. */
function checksumFits(header: Buffer): boolean {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  return sum === octal(header.subarray(148, 156));
}
