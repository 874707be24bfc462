import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal } from '../../../test/formats/reading.ts';

const camt = decoder({ camt053: {} });
const balance = (code: string, amount: string, mark = 'CRDT', currency = 'EUR'): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${mark}</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>`;
const entry = (amount: string, { mark = 'CRDT', status = '<Sts>BOOK</Sts>', more = '', currency = 'EUR' } = {}): string =>
  `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${mark}</CdtDbtInd>${status}<BookgDt><Dt>2026-03-02</Dt></BookgDt>${more}</Ntry>`;
const statement = (inside: string): string =>
  `<Stmt><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb><Acct><Id><IBAN>NL00EXAM0000000001</IBAN></Id><Ccy>EUR</Ccy></Acct>${inside}</Stmt>`;
const document = (...statements: string[]): string =>
  `<?xml version="1.0"?>\n<Document xmlns="urn:x"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>${statements.join('\n')}</BkToCstmrStmt></Document>`;
const file = (entries: string, opening = '100.00', closing = '112.50'): string =>
  document(statement(balance('OPBD', opening) + balance('CLBD', closing) + entries));
const values = async (content: string, type = 'entry') =>
  (await readAll(camt, content)).filter((record) => record.type === type).map((record) => record.values);

describe('an entry', () => {
  test('without TxDtls has the text and reference that the bank gives it', async () => {
    const more =
      '<AcctSvcrRef>B1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><AddtlNtryInf>COUNTER</AddtlNtryInf>';
    expect((await values(file(entry('12.50', { more }))))[0]).toMatchObject({
      account: 'NL00EXAM0000000001',
      currency: 'EUR',
      amount: '12.50',
      date: '2026-03-02',
      bank_reference: 'B1',
      type_code: 'PMNT-RCDT-ESCT',
      text: 'COUNTER',
      transactions: [],
    });
  });

  test('with one TxDtls takes its reference, name and text from it', async () => {
    const more =
      '<NtryDtls><TxDtls><Refs><EndToEndId>REC20260227</EndToEndId></Refs><RltdPties><Dbtr><Nm>Jo</Nm></Dbtr><Cdtr><Nm>Town</Nm></Cdtr></RltdPties><RmtInf><Ustrd>A</Ustrd><Ustrd>B</Ustrd></RmtInf></TxDtls></NtryDtls>';
    expect((await values(file(entry('12.50', { more }))))[0]).toMatchObject({ customer_reference: 'REC20260227', name: 'Jo', text: 'A B' });
    const debit = await values(file(entry('12.50', { more, mark: 'DBIT' }), '125.00'));
    expect(debit[0]).toMatchObject({ name: 'Town', amount: '-12.50' });
  });

  test('with several has each of them, and none of them for itself', async () => {
    const one = (id: string, amount: string) =>
      `<TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="EUR">${amount}</Amt></TxAmt></AmtDtls></TxDtls>`;
    const [read] = await values(file(entry('12.50', { more: `<NtryDtls>${one('E1', '12.00')}${one('E2', '0.50')}</NtryDtls>` })));
    expect([read!['customer_reference'], (read!['transactions'] as { amount: string }[]).map(({ amount }) => amount)]).toEqual([
      null,
      ['12.00', '0.50'],
    ]);
  });

  test('that is not booked is pending, and not in the balance', async () => {
    const content = file(entry('12.50') + entry('9.00', { status: '<Sts><Cd>PDNG</Cd></Sts>' }));
    expect([(await values(content)).length, (await values(content, 'pending')).map((one) => one['amount'])]).toEqual([1, ['9.00']]);
  });

  test('that takes another back counts as it was booked', async () => {
    const [read] = await values(file(entry('12.50', { mark: 'DBIT', more: '<RvslInd>true</RvslInd>' }), '125.00'));
    expect([read!['amount'], read!['reversal']]).toEqual(['-12.50', 'true']);
  });
});

test('prefixes, an envelope and several statements do not matter', async () => {
  const two = document(
    statement(balance('OPBD', '0') + balance('CLBD', '1') + entry('1')),
    statement(balance('PRCD', '1') + balance('CLBD', '3') + entry('2')),
  );
  const prefixed = two.replace(/<(\/?)([A-Z])/g, '<$1n:$2').replace('xmlns=', 'xmlns:n=');
  const wrapped = two.replace('<Document', '<Envelope><Document').replace('</Document>', '</Document></Envelope>');
  for (const content of [two, prefixed, wrapped]) expect((await values(content)).map((one) => one['amount'])).toEqual(['1', '2']);
});

test('pages of a statement open and close with interim balances', async () => {
  const pages = document(
    statement(balance('OPBD', '0') + balance('ITBD', '1') + entry('1')),
    statement(balance('ITBD', '1') + balance('CLBD', '3') + entry('2')),
    statement(balance('ITBD', '3') + balance('ITBD', '3')),
  );
  expect(await values(pages)).toHaveLength(2);
});

test('equal entries of two statements of a day are distinguished, and a statement that comes again is the same', async () => {
  const first = statement(balance('OPBD', '0') + balance('CLBD', '1') + entry('1'));
  const second = statement(balance('OPBD', '1') + balance('CLBD', '2') + entry('1')).replace('>7<', '>8<');
  const ids = (await values(document(first, second, first.replace('<Id>S1</Id>', '<Id>S9</Id>')))).map((one) => one['statement']);
  expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([false, true]);
});

describe('a file is refused', () => {
  const good = file(entry('12.50'));
  test.each([
    [
      'whose entries do not lead to its closing balance',
      good.replace('>12.50<', '>13.50<'),
      /off by -1\.00 EUR.*\[STATEMENT_UNBALANCED\]$/,
    ],
    [
      'without a closing balance',
      document(statement(balance('OPBD', '1'))),
      /no closing balance.*balances: optional.*\[STATEMENT_UNBALANCED\]$/,
    ],
    ['that was cut off', good.slice(0, -20), /\[FILE_TRUNCATED\]$|\[XML_/],
    ['with an entry that does not say whether it is booked', file(entry('12.50', { status: '' })), /\(Sts\).*\[CAMT_STRUCTURE\]$/],
    ['with a status that there is not', file(entry('12.50', { status: '<Sts>MAYBE</Sts>' })), /"MAYBE".*\[CAMT_STRUCTURE\]$/],
    [
      'with an entry in another currency than its account',
      file(entry('12.50', { currency: 'USD' })),
      /in USD, but its account is in EUR.*\[CAMT_STRUCTURE\]$/,
    ],
    ['with an amount that is not one', file(entry('1,250')), /\[CAMT_STRUCTURE\]$/],
    ['with an entry that is neither credit nor debit', file(entry('12.50', { mark: 'X' })), /\[CAMT_STRUCTURE\]$/],
    ['that is a report of the day', good.replaceAll('BkToCstmrStmt', 'BkToCstmrAcctRpt'), /no CAMT|not in CAMT\.053.*\[CAMT_STRUCTURE\]$/],
    ['that is another XML', '<a><b/></a>', /no statement.*\[CAMT_STRUCTURE\]$/],
  ])('%s', async (_why, content, words) => expect(await refusal(camt, content)).toMatch(words));

  test('but for balances where the decoder says that they may be missing', async () => {
    const optional = decoder({ camt053: { balances: 'optional' } });
    expect(await readAll(optional, document(statement(entry('1'))))).toHaveLength(1);
    expect(await refusal(optional, good.replace('>12.50<', '>13.50<'))).toContain('[STATEMENT_UNBALANCED]');
  });
});
