import ExcelJS from 'exceljs';
import type { StreamFile } from './pack-files.ts';
import { madeFile } from './pack-files.ts';

/** An input that grows: each is what one part of a reader finds hardest. */
export interface WorstCase {
  name: string;
  /** Of about so many bytes. */
  make(bytes: number): StreamFile | Promise<StreamFile>;
}

/** Files of every format that would take a careless reader the square of their size. */
export function worstFiles(): WorstCase[] {
  return [...XML, ...JSON_DOCUMENTS, ...DELIMITED, ...LINES, ...STATEMENTS, ...WORKBOOKS];
}

/** The same shapes of XML, as bodies of a SOAP answer. */
export function worstXml(): { name: string; make(bytes: number): string }[] {
  return XML_SHAPES.map(([name, make]) => ({ name, make }));
}

/** `make(i)` again and again, until there are so many bytes. */
function fill(bytes: number, make: (i: number) => string): string {
  const parts: string[] = [];
  for (let i = 0, size = 0; size < bytes; i++) {
    const part = make(i);
    parts.push(part);
    size += part.length;
  }
  return parts.join('');
}

const inRow = (inner: string): string => `<x><r>${inner}</r></x>`;
const XML_SHAPES: [name: string, make: (bytes: number) => string][] = [
  ['attributes of one element', (n) => `<x><r${fill(n, (i) => ` a${i}=""`)}/></x>`],
  ['attributes of one name', (n) => `<x><r${fill(n, () => ` a=""`)}/></x>`],
  ['namespaces of one element', (n) => `<x><r${fill(n, (i) => ` xmlns:n${i}="u"`)}/></x>`],
  ['a namespace in each element', (n) => `<x${fill(n / 2, (i) => ` xmlns:n${i}="u"`)}>${fill(n / 2, () => '<r xmlns:m="u"/>')}</x>`],
  ['elements of other names', (n) => inRow(fill(n, (i) => `<e${i}/>`))],
  ['elements of one name', (n) => inRow(fill(n, () => '<e/>'))],
  ['references', (n) => inRow(fill(n, () => '&amp;'))],
  ['references by number', (n) => `<x><r a="${fill(n, () => '&#x41;')}"/></x>`],
  ['an & that begins nothing', (n) => inRow(fill(n, () => '&'))],
  ['comments', (n) => inRow(fill(n, () => 'a<!---->'))],
  ['comments before the root', (n) => `${fill(n, () => '<!---->')}<x><r/></x>`],
  ['comments that do not end', (n) => `${fill(n, () => '<!-- ')}<x/>`],
  ['CDATA', (n) => inRow(fill(n, () => '<![CDATA[]]>'))],
  ['instructions', (n) => inRow(fill(n, () => '<?a b?>'))],
  ['a name', (n) => `<x><r><${'a'.repeat(n)}/></r></x>`],
  ['children below a long name', (n) => `<x><r><${'a'.repeat(n / 3)}>${fill(n / 3, () => '<b/>')}</${'a'.repeat(n / 3)}></r></x>`],
  ['one text', (n) => inRow('a'.repeat(n))],
  ['line breaks', (n) => inRow('\r\n'.repeat(n / 2))],
  ['spaces in a tag', (n) => `<x><r${' '.repeat(n)}/></x>`],
  ['a tag without its end', (n) => `<x><r ${'a '.repeat(n / 2)}`],
  ['quotes without their end', (n) => `<x><r a='${'"'.repeat(n)}`],
  ['nested as deep as may be', (n) => `<x>${fill(n, () => `<r>${'<a>'.repeat(60)}${'</a>'.repeat(60)}</r>`)}</x>`],
  ['nested without end', (n) => `<x><r>${'<a>'.repeat(n / 3)}`],
  ['another root with a long name', (n) => `<${'a'.repeat(n / 2)}></${'a'.repeat(n / 2)}>`],
  ['another element with a long name', (n) => `<x><${'a'.repeat(n)}/></x>`],
  ['a long attribute twice', (n) => `<x><r ${'a'.repeat(n / 2)}="" ${'a'.repeat(n / 2)}=""/></x>`],
  ['an end of another name', (n) => `<x><r></${'a'.repeat(n)}></x>`],
  ['a reference of a long name', (n) => inRow(`&${'a'.repeat(n)};`)],
  ['an encoding of a long name', (n) => `<?xml version="1.0" encoding="${'a'.repeat(n)}"?><x><r/></x>`],
  ['rows', (n) => `<x>${fill(n, () => '<r/>')}</x>`],
  ['rows of other fields', (n) => `<x>${fill(n, (i) => `<r a${i}=""/>`)}</x>`],
];
const XML: WorstCase[] = XML_SHAPES.map(([name, make]) => ({
  name: `xml: ${name}`,
  make: (bytes) => madeFile(name, { xml: { row: 'x/r', lists: ['e', 'e/f'] } }, make(bytes), { id: {} }),
}));

const json = (name: string, make: (bytes: number) => string, options: object = {}): WorstCase => ({
  name: `json: ${name}`,
  make: (bytes) => madeFile(name, { json: options }, make(bytes), { id: {} }),
});
const JSON_DOCUMENTS: WorstCase[] = [
  json('names of one object', (n) => `[{${fill(n, (i) => `"a${i}":1,`)}"z":1}]`),
  json('one name', (n) => `[{${fill(n, () => '"a":1,')}"a":1}]`),
  json('names that are numbers', (n) => `[{${fill(n, (i) => `"${i * 7919}":1,`)}"z":1}]`),
  json('names next to the list', (n) => `{${fill(n, (i) => `"a${i}":1,`)}"rows":[]}`, { rows: 'rows' }),
  json('lists', (n) => `[{"a":[${'[],'.repeat(n / 3)}[]]}]`),
  json('nested without end', (n) => '['.repeat(n)),
  json('nested as deep as may be', (n) => `[${fill(n, () => `{"a":${'['.repeat(250)}${']'.repeat(250)}},`)}{}]`),
  json('escapes', (n) => `[{"a":"${'\\u0041'.repeat(n / 6)}"}]`),
  json('names with escapes', (n) => `[{${fill(n, (i) => `"\\u0061${i}":1,`)}"z":1}]`),
  json('a string without its end', (n) => `[{"a":"${'\\"'.repeat(n / 2)}`),
  json('a number', (n) => `[{"a":${'9'.repeat(n)}}]`),
  json('a number that is not one', (n) => `[{"a":${'1.'.repeat(n / 2)}}]`),
  json('spaces', (n) => `[${' '.repeat(n)}]`),
  json('line breaks', (n) => `[${'\n'.repeat(n / 2)}${fill(n / 2, () => '{},\n')}{}]`),
  json('records of other fields', (n) => `[${fill(n, (i) => `{"a${i}":1},`)}{}]`),
  json('an error at the end', (n) => `[${fill(n, () => '{},\n')}?`),
  json('lines', (n) => fill(n, () => '{}\n'), { lines: true }),
  json('a name', (n) => `[{"${'a'.repeat(n)}":1}]`),
  json('a long name next to the list', (n) => `{"${'a'.repeat(n)}":1}`, { rows: 'rows' }),
  json('a long name twice', (n) => `{"${'a'.repeat(n / 2)}":1,"${'a'.repeat(n / 2)}":1,"rows":[]}`, { rows: 'rows' }),
  json('a long name twice in a record', (n) => `[{"${'a'.repeat(n / 2)}":1,"${'a'.repeat(n / 2)}":1}]`),
  json('one line', (n) => `{"a":"${'a'.repeat(n)}"}\n`, { lines: true }),
];

const csv = (name: string, make: (bytes: number) => string, options: object = {}): WorstCase => ({
  name: `csv: ${name}`,
  make: (bytes) => madeFile(name, { csv: options }, make(bytes), { id: {} }),
});
const general = { comment: '#', trim: true };
const BOTH: [name: string, make: (bytes: number) => string][] = [
  ['columns', (n) => `${fill(n / 2, (i) => `a${i},`)}z\n${'1,'.repeat(n / 16)}\n`],
  ['a column', (n) => `${'a'.repeat(n)}\n1\n`],
  ['two columns of one long name', (n) => `${'a'.repeat(n / 2)},${'a'.repeat(n / 2)}\n1,2\n`],
  ['columns of one name', (n) => `${'a,'.repeat(n / 2)}a\n`],
  ['quotes', (n) => `a,b\n${'"",""\n'.repeat(n / 6)}`],
  ['doubled quotes', (n) => `a\n"${'""'.repeat(n / 2)}"\n`],
  ['a quote without its end', (n) => `a\n"${'b,\n'.repeat(n / 3)}`],
  ['quotes in the wrong place', (n) => `a\n${'b"c"\n'.repeat(n / 5)}`],
  ['text behind quotes', (n) => `a\n${'"b" c\n'.repeat(n / 6)}`],
  ['short rows', (n) => `a,b,c\n${'x\n'.repeat(n / 2)}`],
  ['long rows', (n) => `a\n${fill(n, () => `${'x,'.repeat(5000)}\n`)}`],
  ['empty rows', (n) => `a\n${'\n'.repeat(n)}`],
  ['one line', (n) => `a\n${'x'.repeat(n)}\n`],
  ['carriage returns', (n) => `a\n${'\r'.repeat(n)}\n`],
  ['spaces', (n) => `a\n${' '.repeat(n)}\n`],
];
const DELIMITED: WorstCase[] = [
  ...BOTH.map(([name, make]) => csv(name, make)),
  ...BOTH.map(([name, make]) => csv(`${name}, in general`, make, general)),
  csv('comments', (n) => `a\n${'#\n'.repeat(n / 2)}x\n`, general),
  csv('escapes', (n) => `a\n"${'\\"'.repeat(n / 2)}"\n`, { escape: '\\' }),
  csv('half delimiters', (n) => `a||b\n${'|'.repeat(n)}\n`, { delimiter: '||' }),
];

const LINES: WorstCase[] = [
  {
    name: 'fixed_width: short lines',
    make: (n) => madeFile('short', { fixed_width: { record_types: { D: { fields: { id: { from: 1, to: 5 } } } } } }, 'a\n'.repeat(n / 2)),
  },
  {
    name: 'fixed_width: one line',
    make: (n) => madeFile('long', { fixed_width: { record_types: { D: { fields: { id: { from: 1, to: 5 } } } } } }, `${'a'.repeat(n)}\n`),
  },
  {
    name: 'fixed_width: continuation lines',
    make: (n) =>
      madeFile(
        'continuing',
        {
          fixed_width: {
            record_types: {
              D: { when: { from: 1, to: 1, is: 'D' }, fields: { id: { from: 2, to: 5 }, text: { from: 6, to: 20 } } },
              C: { when: { from: 1, to: 1, is: 'C' }, continues: { field: 'text', text: 'more' }, fields: { more: { from: 2, to: 20 } } },
            },
          },
        },
        `D0001text\n${'Cmore text\n'.repeat(n / 11)}`,
      ),
  },
  {
    name: 'bai2: continuations without fields',
    make: (n) =>
      madeFile(
        'continued',
        { bai2: {} },
        `01,A,B,260101,0000,1,,,2/\n02,B,A,1,260101,,USD,2/\n03,1,,,,,/\n16,475\n${'88,x\n'.repeat(n / 5)}`,
      ),
  },
  {
    name: 'bai2: continuations',
    make: (n) =>
      madeFile(
        'continued',
        { bai2: {} },
        `01,A,B,260101,0000,1,,,2/\n02,B,A,1,260101,,USD,2/\n03,1,,,,,/\n16,475,100,,,,A/\n${'88,more text\n'.repeat(n / 13)}49,100,${Math.ceil(n / 13) + 3}/\n`,
      ),
  },
  {
    name: 'bai2: amounts of an account',
    make: (n) =>
      madeFile(
        'summaries',
        { bai2: {} },
        `01,A,B,260101,0000,1,,,2/\n02,B,A,1,260101,,USD,2/\n03,1,USD,010,1,,/\n${'88,010,1,,,010,1,,\n'.repeat(n / 18)}`,
      ),
  },
];

const STATEMENTS: WorstCase[] = [
  {
    name: 'mt940: lines of one :86:',
    make: (n) =>
      madeFile(
        'information',
        { mt940: {} },
        `:20:R\n:25:1/2\n:28C:1\n:60F:C260301EUR1,00\n:61:260302C1,NTRFX\n:86:a\n${'more text\n'.repeat(n / 10)}:62F:C260302EUR2,00\n-\n`,
      ),
  },
  {
    name: 'mt940: entries',
    make: (n) =>
      madeFile(
        'entries',
        { mt940: {} },
        `:20:R\n:25:1/2\n:28C:1\n:60F:C260301EUR1,00\n${':61:260302C1,NTRFX\n'.repeat(n / 19)}:62F:C260302EUR2,00\n-\n`,
      ),
  },
  { name: 'ofx: elements without end', make: (n) => madeFile('elements', { ofx: {} }, `${OFX}<OFX>${'<A>'.repeat(n / 3)}`) },
  { name: 'camt053: a root of a long name', make: (n) => madeFile('root', { camt053: {} }, `<Document><${'a'.repeat(n)}/></Document>`) },
  { name: 'ofx: a name', make: (n) => madeFile('name', { ofx: {} }, `${OFX}<OFX><${'A'.repeat(n)}>1</OFX>`) },
  {
    name: 'ofx: fields of an entry',
    make: (n) =>
      madeFile(
        'fields',
        { ofx: {} },
        `${OFX}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2</BANKACCTFROM><BANKTRANLIST><STMTTRN>${fill(n, (i) => `<F${i}>1`)}</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`,
      ),
  },
  {
    name: 'camt053: an entry of many details',
    make: (n) =>
      madeFile(
        'details',
        { camt053: {} },
        `<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>X</IBAN></Id></Acct><Ntry><NtryDtls>${'<TxDtls><Refs><EndToEndId>1</EndToEndId></Refs></TxDtls>'.repeat(n / 60)}</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`,
      ),
  },
];
const OFX = 'OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n';

/** `bytes` of the sheet, which is packed much smaller. */
const workbook = (name: string, build: (sheet: ExcelJS.Worksheet, bytes: number) => void): WorstCase => ({
  name: `xlsx: ${name}`,
  async make(bytes) {
    const book = new ExcelJS.Workbook();
    build(book.addWorksheet('a'), bytes);
    return madeFile(name, { xlsx: {} }, Buffer.from((await book.xlsx.writeBuffer()) as ArrayBuffer), { id: {} });
  },
});
const WORKBOOKS: WorstCase[] = [
  workbook('rows', (sheet, n) => {
    for (let i = 0; i < n / 40; i++) sheet.addRow([`text ${i}`]);
  }),
  workbook('columns', (sheet, n) => {
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    for (let i = 0; i < n / 400_000; i++) sheet.addRow(names);
  }),
  workbook('merged cells', (sheet, n) => {
    // To write them takes exceljs the square of their number: so many are read in no time, and written in seconds.
    for (let i = 1; i < Math.min(n / 80, 2000); i++) {
      sheet.getCell(i, 1).value = i;
      sheet.mergeCells(i, 1, i, 2);
    }
  }),
];
