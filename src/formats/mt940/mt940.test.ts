import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal } from '../../../test/formats/reading.ts';

const mt940 = decoder({ mt940: {} });
/** A statement with these lines, opening with 100.00. */
const message = (lines: string[], closing: string, { opening = 'C260301EUR100,00', end = '-\n' } = {}): string =>
  [':20:REF', ':25:123/456', ':28C:7/1', `:60F:${opening}`, ...lines, `:62F:${closing}`, end].join('\n');
const entries = async (content: string) =>
  (await readAll(mt940, content)).filter(({ type }) => type === 'entry').map(({ values }) => values);

describe('an entry', () => {
  test.each<[string, string[], string, object]>([
    [
      'is a credit',
      ['61:2603020302C12,5NTRFREF//BANK'].map((l) => `:${l}`),
      'C260302EUR112,50',
      { amount: '12.5', entry_date: '0302', customer_reference: 'REF', bank_reference: 'BANK', type_code: 'NTRF' },
    ],
    [
      'is a debit without entry date',
      [':61:260302D12,50NCHK00042'],
      'C260302EUR87,50',
      { amount: '-12.50', entry_date: null, customer_reference: '00042', bank_reference: null },
    ],
    ['takes a credit back', [':61:260302RC12,50NTRFX'], 'C260302EUR87,50', { amount: '-12.50', mark: 'RC' }],
    ['takes a debit back', [':61:260302RD12,50NTRFX'], 'C260302EUR112,50', { amount: '12.50', mark: 'RD' }],
    ['has the third letter of its currency', [':61:260302CR12,50NTRFX'], 'C260302EUR112,50', { amount: '12.50', mark: 'C' }],
    [
      'says more in a second line',
      [':61:260302C1,NTRFX//Y', 'SECOND LINE'],
      'C260302EUR101,00',
      { amount: '1', supplementary: 'SECOND LINE' },
    ],
    ['has a text of several lines', [':61:260302C1,NTRFX', ':86:ONE', 'TWO', 'THREE'], 'C260302EUR101,00', { text: 'ONE TWO THREE' }],
    [
      'has a text that was broken off where its line was full',
      [':61:260302C1,NTRFX', `:86:${'A'.repeat(65)}`, 'BC'],
      'C260302EUR101,00',
      { text: `${'A'.repeat(65)}BC` },
    ],
    [
      'has a text with a colon at the beginning of a line',
      [':61:260302C1,NTRFX', ':86:ONE', ': TWO'],
      'C260302EUR101,00',
      { text: 'ONE : TWO' },
    ],
  ])('%s', async (_name, lines, closing, values) => {
    expect((await entries(message(lines, closing)))[0]).toMatchObject({ account: '123/456', currency: 'EUR', date: '260302', ...values });
  });

  test('that is only expected is pending, and not in the balance', async () => {
    const read = await readAll(mt940, message([':61:260302EC50,NTRFX', ':61:260302C1,NTRFY'], 'C260302EUR101,00'));
    expect(read.filter(({ type }) => type !== 'balance').map(({ type, values }) => [type, values['amount']])).toEqual([
      ['pending', '50'],
      ['entry', '1'],
    ]);
  });

  test('without a text does not get the text of the statement', async () => {
    const [entry] = await entries(message([':61:260302C1,NTRFX'], 'C260302EUR101,00\n:86:NOT ITS OWN'));
    expect(entry!['text']).toBeNull();
  });
});

test('an overdrawn account opens and closes below zero', async () => {
  expect(await entries(message([':61:260302C30,NTRFX'], 'C260302EUR10,00', { opening: 'D260301EUR20,00' }))).toHaveLength(1);
});

test('envelopes, empty lines and the end mark of DOS do not matter', async () => {
  const inside = message([':61:260302C1,NTRFX'], 'C260302EUR101,00', { end: '-}\n' });
  expect(await entries(`{1:F01BANKXXXX}{2:I940X}{4:\r\n${inside.replaceAll('\n', '\r\n')}\r\n\x1a`)).toHaveLength(1);
  expect(await entries(`{1:F01BANKXXXX}{4:${inside}`)).toHaveLength(1);
});

test('equal entries of two statements of a day are distinguished, and a statement that comes again is the same', async () => {
  const first = message([':61:260302C1,NTRFX'], 'C260302EUR101,00');
  const second = message([':61:260302C1,NTRFX'], 'C260302EUR102,00', { opening: 'C260302EUR101,00' });
  const ids = [...(await entries(first + second)), ...(await entries(first))].map((values) => values['statement']);
  expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([false, true]);
});

describe('a file is refused', () => {
  const good = message([':61:260302C12,50NTRFX', ':86:A'], 'C260302EUR112,50');
  const paged = `${message([':61:260302C1,NTRFX'], 'x').replace(':62F:x', ':62M:C260302EUR101,00')}${message([], 'C260302EUR101,00').replace(':60F:C260301EUR100,00', ':60M:C260302EUR101,00')}`;
  test.each([
    ['whose entries do not lead to its closing balance', good.replace('12,50N', '13,50N'), /off by -1\.00 EUR.*\[STATEMENT_UNBALANCED\]$/],
    ['in which an entry is missing', good.replace(/:61:.*\n:86:A\n/, ''), /\[STATEMENT_UNBALANCED\]$/],
    ['that ends within a statement', good.slice(0, good.indexOf(':62F')), /\[FILE_TRUNCATED\]$/],
    [
      'whose closing balance was cut where it still agrees',
      message([':61:260302C1,NTRFX'], 'C260302EUR101,', { end: '' }).trimEnd(),
      /\[FILE_TRUNCATED\]$/,
    ],
    ['whose last page is missing', paged.slice(0, paged.indexOf('-\n') + 2), /carried over \(:62M:\).*\[FILE_TRUNCATED\]$/],
    [
      'in which a page is missing',
      paged.replace(':60M:C260302EUR101,00', ':60M:C260302EUR111,00').replace(':62F:C260302EUR101,00', ':62F:C260302EUR111,00'),
      /a page is missing.*\[MT940_STRUCTURE\]$/,
    ],
    ['with balances in two currencies', good.replace('C260302EUR112', 'C260302USD112'), /\[MT940_STRUCTURE\]$/],
    ['with an entry that is not one', good.replace(':61:260302C12,50', ':61:260302X12,50'), /^file:5: .*\[MT940_STRUCTURE\]$/],
    ['with an amount without comma', good.replace('12,50N', '1250N'), /\[MT940_STRUCTURE\]$/],
    ['with a field that there is not', good.replace(':86:', ':99:'), /\[MT940_STRUCTURE\]$/],
    ['that does not begin with a statement', 'hello\n', /\[MT940_STRUCTURE\]$/],
    ['without any statement', '\n\n', /\[FILE_EMPTY\]$/],
  ])('%s', async (_why, content, words) => expect(await refusal(mt940, content)).toMatch(words));

  test('and shows no account whole', async () => {
    expect(await refusal(mt940, good.replace('123/456', '000123456789').replace('12,50N', '13,50N'))).toContain('account …6789');
  });
});
