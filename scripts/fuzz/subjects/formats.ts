import type { StreamFile } from '../pack-files.ts';
import { madeFile, packFiles } from '../pack-files.ts';
import { plainDialect } from '../../../src/formats/csv/plain.ts';
import type { Subject } from '../subject.ts';
import { filesSubject } from './files.ts';

/** Every format, over the recordings of all packs and over files that show what no pack uses. A new format is an entry here. */
export async function formatSubjects(): Promise<Subject[]> {
  const recorded = await packFiles();
  const of = (pack: string) => recorded.filter((f) => f.connector.connector === pack);
  const withDecoder = (is: (decoder: NonNullable<StreamFile['stream']['decoder']>) => unknown) =>
    recorded.filter((f) => is(f.stream.decoder!));
  const banks = ['bank-nacha', 'lockbox', 'cpa005'];
  const isPlain = ({ csv }: { csv?: NonNullable<StreamFile['stream']['decoder']>['csv'] }) =>
    csv && plainDialect(csv, csv.delimiter === '\\t' ? '\t' : csv.delimiter);
  return [
    filesSubject('csv', 3, [...withDecoder(isPlain), ...PLAIN_CSV], CSV_TOKENS),
    filesSubject('csv-general', 2, [...withDecoder((d) => d.csv && !isPlain(d)), ...GENERAL_CSV], [...CSV_TOKENS, '||', '#', '\\"', '\\']),
    filesSubject(
      'fixed_width',
      2,
      [...withDecoder((d) => d.fixed_width).filter((f) => !banks.includes(f.connector.connector)), ...FIXED, ...CONTINUED],
      FIXED_TOKENS,
    ),
    filesSubject('xml', 3, [...withDecoder((d) => d.xml), ...XML], XML_TOKENS),
    filesSubject('json', 3, [...withDecoder((d) => d.json && !d.json.lines), ...JSON_FILES], JSON_TOKENS),
    filesSubject('json-lines', 2, JSON_LINES, JSON_TOKENS),
    filesSubject(
      'bai2',
      3,
      withDecoder((d) => d.bai2),
      BAI2_TOKENS,
    ),
    filesSubject(
      'mt940',
      2,
      withDecoder((d) => d.mt940),
      MT940_TOKENS,
    ),
    filesSubject(
      'ofx',
      2,
      withDecoder((d) => d.ofx),
      OFX_TOKENS,
    ),
    filesSubject(
      'camt053',
      2,
      withDecoder((d) => d.camt053),
      CAMT_TOKENS,
    ),
    filesSubject('nacha', 2, of('bank-nacha'), FIXED_TOKENS),
    filesSubject('lockbox', 1, of('lockbox'), FIXED_TOKENS),
    filesSubject('cpa005', 1, of('cpa005'), FIXED_TOKENS),
  ];
}

export const CSV_TOKENS = [
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  '\r',
  '\t',
  ';',
  '="0',
  '="',
  '",',
  ',"',
  '"\n',
  '\n"',
  '\n\n',
  '__proto__',
  'constructor',
  '\ufeff',
  'é',
  '\u2028',
  ',,,,',
  '\x1a',
];
export const FIXED_TOKENS = [
  '\n',
  '\r\n',
  '\r',
  ' ',
  '0',
  '-',
  '+',
  '{',
  '}',
  'A',
  '9',
  'é',
  '\t',
  '     ',
  '00000',
  '99999',
  '\x1a',
  '-0',
];
export const XML_TOKENS = [
  '<',
  '>',
  '/>',
  '</',
  '<a>',
  '</a>',
  '&',
  '&amp;',
  '&#0;',
  '&#x1F600;',
  '&#xD800;',
  '&nbsp;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '--',
  '<?',
  '?>',
  '<?xml version="1.0" encoding="utf-16"?>',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
  '"',
  "'",
  '=',
  ' xmlns="u"',
  ' xmlns:p="u"',
  'p:',
  ' a="1" a="2"',
  'xsi:nil="true"',
  '\0',
  '\x1b',
  '__proto__',
  '<a '.repeat(50),
  '<a>'.repeat(200),
];
export const JSON_TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  '\\ud800',
  '\\u0000',
  'null',
  'true',
  '"__proto__":',
  '{"a":',
  '[[[[',
  '[1,',
  '-',
  '.',
  'e',
  '1e99',
  '"":',
  '\n',
  '\u2028',
  '//',
  "'",
  '['.repeat(300),
  '{"a":'.repeat(300),
];
export const BAI2_TOKENS = [
  ',',
  '/',
  '\n',
  '88,',
  '16,',
  '03,',
  '49,',
  '98,',
  '99,',
  '02,',
  '01,',
  ',/',
  'S',
  'V',
  'D',
  'Z',
  ',D,99,',
  ',D,3,1,100',
  ',S,1,2',
  '-',
  '+',
  ' ',
  'USD',
  'JPY',
  '16,399,100,Z/',
];

const MT940_TOKENS = [
  '\n',
  ':',
  ':61:',
  ':86:',
  ':20:',
  ':25:',
  ':60F:',
  ':60M:',
  ':62F:',
  ':62M:',
  ':28C:',
  ':99:',
  '-\n',
  '-}\n',
  '{4:',
  '{1:F01',
  'RC',
  'EC',
  ',',
  '//',
  'C260302USD',
  '2603020302C1,NTRFX',
  '\x1a',
];
const OFX_TOKENS = [
  '<',
  '>',
  '</',
  '/>',
  '<STMTTRN>',
  '</STMTTRN>',
  '<STMTRS>',
  '</STMTRS>',
  '<OFX>',
  '</OFX>',
  '<MEMO>',
  '<NAME>x',
  '<TRNAMT>',
  '<CURSYM>CAD',
  '<CURRENCY>',
  '<CORRECTFITID>1',
  '<SEVERITY>ERROR',
  '<STATUS>',
  '&amp;',
  '&#0;',
  '&#x1F600;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?',
  '?>',
  '<!DOCTYPE',
  '__proto__',
  '<__proto__>1',
  '<A>'.repeat(50),
];
const CAMT_TOKENS = [
  ...XML_TOKENS,
  '<Stmt>',
  '</Stmt>',
  '<Ntry>',
  '</Ntry>',
  '<Bal>',
  '<Amt Ccy="USD">',
  '<Sts>BOOK</Sts>',
  '<Sts>PDNG</Sts>',
  'CRDT',
  'DBIT',
  'OPBD',
  'CLBD',
  'ITBD',
  '<TxDtls>',
  '<NtryDtls/>',
];

const PLAIN_CSV = [
  madeFile('quotes', { csv: {} }, 'receipt,name,note\n00123,"Zoé ""Z"" Miller","two\nlines"\n="00456",O\'Neil,\n00789,"a,b",5" pipe\n'),
  madeFile(
    'tabs, footer',
    { csv: { delimiter: '\\t', skip_lines: 1, footer_lines: 1 } },
    'Export of 7/1\nid\tname\n1\tA\n2\tB\n3\tC\n3 rows\n',
  ),
  madeFile(
    'row types',
    { csv: { header: false, record_types: { H: ['type', 'date', 'payer'], D: ['type', 'charge', 'amount', 'note'] } } },
    'H,04222022,P Russell\nD,B110,210,Électrical\nD,0042,15,\nH,04232022,Zoé\nD,B110,5,x\n',
  ),
  madeFile('no quotes', { csv: { quote: null, delimiter: '|', final_newline: 'optional' } }, 'a|b\n1|"2"\n3|4'),
  madeFile('windows-1252', { csv: { encoding: 'windows-1252', delimiter: ';' } }, Buffer.from('id;name\n1;Zo\xe9\n2;\x80 5\n', 'latin1')),
  madeFile('utf-16le', { csv: { encoding: 'utf-16le' } }, Buffer.from('\ufeffid,name\r\n1,Zoé 😀\r\n2,本\r\n', 'utf16le')),
  madeFile('cp437', { csv: { encoding: 'cp437' } }, Buffer.from('id,name\n1,Zo\x82\n', 'latin1')),
  madeFile(
    'what Excel and DOS add',
    { csv: { sep_line: 'skip', empty_rows: 'skip', trailing_delimiters: 'drop', duplicate_columns: 'number', delimiter: ';' } },
    '"sep=;"\r\nid;name;name;\r\n1;a;b;\r\n;;;\r\n2;c;d\r\n\x1a\x1a',
  ),
  madeFile(
    'ascii, typed',
    { csv: { encoding: 'ascii' } },
    'id,on,amount\n1,2026-01-02,1.50\n2,2026-01-03,-2.00\n',
    { id: { required: true }, on: { type: 'date' }, amount: { type: 'decimal' } },
    { primary_key: ['id'] },
  ),
];
const GENERAL_CSV = [
  madeFile(
    'what Excel and DOS add, trimmed',
    { csv: { trim: true, sep_line: 'skip', empty_rows: 'skip', trailing_delimiters: 'drop', duplicate_columns: 'number' } },
    'sep=,\nid,name,name,\n1,a,b,\n,,,\n2,c,d\n\x1a',
  ),
  madeFile(
    'two bars, escape',
    { csv: { delimiter: '||', comment: '#', escape: '\\' } },
    '# made by Clerk 4\nreceipt||name||note\n00123||"Zoé \\"Z\\" Miller"||"two\nlines"\n# a comment\n00456||O\'Neil||\n',
  ),
  madeFile('trimmed', { csv: { trim: true } }, 'id, name , note\n 1 , "A, B" ,x\n2,"C" , \n'),
  madeFile('comments', { csv: { comment: '#', footer_lines: 1 } }, '#x\nid,name\n1,"a\n#b"\n2,c\nend\n'),
  madeFile('quote of two bytes', { csv: { quote: '§', final_newline: 'optional' } }, 'id,name\n1,§a,b§\n2,c'),
];
const fixedFields = {
  account: { from: 2, to: 8 },
  name: { from: 9, to: 18 },
  amount: { from: 19, to: 26, align: 'right', pad: '0', decimals: 2 },
};
const FIXED = [
  madeFile(
    'types',
    {
      fixed_width: {
        record_types: {
          H: { when: { from: 1, to: 1, is: 'H' }, fields: { date: { from: 2, to: 9 } } },
          D: { when: { from: 1, to: 1, is: 'D' }, fields: fixedFields },
        },
      },
    },
    "H20240701\nD0012345Zoé Miller00001250\nD0012346O'Neil    0000001-\nD0012347          00000000\n",
  ),
  madeFile(
    'zoned and trailing signs',
    {
      fixed_width: {
        record_types: {
          D: {
            fields: {
              zoned: { from: 1, to: 8, decimals: 2, sign: 'overpunch' },
              trailing: { from: 9, to: 16, decimals: 2, sign: 'trailing' },
            },
          },
        },
      },
    },
    '0000125{0001250-\n0000125R0001250 \n  001250    125-\n',
  ),
  madeFile(
    'no line breaks',
    {
      fixed_width: {
        line_breaks: false,
        record_length: 8,
        record_types: { D: { fields: { id: { from: 1, to: 4 }, name: { from: 5, to: 8 } } } },
      },
    },
    '0001Zoé 0002abcd0003    ',
  ),
  madeFile(
    'utf-16be',
    {
      fixed_width: {
        encoding: 'utf-16be',
        pad_short_lines: false,
        final_newline: 'optional',
        record_types: { D: { fields: { id: { from: 1, to: 4 }, name: { from: 5, to: 8 } } } },
      },
    },
    Buffer.from('\ufeff0001Zoé \r\n0002abcd', 'utf16le').swap16(),
  ),
  madeFile(
    'windows-1252, segments',
    {
      fixed_width: {
        encoding: 'windows-1252',
        record_types: {
          D: {
            fields: { id: { from: 1, to: 2 } },
            segments: {
              from: 3,
              length: 4,
              count: 3,
              fields: { code: { from: 1, to: 2 }, n: { from: 3, to: 4, decimals: 1 } },
              number_field: 'segment',
            },
          },
        },
      },
    },
    Buffer.from('01AB12CD34EF56\n02\xc4B12        \n', 'latin1'),
  ),
];
const CONTINUED = [
  madeFile(
    'texts that go on, line breaks or not',
    {
      fixed_width: {
        record_length: 10,
        line_breaks: 'detect',
        final_newline: 'optional',
        record_types: {
          D: { when: { from: 1, to: 1, is: 'D', or: ['E'] }, fields: { id: { from: 2, to: 3 }, text: { from: 4, to: 10 } } },
          T: {
            when: { from: 1, to: 1, is: 'T', and: [{ from: 2, to: 2, is: '0', or: ['1'] }] },
            fields: { n: { from: 2, to: 4, decimals: 0 } },
          },
          more: { when: { from: 1, to: 1, is: '+' }, fields: { rest: { from: 2, to: 10 } }, continues: { field: 'text', text: 'rest' } },
        },
      },
    },
    'D01one    \n+two\n+three\nE02       \nT002\n',
  ),
];
const XML = [
  madeFile(
    'lists',
    { xml: { row: 'ROOT/Receipt', lists: ['Line'] } },
    '<?xml version="1.0"?>\n<!-- export > of < today -->\n<ROOT xmlns="urn:x" xmlns:t="urn:t">\n  <Receipt Number="00123" t:By="Zoé &amp; co">\n    <Line Amount="1.50">a &lt; b<![CDATA[ <c> ]]></Line>\n    <Empty/>\n  </Receipt>\n  <t:Receipt Number=\'0&#52;5\'><Line>x</Line><Line/><Note>two\nlines</Note></t:Receipt>\n</ROOT>\n',
  ),
  madeFile(
    'declared latin 1',
    { xml: { row: 'r', attributes_prefix: '@' } },
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><x><r a="\xe9"><a>1</a></r><r/></x>', 'latin1'),
  ),
  madeFile(
    'utf-16',
    { xml: { row: 'x/r' } },
    Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><x><r><a>é</a></r><r><a>2</a></r></x>', 'utf16le'),
  ),
];
const JSON_FILES = [
  madeFile(
    'at a path',
    { json: { rows: 'data.items' } },
    '{"ok": true, "data": {"note": "[é]", "items": [\n {"id": "00123", "amount": 1.10, "big": 12345678901234567890, "paid": true},\n {"id": "00124", "name": "Zo\\u00e9 \\"Z\\"", "lines": [{"n": 1e3}, null, []], "none": null}\n], "more": []}}\n',
  ),
  madeFile('a list', { json: {} }, '[{"id":1,"a":{"b":[1,2,{"c":"x"}]}},{"id":2,"a":null},7]'),
  madeFile('utf-16le', { json: { encoding: 'utf-16le' } }, Buffer.from('[{"id":"1","n":"é😀"}]', 'utf16le')),
];
const JSON_LINES = [
  madeFile(
    'lines',
    { json: { lines: true } },
    '{"id":"00123","amount":1.10}\n\n{"id":"00124","name":"Zoé"}\n{"id":"3","lines":[{"n":1}]}\n',
  ),
  madeFile(
    'lines of lists',
    { json: { lines: true, rows: 'd' } },
    '{"d":[{"id":1},{"id":2}]}\r\n{"d":{"id":3}}\r\n',
    { id: { required: true } },
    { primary_key: ['id'] },
  ),
];
