import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { SftpFaults } from '../../scripts/sample-town/servers/sftp/session.ts';
import type { Problem } from '../../src/core/errors.ts';
import { allBytes } from './all-bytes.ts';
import { closeOddServers, oddServer, type OddServer } from './odd-sftp.ts';

afterEach(closeOddServers);

/** A folder with two files, a folder and a link of the pattern's name. */
function fill({ root }: OddServer): void {
  mkdirSync(join(root, 'out/folder.csv'), { recursive: true });
  writeFileSync(join(root, 'out/deposits.csv'), 'day,amount\n');
  writeFileSync(join(root, 'out/large.csv'), Buffer.alloc(900_001, 7));
  symlinkSync('deposits.csv', join(root, 'out/latest.csv'));
}
const ALL = [
  ['deposits.csv', 11],
  ['large.csv', 900_001],
  ['latest.csv', 11],
];

describe('a listing shows the same files, whatever the server says of them', () => {
  const withoutType = (mode: number): number => mode & 0o7777;
  const bare: SftpFaults['longName'] = (name) => name;
  const behaviors: [string, SftpFaults][] = [
    ['as most servers do', {}],
    [
      'permissions without type bits (0666), the bare name as long name',
      { attributes: (a) => ({ ...a, mode: withoutType(a.mode) }), longName: bare },
    ],
    [
      'permissions without type bits, in the listing alone',
      { attributes: (a, asked) => (asked === 'listing' ? { ...a, mode: 0o666 } : a), longName: bare },
    ],
    [
      'no permissions, and the bare name as long name',
      { attributes: ({ size, mtime, atime }) => ({ size, mtime, atime }), longName: bare },
    ],
    ['no permissions and an empty long name', { attributes: ({ size, mtime, atime }) => ({ size, mtime, atime }), longName: () => '' }],
    ['no permissions, and the line of ls', { attributes: ({ size, mtime, atime }) => ({ size, mtime, atime }) }],
    ['nothing at all in the listing', { attributes: (a, asked) => (asked === 'listing' ? {} : a), longName: bare }],
  ];
  test.each(behaviors)('%s', async (_, faults) => {
    const server = await oddServer({ faults });
    fill(server);
    const transport = await server.open();
    expect((await transport.list('out', '*.csv')).map((f) => [f.name, f.size])).toEqual(ALL);
    expect((await allBytes(transport.read('out/large.csv'))).length).toBe(900_001);
    await transport.write('out/new.csv', [Buffer.from('x')]);
    expect((await transport.list('out', 'new.csv')).map((f) => f.size)).toEqual([1]);
  });
});

test('what the server lets be opened neither as a file nor as a folder is named, and the others are listed', async () => {
  const server = await oddServer({
    faults: { attributes: ({ size, mtime, atime }) => ({ size, mtime, atime }), longName: (name) => name },
    refuse: (request, path) => (request.startsWith('OPEN') && path.endsWith('large.csv') ? { status: 3, words: 'no' } : undefined),
  });
  fill(server);
  const transport = await server.open();
  const problems: Problem[] = [];
  expect((await transport.list('out', '*.csv', (p) => problems.push(p))).map((f) => f.name)).toEqual(['deposits.csv', 'latest.csv']);
  expect(problems).toMatchObject([{ code: 'FILE_KIND_UNKNOWN', place: { file: 'out/large.csv' } }]);
  await expect(transport.list('out', '*.csv')).rejects.toMatchObject({ code: 'FILE_KIND_UNKNOWN' });
});

describe('a file is read to its end, whatever size the server says', () => {
  const CONTENT = Buffer.alloc(700_000, 3);
  test.each([
    ['smaller', 11],
    ['smaller by one byte', 699_999],
    ['zero', 0],
    ['larger', 700_001],
    ['much larger', 9_000_000],
  ])('a size that is %s is a fault of the file', async (_, size) => {
    const server = await oddServer({ faults: { attributes: (a) => ({ ...a, size }) } });
    writeFileSync(join(server.root, 'a.csv'), CONTENT);
    const transport = await server.open();
    await expect(allBytes(transport.read('a.csv'))).rejects.toMatchObject({
      code: 'FILE_SIZE_WRONG',
      message: expect.stringContaining(`has ${size} bytes`),
    });
  });

  test('without any size it is read whole, and so where the server has no FSTAT', async () => {
    const without = await oddServer({ faults: { attributes: ({ mode, uid, gid }) => ({ mode, uid, gid }) } });
    writeFileSync(join(without.root, 'a.csv'), CONTENT);
    const transport = await without.open();
    expect((await allBytes(transport.read('a.csv'))).equals(CONTENT)).toBe(true);
    expect(await transport.list('.', '*.csv')).toMatchObject([{ size: undefined, modifiedMs: undefined }]);
    const older = await oddServer({ refuse: (request) => (request === 'FSTAT' ? { status: 8, words: 'unsupported' } : undefined) });
    writeFileSync(join(older.root, 'a.csv'), CONTENT);
    expect((await allBytes((await older.open()).read('a.csv'))).equals(CONTENT)).toBe(true);
  });

  test('pieces that the server cuts short are put together', async () => {
    const server = await oddServer({ faults: { reading: async () => 1000 } });
    writeFileSync(join(server.root, 'a.csv'), CONTENT.subarray(0, 50_001));
    expect((await allBytes((await server.open()).read('a.csv'))).length).toBe(50_001);
  });
});

test('a server that says only when it closes the file that the disk is full is heard', async () => {
  const server = await oddServer({ refuse: (request) => (request === 'CLOSE' ? { status: 4, words: 'no space' } : undefined) });
  await expect((await server.open()).write('a.csv', [Buffer.from('x')])).rejects.toMatchObject({ code: 'SFTP_FAILURE' });
});
