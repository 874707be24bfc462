import type { Encoding } from './encodings.ts';
import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, stream, valuesOf } from '../../../test/formats/reading.ts';
import { decodeText } from './decoding.ts';

const csv = (encoding: Encoding) => decoder({ csv: { encoding } });
const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

async function textOf(content: Uint8Array | Uint8Array[], encoding: Encoding): Promise<string> {
  let text = '';
  for await (const piece of decodeText(stream(content), encoding, { file: 'f' })) text += piece;
  return text;
}

test('a byte that is not UTF-8 is named with its line and column, and what it probably is', async () => {
  const said = await refusal(csv('utf-8'), bytes('a,b\n', 'é,x\n', 'éé,', [0xe9], 't\n'));
  expect(said).toBe(
    'file:3:4: The byte 0xE9 here is not UTF-8, but the connector says that the file is. If the system runs on Windows, the file is probably windows-1252 (where this byte is "é"): set encoding: windows-1252 in the decoder of the connector. Otherwise the file is damaged: have it sent again. [FILE_ENCODING]',
  );
});

test('the place is right far into a file', async () => {
  const rows = 'é,x\n'.repeat(60_000);
  expect(await refusal(csv('utf-8'), bytes('a,b\n', rows, 'abc,', [0xc3, 0x28], '\n'))).toMatch(/^file:60002:5: The byte 0xC3/);
});

test('overlong and surrogate sequences are not UTF-8', async () => {
  for (const bad of [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80]])
    expect(await refusal(csv('utf-8'), bytes('a\nx', bad, 'y\n'))).toMatch(/^file:2:2: The byte 0x.*\[FILE_ENCODING\]$/);
});

test('a file that ends within a character was cut off', async () => {
  expect(await refusal(csv('utf-8'), bytes('a\nx', [0xe2, 0x82]))).toMatch(
    /^file:2:2: The file ends in the middle of a character.*\[FILE_TRUNCATED\]$/,
  );
  expect(await refusal(csv('utf-16le'), Buffer.from('\ufeffa\nx\n', 'utf16le').subarray(0, -1))).toContain('[FILE_TRUNCATED]');
});

describe('a file of another encoding than the connector says', () => {
  test('is named by its byte order mark', async () => {
    expect(await refusal(csv('utf-8'), Buffer.from('\ufeffa,b\n', 'utf16le').swap16())).toContain(
      'The file is UTF-16BE (it begins with that byte order mark), but the connector says utf-8.',
    );
    expect(await refusal(csv('windows-1252'), '\ufeffa,b\n')).toContain(
      'The file is UTF-8 (it begins with that byte order mark), but the connector says windows-1252.',
    );
    expect(await refusal(csv('utf-16be'), Buffer.from('\ufeffa,b\n', 'utf16le'))).toContain('The file is UTF-16LE');
  });

  test('is taken for UTF-16 by its zero bytes', async () => {
    for (const encoding of ['utf-8', 'windows-1252'] as const)
      expect(await refusal(csv(encoding), Buffer.from('a,b\n1,2\n', 'utf16le'))).toMatch(
        /probably UTF-16, but the connector says .* Set encoding: utf-16le/,
      );
    expect(await refusal(csv('utf-8'), Buffer.from('a,b\n1,2\n', 'utf16le').swap16())).toContain('Set encoding: utf-16be');
  });

  test('is told from a file with a damaged stretch', async () => {
    expect(
      await refusal(
        csv('utf-8'),
        bytes(
          'a\nabc',
          Array.from({ length: 100 }, () => 0),
          '\n',
        ),
      ),
    ).toMatch(/^file:2:4: There is a NUL byte .*the file is damaged/);
  });

  test('is UTF-8 when all its special characters are', async () => {
    for (const encoding of ['windows-1252', 'iso-8859-1'] as const)
      expect(await refusal(csv(encoding), 'a,b\nx,é\nñ,y\n')).toMatch(
        /^file:2:3: The file is UTF-8 .* but the connector says .*\[FILE_ENCODING\]$/,
      );
    expect(await readAll(csv('windows-1252'), bytes('a\n', 'é', [0xe9], '\n'))).toHaveLength(1);
  });

  test('is plain text where UTF-16 was expected', async () => {
    expect(await refusal(csv('utf-16le'), 'a,b\n1,2\n')).toContain('Set encoding: utf-8');
  });

  test('is windows-1252 where ISO 8859-1 was expected', async () => {
    expect(await refusal(csv('iso-8859-1'), bytes('a\nO', [0x92], 'Neil\n'))).toMatch(/^file:2:2: The byte 0x92 .*\[FILE_ENCODING\]$/);
    expect(await refusal(csv('ascii'), bytes('a\nO', [0x92], 'Neil\n'))).toContain('0x92');
    expect(await refusal(csv('windows-1252'), bytes('a\nO', [0x81], 'Neil\n'))).toContain('0x81');
  });
});

test('every byte of the single-byte encodings is what its table says', async () => {
  expect(await valuesOf(csv('windows-1252'), bytes('a\n', [0x80, 0x92, 0x9f, 0xe9, 0xff], '\n'))).toEqual([{ a: '€’Ÿéÿ' }]);
  expect(await valuesOf(csv('cp437'), bytes('a\n', [0x82, 0x9c, 0xe1], '\n'))).toEqual([{ a: 'é£ß' }]);
  expect(await valuesOf(csv('cp850'), bytes('a\n', [0x82, 0xd5], '\n'))).toEqual([{ a: 'éı' }]);
});

test('characters of two units are read wherever they are cut', async () => {
  for (const encoding of ['utf-16le', 'utf-16be', 'utf-8'] as const) {
    const text = 'a😀é日😀';
    const encoded =
      encoding === 'utf-8'
        ? Buffer.from(text)
        : encoding === 'utf-16le'
          ? Buffer.from(text, 'utf16le')
          : Buffer.from(text, 'utf16le').swap16();
    for (let i = 0; i <= encoded.length; i++) expect(await textOf([encoded.subarray(0, i), encoded.subarray(i)], encoding)).toBe(text);
  }
});

test('half a character of two units is refused', async () => {
  const broken = Buffer.from('a\nx\ud800y\n', 'utf16le');
  expect(await refusal(csv('utf-16le'), broken)).toMatch(/^file:2:2: The character unit 0xD800/);
});

describe('files that were put together are refused where the second begins, since its mark would be in a key', () => {
  const MARK = [0xef, 0xbb, 0xbf];
  const layout = { record_types: { D: { fields: { a: { from: 1, to: 1 }, b: { from: 2, to: 2 } } } } };

  test.each([
    ['csv', decoder({ csv: {} }), 'a,b\n1,2\n', '3,4\n'],
    ['csv in windows-1252', decoder({ csv: { encoding: 'windows-1252' } }), 'a,b\n1,\n', '3,4\n'],
    ['fixed width', decoder({ fixed_width: layout }), '12\n34\n', '56\n'],
    ['lines of JSON', decoder({ json: { lines: true } }), '{"a":1}\n{"a":2}\n', '{"a":3}\n'],
  ])('%s', async (name, format, one, two) => {
    // A windows-1252 file that is all UTF-8 would be refused for that.
    const parts = bytes(one, name.endsWith('1252') ? [0xe9, 10] : [], MARK, two);
    const line = name.endsWith('1252') ? 4 : 3;
    for (const content of [parts, [...parts].map((byte) => Buffer.from([byte]))])
      expect(await refusal(format, content as Uint8Array)).toBe(
        `file:${line}:1: A byte order mark is here, which only the first line of a file has: files were put together. Have each file sent as one of its own. [FILE_JOINED]`,
      );
  });

  test('also where the second begins in another piece of a large file', async () => {
    const rows = 'ab,c\n'.repeat(13_200).slice(0, 65_536 - 4 - ((65_536 - 4) % 5));
    expect(await refusal(csv('utf-8'), bytes('a,b\n', rows, MARK, '1,2\n'))).toMatch(
      /^file:\d+:1: A byte order mark is here, .*\[FILE_JOINED\]$/,
    );
  });

  test('a mark within a value is a value', async () => {
    expect(await valuesOf(csv('utf-8'), bytes('a,b\n', '1,x', MARK, 'y\n'))).toEqual([{ a: '1', b: 'x\ufeffy' }]);
  });
});
