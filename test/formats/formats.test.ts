import fc from 'fast-check';
import type { Values } from '../../src/core/record.ts';
import { stylesOf, workbookOf } from '../../src/formats/xlsx-write.ts';
import { testFormat } from './test-format.ts';

const SINGLE = ['utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'];
const line = (i: number) => `${String(i).padStart(7, '0')}`;

/** Text that is hard to write, without what reading takes for absent. */
const text = fc
  .oneof(
    fc.string({ minLength: 1, unit: 'binary', maxLength: 12 }),
    fc
      .array(fc.constantFrom('a', '0', ' ', ',', '"', '\n', '\r', '\t', '=', '<', '&', ']]>', 'é', '😀', ';'), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) => parts.join('')),
  )
  .filter((value) => !/[\0]/.test(value) && value.isWellFormed());
const field = fc.option(text, { nil: null });

testFormat('csv', {
  decoder: { csv: {} },
  sample: 'receipt,name,note\n00123,"Zoé ""Z"" Miller","two\nlines"\n="00456",O\'Neil,\n\n00789,"a,b",5" pipe\n',
  values: [
    { receipt: '00123', name: 'Zoé "Z" Miller', note: 'two\nlines' },
    { receipt: '00456', name: "O'Neil", note: null },
    { receipt: '00789', name: 'a,b', note: '5" pipe' },
  ],
  lineEndings: false,
  encodings: SINGLE,
  large: { begin: 'id,name,amount\n', row: (i) => `${line(i)},"Smith, John ${i}",12.50\n`, end: () => '' },
  records: { decoder: { csv: {} }, arbitrary: fc.record({ a: field, b: field, c: field }) },
});

testFormat('csv, the general parser', {
  decoder: { csv: { delimiter: '||', comment: '#', escape: '\\' } },
  sample: '# made by Clerk 4\nreceipt||name||note\n00123||"Zoé \\"Z\\" Miller"||"two\nlines"\n# a comment\n00456||O\'Neil||\n',
  values: [
    { receipt: '00123', name: 'Zoé "Z" Miller', note: 'two\nlines' },
    { receipt: '00456', name: "O'Neil", note: null },
  ],
  lineEndings: false,
  encodings: SINGLE,
  large: { begin: 'id||name||amount\n', row: (i) => `${line(i)}||"Smith, John ${i}"||12.50\n`, end: () => '' },
  records: { decoder: { csv: { delimiter: '||', comment: '#', escape: '\\', trim: true } }, arbitrary: fc.record({ a: field, b: field }) },
});

testFormat('csv with row types', {
  decoder: { csv: { header: false, record_types: { H: ['type', 'date', 'payer'], D: ['type', 'charge', 'amount', 'note'] } } },
  sample: 'H,04222022,P Russell\nD,B110,210,Électrical\nD,0042,15,\nH,04232022,Zoé\nD,B110,5,x\n',
  values: [
    { type: 'H', date: '04222022', payer: 'P Russell' },
    { type: 'D', charge: 'B110', amount: '210', note: 'Électrical' },
    { type: 'D', charge: '0042', amount: '15', note: null },
    { type: 'H', date: '04232022', payer: 'Zoé' },
    { type: 'D', charge: 'B110', amount: '5', note: 'x' },
  ],
  encodings: SINGLE,
  large: { begin: 'H,04222022,P Russell\n', row: (i) => `D,${line(i)},210,Electrical\n`, end: () => '' },
  records: {
    decoder: { csv: { header: false, record_types: { H: ['type', 'date'], D: ['type', 'charge', 'amount'] } } },
    arbitrary: fc.oneof(
      fc.record({ type: fc.constant('H'), date: field }),
      fc.record({ type: fc.constant('D'), charge: field, amount: field }),
    ),
  },
});

const fixedFields = {
  account: { from: 2, to: 8 },
  name: { from: 9, to: 18 },
  amount: { from: 19, to: 26, align: 'right', pad: '0', decimals: 2 },
};
testFormat('fixed width', {
  decoder: {
    fixed_width: {
      record_types: {
        H: { when: { from: 1, to: 1, is: 'H' }, fields: { date: { from: 2, to: 9 } } },
        D: { when: { from: 1, to: 1, is: 'D' }, fields: fixedFields },
      },
    },
  },
  sample: "H20240701\nD0012345Zoé Miller00001250\nD0012346O'Neil    0000001-\nD0012347          00000000\n",
  values: [
    { date: '20240701' },
    { account: '0012345', name: 'Zoé Miller', amount: '12.50' },
    { account: '0012346', name: "O'Neil", amount: '-0.01' },
    { account: '0012347', name: null, amount: '0.00' },
  ],
  encodings: SINGLE,
  large: { begin: 'H20240701\n', row: (i) => `D${line(i)}Zoé Miller00001250\n`, end: () => '' },
  records: {
    decoder: { fixed_width: { record_types: { D: { when: { from: 1, to: 1, is: 'D' }, fields: fixedFields } } } },
    arbitrary: fc.record({
      account: fc.option(fc.stringMatching(/^[0-9A-Z]{1,7}$/), { nil: null }),
      name: fc.option(
        fc.array(fc.constantFrom('a', 'é', '😀', '本'), { minLength: 1, maxLength: 10 }).map((c) => c.join('')),
        { nil: null },
      ),
      amount: fc.option(
        fc
          .integer({ min: -999_999, max: 9_999_999 })
          .map((cents) => `${cents < 0 ? '-' : ''}${Math.trunc(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`),
        { nil: null },
      ),
    }),
  },
});

testFormat('fixed width without line breaks', {
  decoder: {
    fixed_width: {
      line_breaks: false,
      record_length: 8,
      record_types: { D: { fields: { id: { from: 1, to: 4 }, name: { from: 5, to: 8 } } } },
    },
  },
  sample: '0001Zoé 0002abcd',
  values: [
    { id: '0001', name: 'Zoé' },
    { id: '0002', name: 'abcd' },
  ],
  lineEndings: false,
  encodings: SINGLE,
  large: { begin: '0000abcd', row: (i) => `${line(i).slice(3)}abcd`, end: () => '' },
});

const xmlText = text.filter((value) => !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(value));
const xmlField = fc.option(xmlText, { nil: null });
testFormat('xml', {
  findsEncoding: true,
  decoder: { xml: { row: 'ROOT/Receipt', lists: ['Line'] } },
  sample:
    '<?xml version="1.0"?>\n<!-- export > of < today -->\n<ROOT xmlns="urn:x" xmlns:t="urn:t">\n  <Receipt Number="00123" t:By="Zoé &amp; co">\n    <Line Amount="1.50">a &lt; b<![CDATA[ <c> ]]></Line>\n    <Empty/>\n  </Receipt>\n  <t:Receipt Number=\'0&#52;5\'><Line>x</Line><Line/><Note>two\nlines</Note></t:Receipt>\n</ROOT>\n',
  values: [
    { Number: '00123', By: 'Zoé & co', Line: [{ Amount: '1.50', text: 'a < b <c> ' }], Empty: null },
    { Number: '045', Line: ['x', null], Note: 'two\nlines' },
  ],
  encodings: SINGLE,
  large: {
    begin: '<ROOT>\n',
    row: (i) => `<Receipt Number="${line(i)}"><Line Amount="1.50"/><Line Amount="2.50"/></Receipt>\n`,
    end: () => '</ROOT>\n',
  },
  records: {
    decoder: { xml: { row: 'ROOT/Receipt', lists: ['Line', 'group.list'], attributes_prefix: '@' } },
    arbitrary: fc.record({
      a: xmlField,
      '@b': xmlText,
      Line: fc.array(fc.oneof(xmlField, fc.record({ x: xmlField }))),
      group: fc.record({ y: xmlField, list: fc.array(xmlField) }),
    }) as fc.Arbitrary<Values>,
  },
});

const jsonValue = fc.letrec<{ value: Values[string] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    field,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3 }),
  ),
})).value;
testFormat('json', {
  streams: false,
  decoder: { json: { rows: 'data.items' } },
  sample:
    '{"ok": true, "data": {"note": "[é]", "items": [\n {"id": "00123", "amount": 1.10, "big": 12345678901234567890, "paid": true},\n {"id": "00124", "name": "Zo\\u00e9 \\"Z\\"", "lines": [{"n": 1e3}, null, []], "none": null}\n], "more": []}}\n',
  values: [
    { id: '00123', amount: '1.10', big: '12345678901234567890', paid: 'true' },
    { id: '00124', name: 'Zoé "Z"', lines: [{ n: '1e3' }, null, []], none: null },
  ],
  encodings: SINGLE,
  large: {
    begin: '{"data":{"items":[{"id":"0"}',
    row: (i) => `,{"id":"${line(i)}","amount":12.50,"payer":"a long name of a payer ${'x'.repeat(200)}"}`,
    end: () => ']}}',
  },
  records: { decoder: { json: { rows: 'a.b' } }, arbitrary: fc.dictionary(fc.string({ maxLength: 5 }), jsonValue, { maxKeys: 4 }) },
});

testFormat('json lines', {
  decoder: { json: { lines: true } },
  sample: '{"id":"00123","amount":1.10}\n\n{"id":"00124","name":"Zoé"}\n',
  values: [
    { id: '00123', amount: '1.10' },
    { id: '00124', name: 'Zoé' },
  ],
  encodings: SINGLE,
  large: { begin: '', row: (i) => `{"id":"${line(i)}","amount":12.50,"payer":{"name":"x"}}\n`, end: () => '' },
  records: { decoder: { json: { lines: true } }, arbitrary: fc.dictionary(fc.string({ maxLength: 5 }), jsonValue, { maxKeys: 4 }) },
});

const sheet = (rows: string[][]) =>
  workbookOf({
    styles: stylesOf(['0.00', 'm/d/yyyy']),
    strings: ['Zoé', 'paid'],
    sheets: [
      {
        name: 'Receipts',
        rows: rows.map((cells, i) => ({
          number: i + 1,
          cells: cells.map((value, column) => ({
            column,
            style: i > 0 && column > 1 ? column - 1 : 0,
            type: i === 0 || column === 0 ? 'inlineStr' : column === 1 ? 's' : 'n',
            value,
            formula: false,
          })),
        })),
      },
    ],
  });
const SHEET_HEADER = ['receipt', 'name', 'amount', 'date'];
testFormat('xlsx', {
  decoder: { xlsx: {} },
  sample: sheet([SHEET_HEADER, ['00123', '0', '12.5', '46083'], ['00124', '1', '0.30000000000000004', '46084']]),
  values: [
    { receipt: '00123', name: 'Zoé', amount: '12.50', date: '2026-03-02' },
    { receipt: '00124', name: 'paid', amount: '0.30', date: '2026-03-03' },
  ],
  encodings: [],
  large: (rows) => sheet([SHEET_HEADER, ...Array.from({ length: rows }, (_, i) => [line(i), '0', '12.5', '46083'])]),
});

const bank = {
  group: { receiver: 'TOWN', originator: 'BANK', status: '1', date: '240701', time: '2400', currency: 'USD', date_modifier: '2' },
  file: { sender: 'BANK', receiver: 'TOWN', date: '240702', time: '0600', id: '1' },
};
const about = { date: '240701', account: '0042', currency: 'USD', statement: 'f8092e205f52', ...bank };
const opening = {
  type_code: '010',
  amount: '100.00',
  item_count: null,
  funds_type: null,
  value_date: null,
  value_time: null,
  availability: [],
};
testFormat('bai2', {
  decoder: { bai2: {} },
  sample:
    '01,BANK,TOWN,240702,0600,1,80,1,2/\n02,TOWN,BANK,1,240701,2400,USD,2/\n03,0042,USD,010,10000,,/\n16,301,2550,,REF1,0099,Caf\u00e9 A/B, lane 3\n88,and more/\n49,12550,4/\n98,12550,1,6/\n99,12550,1,8/\n',
  values: [
    { ...opening, ...about },
    {
      type_code: '301',
      amount: '25.50',
      funds_type: null,
      value_date: null,
      value_time: null,
      availability: [],
      bank_reference: 'REF1',
      customer_reference: '0099',
      text: 'Café A/B, lane 3 and more',
      summaries: [opening],
      ...about,
    },
  ],
  encodings: SINGLE,
  large: {
    begin: '01,BANK,TOWN,240702,0600,1,80,1,2/\n02,TOWN,BANK,1,240701,2400,USD,2/\n03,0042,USD,010,0,,/\n',
    row: (i) => `16,301,100,,${line(i)},,A PAYMENT/\n`,
    end: (rows) => `49,${rows * 100},${rows + 2}/\n98,${rows * 100},1,${rows + 4}/\n99,${rows * 100},1,${rows + 6}/\n`,
  },
});
