import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LookupTable } from '../config/project.ts';
import { mappingSchema } from '../config/schema/mapping.ts';
import { entitySchema } from '../config/schema/model.ts';
import { ConfigError } from '../core/errors.ts';
import type { Values } from '../core/record.ts';
import { compileMapping } from './compile.ts';

const ENTITY = entitySchema.parse({
  entity: 'thing',
  title: 'Thing',
  fields: {
    name: { type: 'text', class: 'public' },
    key: { type: 'text', class: 'public' },
    status: { type: 'code', class: 'public', values: ['open', 'closed'] },
    kind: { type: 'code', class: 'public' },
    size: { type: 'integer', class: 'public' },
    rate: { type: 'decimal', class: 'public' },
    amount: { type: 'money', class: 'public' },
    day: { type: 'date', class: 'public' },
    at: { type: 'datetime', class: 'public' },
    flag: { type: 'boolean', class: 'public' },
    born: { type: 'date', class: 'personal' },
    owner: { type: 'text', class: 'personal' },
  },
});
const STATUS: LookupTable = {
  name: 'status',
  file: 'mappings/lookups/status.csv',
  columns: ['from', 'to'],
  rows: [
    { from: 'O', to: 'open' },
    { from: 'C', to: 'closed' },
    { from: 'Z', to: '' },
  ],
};

function compile(fields: Record<string, unknown>, more: Record<string, unknown> = {}, required: string[] = []) {
  const entity = structuredClone(ENTITY);
  for (const name of required) entity.fields[name]!.required = true;
  const mapping = mappingSchema.parse({
    mapping: 'thing.from-test',
    entity: 'thing',
    from: { connector: 'test', stream: 's' },
    fields,
    ...more,
  });
  return compileMapping(mapping, entity, { currency: 'USD', timeZone: 'America/New_York', lookups: new Map([['status', STATUS]]) });
}

function apply(fields: Record<string, unknown>, values: Values, more: Record<string, unknown> = {}, required: string[] = []) {
  const { candidates, problems } = compile(fields, more, required).apply(
    { values, number: 3, line: 4 },
    { connection: 'test', file: 'things.csv' },
  );
  return problems.length
    ? problems.map((p) => `${p.code} ${p.message}`)
    : candidates.map((c) => (more['for_each'] ? { itemKey: c.itemKey, ...c.columns } : c.columns));
}

const one = (fields: Record<string, unknown>, values: Values, more?: Record<string, unknown>): unknown => apply(fields, values, more)[0];

function refusals(fields: Record<string, unknown>, more: Record<string, unknown> = {}, required: string[] = []): string[] {
  try {
    compile(fields, more, required);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.place.path}: ${p.message}${p.hint ? ` ${p.hint}` : ''}`);
  }
}

describe('what a field becomes', () => {
  test('the type of the field says how a plain value is read', () => {
    const same = Object.fromEntries(Object.keys(ENTITY.fields).map((name) => [name, name]));
    const values = {
      name: ' Café ',
      key: '0042',
      status: 'open',
      kind: 'K',
      size: '7',
      rate: '1.50',
      amount: '-12.5',
      day: '2026-07-01',
      at: '2026-07-01T08:00:00',
      flag: 'Y',
      born: '1980-02-29',
      owner: '',
    };
    expect(one(same, values)).toEqual({
      name: 'Café',
      key: '0042',
      status: 'open',
      status_raw: 'open',
      kind: 'K',
      kind_raw: 'K',
      size: 7,
      rate: '1.50',
      amount: -1250,
      amount_currency: 'USD',
      day: '2026-07-01',
      at: '2026-07-01T12:00:00.000Z',
      flag: 1,
      born: '1980-02-29',
      owner: null,
    });
    expect(Object.keys(one(same, values) as object)).toEqual(compile(same).columns);
  });

  test('a code keeps what the source said next to what we made of it', () => {
    const rule = { status: { from: 's', case: 'upper', lookup: { table: 'status' } } };
    expect(one(rule, { s: 'o' })).toEqual({ status: 'open', status_raw: 'O' });
    expect(one(rule, { s: 'Z' })).toEqual({ status: null, status_raw: 'Z' });
    expect(one(rule, { s: null })).toEqual({ status: null, status_raw: null });
    expect(one({ status: { from: 's', lookup: { table: 'status', unknown: { value: 'closed' } } } }, { s: '?' })).toEqual({
      status: 'closed',
      status_raw: '?',
    });
    expect(one({ status: { from: 's', lookup: { table: 'status' }, default: 'closed', on_error: 'default' } }, { s: '?' })).toEqual({
      status: 'closed',
      status_raw: '?',
    });
    expect(one({ status: 's' }, { s: 'shut' })).toBe('CODE_UNKNOWN s "shut" is not one of open, closed.');
    expect(one(rule, { s: 'q' })).toBe('CODE_UNKNOWN s "Q" is not in mappings/lookups/status.csv.');
  });

  test('the steps of a rule are taken in their order, whatever the order in the file', () => {
    const rule = {
      default: 0,
      negate: true,
      parse: { money: { decimal: ',', group: '.' } },
      replace: [{ text: 'EUR', with: '' }],
      match: { pattern: '^Total: (.*)$' },
      split: { on: '|', take: -1 },
      from: 'line',
    };
    expect(one({ amount: rule }, { line: 'x | Total: 1.234,50EUR ' })).toEqual({ amount: -123450, amount_currency: 'USD' });
    expect(one({ amount: rule }, { line: 'x | nothing' })).toEqual({ amount: 0, amount_currency: 'USD' });
    expect(one({ name: { from: 'n', case: 'title' } }, { n: "MARY-ANN O'BRIEN (DOG'S OWNER)" })).toEqual({
      name: "Mary-Ann O'Brien (Dog's Owner)",
    });
    expect(one({ name: { from: 'n', split: { on: ',', take: 3 } } }, { n: 'a,b' })).toEqual({ name: null });
    expect(one({ name: { from: 'n', trim: false } }, { n: ' a ' })).toEqual({ name: ' a ' });
  });

  test('values come from several fields, from constants, and from where the record came from', () => {
    const values = { a: ' ', b: 'B', c: null, d: 'D' };
    expect(one({ name: { from: ['a', 'nowhere', 'b'] } }, values)).toEqual({ name: 'B' });
    expect(one({ name: { concat: { of: ['b', 'c', 'd'], with: '-' } } }, values)).toEqual({ name: 'B-D' });
    expect(one({ flag: { const: true }, amount: { const: '1.00' }, status: { const: 'open' } }, values)).toEqual({
      status: 'open',
      status_raw: 'open',
      amount: 100,
      amount_currency: 'USD',
      flag: 1,
    });
    expect(one({ name: '@file', key: '@connection', size: '@record', kind: '@currency' }, values)).toEqual({
      name: 'things.csv',
      key: 'test',
      kind: 'USD',
      kind_raw: 'USD',
      size: 3,
    });
    expect(one({ name: 'Payments.0.Type', key: 'Payments.1.Type' }, { Payments: [{ Type: 'CA' }] })).toEqual({ name: 'CA', key: null });
    expect(one({ name: 'constructor' }, { a: '1' })).toBe('FIELD_ABSENT constructor is not in the record.');
  });

  test('a rule for some records only gives its default to the others', () => {
    const rule = { amount: { when: { field: 'type', not: ['CANCEL', 'FORGIVEN'] }, from: 'paid', default: '0.00' } };
    expect(one(rule, { type: 'CASH', paid: '5' })).toMatchObject({ amount: 500 });
    expect(one(rule, { type: 'CANCEL', paid: '5' })).toMatchObject({ amount: 0 });
  });

  test('a mapping for some records only makes nothing of the others', () => {
    const more = {
      when: {
        all: [
          { field: 'type', is: 'D' },
          {
            any: [
              { field: 'x', empty: true },
              { field: 'x', matches: '^\\d+$' },
            ],
          },
        ],
      },
    };
    expect(apply({ name: 'n' }, { type: 'D', n: 'a', x: '' }, more)).toHaveLength(1);
    expect(apply({ name: 'n' }, { type: 'D', n: 'a', x: '12' }, more)).toHaveLength(1);
    expect(apply({ name: 'n' }, { type: 'D', n: 'a', x: 'y' }, more)).toEqual([]);
    expect(apply({ name: 'n' }, { n: 'a' }, more)).toEqual([]);
  });
});

describe('records that cannot be mapped', () => {
  test('all that is wrong with a record is said at once, with its place and what to do', () => {
    const { problems, candidates } = compile({ day: 'paid_on', amount: 'sum', size: 'n', flag: 'f', at: 't', name: 'gone' }).apply(
      { values: { paid_on: '2026-02-30', sum: '4x0', n: '1.5', f: 'maybe', t: 'noon' }, number: 3, line: 4 },
      { connection: 'test', file: 'things.csv' },
    );
    expect(candidates).toEqual([]);
    expect(problems.map((p) => p.message)).toEqual([
      'gone is not in the record.',
      'n "1.5" is not a whole number.',
      'sum "4x0" is not an amount.',
      'paid_on "2026-02-30" is not a day that exists: February 2026 has 28 days.',
      't "noon" is not a date with time written as YYYY-MM-DDTHH:mm:ss.',
      'f "maybe" is not one of true, yes, y, t, 1, false, no, n, f, 0.',
    ]);
    expect(problems[2]).toMatchObject({ code: 'AMOUNT_INVALID', place: { file: 'things.csv', line: 4, record: 3, path: 'sum' } });
    expect(problems[2]!.hint).toMatch('interlocal rejects replay');
  });

  test('values of personal fields are never shown', () => {
    expect(
      apply({ born: 'dob', owner: { from: 'who', match: { pattern: '^(\\w+), ' } } }, { dob: '1980-02-30', who: 'Secret Name' }),
    ).toEqual([
      'DATE_INVALID dob (personal value hidden) is not a day that exists.',
      'PATTERN_NO_MATCH who (personal value hidden) does not match ^(\\w+), .',
    ]);
  });

  test('a field that must have a value, and has none, rejects the record', () => {
    expect(apply({ day: 'd' }, { d: ' ' }, {}, ['day'])).toEqual(['FIELD_REQUIRED d has no value, but day must have one.']);
    expect(apply({ day: { from: 'd', on_error: 'null' } }, { d: 'x' }, {}, ['day'])).toEqual([
      'FIELD_REQUIRED d has no value, but day must have one.',
    ]);
  });

  test('a list where one value is meant is said to be one', () => {
    expect(apply({ name: 'n' }, { n: ['a', 'b'] })).toEqual(['FIELD_NOT_TEXT n is a list of 2, not one value.']);
    expect(apply({ name: 'n' }, { n: { x: 'a' } })).toEqual(['FIELD_NOT_TEXT n contains fields, not one value.']);
  });

  test('on_error decides for any text: rejected, nothing, or the default; a good value is never touched', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('12.50', '', '2026-01-01')),
        fc.constantFrom('reject', 'null', 'default'),
        (text, onError) => {
          const got = apply({ amount: { from: 'a', on_error: onError, default: '9.99' } }, { a: text })[0] as
            string | { amount: number | null };
          const plain = apply({ amount: 'a' }, { a: text })[0] as string | { amount: number | null };
          if (typeof plain === 'object') expect(got).toMatchObject({ amount: plain.amount ?? 999 });
          else if (onError === 'reject') expect(got).toBe(plain);
          else expect(got).toMatchObject({ amount: onError === 'null' ? null : 999 });
        },
      ),
    );
  });

  test('a record that the format could not read stays a problem', () => {
    const problem = { code: 'ROW_RAGGED', place: { line: 4 }, message: 'has 3 columns' };
    expect(compile({ name: 'n' }).apply({ values: {}, number: 1, problem }, { connection: 'c' })).toEqual({
      taken: true,
      candidates: [],
      problems: [problem],
    });
  });
});

describe('lists in a record', () => {
  const receipt: Values = {
    number: '70',
    lines: [
      { account: '100', sum: '5' },
      { account: '200', sum: '7', parts: [{ p: '1' }, { p: '2' }] },
    ],
  };

  test('each item becomes a record of its own, and sees the record around it', () => {
    expect(apply({ name: '../number', key: 'account', amount: 'sum' }, receipt, { for_each: 'lines' })).toEqual([
      { itemKey: '1', name: '70', key: '100', amount: 500, amount_currency: 'USD' },
      { itemKey: '2', name: '70', key: '200', amount: 700, amount_currency: 'USD' },
    ]);
    expect(apply({ key: '../account', name: '../../number', size: 'p' }, receipt, { for_each: 'lines.parts' })).toEqual([
      { itemKey: '1', name: '70', key: '200', size: 1 },
      { itemKey: '2', name: '70', key: '200', size: 2 },
    ]);
    expect(apply({ name: 'a' }, { items: { a: 'only' } }, { for_each: 'items' })).toEqual([{ itemKey: '1', name: 'only' }]);
    expect(apply({ name: '.' }, { items: ['x', 'y'] }, { for_each: 'items' })).toMatchObject([{ name: 'x' }, { name: 'y' }]);
    expect(apply({ name: 'a' }, { items: null }, { for_each: 'items' })).toEqual([]);
  });

  test('keys of items never run into each other', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string(), fc.string()), {
          minLength: 1,
          maxLength: 6,
          selector: ([a, b]) => JSON.stringify([a.trim(), b.trim()]),
        }),
        (keys) => {
          const items = keys.map(([a, b]) => ({ a, b, n: 'x' }));
          const got = apply({ name: 'n' }, { items }, { for_each: 'items', item_key: ['a', 'b'] }) as { itemKey: string }[];
          expect(new Set(got.map((g) => g.itemKey)).size).toBe(keys.length);
        },
      ),
    );
  });

  test('two items with one key are refused, since one would replace the other', () => {
    expect(
      apply(
        { name: 'n' },
        {
          items: [
            { a: '1', n: 'x' },
            { a: '1', n: 'y' },
          ],
        },
        { for_each: 'items', item_key: ['a'] },
      ),
    ).toEqual(['ITEM_KEY_REPEATED Two items of items have the same a, so it is not known which is which.']);
  });
});

describe('mappings that cannot work', () => {
  test('everything that is wrong is said at once, each with its path', () => {
    const said = refusals(
      {
        nmae: 'n',
        name: { from: 'a', const: 'b' },
        key: { on_error: 'default', from: '../a' },
        status: { from: 's', lookup: { table: 'statsu' } },
        size: { from: 'x', parse: 'date' },
        amount: { from: 'a', default: '1,00' },
        day: { from: 'd', parse: { date: 'yyyy-mm-dd' } },
        at: { from: 't', parse: { datetime: 'YYYY-MM-DD HH:mm', zone: 'Mars' } },
        flag: { const: 'perhaps' },
        born: { from: 'b', match: { pattern: '(a+)+$' } },
        owner: { from: 'b', match: { pattern: 'ab', take: 1 }, when: { is: 'x' } },
      },
      {},
      ['kind'],
    );
    expect(said).toHaveLength(14);
    for (const text of [
      'fields.nmae: thing has no field nmae. Did you mean name?',
      'fields.name: The rule has more than one of from, const, cases, sum and concat.',
      'fields.key.on_error: on_error is default, but the rule has no default.',
      'fields.key.from: ../a refers to the record around an item, but the mapping has no for_each.',
      'fields.status.lookup.table: There is no lookup table statsu. Did you mean status?',
      'fields.kind: thing.kind must have a value, but the mapping has no rule for it.',
      'fields.size.parse: The field is an integer and cannot be parsed as a date.',
      'fields.amount.default: "1,00" is not an amount.',
      'fields.day.parse.date: The date format "yyyy-mm-dd" has "yyyy", which is not part of a date; write YYYY.',
      'fields.at.parse.zone: Mars is not a time zone.',
      'fields.flag.const: "perhaps" is not one of',
      'fields.born.match.pattern: The pattern (a+)+$ can take extremely long',
      'fields.owner.match.take: The pattern ab has no group; group 1 cannot be taken.',
      'fields.owner.when.is: The condition has is, but no field.',
    ])
      expect(said.join('\n')).toContain(text);
  });

  test('a required field under a misspelled name is one mistake', () => {
    expect(refusals({ knid: 'k' }, {}, ['kind'])).toEqual(['fields.knid: thing has no field knid. Did you mean kind?']);
    expect(refusals({ name: 'n' }, {}, ['kind'])).toEqual([
      'fields.kind: thing.kind must have a value, but the mapping has no rule for it. Add fields.kind.',
    ]);
  });

  test('a lookup that gives codes which the model does not have is refused before it meets one', () => {
    STATUS.rows.push({ from: 'X', to: 'opne' });
    expect(refusals({ status: { from: 's', lookup: { table: 'status' } } })).toEqual([
      'fields.status.lookup: mappings/lookups/status.csv: "opne" is not one of the values in the model: open, closed. Did you mean open?',
    ]);
    STATUS.rows.pop();
  });
});

test('the fingerprint changes with what decides the columns, and with nothing else', () => {
  const base = compile({ status: { from: 's', lookup: { table: 'status' } } });
  const same = compile({ status: { from: 's', lookup: { table: 'status' } } }, { tests: [{ name: 't', record: {} }] });
  expect(base.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(same.fingerprint).toBe(base.fingerprint);
  expect(compile({ status: { from: 't', lookup: { table: 'status' } } }).fingerprint).not.toBe(base.fingerprint);
  STATUS.rows.push({ from: 'N', to: 'open' });
  expect(compile({ status: { from: 's', lookup: { table: 'status' } } }).fingerprint).not.toBe(base.fingerprint);
  STATUS.rows.pop();
});

test('each column names the source fields that it was taken from', () => {
  expect(compile({ name: { concat: { of: ['a', 'b'] } }, amount: 'sum', kind: { const: 'x' } }).sources).toEqual({
    name: ['a', 'b'],
    kind: [],
    kind_raw: [],
    amount: ['sum'],
    amount_currency: ['sum'],
  });
});

test('whether a text that is too long for a pattern matches is not known: the record is rejected, never passed over', () => {
  const long = 'a'.repeat(20_000);
  const condition = { field: 'a', matches: '^b' };
  const fields = { name: 'b' };
  expect(String(one(fields, { a: long, b: 'x' }, { when: condition }))).toMatch(/^PATTERN_TOO_LONG a .*20000 characters/);
  expect(String(one({ name: { from: 'b', when: condition } }, { a: long, b: 'x' }))).toMatch(/^PATTERN_TOO_LONG/);
  expect(String(one({ name: { cases: [{ when: condition, const: 'x' }] } }, { a: long }))).toMatch(/^PATTERN_TOO_LONG/);
  expect(one(fields, { a: 'b', b: 'x' }, { when: condition })).toMatchObject({ name: 'x' });
});
