import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMoney, minorDigits, type MoneyFormat, parseMoney, plainMoney } from './money.ts';

const currency = fc.constantFrom('USD', 'CAD', 'JPY', 'KWD');
const minor = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }).map((n) => n + 0);

describe('there and back', () => {
  test('every amount is read as it was written, plain or grouped, in every currency', () => {
    fc.assert(
      fc.property(minor, currency, (n, code) => {
        expect(parseMoney(plainMoney(n, code), code)).toBe(n);
        expect(parseMoney(formatMoney(n, code), code, { group: ',' })).toBe(n);
        expect(plainMoney(BigInt(n), code)).toBe(plainMoney(n, code));
      }),
    );
  });

  test('the same with a comma for the point, in parentheses, with the sign behind, and with implied decimals', () => {
    fc.assert(
      fc.property(fc.nat(), currency, (n, code) => {
        const digits = minorDigits(code);
        const plain = plainMoney(n, code);
        expect(parseMoney(plain.replace('.', ','), code, { decimal: ',', group: '.' })).toBe(n);
        expect(parseMoney(`(${plain})`, code)).toBe(-n + 0);
        expect(parseMoney(`${plain}-`, code)).toBe(-n + 0);
        expect(parseMoney(`$ ${plain}`, code)).toBe(n);
        expect(parseMoney(plain.replace('.', ''), code, { impliedDecimals: digits })).toBe(n);
      }),
    );
  });

  test('no float has a say: amounts that floats cannot tell apart are exact', () => {
    expect(parseMoney('0.29', 'USD')).toBe(29);
    expect(parseMoney('1.005', 'KWD')).toBe(1005);
    expect(parseMoney('90071992547409.91', 'USD')).toBe(9_007_199_254_740_991);
    expect(parseMoney('90071992547409.90', 'USD')).toBe(9_007_199_254_740_990);
  });

  test('whatever is given, the answer is a safe whole number or a reason, never minus zero', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+$(]{0,2}[0-9.,' ]{0,18}[-+)]?$/));
    const format = fc.record(
      { decimal: fc.constantFrom('.', ','), group: fc.constantFrom(',', '.', ' ', "'"), impliedDecimals: fc.integer({ min: 0, max: 4 }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(text, currency, format, (given, code, how) => {
        const result = parseMoney(given, code, how as MoneyFormat);
        if (typeof result === 'number') expect([Number.isSafeInteger(result), Object.is(result, -0)]).toEqual([true, false]);
        else expect(result).toMatch(/^(is|has) /);
      }),
      { numRuns: 500 },
    );
  });
});

describe('amounts as they come', () => {
  test.each<[string, MoneyFormat, number | string]>([
    ['12', {}, 1200],
    ['12.5', {}, 1250],
    ['12.', {}, 1200],
    ['.5', {}, 50],
    ['-.5', {}, -50],
    ['+12.50', {}, 1250],
    ['  12.50 ', {}, 1250],
    ['-$12.50', {}, -1250],
    ['$-12.50', {}, -1250],
    ['($12.50)', {}, -1250],
    ['( 12.50 )', {}, -1250],
    ['£1', {}, 100],
    ['12.500', {}, 1250],
    ['12.505', {}, 'has more than 2 decimals'],
    ['-0.00', {}, 0],
    ['(0)', {}, 0],
    ['', {}, 'is empty'],
    ['-', {}, 'is empty'],
    ['.', {}, 'is empty'],
    ['()', {}, 'is empty'],
    ['(-5)', {}, 'has more than one sign'],
    ['-5-', {}, 'has more than one sign'],
    ['1,234.50', {}, 'is not an amount'],
    ['1,234.50', { group: ',' }, 123450],
    ['1234.50', { group: ',' }, 123450],
    ['12,34.50', { group: ',' }, 'has its thousands separators in the wrong places'],
    ['1234,567', { group: ',' }, 'has its thousands separators in the wrong places'],
    [',123', { group: ',' }, 'has its thousands separators in the wrong places'],
    ['1.234,5', { decimal: ',', group: '.' }, 123450],
    ['1.234', { decimal: ',', group: '.' }, 123400],
    ['12.50', { decimal: ',' }, 'is not an amount'],
    ['1.23', { decimal: ',', group: '.' }, 'has its thousands separators in the wrong places'],
    ['1 234,50', { decimal: ',', group: ' ' }, 123450],
    ['1250', { impliedDecimals: 2 }, 1250],
    ['5', { impliedDecimals: 2 }, 5],
    ['000000001250', { impliedDecimals: 2 }, 1250],
    ['12500', { impliedDecimals: 3 }, 1250],
    ['12505', { impliedDecimals: 3 }, 'has more than 2 decimals'],
    ['12.50', { impliedDecimals: 2 }, 'has a decimal point where the layout has implied decimals'],
    ['2O.00', {}, 'is not an amount'],
    ['1e3', {}, 'is not an amount'],
    ['١٢', {}, 'is not an amount'],
    ['99999999999999', {}, 'is too large'],
    ['99999999999999999999', {}, 'is too large'],
  ])('%j %j: %s', (text, format, result) => expect(parseMoney(text, 'USD', format)).toBe(result));

  test('a currency has the decimals that it has', () => {
    expect([parseMoney('1200', 'JPY'), parseMoney('1200.00', 'JPY'), parseMoney('1200.5', 'JPY')]).toEqual([
      1200,
      1200,
      'has more than 0 decimals',
    ]);
    expect([parseMoney('1.2345', 'KWD'), parseMoney('1.23', 'KWD')]).toEqual(['has more than 3 decimals', 1230]);
  });
});

describe('amounts as they are shown', () => {
  test.each([
    [0, 'USD', '0.00'],
    [-5, 'USD', '-0.05'],
    [123456789, 'USD', '1,234,567.89'],
    [-100000, 'USD', '-1,000.00'],
    [1234, 'JPY', '1,234'],
    [0, 'JPY', '0'],
    [-1234567, 'KWD', '-1,234.567'],
    [100n, 'USD', '1.00'],
  ])('%s %s: %s', (n, code, text) => expect(formatMoney(n, code)).toBe(text));
});
