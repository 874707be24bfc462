import { crc32 } from 'node:zlib';
import type { PackFiles } from './files.ts';

/** A ZIP archive is dated: this day in all of them, so equal packs are equal archives. */
const DATE_1980 = 0x0021;
const UTF8_NAME = 0x0800;
/** Made under Unix, so the file's kind and rights (a plain file, 0644) are taken from it. */
const MADE_BY = (3 << 8) | 20;
const PLAIN_FILE = (0o100644 << 16) >>> 0;

/** The files below one folder as a ZIP archive: in the order of their names, stored as they are, the same bytes every time. */
export function zipOf(folder: string, files: PackFiles): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = Buffer.from(`${folder}/${path}`);
    const common = commonHeader(name, bytes);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, name, bytes]);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(MADE_BY);
    // After what both headers have: length of a comment, disk, attributes (kind and rights from 6 on), where the local header is.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(PLAIN_FILE, 6);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002', 'latin1'), madeBy, common, rest, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** From "version needed" to "extra field length": the same in both headers of an entry. */
function commonHeader(name: Buffer, bytes: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(UTF8_NAME, 2);
  header.writeUInt16LE(DATE_1980, 8);
  header.writeUInt32LE(crc32(bytes), 10);
  header.writeUInt32LE(bytes.length, 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}
