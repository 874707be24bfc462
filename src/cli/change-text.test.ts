import { expect, test } from 'vitest';
import { entitySchema } from '../config/schema/model.ts';
import { changeText } from './change-text.ts';

const receipt = entitySchema.parse({
  entity: 'receipt',
  title: 'Money taken',
  identity: ['number'],
  fields: {
    number: { type: 'text', class: 'public', description: 'Number.' },
    amount: { type: 'money', class: 'public', description: 'Amount.' },
  },
});

test('amounts are shown as amounts, with the decimals of their currency', () => {
  const of = { action: 'changed', currency: 'USD' };
  expect(changeText({ amount: [1610, 2610], number: [null, '7'] }, receipt, of)).toBe('amount: 16.10 → 26.10, number: nothing → 7');
  expect(changeText({ amount: [1610, 2610] }, receipt, { ...of, known: { amount_currency: 'JPY' } })).toBe('amount: 1,610 → 2,610');
  expect(changeText({ amount: [null, 2610] }, receipt, { ...of, action: 'created' })).toBe('amount: 26.10');
  expect(changeText({ amount: [2610, null] }, receipt, { ...of, action: 'deleted' })).toBe('amount: 26.10');
});
