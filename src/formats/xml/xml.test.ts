import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, valuesOf, written } from '../../../test/formats/reading.ts';

const xml = (options: object = {}) => decoder({ xml: { row: 'R', ...options } });

describe('what a row becomes', () => {
  const cases: [string, string, object][] = [
    ['attributes and elements are fields', '<R id="01"><a>1.50</a></R>', { id: '01', a: '1.50' }],
    ['namespaces do not matter', '<x:R xmlns:x="u" x:id="1"><y:a xmlns:y="v">2</y:a></x:R>', { id: '1', a: '2' }],
    ['what is empty is absent', '<R><a/><b></b><c>\n  </c><d xsi:nil="true"/></R>', { a: null, b: null, c: null, d: null }],
    ['spaces that are a value stay', '<R><a> </a><b>  x </b></R>', { a: ' ', b: '  x ' }],
    ['two elements are a list', '<R><a>1</a><b>2</b><a>3</a><a/></R>', { a: ['1', '3', null], b: '2' }],
    ['text next to attributes is called text', '<R><a k="v">x</a></R>', { a: { k: 'v', text: 'x' } }],
    ['a row of text alone is read', '<R>x</R>', { text: 'x' }],
    ['elements nest', '<R><a><b><c>1</c></b></a></R>', { a: { b: { c: '1' } } }],
    ['references and CDATA are resolved', '<R a="&lt;&quot;&#233;"><b>&#x1F600;<![CDATA[<&]]>&amp;</b></R>', { a: '<"é', b: '😀<&&' }],
    ['comments and instructions are passed over', '<R><?x <a> ?><a>1<!-- <b> --->2</a></R>'.replace('--->', '-->'), { a: '12' }],
    ['line ends are LF, as XML says', '<R><a>1\r\n2\r3</a></R>', { a: '1\n2\n3' }],
    ['a row within a row belongs to it', '<R><R>1</R></R>', { R: '1' }],
    ['an element may have any name', '<R><__proto__>1</__proto__></R>', JSON.parse('{"__proto__":"1"}') as object],
  ];
  for (const [name, row, values] of cases) test(name, async () => expect(await valuesOf(xml(), `<ROOT>${row}</ROOT>`)).toEqual([values]));

  test('lists are lists even when there is one, or none', async () => {
    const lists = xml({ lists: ['a', 'g/b', 'g.c'] });
    expect(await valuesOf(lists, '<ROOT><R><a>1</a><g><b k="1"/></g></R><R/><R><g/></R></ROOT>')).toEqual([
      { a: ['1'], g: { b: [{ k: '1' }], c: [] } },
      { a: [] },
      { a: [], g: null },
    ]);
  });

  test('attributes can be told from elements of the same name', async () => {
    const clash = '<ROOT>\n<R id="1"><id>2</id></R></ROOT>';
    expect(await refusal(xml(), clash)).toMatch(/^file:2: .*Set attributes_prefix.*\[XML_NAME_CLASH\]$/);
    expect(await valuesOf(xml({ attributes_prefix: '@' }), clash)).toEqual([{ '@id': '1', id: '2' }]);
  });

  test('rows are found by path too, and have the line where they begin', async () => {
    const file = '<ROOT>\n<Head><R>no</R></Head>\n<Body>\n  <R>1</R>\n\n  <R>2</R></Body></ROOT>';
    expect((await readAll(xml({ row: 'ROOT/Body/R' }), file)).map((r) => [r.line, r.number, r.values['text']])).toEqual([
      [4, 1, '1'],
      [6, 2, '2'],
    ]);
  });
});

describe('a file that is refused', () => {
  const cases: [string, string, RegExp][] = [
    ['document types', '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "c">]><a/>', /^file:2:1: .*\[XML_ENTITY\]$/],
    ['entities', '<ROOT><R>&boom;</R></ROOT>', /&boom; is an entity.*\[XML_ENTITY\]$/],
    ['a bare &', '<ROOT><R>a & b</R></ROOT>', /must be written &amp;.*\[XML_MALFORMED\]$/],
    ['tags that do not match', '<ROOT>\n <R><a>1</b></R></ROOT>', /^file:2:9: <\/b> is where <a> must be closed.*\[XML_MALFORMED\]$/],
    ['a second root', '<ROOT/><ROOT/>', /second root.*\[XML_MALFORMED\]$/],
    ['text behind the root', '<ROOT/>x', /text after the root.*\[XML_MALFORMED\]$/],
    ['attributes without quotes', '<ROOT><R a=1/></ROOT>', /not in quotes.*\[XML_MALFORMED\]$/],
    ['an attribute twice', '<ROOT><R a="1" a="2"/></ROOT>', /twice.*\[XML_MALFORMED\]$/],
    ['a missing quote', '<ROOT><R a="1><b c="2"/></R></ROOT>', /^file:1:12: .*closing quote is missing.*\[XML_MALFORMED\]$/],
    ['a missing >', '<ROOT><R <b/></R></ROOT>', /is never closed with.*\[XML_MALFORMED\]$/],
    ['control characters', '<ROOT><R>\u0001</R></ROOT>', /U\+0001.*\[XML_MALFORMED\]$/],
    ['references to no character', '<ROOT><R>&#0;</R></ROOT>', /\[XML_MALFORMED\]$/],
    ['a root that is not closed', '<ROOT><R/>', /before <ROOT> is closed: it was cut off.*\[FILE_TRUNCATED\]$/],
    ['no root', '<?xml version="1.0"?>', /\[FILE_TRUNCATED\]$/],
    ['no XML at all', 'id,amount\n1,2\n', /does not begin like XML.*\[XML_MALFORMED\]$/],
    ['too deep', `<ROOT><R>${'<a>'.repeat(70)}`, /deeper than 64.*\[XML_TOO_DEEP\]$/],
    ['rows of another name', '<ROOT><Receit/><Receit/></ROOT>', /no element <R>.*It has: ROOT, Receit.*\[XML_ROW_MISSING\]$/],
  ];
  for (const [name, file, message] of cases) test(name, async () => expect(await refusal(xml(), file)).toMatch(message));

  test('another root than the connector expects', async () => {
    expect(await refusal(xml({ row: 'ROOT/R' }), '<Error>no</Error>')).toMatch(
      /root element is <Error>, but the connector expects <ROOT>.*\[XML_ROW_MISSING\]$/,
    );
  });

  test('a misspelled element that the connector requires in its rows', async () => {
    expect(
      await refusal(xml(), '<ROOT><R><Ammount>1</Ammount></R><R/></ROOT>', { requiredColumns: ['Amount'], knownColumns: ['Amount'] }),
    ).toMatch(/"Amount" is in no record of the file\. The records have: Ammount\. Did you mean "Ammount".*\[COLUMN_MISSING\]$/);
  });

  test('a row that does not end', async () => {
    const pieces = Array.from({ length: 40 }, () => Buffer.from('<a>1234567</a>'.repeat(1000)));
    expect(await refusal(xml({ max_row_bytes: 100_000 }), [Buffer.from('<ROOT>\n<R>'), ...pieces])).toMatch(
      /^file:2: .*\[XML_ROW_TOO_LARGE\]$/,
    );
    expect(
      await refusal(xml({ max_row_bytes: 100_000 }), [Buffer.from('<ROOT><R a="'), ...pieces.map(() => Buffer.alloc(10_000, 'x'))]),
    ).toContain('[XML_ROW_TOO_LARGE]');
  });
});

test('an export without rows is an empty export', async () => {
  for (const file of ['<ROOT/>', '<ROOT></ROOT>', '<ROOT><Title>Receipts</Title></ROOT>'])
    expect(await readAll(xml({ row: 'ROOT/Row' }), file)).toEqual([]);
});

describe('the encoding', () => {
  test('is the one that the file declares', async () => {
    const file = (name: string) => Buffer.from(`<?xml version="1.0" encoding="${name}"?><ROOT><R>é</R></ROOT>`, 'latin1');
    for (const name of ['windows-1252', 'ISO-8859-1']) expect(await valuesOf(xml(), file(name))).toEqual([{ text: 'é' }]);
    expect(await refusal(xml(), file('UTF-8'))).toMatch(/The byte 0xE9 here is not UTF-8, but its XML declaration says/);
    expect(await refusal(xml(), file('EBCDIC'))).toMatch(/declares the encoding "ebcdic".*\[FILE_ENCODING\]$/);
  });

  test('is UTF-16 with or without its mark, and UTF-8 where a file only says UTF-16', async () => {
    const text = '<?xml version="1.0" encoding="utf-16"?><ROOT><R>é</R></ROOT>';
    for (const bytes of [
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(text, 'utf16le'),
      Buffer.from(text, 'utf16le').swap16(),
      Buffer.from(text),
    ])
      expect(await valuesOf(xml(), bytes)).toEqual([{ text: 'é' }]);
  });
});

test('writing refuses what would not read back', async () => {
  await expect(written(xml(), [[{ a: ['1'] }]])).rejects.toMatchObject({ name: 'RecordError', code: 'VALUE_NOT_WRITABLE' });
  await expect(written(xml(), [[{ 'a b': '1' }]])).rejects.toMatchObject({ code: 'VALUE_NOT_WRITABLE' });
  await expect(written(xml(), [[{ a: '\u0001' }]])).rejects.toMatchObject({ code: 'CHARACTER_NOT_WRITABLE' });
  expect((await written(xml({ row: 'ROOT/R', attributes_prefix: '@' }), [[{ '@id': '1"2', a: null, b: ['x', '<'] }]])).toString()).toBe(
    '<?xml version="1.0" encoding="utf-8"?>\n<ROOT>\n<R id="1&quot;2"><a/><b>x</b><b>&lt;</b></R>\n</ROOT>\n',
  );
});

test('values can be written as attributes, and read back as they were', async () => {
  const options = decoder({ xml: { row: 'ROOT/Header', scalars: 'attributes', lists: ['Line'] } });
  const records = [{ Number: '1', Note: 'a "b" & <c>', Empty: '', Line: [{ Amount: '1.00' }] }];
  const text = (await written(options, [records])).toString();
  expect(text).toContain('<Header Number="1" Note="a &quot;b&quot; &amp; &lt;c&gt;" Empty=""><Line Amount="1.00"/></Header>');
  expect(await valuesOf(options, text)).toEqual(records);
  expect((await written(options, [[{ Number: '1', Absent: null }]])).toString()).toContain('<Header Number="1"/>');
  await expect(written(options, [[{ 'GL Account': '1' }]])).rejects.toMatchObject({ code: 'VALUE_NOT_WRITABLE' });
});
