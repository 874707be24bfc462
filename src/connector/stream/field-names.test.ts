import { expect, test } from 'vitest';
import { namesIdentifier, namesMoney } from './field-names.ts';

test.each(['Permit No', 'permit_id', 'BILLNO', 'accountCode', 'Receipt #', 'GLAccount', 'TaxAccountNumber', 'PaymentId'])(
  '%s names something and is not an amount',
  (name) => expect([namesIdentifier(name), namesMoney(name)]).toEqual([true, false]),
);

test.each(['AmountPaid', 'TOTAL_FEE', 'Balance Due', 'paid', 'feeamt', 'Net', 'unpaidBalance'])('%s is an amount, and no key', (name) =>
  expect([namesIdentifier(name), namesMoney(name)]).toEqual([false, true]),
);

test.each(['PaidOn', 'Tax Year', 'DueDate', 'payment_method', 'Owner', 'street'])('%s is neither', (name) =>
  expect([namesIdentifier(name), namesMoney(name)]).toEqual([false, false]),
);
