import { expect, test } from 'vitest';
import type { Entry } from './entry.ts';
import { textAgreement } from './text.ts';

function agreement(left: string | null, right: string | null): number {
  const entry = (text: string | null): Entry => ({ id: 'x', minor: 1, currency: 'USD', day: 1, values: { text } });
  return textAgreement(entry(left), entry(right), [{ left: 'text', right: 'text' }]);
}

test('a text names a number, also where one of the two writes it in parts', () => {
  expect(agreement('4711', 'PAYMENT 4711')).toBe(2);
  expect(agreement('097570-03', 'PAYMENT 097570-03')).toBe(2);
  expect(agreement('PAYMENT 97570 3, THANKS', '097570-03')).toBe(2);
  expect(agreement('097570-03', 'PAYMENT 097571-03')).toBe(0);
  expect(agreement('097570-03', 'PAYMENT 097570 OF 03')).toBeLessThan(2);
});

test('equal texts agree most, shared words least, and an empty one not at all', () => {
  expect(agreement('karl kemp', 'KARL, KEMP')).toBe(3);
  expect(agreement('KARL KEMP', 'KEMP ANNA')).toBe(1);
  expect(agreement(null, 'KARL')).toBe(0);
});
