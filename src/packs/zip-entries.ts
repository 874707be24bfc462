import { type Entry, fromBuffer, type ZipFile } from 'yauzl';

export interface ZipEntry {
  nameBytes: Buffer;
  /** As the archive says; what is unpacked is held against it. */
  size: number;
  crc32: number;
  isLink: boolean;
  isEncrypted: boolean;
  /** Unpacks it; throws when there is more than so many bytes. */
  read(most: number): Promise<Buffer>;
}

const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/** The entries of a ZIP archive in memory, one after the other, names as bytes. Throws for what is not such an archive. */
export async function* fromBufferPromise(archive: Buffer): AsyncGenerator<ZipEntry> {
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    fromBuffer(archive, { lazyEntries: true, decodeStrings: false, validateEntrySizes: true }, (error, file) =>
      error ? reject(error) : resolve(file),
    ),
  );
  for (;;) {
    const entry = await nextEntry(zip);
    if (!entry) return;
    // Unix keeps the kind of file in the upper half; archives made elsewhere have 0 there.
    const kind = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
    yield {
      nameBytes: entry.fileNameRaw,
      size: entry.uncompressedSize,
      crc32: entry.crc32,
      isLink: kind !== 0 && kind !== REGULAR && kind !== DIRECTORY,
      isEncrypted: entry.isEncrypted(),
      read: (most) => read(zip, entry, most),
    };
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      zip.removeAllListeners();
      finish();
    };
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry)));
    zip.once('end', () => settle(() => resolve(undefined)));
    zip.once('error', (error: Error) => settle(() => reject(error)));
    zip.readEntry();
  });
}

async function read(zip: ZipFile, entry: Entry, most: number): Promise<Buffer> {
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > most) throw new Error('it holds more than it declares');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
