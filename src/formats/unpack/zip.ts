import type { Packed } from './packed.ts';
import { wildcardMatcher } from '../../core/text/wildcard.ts';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import type { FileError } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import { inflated, limited } from './inflate.ts';
import type { Limits } from './inflate.ts';
import { notPacked, packingOf } from './packing-kinds.ts';
import { excerpt, refuseFile } from '../refuse.ts';
import type { UnpackStep } from '../../config/schema/packing.ts';

const STORED = 0;
const DEFLATED = 8;
/** More than any program writes for one delivery, and than a workbook has parts. */
const MAX_ENTRIES = 10_000;

/** A file in an archive. Its name is only ever compared: nothing is written under it. */
export interface ArchiveEntry {
  name: string;
  /** Bytes in the archive. */
  packed: number;
  /** Bytes as the archive says; what comes out is counted. */
  size: number;
  read(limits: Limits): AsyncIterable<Uint8Array>;
}

/**
 * The one file of an archive that the connector names. Throws FileError: what `openArchive` throws, ZIP_ENTRY_MISSING,
 * ZIP_ENTRY_AMBIGUOUS; while reading what `ArchiveEntry.read` throws.
 */
export async function openEntry(
  packed: Packed,
  { entry: pattern, ...limits }: NonNullable<UnpackStep['zip']>,
  file: string,
  signal?: AbortSignal,
): Promise<{ file: string; read(): AsyncIterable<Uint8Array> }> {
  const entries = (await openArchive(packed, file, signal)).filter(({ name }) => !isOfMac(name));
  const matches = patternMatcher(pattern);
  const found = entries.filter(({ name }) => matches(name));
  const [entry] = found;
  if (!entry)
    throw refuseFile(
      'ZIP_ENTRY_MISSING',
      file,
      {},
      `The archive has no file called ${pattern}. It has: ${namesOf(entries)}.`,
      'Correct entry in unpack of the connector, or have the right archive sent.',
    );
  if (found.length > 1)
    throw refuseFile(
      'ZIP_ENTRY_AMBIGUOUS',
      file,
      {},
      `The archive has ${found.length} files called ${pattern}, but only one is read: ${namesOf(found)}.`,
      'Name one of them in entry of unpack, and use another stream for each of the others.',
    );
  return { file: `${file} › ${entry.name}`, read: () => entry.read(limits) };
}

/**
 * The files of an archive, which may be read any number of times. Throws FileError: FILE_EMPTY, FILE_NOT_PACKED,
 * FILE_TRUNCATED, FILE_CORRUPT, ZIP_ENTRY_NAME for a name that leads out of the archive.
 */
export async function openArchive(packed: Packed, file: string, signal?: AbortSignal): Promise<ArchiveEntry[]> {
  const yauzl = await import('yauzl');
  const head = await beginning(packed);
  if (head.length === 0) throw refuseFile('FILE_EMPTY', file, {}, 'The file is empty (0 bytes).', 'Export it again.');
  if (packingOf(head) !== 'zip') {
    if (head.length < 4 && Buffer.from('PK\x03\x04').subarray(0, head.length).equals(head)) throw cutOff(file);
    throw notPacked('zip', head, file);
  }
  const open = async (): Promise<ZipFile> => {
    const options = { lazyEntries: true, decodeStrings: false, validateEntrySizes: false } as const;
    try {
      return 'path' in packed.at
        ? await yauzl.openPromise(packed.at.path, { ...options, autoClose: false })
        : await yauzl.fromBufferPromise(packed.at.bytes, options);
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) throw error;
      throw cutOff(file);
    }
  };
  const zip = await open();
  const entries: ArchiveEntry[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
      if (yauzl.validateFileName(name) !== null || name.includes('\0'))
        throw refuseFile(
          'ZIP_ENTRY_NAME',
          file,
          {},
          `The archive has a file called ${JSON.stringify(excerpt(name))}, a name that leads out of the archive: it is damaged or an attack.`,
          'Nothing in it was read. Ask the sender, for example by phone, whether the archive is theirs.',
        );
      if (entries.length >= MAX_ENTRIES)
        throw refuseFile(
          'UNPACKED_TOO_LARGE',
          file,
          {},
          `The archive has more than ${MAX_ENTRIES} files.`,
          'Ask the sender for an archive with fewer files; nothing in it was read.',
        );
      if (name.endsWith('/')) continue;
      entries.push({ name, packed: entry.compressedSize, size: entry.uncompressedSize, read: (limits) => content(entry, name, limits) });
    }
  } catch (error) {
    if (isOurs(error)) throw error;
    throw damaged(file, 'its list of files cannot be read');
  } finally {
    zip.close();
  }
  return entries;

  async function* content(entry: Entry, name: string, limits: Limits): AsyncGenerator<Uint8Array, void, void> {
    const here = `${file} › ${name}`;
    if (entry.isEncrypted())
      throw refuseFile(
        'ZIP_ENTRY_ENCRYPTED',
        here,
        {},
        'This file of the archive is protected by a password; such files cannot be read.',
        'Have the sender leave the password out, or encrypt with OpenPGP.',
      );
    if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED)
      throw refuseFile(
        'ZIP_METHOD',
        here,
        {},
        `This file of the archive uses compression method ${entry.compressionMethod}, which cannot be read.`,
        'Have the sender use the usual method (deflate), the default of Windows and every ZIP program.',
      );
    const again = await open();
    try {
      const raw = (await again.openReadStreamPromise(entry, { decodeFileData: false }).catch(() => {
        throw damaged(here, 'it is not where the archive says');
      })) as AsyncIterable<Uint8Array>;
      const wrong = (): FileError => damaged(here, 'its content cannot be unpacked');
      const { bytes, taken } =
        entry.compressionMethod === DEFLATED
          ? inflated(raw, createInflateRaw({ chunkSize: 65_536 }), wrong)
          : { bytes: raw, taken: () => Number.POSITIVE_INFINITY };
      let size = 0;
      let sum = 0;
      for await (const piece of limited(bytes, limits, taken, here, signal)) {
        size += piece.length;
        sum = crc32(piece, sum);
        yield piece;
      }
      if (sum !== entry.crc32 || size !== entry.uncompressedSize) throw damaged(here, 'its content does not match its checksum');
    } finally {
      again.close();
    }
  }
}

/** What programs of Apple's add beside each file. */
function isOfMac(name: string): boolean {
  return name.startsWith('__MACOSX/') || name.endsWith('/.DS_Store') || name === '.DS_Store';
}

function patternMatcher(pattern: string): (name: string) => boolean {
  // A star takes nothing of another folder: each part of a path is matched by itself.
  const parts = pattern.normalize('NFC').split('/').map(wildcardMatcher);
  return (name) => {
    const given = (parts.length > 1 ? name : name.slice(name.lastIndexOf('/') + 1)).normalize('NFC').split('/');
    return given.length === parts.length && given.every((part, i) => parts[i]!(part));
  };
}

function namesOf(entries: readonly ArchiveEntry[]): string {
  if (entries.length === 0) return 'nothing';
  return nameList(
    entries.map(({ name }) => name),
    10,
  );
}

function cutOff(file: string): FileError {
  return refuseFile(
    'FILE_TRUNCATED',
    file,
    {},
    'The end of the archive, where its files are listed, is missing or followed by something else: the archive was cut off or damaged.',
    'Have it sent again, in binary mode.',
  );
}

function damaged(file: string, how: string): FileError {
  return refuseFile('FILE_CORRUPT', file, {}, `The archive is damaged: ${how}.`, 'Have it sent again, in binary mode.');
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && 'problems' in error;
}

async function beginning(packed: Packed): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  for await (const piece of packed.read()) {
    head = Buffer.concat([head, piece.subarray(0, 64)]);
    if (head.length >= 4) break;
  }
  return head;
}
