import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMoney, plainMoney } from '../../core/money.ts';
import { Fault } from '../fault.ts';
import { compileBoolean, compileDecimal, compileInteger, compileMoney, PLAIN_BOOLEANS } from './numbers.ts';

const told = (value: unknown): unknown => (value instanceof Fault ? `${value.code} ${value.what}` : value);

test('every amount of money comes back to the cent, however it is written', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('USD', 'JPY', 'KWD'), (minor, currency) => {
      expect(compileMoney(currency, {})(plainMoney(minor, currency))).toBe(minor);
      expect(compileMoney(currency, { group: ',' })(formatMoney(minor, currency))).toBe(minor);
      expect(
        compileMoney(currency, { group: '.', decimal: ',' })(formatMoney(minor, currency, '_').replaceAll('.', ',').replaceAll('_', '.')),
      ).toBe(minor);
      expect(compileMoney('USD', { impliedDecimals: 2 })(String(minor))).toBe(minor);
    }),
  );
});

test('what is not an amount is refused in words', () => {
  expect(told(compileMoney('USD', {})('4x0'))).toBe('AMOUNT_INVALID is not an amount');
  expect(told(compileMoney('USD', {})('*'))).toBe('AMOUNT_INVALID is not an amount');
  expect(told(compileMoney('USD', {})('1.234'))).toBe('AMOUNT_INVALID is not an amount: it has more than 2 decimals');
  expect(told(compileMoney('USD', {})('1,234.00'))).toBe('AMOUNT_INVALID is not an amount');
});

test('decimals stay exact to the last digit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 20 }), (n, digits) => {
      const text = (n < 0n ? -n : n).toString().padStart(digits + 1, '0');
      const plain = `${n < 0n ? '-' : ''}${text.slice(0, text.length - digits)}${digits ? `.${text.slice(-digits)}` : ''}`;
      expect(compileDecimal({})(plain)).toBe(plain);
      expect(compileDecimal({ decimal: ',' })(plain.replace('.', ','))).toBe(plain);
    }),
  );
  expect(compileDecimal({ group: ',' })('-001,234.500')).toBe('-1234.500');
  expect(compileDecimal({})('5-')).toBe('-5');
  expect(compileDecimal({})('-0.00')).toBe('0.00');
  expect(told(compileDecimal({})('1e5'))).toBe('NUMBER_INVALID is not a number');
  expect(told(compileDecimal({})('--5'))).toBe('NUMBER_INVALID has more than one sign');
  expect(told(compileDecimal({ group: ',' })('12,34'))).toBe('NUMBER_INVALID has its thousands separators in the wrong places');
});

test('whole numbers are exact, or refused', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (n) => void expect(compileInteger({})(String(n))).toBe(n === 0 ? 0 : n)));
  expect(compileInteger({})('0012')).toBe(12);
  expect(compileInteger({})('12.00000')).toBe(12);
  expect(told(compileInteger({})('12.5'))).toBe('NUMBER_INVALID is not a whole number');
  expect(told(compileInteger({})('90071992547409930'))).toMatch('NUMBER_INVALID is too large');
});

test('yes and no, in the words of the source', () => {
  expect(compileBoolean(PLAIN_BOOLEANS)('TRUE')).toBe(1);
  expect(compileBoolean({ true: ['Ja'], false: ['Nein'] })('nein')).toBe(0);
  expect(told(compileBoolean({ true: ['Y'], false: ['N'] })('maybe'))).toBe('BOOLEAN_INVALID is not one of Y, N');
});
