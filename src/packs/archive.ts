import { type Collector, unreadable, textOfName } from './collector.ts';
import { open, stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type Problem } from '../core/errors.ts';
import { isLeftover, linkProblem, PACK_LIMITS, type PackFiles, readPackFolder, sizeProblem } from './files.ts';
import { readTar } from './tar.ts';
import { whyNotRead } from '../core/file-error.ts';

/**
 * The files of a pack, from its folder or from a .zip, .tgz or .tar.gz that has it at its top or in one folder. Problems
 * are those of the archive itself. Throws FatalError for what is none, or damaged.
 */
export async function readPackSource(path: string): Promise<{ files: PackFiles; problems: Problem[] }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error.code === 'ENOENT' ? 'There is no such folder or file.' : `It cannot be read: ${whyNotRead(error)}.`);
  });
  if (found.isDirectory()) return readPackFolder(path);
  if (!found.isFile()) throw unreadable(path, 'This is neither a folder nor a file.');
  if (found.size > PACK_LIMITS.archiveBytes)
    return {
      files: new Map(),
      problems: [
        {
          code: 'PACK_TOO_LARGE',
          place: { file: path },
          message: `The archive is larger than ${PACK_LIMITS.archiveBytes / 1_000_000} MB.`,
          hint: 'Recordings of a few records each are enough.',
        },
      ],
    };
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, `It cannot be read: ${whyNotRead(error)}.`);
  });
  let archive: Buffer;
  try {
    archive = await file.readFile();
  } finally {
    await file.close();
  }
  const files = new Map<string, Buffer>();
  const collector = collect(files);
  if (archive.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) await readZip(path, archive, collector);
  else if (archive[0] === 0x1f && archive[1] === 0x8b) readTar(path, archive, collector);
  else throw unreadable(path, 'This is neither a .zip nor a .tgz file.');
  return { files: collector.problems.length ? files : withoutTop(files), problems: collector.problems };
}

function collect(files: Map<string, Buffer>): Collector {
  const problems: Problem[] = [];
  let bytes = 0;
  let announced = 0;
  return {
    problems,
    room: () => Math.min(PACK_LIMITS.fileBytes, PACK_LIMITS.allBytes - bytes),
    refuse: (problem) => void problems.push(problem),
    announce(name, size) {
      if (isLeftover(name)) return false;
      const tooLarge = sizeProblem(name, size, ++announced, bytes + size);
      if (tooLarge) problems.push(tooLarge);
      return !tooLarge;
    },
    take(name, content) {
      if (files.has(name))
        problems.push({
          code: 'PACK_PATH',
          place: { file: name },
          message: 'This name appears twice in the archive.',
          hint: 'Nothing was written. Create the archive again.',
        });
      bytes += content.length;
      files.set(name, content);
      return problems.length > 0;
    },
  };
}

/** Archives made of a folder have everything below its name. */
function withoutTop(files: PackFiles): PackFiles {
  if (files.has('connector.yaml')) return files;
  const tops = new Set([...files.keys()].map((name) => name.split('/')[0]!));
  const [top] = tops;
  if (tops.size !== 1 || !files.has(`${top}/connector.yaml`)) return files;
  return new Map([...files].map(([name, bytes]) => [name.slice(top!.length + 1), bytes]));
}

async function readZip(path: string, archive: Buffer, collector: Collector): Promise<void> {
  const { fromBufferPromise } = await import('./zip-entries.ts');
  try {
    for await (const entry of fromBufferPromise(archive)) {
      const name = textOfName(entry.nameBytes);
      if (name === undefined) {
        collector.refuse({
          code: 'PACK_PATH',
          place: { file: entry.nameBytes.toString('latin1') },
          message: 'The name of this file is not written in UTF-8.',
          hint: 'Nothing was written. Create the archive with interlocal pack.',
        });
        return;
      }
      if (name.endsWith('/')) continue;
      if (entry.isLink) collector.refuse(linkProblem(name));
      else if (entry.isEncrypted) throw new Error('it is encrypted');
      else if (collector.announce(name, entry.size)) {
        const bytes = await entry.read(collector.room());
        if (crc32(bytes) !== entry.crc32) throw new Error(`${name} is damaged`);
        collector.take(name, bytes);
      }
      if (collector.problems.length) return;
    }
  } catch (error) {
    throw unreadable(path, `The archive cannot be unpacked: ${(error as Error).message}.`);
  }
}
