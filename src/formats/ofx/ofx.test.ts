import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal } from '../../../test/formats/reading.ts';

const ofx = decoder({ ofx: {} });
const HEADER = 'OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n';
/** A statement in OFX 1 around these entries. */
const sgml = (entries: string, { header = HEADER, currency = 'USD' } = {}): string =>
  `${header}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>${currency}<BANKACCTFROM><BANKID>1<ACCTID>0042<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260301\n${entries}</BANKTRANLIST><LEDGERBAL><BALAMT>5<DTASOF>20260302</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`;
const ENTRY = '<STMTTRN><TRNTYPE>DEP<DTPOSTED>20260302120000[-5:EST]<TRNAMT>12.50<FITID>F1<NAME>N</STMTTRN>';
const entries = async (content: string | Uint8Array) =>
  (await readAll(ofx, content)).filter(({ type }) => type === 'entry').map(({ values }) => values);

describe('an entry', () => {
  test.each<[string, string, object]>([
    [
      'of version 1, without end tags',
      ENTRY,
      {
        amount: '12.50',
        date: '20260302',
        posted_time: '120000[-5:EST]',
        fitid: 'F1',
        name: 'N',
        account: '0042',
        bank: '1',
        currency: 'USD',
      },
    ],
    ['on lines of its own', ENTRY.replaceAll('<', '\n<'), { amount: '12.50', fitid: 'F1', name: 'N' }],
    [
      'with values that are empty and not closed',
      ENTRY.replace('<FITID>', '<CHECKNUM>\n<REFNUM>\n<FITID>'),
      { fitid: 'F1', name: 'N', check_number: null, reference: null },
    ],
    [
      'with end tags',
      '<STMTTRN><TRNTYPE>DEP</TRNTYPE><DTPOSTED>20260302</DTPOSTED><TRNAMT>12.50</TRNAMT><FITID>F1</FITID><MEMO></MEMO><NAME/></STMTTRN>',
      { amount: '12.50', memo: null, name: null, posted_time: null },
    ],
    ['with a comma in its amount', ENTRY.replace('12.50', '-12,50'), { amount: '-12.50' }],
    ['with a plus', ENTRY.replace('12.50', '+12.50'), { amount: '12.50' }],
    ['with what SGML and XML escape', ENTRY.replace('>N<', '>A &amp; B &lt;C&gt; &#233;<'), { name: 'A & B <C> é' }],
    ['with a CDATA section', ENTRY.replace('>N<', '><![CDATA[A & <B>]]><'), { name: 'A & <B>' }],
    ['with a payee instead of a name', ENTRY.replace('<NAME>N', '<PAYEE><NAME>P<ADDR1>1 Main</PAYEE>'), { name: 'P' }],
    ['in another currency', ENTRY.replace('<NAME>N', '<NAME>N<CURRENCY><CURRATE>1.3<CURSYM>CAD</CURRENCY>'), { currency: 'CAD' }],
    ['that was converted', ENTRY.replace('<NAME>N', '<NAME>N<ORIGCURRENCY><CURRATE>1.3<CURSYM>CAD</ORIGCURRENCY>'), { currency: 'USD' }],
  ])('%s is read', async (_how, entry, values) => {
    expect((await entries(sgml(entry)))[0]).toMatchObject(values);
  });

  test('that corrects an earlier one needs review', async () => {
    const read = await readAll(ofx, sgml(ENTRY.replace('<NAME>', '<CORRECTFITID>F0<CORRECTACTION>REPLACE<NAME>')));
    expect(read[0]!.problem!.code).toBe('OFX_CORRECTION');
  });

  test('that is not posted is pending', async () => {
    const content = sgml(ENTRY).replace(
      '</STMTRS>',
      '<BANKTRANLISTP><STMTTRNP><TRNTYPE>DEP<DTTRAN>20260303<TRNAMT>1<NAME>X</STMTTRNP></BANKTRANLISTP></STMTRS>',
    );
    expect((await readAll(ofx, content)).map(({ type, values }) => [type, values['date']])).toEqual([
      ['entry', '20260302'],
      ['balance', '20260302'],
      ['pending', '20260303'],
    ]);
  });
});

test('a card is an account too', async () => {
  const content = `<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200"?><OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>CAD</CURDEF><CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM><BANKTRANLIST>${ENTRY}</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>`;
  expect((await entries(content))[0]).toMatchObject({ account: '4111', bank: null, account_type: 'CREDITCARD', currency: 'CAD' });
});

test('the encoding is what the header says', async () => {
  const text = sgml(ENTRY.replace('>N<', '>Zo\xe9<'));
  expect((await entries(Buffer.from(text, 'latin1')))[0]!['name']).toBe('Zoé');
  expect((await entries(Buffer.from(text.replace('USASCII', 'UTF-8'), 'utf8')))[0]!['name']).toBe('Zoé');
  expect(await refusal(ofx, Buffer.from(text.replace('CHARSET:1252', 'CHARSET:NONE'), 'latin1'))).toContain('[FILE_ENCODING]');
  expect(await refusal(ofx, Buffer.from(text.replace('CHARSET:1252', 'CHARSET:KOI8'), 'latin1'))).toMatch(
    /CHARSET KOI8.*\[FILE_ENCODING\]$/,
  );
});

test('the file may come in pieces of any size', async () => {
  const bytes = Buffer.from(sgml(ENTRY.replaceAll('<', '\n<')));
  expect(
    await readAll(
      ofx,
      Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
    ),
  ).toEqual(await readAll(ofx, bytes));
});

describe('a file is refused', () => {
  const good = sgml(ENTRY);
  test.each([
    ['that was cut off', good.slice(0, -10), /\[FILE_TRUNCATED\]$/],
    ['that was cut within an entry', good.slice(0, good.indexOf('<FITID>')), /\[FILE_TRUNCATED\]$/],
    [
      'that is an error of the bank',
      good.replace('<STMTRS>', '<STATUS><CODE>2000<SEVERITY>ERROR<MESSAGE>General error</STATUS><STMTRS>'),
      /2000 General error.*\[OFX_ERROR\]$/,
    ],
    [
      'that is an error of the login',
      `${HEADER}<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>15500<SEVERITY>ERROR</STATUS></SONRS></SIGNONMSGSRSV1></OFX>`,
      /15500.*\[OFX_ERROR\]$/,
    ],
    ['without a statement', `${HEADER}<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1></OFX>`, /no statement.*\[OFX_STRUCTURE\]$/],
    [
      'in which a statement has no account',
      good.replace(/<BANKACCTFROM>.*<\/BANKACCTFROM>/, ''),
      /does not say its account.*\[OFX_STRUCTURE\]$/,
    ],
    ['with an entry that is not closed', good.replace('</STMTTRN>', ''), /<STMTTRN> is not closed.*\[OFX_STRUCTURE\]$/],
    ['with thousands in an amount', good.replace('12.50', '1,012.50'), /not an OFX amount.*\[OFX_STRUCTURE\]$/],
    ['with a document type', `<!DOCTYPE OFX [<!ENTITY a "b">]>${good.slice(good.indexOf('<OFX>'))}`, /\[OFX_STRUCTURE\]$/],
    ['that is another XML', '<?xml version="1.0"?><html><p>x</p></html>', /\[OFX_STRUCTURE\]$/],
    ['that is not OFX', 'a,b\n1,2\n', /\[FILE_TRUNCATED\]$/],
  ])('%s', async (_why, content, words) => expect(await refusal(ofx, content)).toMatch(words));
});
