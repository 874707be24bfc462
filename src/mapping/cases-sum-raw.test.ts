import { describe, expect, test } from 'vitest';
import type { LookupTable } from '../config/project.ts';
import { mappingSchema } from '../config/schema/mapping.ts';
import { entitySchema } from '../config/schema/model.ts';
import { ConfigError } from '../core/errors.ts';
import type { Values } from '../core/record.ts';
import { compileMapping } from './compile.ts';

const ENTITY = entitySchema.parse({
  entity: 'receipt',
  title: 'Receipt',
  fields: {
    amount: { type: 'money', required: true, class: 'public' },
    payments: { type: 'integer', class: 'public' },
    tender: { type: 'code', class: 'public', values: ['cash', 'check', 'other'] },
    note: { type: 'text', class: 'public' },
  },
});
const LOOKUP: LookupTable = { name: 't', file: 'mappings/lookups/t.csv', columns: ['from', 'to'], rows: [{ from: 'Cash', to: 'cash' }] };

function compile(fields: Record<string, unknown>) {
  const mapping = mappingSchema.parse({
    mapping: 'receipt.from-test',
    entity: 'receipt',
    from: { connector: 'test', stream: 's' },
    fields: { amount: { const: 1 }, ...fields },
  });
  return compileMapping(mapping, ENTITY, { currency: 'USD', timeZone: 'America/New_York', lookups: new Map([['t', LOOKUP]]) });
}

function apply(fields: Record<string, unknown>, values: Values): unknown {
  const { candidates, problems } = compile(fields).apply({ values, number: 1 }, { connection: 'test' });
  return problems.length ? problems.map((p) => `${p.code} ${p.message}`) : candidates[0]!.columns;
}

function refusals(fields: Record<string, unknown>): string[] {
  try {
    compile(fields);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.place.path}: ${p.message}`);
  }
}

describe('sum', () => {
  const amount = { amount: { sum: 'Payment.Amount' } };

  test('a receipt that was paid in two ways is worth both', () => {
    expect(apply(amount, { Payment: [{ Amount: '20.00' }, { Amount: '0.10' }] })).toMatchObject({ amount: 2010, amount_currency: 'USD' });
    expect(
      apply({ payments: { sum: 'Group.Item.N' } }, { Group: [{ Item: [{ N: '1' }, { N: '2' }] }, { Item: { N: '4' } }] }),
    ).toMatchObject({ payments: 7 });
    expect(apply({ amount: { sum: 'Payment.Amount', negate: true } }, { Payment: { Amount: '5.00' } })).toMatchObject({ amount: -500 });
    const side = { sum: 'Payment.Amount', negate: { field: 'Side', is: 'C' } };
    expect(apply({ amount: side }, { Side: 'C', Payment: { Amount: '5.00' } })).toMatchObject({ amount: -500 });
    expect(apply({ amount: side }, { Side: 'D', Payment: { Amount: '5.00' } })).toMatchObject({ amount: 500 });
  });

  test('one bad or empty amount is not hidden by the others', () => {
    expect(apply(amount, { Payment: [{ Amount: '20.00' }, { Amount: '1O.00' }] })).toEqual([
      'AMOUNT_INVALID Payment.Amount "1O.00" is not an amount.',
    ]);
    expect(apply(amount, { Payment: [{ Amount: '20.00' }, { Amount: '' }] })).toEqual([
      'FIELD_REQUIRED Payment.Amount is empty in an item of the list that is added up.',
    ]);
    expect(apply(amount, { Payment: [{ Amout: '20.00' }] })).toEqual(['FIELD_ABSENT Amount is not in the record.']);
    expect(apply(amount, { Payment: [{ Amount: '90071992547409.91' }, { Amount: '0.01' }] })).toEqual([
      'AMOUNT_INVALID Payment.Amount adds up to more than can be represented exactly.',
    ]);
  });

  test('without any payment there is no amount, rather than one of zero', () => {
    expect(apply(amount, { Payment: [] })).toEqual(['FIELD_REQUIRED Payment.Amount has no value, but amount must have one.']);
  });

  test('what cannot be added up is said before anything is read', () => {
    expect(refusals({ note: { sum: 'Payment.Amount' } })).toEqual(['fields.note.sum: Only money and whole numbers can be added up.']);
    expect(refusals({ amount: { sum: 'Amount' } })).toEqual(['fields.amount.sum: Amount does not name a list.']);
    expect(refusals({ amount: { sum: 'P.Amount', from: 'x' } })).toEqual([
      'fields.amount: The rule has more than one of from, const, cases, sum and concat.',
    ]);
  });
});

describe('cases', () => {
  const nonZero = '[1-9]';
  const tender = {
    tender: {
      cases: [
        {
          when: {
            all: [
              { field: 'cash', matches: nonZero },
              { field: 'check', matches: nonZero },
            ],
          },
          const: 'other',
        },
        { when: { field: 'cash', matches: nonZero }, const: 'cash' },
        { when: { field: 'check', matches: nonZero }, const: 'check' },
      ],
    },
  };

  test('the first case that holds gives the value', () => {
    expect(apply(tender, { cash: '10.00', check: '0.00' })).toMatchObject({ tender: 'cash', tender_raw: 'cash' });
    expect(apply(tender, { cash: '0.00', check: '3.00' })).toMatchObject({ tender: 'check' });
    expect(apply(tender, { cash: '1.00', check: '3.00' })).toMatchObject({ tender: 'other' });
    expect(apply(tender, { cash: '0.00', check: '0.00' })).toMatchObject({ tender: null, tender_raw: null });
    expect(apply({ tender: { ...tender.tender, default: 'other' } }, { cash: '0.00', check: '0.00' })).toMatchObject({ tender: 'other' });
  });

  test('a value that the model does not have is found before anything is read', () => {
    expect(refusals({ tender: { cases: [{ when: { field: 'a', empty: true }, const: 'coins' }] } })).toEqual([
      'fields.tender.cases.0.const: "coins" is not one of the values in the model: cash, check, other.',
    ]);
    expect(refusals({ tender: { cases: [{ when: {}, const: 'cash' }] } })).toEqual(['fields.tender.cases.0.when: The condition is empty.']);
  });
});

describe('a sign that a record decides', () => {
  const net = { amount: { from: ['Debit', 'Credit'], negate: { field: 'Credit', empty: false } } };

  test('makes one amount of a debit and a credit column', () => {
    expect(apply(net, { Debit: '12.50', Credit: '' })).toMatchObject({ amount: 1250 });
    expect(apply(net, { Debit: '', Credit: '12.50' })).toMatchObject({ amount: -1250 });
    expect(apply(net, { Debit: '', Credit: '-3.00' })).toMatchObject({ amount: 300 });
  });

  test('is for every currency; a sign is only that of a number', () => {
    const parse = { money: { currency_from: 'Cur' } };
    expect(apply({ amount: { ...net.amount, parse } }, { Debit: '', Credit: '2.00', Cur: 'CAD' })).toMatchObject({
      amount: -200,
      amount_currency: 'CAD',
    });
    expect(refusals({ amount: { from: 'Debit', negate: {} } })).toEqual(['fields.amount.negate: The condition is empty.']);
    expect(refusals({ tender: { from: 'Debit', negate: { field: 'Side', is: 'C' } } })).toEqual([
      'fields.tender.negate: Only the sign of numbers and money can be changed.',
    ]);
  });
});

describe('raw', () => {
  test('a source that gives its own code and the standard one keeps both', () => {
    expect(apply({ tender: { from: 'mapped', raw: 'own' } }, { own: 'C1', mapped: 'cash' })).toMatchObject({
      tender: 'cash',
      tender_raw: 'C1',
    });
    expect(apply({ tender: { from: 'mapped', raw: 'own', lookup: { table: 't' } } }, { own: 'C1', mapped: 'Cash' })).toMatchObject({
      tender: 'cash',
      tender_raw: 'C1',
    });
    expect(apply({ tender: { from: 'mapped', raw: 'own' } }, { own: '', mapped: '' })).toMatchObject({ tender: null, tender_raw: null });
    expect(refusals({ note: { from: 'a', raw: 'b' } })).toEqual(['fields.note.raw: Only codes have a raw value, but note is text.']);
  });
});
