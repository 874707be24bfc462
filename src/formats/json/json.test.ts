import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, valuesOf } from '../../../test/formats/reading.ts';
import { RUNS } from '../../../test/formats/runs.ts';

const json = (options: object = {}) => decoder({ json: options });

test('numbers keep every digit that was written', async () => {
  expect(await valuesOf(json(), '[{"a":1.10,"b":12345678901234567890,"c":-0.0,"d":1E+2,"e":false,"f":null,"g":""}]')).toEqual([
    { a: '1.10', b: '12345678901234567890', c: '-0.0', d: '1E+2', e: 'false', f: null, g: '' },
  ]);
});

test('records have the line where they begin', async () => {
  expect(
    (await readAll(json({ rows: 'a.b' }), '{"x":[1,\n2],"a":{"b":[\n{"id":1},\n\n{"id":2}]}}')).map((r) => [r.number, r.line]),
  ).toEqual([
    [1, 3],
    [2, 5],
  ]);
});

test('one object where a list could be is one record; null and no list are none only where the connector says so', async () => {
  expect(await valuesOf(json({ rows: 'data' }), '{"data":{"id":"1"}}')).toEqual([{ id: '1' }]);
  expect(await valuesOf(json(), '[]')).toEqual([]);
  expect(await valuesOf(json({ rows: 'data', empty: ['null_list'] }), '{"data":null}')).toEqual([]);
  expect(await valuesOf(json({ rows: 'data.items', empty: ['no_list'] }), '{"data":null}')).toEqual([]);
  expect(await valuesOf(json({ rows: 'data', empty: ['no_list'] }), '{"other":1}')).toEqual([]);
  for (const [rows, text] of [
    ['data', '{"data":null,"error":"down"}'],
    ['data', '{"error":"down"}'],
    ['data.items', '{"data":null}'],
    ['', 'null'],
  ] as const)
    await expect(valuesOf(json({ rows }), text)).rejects.toThrow('JSON_ROWS_MISSING');
});

test('a name given twice rejects its record with the place, also where one is written with escapes', async () => {
  const text = '[{"id":"1"},\n{"id":"2","n":{"a":1,"\\u0061":2}},\n{"id":"3","id":"4"}]';
  const records = await readAll(json(), text);
  expect(records.map((r) => [r.problem?.code, r.problem?.place.line, r.problem?.place.column])).toEqual([
    [undefined, undefined, undefined],
    ['JSON_NAME_TWICE', 2, 22],
    ['JSON_NAME_TWICE', 3, 11],
  ]);
  const lines = await readAll(json({ lines: true }), '{"a":1}\n{"a":1,"a":1}\n');
  expect(lines.map((r) => r.problem?.place)).toEqual([undefined, { file: 'file', line: 2, column: 8, record: 2 }]);
});

test('a name given twice around the records refuses the document: it may be the list, the total or the cursor', async () => {
  for (const text of ['{"data":[],"data":[{"id":"1"}]}', '{"n":1,"data":[],"n":2}', '{"page":{"x":1,"x":2},"data":[]}'])
    await expect(valuesOf(json({ rows: 'data' }), text)).rejects.toThrow(/there twice.*JSON_MALFORMED/);
});

test('what is not an object is rejected', async () => {
  const records = await readAll(json(), '[{"a":1},7,["x"]]');
  expect(records.map((r) => [r.problem?.code, r.raw])).toEqual([
    [undefined, undefined],
    ['ROW_NOT_AN_OBJECT', '7'],
    ['ROW_NOT_AN_OBJECT', '["x"]'],
  ]);
});

describe('a list that is not where the connector says', () => {
  const cases: [string, string, RegExp][] = [
    ['data.items', '{"data":{"itms":[]}}', /there is no "items" at data\. It has: itms\. Did you mean itms\?.*\[JSON_ROWS_MISSING\]$/],
    ['data', '{"error":"no"}', /there is no "data" at the top of the document\. It has: error\./],
    ['', '{"error":"no"}', /there is a value instead of a list at the top of the document\. It has: error\./],
    ['data.items', '{"data":[]}', /there is a list instead of an object at data/],
    ['data', '{"data":"x"}', /there is a value instead of a list at data/],
  ];
  for (const [rows, file, message] of cases)
    test(`${rows} in ${file}`, async () => expect(await refusal(json({ rows }), file)).toMatch(message));
});

describe('what is not JSON is refused with its place', () => {
  const cases: [string, string][] = [
    ['[{"a":1},\n {"a":01}]', 'file:2:7: This is not JSON: "01" is not a value.'],
    ['[{"a":1} {"a":2}]', 'file:1:10: This is not JSON: a "," or "]" should be here.'],
    ["[{'a':1}]", 'file:1:3: This is not JSON: the name of a field, in quotes, should be here.'],
    ['[{"a":NaN}]', 'file:1:7: This is not JSON: "NaN" is not a value.'],
    [
      '[{"a":"x\ny"}]',
      'file:1:9: This is not JSON: a string has a line break or control character in it, or its closing quote is missing.',
    ],
    ['[{"a":"\\x"}]', 'file:1:8: This is not JSON: \\x in a string is not a JSON escape.'],
    ['[1],', 'file:1:4: This is not JSON: something follows the document.'],
    ['[{"a":1},]', 'file:1:10: This is not JSON: "]" is where a value should be.'],
    ['<html>', 'file:1:1: This is not JSON: "<" is where a value should be.'],
    [`[${'['.repeat(300)}`, 'file:1:257: This is not JSON: values are nested deeper than 256.'],
  ];
  for (const [file, message] of cases) test(file.slice(0, 30), async () => expect(await refusal(json(), file)).toContain(message));

  test('a cut document was cut off', async () => {
    expect(await refusal(json(), '[{"a":1},\n{"b":tr')).toMatch(/^file:2:8: The file ends in the middle of its JSON .*\[FILE_TRUNCATED\]$/);
  });

  test('lines have their number; only the last can have been cut off', async () => {
    const lines = json({ lines: true });
    expect(await refusal(lines, '{"a":1}\n{"a":\n{"a":3}\n')).toMatch(/^file:2:6: .*\[JSON_MALFORMED\]$/);
    expect(await refusal(lines, '{"a":1}\n{"a":')).toMatch(/^file:2:6: .*\[FILE_TRUNCATED\]$/);
    expect(await refusal(lines, '{"a":1} {"a":2}\n')).toMatch(/^file:1:9: .*something follows.*\[JSON_MALFORMED\]$/);
    expect(await valuesOf(lines, '{"a":1}\n{"a":2}')).toHaveLength(2);
  });
});

test('a document larger than the limit is refused before it fills the memory', async () => {
  const pieces = Array.from({ length: 100 }, () => Buffer.alloc(1000, ' '));
  expect(await refusal(json({ max_bytes: 50_000 }), pieces)).toMatch(/larger than 50000 bytes.*\[FILE_TOO_LARGE\]$/);
  expect(await refusal(json({ max_bytes: 50_000, lines: true }), pieces)).toContain('[RECORD_TOO_LARGE]');
});

test('what JSON.parse takes is taken, with the same values, and nothing else is', async () => {
  const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '"b\\n\\u00e9"', '1', '-0.5e3', '01', 'true', 'null', 'nul', ' ', '\n', '"', '\\'];
  const broken = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        broken,
        fc.json(),
        fc.json().map((text) => text.slice(0, -1)),
      ),
      async (text) => {
        const file = `[{"x":${text}}]`;
        const said = await refusal(json(), file);
        let parsed: unknown;
        try {
          parsed = JSON.parse(file);
        } catch {
          expect(said).toMatch(/\[(JSON_MALFORMED|FILE_TRUNCATED)\]$/);
          return;
        }
        expect(await valuesOf(json(), file)).toEqual(
          JSON.parse(file, ((_key: string, value: unknown, at?: { source: string }) =>
            typeof value === 'number' || typeof value === 'boolean' ? at!.source : value) as never),
        );
        expect(Array.isArray(parsed)).toBe(true);
      },
    ),
    { numRuns: 10 * RUNS },
  );
});
