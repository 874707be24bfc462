import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { discoverFile } from '../../../src/authoring/discover/file.ts';
import { discoveryYaml } from '../../../src/authoring/discover/yaml.ts';
import type { ProposedStream } from '../../../src/authoring/discover/proposal.ts';
import { cutSample } from '../../../src/authoring/scaffold/sample-cut.ts';
import { stylesOf, workbookOf } from '../../../src/formats/xlsx/write.ts';
import { encrypted, gzip, keysOf, zip } from '../../formats/packing.ts';
import { decoder, readAll } from '../../formats/reading.ts';

const look = (text: string | Buffer, file = 'sample-20260302.txt'): Promise<ProposedStream> =>
  discoverFile(file, typeof text === 'string' ? Buffer.from(text) : text);
const field = (stream: ProposedStream, name: string) => stream.fields.find((f) => f.name === name);

describe('a delimited sample', () => {
  test('gives its delimiter, header, footer and lines before, with evidence', async () => {
    const stream = await look(
      'Export of 2026-03-02\n\nno;name;paid\n0001;Ann;12.50\n0002;Joe;1.00\n0003;Kim;3.25\nTotal: 3 records\n',
      'ledger-20260302.csv',
    );
    expect(stream.decoder).toEqual({ csv: { delimiter: ';', skip_lines: 1, footer_lines: 1, footer_has: 'Total' } });
    expect(stream.evidence.join('\n')).toContain('delimited by ";"');
    expect(stream.evidence.join('\n')).toContain('row 1 is a header');
    expect(stream.evidence.join('\n')).toContain('"Total: 3 records"');
    expect(stream.retriever).toEqual({ files: { pattern: 'ledger-*.csv' } });
    expect(stream.name).toBe('ledger');
  });

  test('without a header keeps its first row as a record', async () => {
    const stream = await look('1,ab,2026-01-02\n2,cd,2026-01-03\n3,ef,2026-01-04\n');
    expect(stream.decoder).toEqual({ csv: { header: ['column_1', 'column_2', 'column_3'] } });
    expect(field(stream, 'column_3')).toMatchObject({ type: 'date', evidence: '3 of 3 are dates YYYY-MM-DD' });
  });

  test('in pairs of header and detail lines is told as record types', async () => {
    const stream = await look(
      'H,0,04222022,P Russell\nD,B110,210,Electrical,x\nD,B111,90,Plumbing,x\nH,0,04232022,A Smith\nD,B110,10,Electrical,x\n',
    );
    expect(stream.record_selector).toEqual({ types: ['D'], parents: ['H'] });
    expect(stream.evidence.join()).toContain('D 3 times with 5 columns');
  });

  test('in Windows-1252 and in UTF-16 is known by its bytes', async () => {
    const text = 'no,name\n1,Café\n2,Ann\n3,Joe\n';
    const latin = await look(Buffer.from(text, 'latin1'));
    expect(latin.decoder).toMatchObject({ csv: { encoding: 'windows-1252' } });
    expect(latin.evidence[0]).toContain('line 2 has the byte 0xE9');
    expect((await look(Buffer.from(`\ufeff${text}`, 'utf16le'))).decoder).toMatchObject({ csv: { encoding: 'utf-16le' } });
    expect((await look(text)).evidence[0]).toContain('UTF-8');
  });
});

describe('types are text first', () => {
  test('leading zeros and digits stay text; figures with decimals and dates are proposed', async () => {
    const rows = Array.from(
      { length: 24 },
      (_, i) =>
        `${String(i).padStart(5, '0')},${1000 + i},${i}.50,03/${String(1 + (i % 28)).padStart(2, '0')}/2026,${i % 2 ? 'Y' : 'N'},${i === 7 ? 'soon' : '2026-01-05'}`,
    );
    const stream = await look(`id,account,amount,paid,void,due\n${rows.join('\n')}\n`);
    expect(field(stream, 'id')).toMatchObject({ type: 'text', evidence: 'text: 24 of 24 have leading zeros' });
    expect(field(stream, 'account')).toMatchObject({
      type: 'text',
      evidence: 'text: 24 of 24 are digits, treated as an identifier, not an amount',
    });
    expect(field(stream, 'amount')).toMatchObject({ type: 'decimal', evidence: '24 of 24 are figures with decimals' });
    expect(field(stream, 'paid')).toMatchObject({ type: 'date', format: 'MM/DD/YYYY' });
    expect(field(stream, 'void')).toMatchObject({ type: 'boolean' });
    expect(field(stream, 'due')).toMatchObject({ type: 'text', evidence: 'text: only 23 of 24 are dates YYYY-MM-DD; "soon" is not' });
  });

  test('where day and month could be exchanged, that is said', async () => {
    expect(field(await look('id,paid\na,03/04/2026\nb,05/06/2026\nc,01/02/2026\n'), 'paid')!.evidence).toContain('DD/MM/YYYY fits too');
  });
});

describe('keys', () => {
  test('one field, else two, with the count of values that differ', async () => {
    expect((await look('town,permit_no\nA,1x\nA,2x\nB,3x\n')).keys[0]).toEqual({
      fields: ['permit_no'],
      evidence: '3 of 3 values differ, none is empty',
    });
    const two = await look('receipt,line,text\nr1,l1,same\nr1,l2,same\nr2,l1,same\nr2,l2,same\n');
    expect(two.keys[0]!.fields).toEqual(['receipt', 'line']);
  });

  test('equal records are identified by their order', async () => {
    const stream = await look('who,what\nann,swim\nann,swim\njoe,swim\n');
    expect(stream.keys[0]).toMatchObject({ repeats: 'number' });
    expect(discoveryYaml({ source: 's', streams: [stream], options: {}, notes: [] })).toContain('repeats: number');
  });
});

describe('a fixed-width sample', () => {
  const lines = Array.from(
    { length: 30 },
    (_, i) => `D${String(i + 1).padStart(6, '0')}${String((i * 7919) % 99_999).padStart(9, '0')} SAMPLE ANN`,
  );
  const total = Array.from({ length: 30 }, (_, i) => (i * 7919) % 99_999).reduce((a, b) => a + b, 0);
  const text = ['H20260302TOWN', ...lines, `T000030${String(total).padStart(13, '0')}`].join('\n');

  test('gives record types, columns, and the trailer whose figures it found out', async () => {
    const stream = await look(`${text}\n`);
    expect(stream.record_selector).toEqual({ types: ['D'], parents: ['H'] });
    expect(stream.control?.[0]).toMatchObject({ type: 'T', count: 'at_2_7', total: { field: 'at_8_20' } });
    expect(stream.evidence.join('\n')).toContain('characters 2-7 of T are 000030, the number of D lines');
    expect(stream.evidence.join('\n')).toMatch(/characters 8-20 of T are the sum of characters \d+-16 of the D lines/);
  });
});

test('fixed-width kinds that both come often are told by their lengths, and what may belong to the mark is pointed at', async () => {
  const pair = (i: number): string =>
    `10${2026030101 + i}CASHIER \n20${String(i).padStart(4, '0')}SWIM ${1000 + i}\n20${String(i + 50).padStart(4, '0')}HALL ${2000 - i}\n`;
  const stream = await look(Array.from({ length: 8 }, (_, i) => pair(i)).join(''));
  expect(stream.record_selector).toEqual({ types: ['2'], parents: ['1'] });
  expect(stream.evidence.join('\n')).toContain('character 2 is always 0: check whether it belongs to the kind of line');
});

test('a CSV file of one column is one, and its header no record', async () => {
  const stream = await look('Permit\nB-1\nB-2\n', 'permits.csv');
  expect(stream.decoder).toEqual({ csv: {} });
  expect(stream.keys[0]!.fields).toEqual(['Permit']);
});

describe('nested samples', () => {
  test('XML gives its rows and what repeats within them', async () => {
    const stream = await look('<Root><R No="1"><L><A>1</A></L><L><A>2</A></L></R><R No="2"><L><A>3</A></L></R></Root>', 'a.xml');
    expect(stream.decoder).toEqual({ xml: { row: 'Root/R', lists: ['L'] } });
    expect(stream.evidence.join('\n')).toContain('L comes up to 2 times within it: a list');
    expect(field(stream, 'L')).toMatchObject({ type: 'list' });
  });

  test('JSON gives the path of its records, JSON lines are known', async () => {
    const stream = await look('{ "meta": { "total": 2 }, "data": { "items": [ { "id": "1" }, { "id": "2" } ] } }', 'a.json');
    expect(stream.decoder).toEqual({ json: { rows: 'data.items' } });
    expect((await look('{"id":"1"}\n{"id":"2"}\n', 'a.jsonl')).decoder).toEqual({ json: { lines: true } });
  });

  test('what cannot be looked at is refused in plain words', async () => {
    await expect(look('')).rejects.toThrow('The file is empty.');
    await expect(look(Buffer.from('PK\u0003\u0004rest'), 'a.xlsx')).rejects.toThrow('FILE_TRUNCATED');
    const isa = `ISA*00*          *00*          *ZZ*${'TOWN'.padEnd(15)}*ZZ*${'BANK'.padEnd(15)}*260701*1200*U*00401*000000001*0*P*>`;
    await expect(look(`${isa}~GS*RA*S*R*20260701*1200*1*X*004010~ST*820*0001~`, 'a.edi')).rejects.toThrow('This is EDI');
    expect((await look(`${isa}\r\nRMR*IV*INV1**100.00\r\nRMR*IV*INV2**50.00\r\n`, 'a.edi')).fields.length).toBeGreaterThan(0);
    await expect(look('%PDF-1.7\n%\u00e2\n1 0 obj', 'report.csv')).rejects.toThrow('This is a PDF. A PDF cannot be read as data');
    await expect(look('<!DOCTYPE html><html><body>Log in</body></html>')).rejects.toThrow('it may be a login page');
    await expect(look(Buffer.from('d0cf11e0a1b11ae10000', 'hex'), 'till.xls')).rejects.toThrow('save it as .xlsx or CSV');
    await expect(look(Buffer.from('no,name\n1,Ann\n', 'utf16le'))).rejects.toThrow('this is UTF-16 without a byte order mark');
    await expect(look('{"items":[],"total":0}')).rejects.toThrow('There is no list of records in it: it has items, total.');
    await expect(look('{"openapi":"3.0.1","paths":{}}')).rejects.toThrow('Give an answer of one of its paths');
    await expect(look('[]')).rejects.toThrow('it is an empty list. Give a sample with at least a few records');
    await expect(look('<Root><R></Root>', 'a.xml')).rejects.toThrow('</Root> is where <R> must be closed');
  });
});

test('what is printed can be pasted: names that YAML would read otherwise are in quotes', async () => {
  const yaml = discoveryYaml({ source: 's', streams: [await look('no,GL #,on: x\n1a,2,3\n2a,3,4\n3a,4,5\n')], options: {}, notes: [] });
  const { parse } = await import('yaml');
  expect(Object.keys((parse(yaml) as { streams: { sample: { schema: { fields: object } } } }).streams.sample.schema.fields)).toEqual([
    'no',
    'GL #',
    'on: x',
  ]);
});

describe('a sample that is packed, or a workbook', () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${String(i + 1).padStart(5, '0')},2026-03-02,Payer Number${i},${i}.50`);
  const csv = `no,paid,payer,amount\n${rows.join('\n')}\n`;

  test('is unpacked as far as it goes, and the manifest says how', async () => {
    const gz = await look(gzip(csv), 'till-20260302.csv.gz');
    expect(gz).toMatchObject({
      name: 'till',
      retriever: { files: { pattern: 'till-*.csv.gz', unpack: [{ gzip: {} }] } },
      decoder: { csv: {} },
    });
    expect(field(gz, 'amount')).toMatchObject({ type: 'decimal' });
    const zipped = await look(await zip({ 'readme.txt': 'x', 'out/till-20260302.csv': csv }), 'bundle.zip');
    expect(zipped.retriever).toEqual({ files: { pattern: 'bundle*.zip', unpack: [{ zip: { entry: 'till-*.csv' } }] } });
    expect(discoveryYaml({ source: 's', streams: [zipped], options: {}, notes: [] })).toContain(
      'unpack: [{ zip: { entry: "till-*.csv" } }]',
    );
    const both = await look(gzip(await zip({ 'till.csv': csv })), 'till.zip.gz');
    expect(both.retriever).toMatchObject({ files: { unpack: [{ gzip: {} }, { zip: {} }] } });
    await expect(look(await encrypted(csv, { to: await keysOf('town') }), 'till.pgp')).rejects.toThrow('there is no key here');
    expect((await discoverFile('a.csv.gz', gzip(csv).subarray(0, 300), true)).decoder).toEqual({ csv: {} });
  });

  test('gives its sheet, header, what is above and below, and types as its cells show them', async () => {
    const stream = await look(sheet(), 'till-2026.xlsx');
    expect(stream.decoder).toEqual({ xlsx: { sheet: 'Till', skip_rows: 2, footer_rows: 1 } });
    expect(stream.evidence.join('\n')).toMatch(/the sheets Till, Notes; looked at Till[\s\S]*row 3 is a header/);
    expect(field(stream, 'no')).toMatchObject({ type: 'text' });
    expect(field(stream, 'paid')).toMatchObject({ type: 'date' });
    expect(field(stream, 'amount')).toMatchObject({ type: 'decimal' });
    expect(stream.keys[0]?.fields).toEqual(['no']);
  });

  test('becomes a recording of its beginning, packed in the same way, without anything else that was in it', async () => {
    const gz = gzip(csv);
    const cut = await cutSample('till.csv.gz', gz, await look(gz, 'till.csv.gz'));
    expect(gunzipSync(cut).toString()).toBe(`${csv.split('\n').slice(0, 20).join('\n')}\n`);
    const archive = await zip({ 'till.csv': csv, 'private.txt': 'Nobody must see this'.repeat(3) });
    const kept = await cutSample('b.zip', archive, await look(archive, 'b.zip'));
    expect(kept.includes('private')).toBe(false);
    const book = await cutSample('till.xlsx', sheet(), await look(sheet(), 'till.xlsx'));
    const texts = await readAll(decoder({ xlsx: { sheet: 'Till', skip_rows: 2, footer_rows: 1 } }), book);
    expect(texts).toHaveLength(18);
    expect(texts[0]!.values).toEqual({ no: '00001', paid: '2026-03-02', payer: 'Payer Number0', amount: '0.50' });
    for (const part of ['xl/worksheets/sheet2.xml', 'xl/sharedStrings.xml']) expect(book.includes(part)).toBe(false);
  });

  function sheet(): Buffer {
    const cell = (column: number, value: string, style = 0) => ({ column, style, type: style ? 'n' : 's', value, formula: false });
    const strings: string[] = [];
    const text = (value: string): string => String(strings.push(value) - 1);
    const table = [
      { number: 1, cells: [cell(0, text('Town of X'))] },
      { number: 3, cells: ['no', 'paid', 'payer', 'amount'].map((name, i) => cell(i, text(name))) },
      ...rows.map((row, i) => {
        const [no, , payer, amount] = row.split(',');
        return {
          number: i + 4,
          cells: [cell(0, text(no!)), cell(1, '46083', 1), cell(2, text(payer!)), cell(3, String(Number(amount)), 2)],
        };
      }),
      { number: rows.length + 4, cells: [cell(2, text('Total')), cell(3, '1', 2)].slice(1) },
    ];
    const notes = { name: 'Notes', rows: [{ number: 1, cells: [cell(0, text('Nobody must see this'))] }] };
    return workbookOf({ sheets: [{ name: 'Till', rows: table }, notes], strings, styles: stylesOf(['m/d/yyyy', '0.00']) });
  }
});
