import { readFileSync } from 'node:fs';
import { generateKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { packStep } from '../../src/config/schema/packing.ts';
import { readYaml } from '../../src/config/yaml/document.ts';
import { discoverFile } from '../../src/authoring/discover/file.ts';
import { packFile } from '../../src/formats/unpack/pack.ts';
import { parseXml } from '../../src/transports/xml.ts';
import { webPageError } from '../../src/transports/web/web-page.ts';
import { refused } from '../formats/packing.ts';
import { decoder, readAll, refusal, valuesOf, written } from '../formats/reading.ts';

/** What `npm run fuzz` has found, each by name. */
describe('found by changing files at random', () => {
  test('a header of thousands of equal columns is refused in a few words', async () => {
    const said = await refusal(decoder({ csv: {} }), `${'receipt,'.repeat(100_000)}receipt\n`);
    expect(said).toContain('"receipt" appears 100001 times (columns 1 and 2 and 3 and 4 and 5 and …)');
    expect(said.length).toBeLessThan(400);
  });

  const LONG = 'a'.repeat(200_000);
  test.each<[string, Parameters<typeof decoder>[0], string]>([
    ['a column', { csv: {} }, `${LONG},${LONG}\n1,2\n`],
    ['the root', { xml: { row: 'x/r' } }, `<${LONG}/>`],
    ['the only element', { xml: { row: 'r' } }, `<x><${LONG}/></x>`],
    ['an attribute', { xml: { row: 'x/r' } }, `<x><r ${LONG}="" ${LONG}=""/></x>`],
    ['an element that is not closed', { xml: { row: 'x/r' } }, `<x><${LONG}></r></x>`],
    ['a second root', { xml: { row: 'x/r' } }, `<x/><${LONG}/>`],
    ['a key next to the list', { json: { rows: 'rows' } }, `{"${LONG}":1}`],
    ['a key that is there twice', { json: { rows: 'rows' } }, `{"${LONG}":1,"${LONG}":1}`],
  ])('a name of 200,000 letters is shortened where a message quotes it: %s', async (_, config, content) => {
    const said = await refusal(decoder(config), content);
    expect(said).toContain('aaaaa…');
    expect(said.length).toBeLessThan(700);
  });

  test('a required field that no record has is told in a few words next to names of a megabyte', async () => {
    const said = await refusal(decoder({ json: {} }), `[{"${LONG}":1}]`, { requiredColumns: ['id'], knownColumns: ['id'] });
    expect(said).toContain('The required field "id"');
    expect(said.length).toBeLessThan(700);
  });

  test('a record of BAI2 with 70,000 continuations takes no longer than as many records', async () => {
    const head = '01,A,B,260101,0000,1,,,2/\n02,B,A,1,260101,,USD,2/\n03,1,,,,,/\n';
    const cpu = async (lines: string): Promise<number> => {
      const before = process.cpuUsage();
      await refusal(decoder({ bai2: {} }), `${head}${lines}49,100,2/\n`);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const text = await cpu(`16,475,100,,,,A/\n${'88,more text\n'.repeat(70_000)}`);
    const fields = await cpu(`16,475\n${'88,x\n'.repeat(70_000)}`);
    // It took 20 seconds; as processor time, so a busy machine says nothing.
    expect(Math.max(text, fields)).toBeLessThan(3000);
  });

  test('a header of 100,000 columns is read', async () => {
    const header = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
    const [record] = await readAll(decoder({ csv: {} }), `${header.join(',')}\n${'1,'.repeat(99_999)}1\n`);
    expect(Object.keys(record!.values)).toHaveLength(100_000);
  });

  test('an element of 40,000 attributes is read, and one of as many namespaces', async () => {
    const many = Array.from({ length: 40_000 }, (_, i) => ` a${i}="${i}"`).join('');
    const config = decoder({ xml: { row: 'x/r' } });
    expect(Object.keys((await readAll(config, `<x><r${many}/></x>`))[0]!.values)).toHaveLength(40_000);
    expect(Object.keys(parseXml(`<x${many}/>`).attributes)).toHaveLength(40_000);
    expect(parseXml(`<x${many.replaceAll(' a', ' xmlns:a')}>${'<y xmlns:b="u"/>'.repeat(10_000)}</x>`).children).toHaveLength(10_000);
  });

  test('a long element that comes in small pieces is read once it is whole, and the last rows with it', async () => {
    const text = Buffer.from(`<x><r a="${'b'.repeat(1_000_000)}"/></x>`);
    const pieces = Array.from({ length: Math.ceil(text.length / 500) }, (_, i) => text.subarray(i * 500, (i + 1) * 500));
    expect(await readAll(decoder({ xml: { row: 'x/r' } }), pieces)).toHaveLength(1);
  });

  test('comments in front of an answer are passed over, however many there are', () => {
    expect(webPageError(`${'<!---->'.repeat(500)}<x/>`, 'office')).toBeUndefined();
    expect(webPageError(`${'<!-- a -->\n'.repeat(300)}<html>`, 'office')?.code).toBe('ANSWER_IS_WEB_PAGE');
    expect(() => parseXml('<!-- '.repeat(100_000))).toThrow('is not XML');
  });

  test('a tab between columns is no space to be trimmed away', async () => {
    const config = decoder({ csv: { delimiter: '\\t', trim: true } });
    expect(await valuesOf(config, 'a\tb\tc\n"x "\t""""\t y\n')).toEqual([{ a: 'x ', b: '"', c: 'y' }]);
  });

  test('half of a delimiter of two characters is written so that it reads back', async () => {
    const config = decoder({ csv: { delimiter: '||' } });
    const records = [{ a: '|', b: null, c: 'x|' }];
    expect(await valuesOf(config, await written(config, [records]))).toEqual(records);
  });

  test('a value of fixed width that would lose its spaces is not written', async () => {
    const config = decoder({
      fixed_width: { record_types: { D: { fields: { name: { from: 1, to: 5 }, as_is: { from: 6, to: 10, strip: false } } } } },
    });
    for (const name of [' a', 'a ', ' '])
      await expect(written(config, [[{ name, as_is: null }]])).rejects.toMatchObject({ code: 'VALUE_NOT_WRITABLE' });
    expect(await valuesOf(config, await written(config, [[{ name: 'a b', as_is: '  a  ' }]]))).toEqual([{ name: 'a b', as_is: '  a  ' }]);
  });

  test('a file of short rows takes no longer than one of whole rows', async () => {
    const rows = await readAll(decoder({ csv: { comment: '#' } }), `a,b,c\n${'x\n'.repeat(100_000)}`);
    expect(rows).toHaveLength(100_000);
    expect(new Set(rows.map((row) => row.problem?.code))).toEqual(new Set(['RAGGED_ROW']));
  });

  test('whether a file is UTF-16 does not depend on how many bytes come at once', async () => {
    const text = Buffer.from('摡慣,name\n1,Zoé\n', 'utf16le');
    const config = decoder({ csv: { encoding: 'utf-16le' } });
    const whole = await valuesOf(config, text);
    const pieces = await readAll(config, [text.subarray(0, 4), text.subarray(4)]);
    expect(pieces.map((record) => record.values)).toEqual(whole);
  });

  test('an encrypted message whose content was altered is refused, also where the library waits for more of it for ever', async () => {
    const message =
      'wV4DRAZqehpqLaASAQdAb7Es/H4olq3TLGdSeWm5ZS3QB5/La9tZxumMwr1j2iswmN0012msZqXDL6TNRB3yvB97zCJ0mr1ZpO9SaBqLVptugKussFh3ziDPcw+NlGVv0lcBmDu2sfGnvrrfnM+86oH9TzGcqd4AxlxMAeGGzSTrNbY9mJjR6d1UOCUNR9YowA2GCZAvj0GlSChur1bpq2DnWlCqtBlv0IqUVYBxeiXbETGWOgvVLmM=';
    const private_key = readFileSync(new URL('key-for-tests.asc', import.meta.url), 'utf8');
    expect(await refused(Buffer.from(message, 'base64'), [{ pgp: { private_key } }])).toContain('[PGP_DAMAGED]');
  });

  test('an encrypted message for thousands of receivers is refused in a few words, before each is tried', async () => {
    const { publicKey, privateKey: private_key } = await generateKey({ userIDs: [{ name: 'town' }], format: 'armored' });
    const message = await packFile(Buffer.from('a,b\n'), [packStep.parse({ pgp: { public_key: publicKey } })]);
    const receiver = Buffer.from(message.subarray(0, 2 + message[1]!));
    const other = await generateKey({ userIDs: [{ name: 'other' }], format: 'armored' });
    const repeated = (times: number): Buffer => Buffer.concat([Buffer.alloc(receiver.length * times, receiver), message]);
    const unpack = (key = private_key): object[] => [{ pgp: { private_key: key } }];
    const [said, few] = [await refused(repeated(11_000), unpack()), await refused(repeated(90), unpack(other.privateKey))];
    expect(said).toMatch(/for 11001 keys at once.*\[PGP_DAMAGED\]/);
    expect(few).toContain('[PGP_OTHER_KEY]');
    expect(few.length).toBeLessThan(400);
  });

  test('a megabyte of lines that are no YAML gives a few problems, not one for each', () => {
    const { problems } = readYaml('a.yaml', `a: 1\n${' schema=../config/x: y: z\n'.repeat(20_000)}`);
    expect(problems.length).toBeLessThanOrEqual(20);
    expect(readYaml('a.yaml', 'a: "\n'.repeat(300_000)).problems).toEqual([
      expect.objectContaining({ code: 'YAML_SYNTAX', message: expect.stringContaining('larger than 1000 kB') as string }),
    ]);
  });

  test.each([
    ['blank lines', '\n\n'],
    ['a header alone', 'Receipt,Amount,Payer\n'],
    ['one line of a megabyte', '0'.repeat(1_000_000)],
    ['a hundred thousand columns', `${'a,'.repeat(100_000)}\n${'1,'.repeat(100_000)}\n`],
    ['a name that is a file', `${'name '.repeat(100)},b\n1,2\n`],
    ['objects that have no field in common', `[${Array.from({ length: 5000 }, (_, i) => `{"f${i}":1}`).join(',')}]`],
  ])('a sample that proposes nothing usable is refused: %s', async (_, text) => {
    await expect(discoverFile('sample.txt', Buffer.from(text))).rejects.toMatchObject({ code: 'SAMPLE_UNREADABLE' });
  });

  test('a sample of many lines proposes a stream', async () => {
    const lines = Array.from({ length: 200_000 }, (_, i) => `0012${String(i % 7).padStart(6, '0')}ABCDEF`);
    const stream = await discoverFile('sample.txt', Buffer.from(`${lines.join('\n')}\n`));
    expect(stream.decoder).toHaveProperty('fixed_width');
    expect(stream.keys[0]).toMatchObject({ repeats: 'number' });
  });
});
