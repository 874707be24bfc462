import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mappingSchema } from '../../config/schema/mapping.ts';
import { entitySchema } from '../../config/schema/model.ts';
import { ConfigError } from '../../core/errors.ts';
import { compileMapping } from '../compile.ts';
import type { MappingSettings } from '../mapping.ts';

const entity = entitySchema.parse({
  entity: 'deposit',
  title: 'Deposit',
  fields: { amount: { type: 'money', class: 'public' }, name: { type: 'text', class: 'public' } },
});

/** What a rule for the amount makes of a record, or the reason why it is rejected. */
function read(rule: unknown, record: Record<string, unknown>, town = 'USD'): unknown {
  const settings: MappingSettings = { currency: town, timeZone: 'America/New_York', lookups: new Map() };
  const mapping = mappingSchema.parse({ mapping: 'm', entity: 'deposit', from: { connector: 'c', stream: 's' }, fields: { amount: rule } });
  const { candidates, problems } = compileMapping(mapping, entity, settings).apply(
    { values: record as never, number: 1 },
    { connection: 'c' },
  );
  if (problems.length) return problems.map((p) => `${p.code} ${p.message}`).join();
  return [candidates[0]!.columns.amount, candidates[0]!.columns.amount_currency];
}

const money = (more: Record<string, unknown> = {}): unknown => ({ from: 'a', parse: { money: more } });

describe('the sign in an amount', () => {
  test('must be of the currency that the amount is stored in', () => {
    expect(read('a', { a: '€5.00' })).toBe('CURRENCY_CONTRADICTED a "€5.00" is marked €, but the mapping says that the amount is in USD.');
    expect(read('a', { a: '£5' })).toMatch(/^CURRENCY_CONTRADICTED/);
    expect(read('a', { a: '-£5' })).toMatch(/^CURRENCY_CONTRADICTED/);
    expect(read('a', { a: '(€ 5.00)' })).toMatch(/^CURRENCY_CONTRADICTED/);
    expect(read('a', { a: '$5.00' }, 'EUR')).toMatch(/^CURRENCY_CONTRADICTED/);
    expect(read('a', { a: '$5.00' })).toEqual([500, 'USD']);
    expect(read('a', { a: '$5.00' }, 'CAD')).toEqual([500, 'CAD']);
    expect(read(money({ currency: 'EUR' }), { a: '€5.00' })).toEqual([500, 'EUR']);
    expect(read(money({ currency: 'GBP' }), { a: '£5' })).toEqual([500, 'GBP']);
    expect(read(money({ currency: 'GBP' }), { a: '€5' })).toMatch(/^CURRENCY_CONTRADICTED/);
  });

  test('counts in each amount of a list that is added up', () => {
    const rule = { sum: 'lines.a', parse: 'money' };
    expect(read(rule, { lines: [{ a: '$1.00' }, { a: '2.00' }] })).toEqual([300, 'USD']);
    expect(read(rule, { lines: [{ a: '1.00' }, { a: '€2.00' }] })).toMatch(/^CURRENCY_CONTRADICTED/);
  });
});

describe('a currency that the record says', () => {
  const from = (names: unknown, more: Record<string, unknown> = {}): unknown => money({ currency_from: names, ...more });

  test('is the one that the amount is stored in, with its decimals', () => {
    expect(read(from('cur'), { a: '5.00', cur: 'CAD' })).toEqual([500, 'CAD']);
    expect(read(from('cur'), { a: '5', cur: 'gbp' })).toEqual([500, 'GBP']);
    expect(read(from('cur'), { a: '500', cur: 'JPY' })).toEqual([500, 'JPY']);
    expect(read(from('cur'), { a: '1.234', cur: 'KWD' })).toEqual([1234, 'KWD']);
    expect(read(from('cur'), { a: '€5.00', cur: 'EUR' })).toEqual([500, 'EUR']);
    expect(read(from(['line', 'head']), { a: '5.00', line: '', head: 'CAD' })).toEqual([500, 'CAD']);
  });

  test('that is not known or contradicted rejects the record, and is never taken for the town’s', () => {
    expect(read(from('cur'), { a: '5.00', cur: '' })).toBe('CURRENCY_UNKNOWN cur is empty, so the currency of the amount is not known.');
    expect(read(from('cur'), { a: '5.00' })).toMatch(/^FIELD_ABSENT/);
    expect(read(from('cur'), { a: '5.00', cur: 'US$' })).toBe('CURRENCY_UNKNOWN cur "US$" is not an ISO 4217 currency code.');
    expect(read(from('cur'), { a: '€5.00', cur: 'CAD' })).toMatch(/^CURRENCY_CONTRADICTED/);
  });

  test('may be left out where the mapping says what holds then, and where there is no amount', () => {
    expect(read(from('cur', { currency: 'USD' }), { a: '5.00', cur: '' })).toEqual([500, 'USD']);
    expect(read(from(['cur', '@currency']), { a: '5.00', cur: '' }, 'CAD')).toEqual([500, 'CAD']);
    expect(read(from('cur'), { a: '', cur: '' })).toEqual([null, null]);
  });

  test('is a source of the amount, and is for money only', () => {
    const settings: MappingSettings = { currency: 'USD', timeZone: 'UTC', lookups: new Map() };
    const parse = (fields: unknown) =>
      mappingSchema.parse({ mapping: 'm', entity: 'deposit', from: { connector: 'c', stream: 's' }, fields });
    expect(compileMapping(parse({ amount: from(['cur', 'head']) }), entity, settings).sources).toMatchObject({
      amount: ['a', 'cur', 'head'],
    });
  });

  test('two records of two currencies are two amounts, in whatever order they come', () => {
    const mapping = mappingSchema.parse({
      mapping: 'm',
      entity: 'deposit',
      from: { connector: 'c', stream: 's' },
      fields: { amount: from('cur') },
    });
    const compiled = compileMapping(mapping, entity, { currency: 'USD', timeZone: 'UTC', lookups: new Map() });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.constantFrom('USD', 'CAD', 'EUR', 'JPY'))), (list) => {
        for (const [whole, cur] of list) {
          const { candidates } = compiled.apply({ values: { a: String(whole), cur }, number: 1 }, { connection: 'c' });
          expect(candidates[0]!.columns).toEqual({ amount: whole * (cur === 'JPY' ? 1 : 100) + 0, amount_currency: cur });
        }
      }),
    );
  });
});

test('a field that says a currency and is not there is refused when the mapping is checked', () => {
  const settings: MappingSettings = { currency: 'USD', timeZone: 'UTC', lookups: new Map() };
  const mapping = mappingSchema.parse({
    mapping: 'm',
    entity: 'deposit',
    from: { connector: 'c', stream: 's' },
    fields: { name: { from: 'a', parse: { money: { currency_from: '../cur' } } } },
  });
  expect(() => compileMapping(mapping, entity, settings)).toThrow(ConfigError);
  try {
    compileMapping(mapping, entity, settings);
  } catch (error) {
    expect((error as ConfigError).problems.map((p) => p.message)).toEqual([
      'Only money has a currency, but the field is text.',
      '../cur refers to something outside the record.',
    ]);
  }
});
