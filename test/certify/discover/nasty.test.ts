import { describe, expect, test } from 'vitest';
import { discoverFile } from '../../../src/authoring/discover/file.ts';
import { workbookOf } from '../../../src/formats/xlsx/write.ts';
import { proposed } from './proposed.ts';

const HEADER = 'Receipt,Date,Payee,Amount\r\n';
const number = (n: number, width: number): string => String(n).padStart(width, '0');
const row = (i: number): string => `${number(i, 5)},03/${number((i % 28) + 1, 2)}/2026,Marsh ${i},${i}.50\r\n`;
const rows = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, i) => row(from + i)).join('');
const look = (text: string) => discoverFile('pool.csv', Buffer.from(text, 'latin1'));
const receiptsIn = (text: string, file = 'pool.csv') => proposed(file, Buffer.from(text, 'latin1'));

/** Water bills as a mainframe writes them: a header, bills with the sign in their last digit, and a trailer with count and sum. */
function mainframe(bills: number): string[] {
  const zoned = (n: number): string => number(Math.abs(n), 11).replace(/\d$/, (d) => (n < 0 ? '}JKLMNOPQR' : '{ABCDEFGHI')[Number(d)]!);
  const amounts = Array.from({ length: bills }, (_, i) => (i % 5 === 4 ? -1 : 1) * (900 + ((i * 7919) % 90_000)));
  const lines = amounts.map(
    (amount, i) => `05${number(i + 1, 8)}${`CUSTOMER ${'ABCDEFG'[i % 7]}`.padEnd(20)}${zoned(amount)}202603${number((i % 28) + 1, 2)}`,
  );
  const total = amounts.reduce((sum, n) => sum + n, 0);
  return ['0120260301WATERBILL', ...lines, `99${number(bills, 7)}${zoned(total)}`].map((line) => line.padEnd(60));
}

describe('what a report leaves between and behind its records is no record, and no record is taken for it', { timeout: 60_000 }, () => {
  test.each([
    ['merged', 'Receipt,,Money,\r\n'],
    ['repeated', 'Receipt,Receipt,Money,Money\r\n'],
  ])('names of groups above the names of the columns, %s', async (_, groups) => {
    const stream = await look(groups + HEADER + rows(1, 40));
    expect(stream.decoder).toMatchObject({ csv: { skip_lines: 1 } });
    expect(stream.fields.map(({ name, type }) => `${name} ${type}`)).toEqual(['Receipt text', 'Date date', 'Payee text', 'Amount decimal']);
    expect((await look(`Receipt,Date,,Amount\r\n${rows(1, 40)}`)).decoder).not.toMatchObject({ csv: { skip_lines: 2 } });
  });

  test('a header at the top of each page', async () => {
    const { stream, failed } = await receiptsIn(HEADER + rows(1, 8) + HEADER + rows(9, 30) + HEADER + rows(31, 40));
    expect(failed).toEqual([]);
    expect(stream.record_selector).toEqual({ where: [{ field: 'Receipt', not_in: ['Receipt'] }] });
    expect(stream.keys[0]).toMatchObject({ fields: ['Receipt'] });
    expect(stream.fields.find(({ name }) => name === 'Date')).toMatchObject({ type: 'date', format: 'MM/DD/YYYY' });
  });

  test('a header and a subtotal on each page', async () => {
    const stream = await look(`${HEADER}${rows(1, 8)}Page total,,,40.00\r\n${HEADER}${rows(9, 30)}Page total,,,430.00\r\n`);
    expect(stream.record_selector).toEqual({ where: [{ field: 'Receipt', not_in: ['Receipt', 'Page total'] }] });
    expect(stream.fields.find(({ name }) => name === 'Amount')).toMatchObject({ type: 'decimal' });
  });

  test('a header that comes again in a workbook', async () => {
    const cells = (texts: string[]) => ({
      cells: texts.map((value, column) => ({ column, type: 'inlineStr', style: 0, formula: false, value })),
    });
    const bytes = workbookOf({
      sheets: [
        {
          name: 'Till',
          rows: [
            ['Receipt', 'Payee'],
            ['000A', 'Ann'],
            ['000B', 'Bo'],
            ['Receipt', 'Payee'],
            ['000C', 'Cy'],
          ].map((texts, i) => ({ number: i + 1, ...cells(texts) })),
        },
      ],
    });
    const stream = await discoverFile('till.xlsx', bytes);
    expect(stream.record_selector).toEqual({ where: [{ field: 'Receipt', not_in: ['Receipt'] }] });
  });

  test('a record of somebody whose name begins like a total stays a record', async () => {
    const stream = await look('Payee,Date,Amount\r\nTotal Fitness,03/01/2026,5.00\r\nAnn,03/02/2026,6.00\r\nBo,03/03/2026,7.00\r\n');
    expect(stream.record_selector).toBeUndefined();
    expect(stream.decoder).toEqual({ csv: {} });
  });

  test.each(['\x1a', '\x1a\x1a\x1a'])('the end mark of DOS', async (mark) => {
    const stream = await look(HEADER + rows(1, 12) + mark);
    expect(stream.decoder).toEqual({ csv: {} });
  });

  test('the last line of a sample that was cut off is not taken for a footer, which would cost each file its last record', async () => {
    const { stream, failed } = await receiptsIn((HEADER + rows(1, 12)).slice(0, -9));
    expect([failed, stream.decoder]).toEqual([[], { csv: {} }]);
    expect(stream.evidence.join()).toContain('the sample was cut off in it');
    const short = await discoverFile('pool.csv', Buffer.from(`${HEADER}${rows(1, 12)}00013,03/14/2026,Marsh 13\r\n`));
    expect(short.decoder).toEqual({ csv: {} });
    expect(short.evidence.join()).toContain('1 rows have a different number of columns');
  });

  test('delimiters behind the last column, and rows of delimiters alone', async () => {
    const wide = (text: string): string => text.replaceAll('\r\n', ',,,\r\n');
    const { stream, failed } = await receiptsIn(`${wide(HEADER + rows(1, 15))}Total,,,127.50,,,\r\n,,,,,,\r\n`);
    expect(failed).toEqual([]);
    expect(stream.decoder).toEqual({ csv: { empty_rows: 'skip', trailing_delimiters: 'drop', footer_lines: 1, footer_has: 'Total' } });
    expect(stream.fields.map(({ name }) => name)).toEqual(['Receipt', 'Date', 'Payee', 'Amount']);
  });

  test('numbers that a spreadsheet shortened', async () => {
    const stream = await look(`Account,Amount\r\n1.23E+05,5.00\r\n00123,6.00\r\n00124,7.00\r\n`);
    expect(stream.fields[0]).toMatchObject({
      type: 'text',
      evidence: expect.stringContaining('a spreadsheet shortened 1 of 3, such as 1.23E+05'),
    });
  });
});

describe('files of mainframes', { timeout: 60_000 }, () => {
  const CONTROL = [{ type: '99', count: 'at_3_9', total: { field: 'at_10_20', of: 'at_31_41', decimals: 0 } }];

  test.each([
    ['with kinds of lines whose first character is the same', (lines: string[]) => `${lines.join('\r\n')}\r\n`, {}],
    ['and the end mark of DOS', (lines: string[]) => `${lines.join('\r\n')}\r\n\x1a`, {}],
    ['and no line breaks', (lines: string[]) => lines.join(''), { line_breaks: false }],
  ])('%s', async (_, write, more) => {
    const stream = await discoverFile('bills.dat', Buffer.from(write(mainframe(30))));
    expect(stream.decoder).toMatchObject({ fixed_width: { record_length: 60, ...more } });
    expect(stream.record_selector).toEqual({ types: ['05'], parents: ['01'] });
    expect(stream.control).toEqual(CONTROL);
  });

  test('without line breaks certify, and what their trailer adds up has its sign where the bills have theirs', async () => {
    const { stream, failed } = await proposed('bills.dat', Buffer.from(mainframe(30).join('')));
    expect(failed).toEqual([]);
    expect(stream.decoder).toMatchObject({
      fixed_width: { record_types: { '99': { fields: { at_10_20: { from: 10, to: 20, decimals: 0, sign: 'overpunch' } } } } },
    });
  });

  test('however long, if their columns come again', async () => {
    const stream = await discoverFile('bills.dat', Buffer.from(mainframe(600).join('')));
    expect(stream.decoder).toMatchObject({ fixed_width: { record_length: 60, line_breaks: false } });
    await expect(
      discoverFile('blob.dat', Buffer.from('A6 x'.repeat(5000).replace(/x/g, (_, i: number) => 'x9'.repeat((i * i) % 7)))),
    ).rejects.toThrow('a line is longer than');
  });

  test('in EBCDIC are named', async () => {
    const ebcdic = Buffer.from([...'0512345 67'.repeat(10)].map((c) => (c === ' ' ? 0x40 : 0xf0 + Number(c))));
    await expect(discoverFile('bills.dat', ebcdic)).rejects.toThrow('This is EBCDIC');
    // The first letter of a header, H, is as a packet of OpenPGP begins.
    const header = Buffer.concat([Buffer.from([0xc8, 0xf2, 0xf0, 0xf2, 0xf6, 0xf0, 0xf7, 0xf0, 0xf1]), ebcdic]);
    await expect(discoverFile('bills.dat', header)).rejects.toThrow('This is EBCDIC');
  });
});

describe('a damaged sample is refused with the words of the decoder that would read it', () => {
  const xml = '<?xml version="1.0"?>\n<p:Permits xmlns:p="urn:p"><p:Permit id="1"/><p:Permit id="2"/></p:Permits>\n';

  test.each([
    ['p.xml', xml.slice(0, 70), 'it was cut off'],
    ['p.xml', xml.replace('\n', '\n<!DOCTYPE p>'), 'document type or entity declaration'],
    ['p.json', '[{"a": 1}, {"a": 2', /cut off|ends before/],
  ])('%s: %s', async (file, text, said) => {
    await expect(discoverFile(file, Buffer.from(text))).rejects.toThrow(said);
    await expect(discoverFile(file, Buffer.from(text))).rejects.not.toThrow('SOAP');
  });

  test('text of another encoding behind the mark of UTF-8', async () => {
    await expect(discoverFile('a.csv', Buffer.from(`ï»¿${HEADER}1,2,M\xfcller,3\r\n`, 'latin1'))).rejects.toThrow(
      'although the file begins with the byte order mark of UTF-8',
    );
  });

  test('XML with a group that holds nothing but a list, and prefixes of its own, certifies', async () => {
    const permits = Array.from(
      { length: 8 },
      (_, i) =>
        `<p:Permit id="${number(i, 4)}"><c:Holder><c:Name>Ann ${i}</c:Name></c:Holder><p:Fees>${'<p:Fee><p:Code>F</p:Code></p:Fee>'.repeat(i % 3)}</p:Fees></p:Permit>`,
    );
    const { failed } = await proposed(
      'permits.xml',
      Buffer.from(`<p:Permits xmlns:p="urn:p" xmlns:c="urn:c">${permits.join('')}</p:Permits>`),
    );
    expect(failed).toEqual([]);
  });
});
