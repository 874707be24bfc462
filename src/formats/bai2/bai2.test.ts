import { describe, expect, test } from 'vitest';
import type { SourceRecord } from '../../core/record.ts';
import { decoder, readAll, refusal } from '../../../test/formats/reading.ts';

const bai2 = decoder({ bai2: {} });

/** A file with one account around these lines, with trailers that fit the total and the number of records given. */
function file(lines: string[], total: number, options: { currency?: string; physical?: string; records?: number } = {}): string {
  const n = options.records ?? lines.length + 2;
  return `01,BANK,TOWN,240702,0600,1,${options.physical ?? '80'},1,2/\n02,TOWN,BANK,1,240701,2400,${options.currency ?? ''},2/\n03,0042,,,,,/\n${lines.map((l) => `${l}\n`).join('')}49,${total},${n}/\n98,${total},1,${n + 2}/\n99,${total},1,${n + 4}/\n`;
}

async function details(content: string): Promise<SourceRecord[]> {
  return (await readAll(bai2, content)).filter((r) => r.type === '16');
}

describe('a detail', () => {
  const cases: [string, string[], number, object][] = [
    [
      'has a text with slashes and commas',
      ['16,475,100,,B1,C1,CHECK 12/31, PAID / BY HAND'],
      100,
      { amount: '1.00', bank_reference: 'B1', customer_reference: 'C1', text: 'CHECK 12/31, PAID / BY HAND' },
    ],
    ['goes on in another line', ['16,475,100,,B1,C1,FIRST', '88,SECOND, AND', '88,THIRD/'], 100, { text: 'FIRST SECOND, AND THIRD' }],
    [
      'has its text in the next line alone',
      ['16,475,100,V,240702,,B1,C1/', '88,THE TEXT/'],
      100,
      { text: 'THE TEXT', value_date: '240702', value_time: null, funds_type: 'V' },
    ],
    [
      'goes on within a field',
      ['16,475,1', '88,00,,B', '88,1,C1,T/'],
      100,
      { amount: '1.00', bank_reference: 'B1', customer_reference: 'C1', text: 'T' },
    ],
    ['ends in a comma and a slash', ['16,475,100,,,/'], 100, { bank_reference: null, customer_reference: null, text: null }],
    ['ends in a slash right away', ['16,475,100,0/'], 100, { funds_type: '0', bank_reference: null, text: null }],
    ['has no amount', ['16,890,,,,,JUST A MESSAGE/'], 0, { amount: null, text: 'JUST A MESSAGE' }],
    [
      'has three amounts by day',
      ['16,115,100,S,60,,40,B,C,T/'],
      100,
      {
        availability: [
          { days: '0', amount: '0.60' },
          { days: '1', amount: null },
          { days: '2', amount: '0.40' },
        ],
        text: 'T',
      },
    ],
    [
      'has amounts by any days',
      ['16,115,100,D,2,0,60,15,40,B,C,T/'],
      100,
      {
        availability: [
          { days: '0', amount: '0.60' },
          { days: '15', amount: '0.40' },
        ],
        bank_reference: 'B',
        text: 'T',
      },
    ],
    ['has a text with a date that looks like a record', ['16,475,100,,,,INV 03/16,REF 5/'], 100, { text: 'INV 03/16,REF 5' }],
    ['has an amount below zero', ['16,475,-5,,,,/'], -5, { amount: '-0.05' }],
  ];
  for (const [name, lines, total, values] of cases)
    test(name, async () => {
      const [record] = await details(file(lines, total));
      expect(record!.values).toMatchObject(values);
    });

  test('is put together without a space where the bank broke the line at its fixed length', async () => {
    const first = '16,475,100,,B1,C1,ABCDEFGH';
    expect((await details(file([first, '88,IJKL/'], 100, { physical: String(first.length) })))[0]!.values['text']).toBe('ABCDEFGHIJKL');
  });

  test('has the decimals of its currency', async () => {
    expect((await details(file(['16,475,100,,,,/'], 100, { currency: 'JPY' })))[0]!.values).toMatchObject({
      amount: '100',
      currency: 'JPY',
    });
    expect((await details(file(['16,475,1,,,,/'], 1, { currency: 'CAD' })))[0]!.values).toMatchObject({
      amount: '0.01',
      currency: 'CAD',
      date: '240701',
      account: '0042',
    });
  });
});

test('an account states its figures, in continuations and with funds types', async () => {
  const content = file(['88,010,+100,,,040,50,,/', '88,100,200,3,V,240702,,190/', '88,10,4,0,110/', '88,10,15,D,3,0,1,1,3,3,6/'], 370);
  const summaries = (await readAll(bai2, content))
    .filter((r) => r.type === 'summary')
    .map((r) => [r.values['type_code'], r.values['amount'], r.values['item_count'], r.values['funds_type']]);
  expect(summaries).toEqual([
    ['010', '1.00', null, null],
    ['040', '0.50', null, null],
    ['100', '2.00', '3', 'V'],
    ['190', '0.10', '4', '0'],
    ['110', '0.10', '15', 'D'],
  ]);
});

test('several records may stand on one line', async () => {
  const content =
    '01,BANK,TOWN,240702,0600,1,,,2/02,TOWN,BANK,1,240701,2400,,2/\n03,0042,,010,5,,/16,475,100,,B,C,TEXT/16,475,200,,,,OTHER/TEXT/49,305,4/\n98,305,1,6/99,305,1,8/';
  expect((await details(content)).map((r) => [r.values['text'], r.line])).toEqual([
    ['TEXT', 2],
    ['OTHER/TEXT', 2],
  ]);
});

test('trailers may leave their figures blank', async () => {
  expect(
    await details('01,B,T,240702,0600,1,,,2/\n02,T,B,1,240701,,,2/\n03,0042,,,,,/\n16,475,100,,,,/\n49,,3/\n98,,1,5/\n99,,,/\n'),
  ).toHaveLength(1);
});

test('the end-of-file mark of DOS and empty lines do not matter, nor does a missing last line break', async () => {
  expect(await details(`${file(['16,475,100,,,,/'], 100)}\n\x1a`)).toHaveLength(1);
  expect(await details(file(['16,475,100,,,,/'], 100).trimEnd())).toHaveLength(1);
});

describe('a file that does not balance is refused', () => {
  test('with the figure it misses by, at every level', async () => {
    const content = file(['16,475,100,,,,/', '16,475,25,,,,/'], 135).replace('98,135,1,6/', '98,130,2,6/');
    expect((await refusal(bai2, content)).split('\n')).toEqual([
      'file:6: The control total of the account 0042 is 1.35 USD, but its amounts add up to 1.25 USD: off by 0.10 USD. Records are missing or were changed in transit: have the bank send the file again. [BAI2_UNBALANCED]',
      'file:7: The control total of the group is 1.30 USD, but its accounts add up to 1.35 USD: off by -0.05 USD. Records are missing or were changed in transit: have the bank send the file again. [BAI2_UNBALANCED]',
      'file:7: The trailer of the group declares 2 accounts, but there are 1: 1 too few. Records are missing or were changed in transit: have the bank send the file again. [BAI2_UNBALANCED]',
      'file:8: The control total of the file is 1.35 USD, but its groups add up to 1.30 USD: off by 0.05 USD. Records are missing or were changed in transit: have the bank send the file again. [BAI2_UNBALANCED]',
    ]);
  });

  test('when a record without an amount is missing', async () => {
    expect(await refusal(bai2, file(['16,890,,,,,A/'], 0, { records: 4 }))).toContain(
      'The trailer of the account 0042 declares 4 records, but there are 3: 1 too few.',
    );
  });
});

describe('a file out of order is refused', () => {
  const whole = file(['16,475,100,,,,/'], 100);
  const cases: [string, string, RegExp][] = [
    ['no file trailer', whole.replace(/^99.*\n/m, ''), /\[FILE_TRUNCATED\]$/],
    ['cut within the file trailer', whole.slice(0, -3), /^file:7: .*\[FILE_TRUNCATED\]$/],
    [
      'no account trailer',
      whole.replace(/^49.*\n/m, ''),
      /^file:5: The record 98 does not belong here: the account trailer \(49\) is missing.*\[BAI2_STRUCTURE\]$/,
    ],
    ['no group header', whole.replace(/^02.*\n/m, ''), /^file:2: .*there is no group header \(02\) before it.*\[BAI2_STRUCTURE\]$/],
    ['something after its end', `${whole}16,475,1,,,,/\n`, /the file has already ended.*\[BAI2_STRUCTURE\]$/],
    ['a line that is not a record', whole.replace('49,', 'PAGE 2\n49,'), /^file:5: The line begins with "PAGE 2".*\[BAI2_STRUCTURE\]$/],
    [
      'an amount with a point',
      whole.replace('475,100', '475,1.00'),
      /^file:4: The record 16 cannot be read: the amount is "1.00".*\[BAI2_STRUCTURE\]$/,
    ],
    ['an unknown funds type', whole.replace('475,100,', '475,100,Q'), /the funds type is "Q".*\[BAI2_STRUCTURE\]$/],
    ['a continuation of nothing', `88,x/\n${whole}`, /nothing before it to continue.*\[BAI2_STRUCTURE\]$/],
  ];
  for (const [name, content, message] of cases) test(name, async () => expect(await refusal(bai2, content)).toMatch(message));
});

test('two files that were joined are read one after the other', async () => {
  expect(await details(file(['16,475,100,,,,/'], 100) + file(['16,475,7,,,,/'], 7))).toHaveLength(2);
});

test('account numbers are not shown whole in messages', async () => {
  expect(await refusal(bai2, file(['16,475,100,,,,/'], 99).replace('03,0042', '03,123456789'))).toContain('the account …6789 is');
});
