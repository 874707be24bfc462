import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { FatalError, FileError, RetriableError } from '../../src/core/errors.ts';
import type { FileTransport } from '../../src/transports/transport.ts';
import { allBytes } from './all-bytes.ts';

/** What a transport of files brings to the suite that all of them run. */
export interface FileTransportUnderTest {
  /** Opens a connection whose root is this folder of the disk. */
  open(root: string): Promise<FileTransport>;
  close?(): Promise<void>;
}

/** What every transport of files promises (transport.ts), whichever protocol it speaks. */
export function testFileTransport(name: string, start: () => Promise<FileTransportUnderTest>): void {
  describe(name, () => {
    let under: FileTransportUnderTest;
    let outside: string;
    let root: string;
    let transport: FileTransport;
    beforeAll(async () => void (under = await start()));
    afterAll(async () => under?.close?.());
    beforeEach(async () => {
      outside = await mkdtemp(join(tmpdir(), 'interlocal-files-'));
      root = join(outside, 'root');
      await mkdir(root);
      transport = await under.open(root);
    });
    afterEach(async () => {
      await transport.close();
      await rm(outside, { recursive: true, force: true });
    });

    async function give(files: Record<string, string | Buffer>): Promise<void> {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(join(root, path, '..'), { recursive: true });
        await writeFile(join(root, path), content);
      }
    }
    async function bytesOf(path: string): Promise<Buffer> {
      return allBytes(transport.read(path));
    }

    test('lists the plain files that match, by name, with size and time', async () => {
      await give({
        'out/payments-2.csv': 'bb',
        'out/payments-1.csv': 'a',
        'out/payments-10.csv': 'ccc',
        'out/other.txt': '',
        'out/folder.csv/x': '',
      });
      await utimes(join(root, 'out/payments-1.csv'), 1_700_000_000, 1_700_000_000);
      const files = await transport.list('out', 'payments-*.csv');
      expect(files.map((f) => [f.path, f.name, f.size])).toEqual([
        ['out/payments-1.csv', 'payments-1.csv', 1],
        ['out/payments-10.csv', 'payments-10.csv', 3],
        ['out/payments-2.csv', 'payments-2.csv', 2],
      ]);
      expect(files[0]!.modifiedMs).toBe(1_700_000_000_000);
      expect((await transport.list('out', 'payments-?.csv')).map((f) => f.name)).toEqual(['payments-1.csv', 'payments-2.csv']);
      expect((await transport.list('out', '*')).map((f) => f.name)).not.toContain('folder.csv');
    });

    test('lists the root, and an empty folder', async () => {
      await give({ 'a.csv': 'a' });
      await mkdir(join(root, 'empty'));
      expect((await transport.list('.', '*.csv')).map((f) => f.path)).toEqual(['a.csv']);
      expect(await transport.list('empty', '*')).toEqual([]);
    });

    test('takes the characters of a pattern literally, save * and ?', async () => {
      await give({ 'a+b(1).csv': '', 'aab1.csv': '', '.hidden.csv': '' });
      expect((await transport.list('.', 'a+b(?).csv')).map((f) => f.name)).toEqual(['a+b(1).csv']);
      expect((await transport.list('.', '*.csv')).map((f) => f.name)).not.toContain('.hidden.csv');
    });

    test('lists hundreds of files completely', async () => {
      await give(Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`many/${String(i).padStart(4, '0')}.txt`, 'x'])));
      expect((await transport.list('many', '*')).length).toBe(450);
    });

    test('says that a folder is missing instead of finding nothing', async () => {
      await expect(transport.list('exprots', '*')).rejects.toMatchObject({
        code: 'FOLDER_MISSING',
        message: expect.stringContaining('exprots'),
      });
    });

    test('reads a file whole and in order: empty, 5 MB, unicode names', async () => {
      const large = Buffer.alloc(5_000_011);
      for (let i = 0; i + 4 <= large.length; i += 4) large.writeUInt32LE(i, i);
      await give({ empty: '', 'large.bin': large, 'données/Gebühren – März.csv': 'été', '給付.csv': '一' });
      expect((await bytesOf('empty')).length).toBe(0);
      expect((await bytesOf('large.bin')).equals(large)).toBe(true);
      expect((await bytesOf('données/Gebühren – März.csv')).toString()).toBe('été');
      expect((await transport.list('.', '給*')).map((f) => f.name)).toEqual(['給付.csv']);
      expect((await bytesOf('給付.csv')).toString()).toBe('一');
    });

    test('writes under the name itself where it is told to, over another file only when told that too', async () => {
      let opened = 0;
      const direct = { direct: true, onOpen: () => void opened++ };
      await transport.write('a.csv', [Buffer.from('first, and longer')], direct);
      await expect(transport.write('a.csv', [Buffer.from('second')], direct)).rejects.toMatchObject({ code: 'TARGET_EXISTS' });
      expect([(await bytesOf('a.csv')).toString(), opened]).toEqual(['first, and longer', 1]);
      await transport.write('a.csv', [Buffer.from('second')], { ...direct, overwrite: true });
      expect((await bytesOf('a.csv')).toString()).toBe('second');
      await expect(transport.write('none/a.csv', [Buffer.from('x')], direct)).rejects.toMatchObject({ code: 'FOLDER_MISSING' });
      expect([await readdir(root), opened]).toEqual([['a.csv'], 2]);
    });

    test('reads several files at once without mixing them', async () => {
      await give(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`f${i}`, Buffer.alloc(300_000, i)])));
      const read = await Promise.all(Array.from({ length: 8 }, (_, i) => bytesOf(`f${i}`)));
      read.forEach((bytes, i) => expect(bytes.equals(Buffer.alloc(300_000, i))).toBe(true));
    });

    test('can stop reading early and go on with another file', async () => {
      await give({ 'large.bin': Buffer.alloc(5_000_000, 7), small: 'small' });
      for await (const bytes of transport.read('large.bin')) {
        expect(bytes.length).toBeGreaterThan(0);
        break;
      }
      expect((await bytesOf('small')).toString()).toBe('small');
    });

    test('refuses a file that is not there, that is a folder, or that changed while it was read', async () => {
      await give({ 'grows.csv': Buffer.alloc(3_000_000, 65), 'folder/x': '' });
      await expect(bytesOf('missing.csv')).rejects.toThrow(FileError);
      await expect(bytesOf('missing.csv')).rejects.toMatchObject({ code: 'FILE_MISSING' });
      await expect(bytesOf('folder')).rejects.toThrow(FatalError);
      const reading = transport.read('grows.csv')[Symbol.asyncIterator]();
      await reading.next();
      await writeFile(join(root, 'grows.csv'), 'more', { flag: 'a' });
      const rest = (async () => {
        while (!(await reading.next()).done);
      })();
      await expect(rest).rejects.toMatchObject({ code: 'FILE_CHANGED' });
      await expect(rest).rejects.toThrow(RetriableError);
    });

    test('tells what is there: a file, nothing, a folder', async () => {
      await give({ 'in/a.csv': 'abc' });
      expect(await transport.stat('in/a.csv')).toMatchObject({ path: 'in/a.csv', name: 'a.csv', size: 3 });
      expect(await transport.stat('in/b.csv')).toBeUndefined();
      expect(await transport.stat('nowhere/b.csv')).toBeUndefined();
      expect(await transport.stat('in')).toBeUndefined();
    });

    test('puts a file in place only when it is whole', async () => {
      const seen: string[][] = [];
      async function* slowly() {
        for (let i = 0; i < 4; i++) {
          yield Buffer.alloc(200_000, 48 + i);
          seen.push(
            (await transport.list('.', '*')).map((f) => f.name),
            (await readdir(root)).filter((name) => !name.startsWith('.')),
          );
        }
      }
      await transport.write('batch.csv', slowly());
      expect(seen.flat()).toEqual([]);
      expect((await readFile(join(root, 'batch.csv'))).length).toBe(800_000);
      expect(await readdir(root)).toEqual(['batch.csv']);
    });

    test('writes small, empty and large files, also below a folder and with unicode names', async () => {
      await mkdir(join(root, 'in'));
      const large = Buffer.from(Array.from({ length: 3_000_001 }, (_, i) => i % 251));
      await transport.write('in/Gebühren.csv', [Buffer.from('ü')]);
      await transport.write('in/empty', []);
      await transport.write('in/large', [large.subarray(0, 1_234_567), large.subarray(1_234_567)]);
      expect(await readFile(join(root, 'in/Gebühren.csv'), 'utf8')).toBe('ü');
      expect((await readFile(join(root, 'in/empty'))).length).toBe(0);
      expect((await readFile(join(root, 'in/large'))).equals(large)).toBe(true);
    });

    test('leaves nothing behind when the source of a file fails', async () => {
      async function* failing() {
        yield Buffer.from('half');
        throw new RangeError('no more');
      }
      await expect(transport.write('batch.csv', failing())).rejects.toThrow('no more');
      expect(await readdir(root)).toEqual([]);
    });

    test('does not overwrite unless told to', async () => {
      await give({ 'batch.csv': 'old' });
      await expect(transport.write('batch.csv', [Buffer.from('new')])).rejects.toMatchObject({ code: 'TARGET_EXISTS' });
      expect(await readFile(join(root, 'batch.csv'), 'utf8')).toBe('old');
      await transport.write('batch.csv', [Buffer.from('new')], { overwrite: true });
      expect(await readFile(join(root, 'batch.csv'), 'utf8')).toBe('new');
      expect(await readdir(root)).toEqual(['batch.csv']);
    });

    test('does not overwrite a file that came while ours was being written', async () => {
      async function* whileOtherComes() {
        yield Buffer.from('ours');
        await writeFile(join(root, 'batch.csv'), 'theirs');
      }
      await expect(transport.write('batch.csv', whileOtherComes())).rejects.toMatchObject({ code: 'TARGET_EXISTS' });
      expect(await readFile(join(root, 'batch.csv'), 'utf8')).toBe('theirs');
      expect(await readdir(root)).toEqual(['batch.csv']);
    });

    test('does not make up a folder to deliver into', async () => {
      await expect(transport.write('improts/batch.csv', [Buffer.from('x')])).rejects.toMatchObject({ code: 'FOLDER_MISSING' });
      expect(await readdir(root)).toEqual([]);
    });

    test('moves a file, makes the folder it goes to, and refuses an existing target', async () => {
      await give({ 'a.csv': 'a', 'b.csv': 'b' });
      await transport.rename('a.csv', 'archive/2024/a.csv');
      expect(await readFile(join(root, 'archive/2024/a.csv'), 'utf8')).toBe('a');
      const refused = transport.rename('b.csv', 'archive/2024/a.csv');
      await expect(refused).rejects.toMatchObject({ code: 'TARGET_EXISTS' });
      await expect(refused).rejects.toThrow(FatalError);
      expect(await readFile(join(root, 'archive/2024/a.csv'), 'utf8')).toBe('a');
      expect(await readFile(join(root, 'b.csv'), 'utf8')).toBe('b');
      await expect(transport.rename('gone.csv', 'archive/gone.csv')).rejects.toMatchObject({ code: 'FILE_MISSING' });
    });

    test('says that a file is where a folder is needed to move another into', async () => {
      await give({ 'a.csv': 'a', archive: 'x' });
      for (const target of ['archive/a.csv', 'archive/2024/a.csv'])
        await expect(transport.rename('a.csv', target)).rejects.toMatchObject({ code: 'NOT_A_FOLDER' });
      expect((await readdir(root)).sort()).toEqual(['a.csv', 'archive']);
    });

    test('removes a file, and is content when it is gone already', async () => {
      await give({ 'a.csv': 'a' });
      await transport.remove('a.csv');
      await transport.remove('a.csv');
      expect(await readdir(root)).toEqual([]);
    });

    test.each(['../secret.txt', 'in/../../secret.txt', '/etc/passwd', 'C:/secret.txt', '..\\secret.txt', 'a\0b'])(
      'keeps to its folder: %j',
      async (path) => {
        await writeFile(join(outside, 'secret.txt'), 'secret');
        await mkdir(join(root, 'in'));
        await writeFile(join(root, 'a.csv'), 'a');
        const refused = { code: 'PATH_OUTSIDE' };
        await expect(bytesOf(path)).rejects.toMatchObject(refused);
        await expect(transport.stat(path)).rejects.toMatchObject(refused);
        await expect(transport.list(path, '*')).rejects.toMatchObject(refused);
        await expect(transport.write(path, [Buffer.from('x')], { overwrite: true })).rejects.toMatchObject(refused);
        await expect(transport.rename(path, 'b.csv')).rejects.toMatchObject(refused);
        await expect(transport.rename('a.csv', path)).rejects.toMatchObject(refused);
        await expect(transport.remove(path)).rejects.toMatchObject(refused);
        await expect(transport.remove(path)).rejects.toThrow(FileError);
        expect(await readFile(join(outside, 'secret.txt'), 'utf8')).toBe('secret');
      },
    );

    test('follows a link to a file of the same folder', async () => {
      await give({ 'in/current-1.csv': 'one' });
      await symlink('current-1.csv', join(root, 'in/current.csv'));
      expect((await transport.list('in', 'current.csv')).map((f) => [f.path, f.size])).toEqual([['in/current.csv', 3]]);
      expect((await bytesOf('in/current.csv')).toString()).toBe('one');
    });

    test('check finds nothing wrong', async () => {
      const results = await transport.check();
      expect(results.every((r) => r.ok)).toBe(true);
      expect(results.map((r) => r.name)).toEqual(expect.arrayContaining(['reachable', 'list']));
    });
  });
}
