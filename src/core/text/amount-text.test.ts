import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileDecimal, compileInteger, compileMoney } from '../../mapping/steps/numbers.ts';
import { Fault } from '../../mapping/fault.ts';
import { scaled } from '../../connector/stream/figures.ts';
import { type AmountFormat, hintForAmount, looksLikeAmount } from './amount-text.ts';
import { parseMoney } from '../money.ts';

describe('amounts as other systems write them', () => {
  test.each<[string, AmountFormat, number | string]>([
    // Read without being told: there is one thing that they can mean.
    ['$(12.34)', {}, -1234],
    ['($12.34)', {}, -1234],
    ['\u221212.34', {}, -1234],
    ['12.34\u2212', {}, -1234],
    ['12.34 €', {}, 1234],
    // By declaration.
    ['12.50CR', { credit: 'negative' }, -1250],
    ['12.50 cr', { credit: 'positive' }, 1250],
    ['12.50DR', { credit: 'negative' }, 1250],
    ['12.50DB', { credit: 'positive' }, -1250],
    ['C12.50', { credit: 'negative' }, -1250],
    ['D 12.50', { credit: 'positive' }, -1250],
    ['-12.50CR', { credit: 'negative' }, 'has more than one sign'],
    ['12.50CRX', { credit: 'negative' }, 'is not an amount'],
    ['USD 12.50', { currencyCode: true }, 1250],
    ['12.50 USD', { currencyCode: true }, 1250],
    ['-USD12.50', { currencyCode: true }, -1250],
    ['CAD 12.50', { currencyCode: true }, 'is in CAD, but USD is expected'],
    ['usd 12.50', { currencyCode: true }, 'is not an amount'],
    ['USD 12.50 DR', { currencyCode: true, credit: 'positive' }, -1250],
    ['1E+2', { exponent: true }, 10000],
    ['1.25e1', { exponent: true }, 1250],
    ['125E-1', { exponent: true }, 1250],
    ['5e-3', { exponent: true }, 'has more than 2 decimals'],
    ['1e', { exponent: true }, 'is not an amount'],
    ['1e99', { exponent: true }, 'is not an amount'],
    ['1e30', { exponent: true }, 'is too large'],
    ['1\u00a0234.50', { group: ' ' }, 123450],
    ['1\u2009234\u202f567.00', { group: ' ' }, 123456700],
    ["1'234.50", { group: "'" }, 123450],
    ['1\u2019234.50', { group: "'" }, 123450],
  ])('%j with %j is %j', (text, format, result) => expect(parseMoney(text, 'USD', format)).toBe(result));

  test.each<[string, AmountFormat, string]>([
    ['12.50CR', {}, 'credit: negative'],
    ['USD 12.50', {}, 'currency_code: true'],
    ['USD 12.50 CR', {}, 'currency_code: true, credit: negative'],
    ['1E+2', {}, 'exponent: true'],
    ['1,234.50', {}, 'group: ","'],
    ['1\u00a0234.50', {}, 'group: " "'],
    ["1'234.50", {}, 'group: "\'"'],
    ['12,50', {}, 'decimal: ","'],
    ['1.234,50', {}, 'decimal: ",", group: "."'],
  ])('%j is refused with the option that reads it', (text, format, option) => {
    const fault = compileMoney('USD', format)(text) as Fault;
    expect([fault.code, fault.hint]).toEqual(['AMOUNT_INVALID', expect.stringContaining(`parse: { money: { ${option} } }`)]);
  });

  test('numbers take an exponent and other separators too, and say so', () => {
    expect(compileDecimal({ exponent: true })('1E+2')).toBe('100');
    expect(compileDecimal({ exponent: true })('12.5e-3')).toBe('0.0125');
    expect(compileInteger({ exponent: true })('5e3')).toBe(5000);
    expect(compileDecimal({ group: ' ' })('\u22121\u202f234.5')).toBe('-1234.5');
    expect((compileDecimal({})('1E+2') as Fault).hint).toContain('parse: { decimal: { exponent: true } }');
    expect((compileInteger({})('1,000') as Fault).hint).toContain('parse: { integer: { group: "," } }');
  });

  test('an amount that is wrong in another way has no hint about how it is written', () => {
    for (const text of ['12.505', '0.001', '99999999999999999999.00']) {
      const fault = compileMoney('USD', {})(text) as Fault;
      expect([fault.code, fault.hint ?? '']).toEqual(['AMOUNT_INVALID', expect.not.stringContaining('parse:')]);
    }
    expect(hintForAmount('12.505', {}, 'money')).toBeUndefined();
  });

  test('what nothing reads has no such hint', () => {
    for (const text of ['abc', '12.50XX', '', '1,2,3', '*']) expect(hintForAmount(text, {}, 'money')).toBeUndefined();
  });

  test('a field of type decimal takes what some option reads, and nothing else', () => {
    for (const text of ['$(12.34)', '12.50CR', 'USD 12.50', '1E+2', '\u22125', "1'000.00", '1 000'])
      expect(looksLikeAmount(text)).toBe(true);
    for (const text of ['abc', '-', '', '1.000,00', '12,5', '5-5']) expect(looksLikeAmount(text)).toBe(false);
  });

  test('control totals are added up from the same texts, and never from a part of one', () => {
    expect(scaled('$(1,234.50)', 2)).toBe(-123450n);
    expect(scaled('\u22125', 2)).toBe(-500n);
    expect(scaled('12.505', 2)).toBeUndefined();
    expect(scaled('12.500', 2)).toBe(1250n);
    expect(scaled('12.50CR', 2)).toBeUndefined();
  });
});

describe('no text takes longer than its length', () => {
  test('the amount that took 86 seconds is refused at once, and one with a line break is not our fault', () => {
    const text = `-${' '.repeat(100_000)}x\ny`;
    expect(parseMoney(text, 'USD')).toBe('is not an amount');
    expect(compileDecimal({})(text)).toBeInstanceOf(Fault);
    expect(compileInteger({})('1\n2')).toBeInstanceOf(Fault);
    expect(parseMoney('1\n2', 'USD')).toBe('is not an amount');
    expect(looksLikeAmount(text)).toBe(false);
  });

  test('whatever is repeated a hundred thousand times, each reader answers', () => {
    const piece = fc.constantFrom(' ', '-', '(', ')', '$', '1', ',', '.', "'", '0', 'CR', 'USD', '\n', 'e', '1,', ' -', '\u00a0');
    fc.assert(
      fc.property(piece, piece, piece, (a, b, c) => {
        const text = a + b.repeat(100_000) + c;
        const format: AmountFormat = { group: ',', credit: 'negative', currencyCode: true, exponent: true };
        expect(['number', 'string']).toContain(typeof parseMoney(text, 'USD', format));
        expect(typeof looksLikeAmount(text)).toBe('boolean');
        compileDecimal({ group: ' ' })(text);
        compileInteger({ exponent: true })(text);
      }),
      { numRuns: 60 },
    );
  });
});
