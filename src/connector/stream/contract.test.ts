import { describe, expect, test } from 'vitest';
import { type StreamConfig, streamSchema } from '../../config/schema/connector.ts';
import { FileError } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { contractOf } from './contract.ts';

function stream(fields: Record<string, unknown>, drift: Record<string, string> = {}): StreamConfig {
  return streamSchema.parse({
    retriever: { files: { pattern: '*' } },
    decoder: { csv: {} },
    schema: { fields, drift },
    primary_key: ['id'],
  });
}
const record = (values: Values, number = 1): SourceRecord => ({ values, number, line: number + 1 });

function checked(config: StreamConfig, ...list: Values[]): { records: SourceRecord[]; newColumns: readonly string[] } {
  const contract = contractOf(config, 'a.csv');
  const records = list.map((values, i) => record(values, i + 1));
  for (const one of records) contract.check(one);
  return { records, newColumns: contract.newColumns() };
}
const codes = (records: readonly SourceRecord[]): (string | undefined)[] => records.map((r) => r.problem?.code);

describe('columns that are new', () => {
  const fields = { id: {} };

  test('are kept and told, once', () => {
    const { records, newColumns } = checked(stream(fields), { id: '1', b: 'x' }, { id: '2', c: 'y', b: 'x' }, { id: '3' });
    expect([codes(records), newColumns]).toEqual([
      [undefined, undefined, undefined],
      ['b', 'c'],
    ]);
    expect(records[0]!.values).toEqual({ id: '1', b: 'x' });
  });

  test('refuse the file where the source may not change', () => {
    expect(() => checked(stream(fields, { columns: 'freeze' }), { id: '1' }, { id: '2', b: 'x', c: 'y' })).toThrow(
      /a\.csv:3.*The source has columns that the connector does not know: b, c/,
    );
  });

  test('reject the records that have them, and no others', () => {
    const { records } = checked(stream(fields, { columns: 'quarantine_row' }), { id: '1' }, { id: '2', b: 'x' }, { id: '3' });
    expect(codes(records)).toEqual([undefined, 'COLUMN_NEW', undefined]);
  });

  test('are none that the connector names itself: the mark of the record type', () => {
    const config = stream(fields, { columns: 'freeze' });
    config.decoder!.csv!.record_types = { D: ['type', 'id', 'amount'], T: ['type', 'lines'] };
    expect(checked(config, { type: 'D', id: '1', amount: '5.00' }).newColumns).toEqual([]);
  });

  test('are new also when they are called as every object has it', () => {
    expect(checked(stream(fields), { id: '1', constructor: 'x' }).newColumns).toEqual(['constructor']);
  });

  test('are nothing to speak of where the stream declares no fields', () => {
    expect(checked(stream({}), { id: '1', anything: 'x' }).newColumns).toEqual([]);
  });
});

describe('values of another type', () => {
  const typed = (type: string, more: Record<string, string> = {}, drift: Record<string, string> = {}) =>
    stream({ id: {}, v: { type, ...more } }, drift);

  test.each<[string, string[], string[]]>([
    ['integer', ['1', '-20', '+3', ' 007 '], ['1.0', 'x', '1 2', '']],
    [
      'decimal',
      [
        '1',
        '-1.50',
        '(1,234.50)',
        '$5',
        '12-',
        '1,000.00-',
        "1'000",
        '1 000',
        '.5',
        '-$5',
        '5.',
        '1e5',
        '$(5)',
        '5.00CR',
        'USD 5.00',
        '\u22125',
      ],
      ['abc', '-', '1.2.x', '1.000,00', '12,5', '1,00,0', '1e', '5.00XX'],
    ],
    ['date', ['2026-01-31', ' 2024-02-29 '], ['2026-02-29', '01/31/2026', '2026-1-1', 'soon']],
    [
      'datetime',
      ['2026-01-31T10:00:00', '2026-01-31 10:00', '2026-01-31T10:00:00.0000000+01:00', '2026-01-31T10:00Z', '2026-01-31'],
      ['soon', '10:00', '31.1.2026 10h', '2026-02-30T10:00:00', '2026-01-31T25:00', '20260131'],
    ],
    ['boolean', ['true', 'N', '0', ' Yes '], ['maybe', '2']],
  ])('%s', (type, good, bad) => {
    expect(codes(checked(typed(type), ...good.map((v) => ({ id: '1', v }))).records)).toEqual(good.map(() => undefined));
    // An empty text is what CSV makes of nothing; a decoder gives null for it.
    expect(codes(checked(typed(type), ...bad.map((v) => ({ id: '1', v }))).records)).toEqual(bad.map(() => 'TYPE_CHANGED'));
    expect(codes(checked(typed(type), { id: '1', v: null }, { id: '2' }).records)).toEqual([undefined, undefined]);
  });

  test.each<[string, string, string[], string[]]>([
    ['date', 'MM/DD/YYYY', ['02/28/2026', ' 12/31/1999 '], ['02/31/2026', '2026-03-01', '20260301', '99/99/9999', '3/1/2026', 'soon']],
    ['date', 'M/D/YYYY', ['3/1/2026', '03/01/2026'], ['3/1/26']],
    ['date', 'YYYYMMDD', ['20260301'], ['20261301', '2026-03-01']],
    ['date', 'ddd MMM D, YYYY', ['Sun Mar 1, 2026'], ['Mon Mar 1, 2026']],
    ['datetime', 'YYYY-MM-DD HH:mm', ['2026-03-01 10:00'], ['10:00', '2026-03-01 24:00', '2026-03-01T10:00']],
    ['datetime', 'MM/DD/YYYY hh:mm A', ['03/01/2026 12:30 PM'], ['03/01/2026 13:30 PM']],
    ['datetime', '/Date(ms)/', ['/Date(1767225600000)/', '/Date(1767225600000-0500)/'], ['2026-01-01']],
    ['datetime', 'unix', ['1767225600'], ['2026-01-01']],
  ])('a %s written as %s', (type, format, good, bad) => {
    const look = (values: string[]) => codes(checked(typed(type, { format }), ...values.map((v) => ({ id: '1', v }))).records);
    expect(look(good)).toEqual(good.map(() => undefined));
    expect(look(bad)).toEqual(bad.map(() => 'TYPE_CHANGED'));
    expect(checked(typed(type, { format }), { id: '1', v: 'x' }).records[0]!.problem!.message).toBe(
      `"v" must be a ${type} written as ${format}, but is "x".`,
    );
  });

  test('a list where a text belongs is another type', () => {
    expect(codes(checked(typed('integer'), { id: '1', v: ['1'] }).records)).toEqual(['TYPE_CHANGED']);
  });

  test('the record is rejected, the value taken out, the file refused, or nothing done, as the connector says', () => {
    const bad = { id: '1', v: 'x' };
    expect(codes(checked(typed('integer', {}, { data_type: 'quarantine_row' }), bad).records)).toEqual(['TYPE_CHANGED']);
    expect(checked(typed('integer', {}, { data_type: 'quarantine_value' }), { ...bad }).records[0]).toMatchObject({
      values: { id: '1', v: null },
    });
    expect(() => checked(typed('integer', {}, { data_type: 'freeze' }), bad)).toThrow(FileError);
    expect(checked(typed('integer', {}, { data_type: 'evolve' }), { ...bad }).records[0]).toEqual(record(bad));
  });

  test('people’s values are not shown', () => {
    const problem = checked(typed('date', { class: 'personal' }), { id: '1', v: 'Ann Ames' }).records[0]!.problem!;
    expect(JSON.stringify(problem)).not.toContain('Ann');
    expect(problem.message).toContain('must be a date, but is (personal value hidden)');
    expect(checked(typed('integer'), { id: '1', v: 'x' }).records[0]!.problem!.message).toBe('"v" must be an integer, but is "x".');
  });
});

test('what must always be there and is not rejects the record', () => {
  const { records } = checked(
    stream({ id: {}, v: { required: true } }),
    { id: '1', v: 'x' },
    { id: '2', v: '' },
    { id: '3', v: null },
    { id: '4' },
  );
  expect(codes(records)).toEqual([undefined, 'FIELD_REQUIRED', 'FIELD_REQUIRED', 'FIELD_REQUIRED']);
});

test('a column that may be missing is null in every record, so none seems changed when it comes', () => {
  expect(checked(stream({ id: {}, v: { optional: true } }), { id: '1' }).records[0]!.values).toEqual({ id: '1', v: null });
});

test('a record that could not be read is left as it is', () => {
  const broken: SourceRecord = { values: {}, number: 1, raw: 'x', problem: { code: 'RAGGED_ROW', place: {}, message: 'm' } };
  contractOf(stream({ id: { required: true } }), 'a').check(broken);
  expect(broken.problem!.code).toBe('RAGGED_ROW');
});

describe('fields inside others', () => {
  const nested = (fields: Record<string, unknown>, drift: Record<string, string> = {}, more: object = {}): StreamConfig =>
    streamSchema.parse({
      retriever: { files: { pattern: '*' } },
      decoder: { json: {} },
      schema: { fields: { id: {}, ...fields }, drift },
      primary_key: ['id'],
      ...more,
    });

  test('of a parent are required, typed and known', () => {
    const config = nested(
      { 'H.number': { required: true }, 'H.issued': { type: 'date', format: 'YYYYMMDD' } },
      { columns: 'freeze' },
      { record_selector: { types: ['D'], parents: ['H'] } },
    );
    const { records } = checked(
      config,
      { id: '1', H: { number: '7', issued: '20260301' } },
      { id: '2', H: { number: null, issued: null } },
      { id: '3', H: { number: '7', issued: '2026-03-01' } },
      { id: '4' },
    );
    expect(records.map(({ problem }) => problem && [problem.code, problem.place.path])).toEqual([
      undefined,
      ['FIELD_REQUIRED', 'H.number'],
      ['TYPE_CHANGED', 'H.issued'],
      ['FIELD_REQUIRED', 'H.number'],
    ]);
  });

  test('of a group are required where the group is there, and with it where that is required too', () => {
    const name = { 'dog.name': { required: true } };
    const list: Values[] = [
      { id: '1', dog: { name: 'Rex' } },
      { id: '2', dog: { name: '' } },
      { id: '3', dog: {} },
      { id: '4', dog: null },
    ];
    const [empty] = ['FIELD_REQUIRED'];
    expect(codes(checked(nested({ dog: { type: 'object' }, ...name }), ...list).records)).toEqual([undefined, empty, empty, undefined]);
    expect(codes(checked(nested({ dog: { type: 'object', required: true }, ...name }), ...list).records)[3]).toBe(empty);
    expect(codes(checked(nested(name), ...list).records)[3]).toBe(empty);
  });

  test('of a list are looked at in each item', () => {
    const config = nested({ lines: { type: 'list' }, 'lines.amount': { type: 'decimal', required: true } });
    const { records } = checked(
      config,
      { id: '1', lines: [{ amount: '1.50' }, { amount: '2' }] },
      { id: '2', lines: [{ amount: '1.50' }, { amount: 'x' }] },
      { id: '3', lines: [{ amount: '1.50' }, { amount: null }] },
      { id: '4', lines: [] },
      { id: '5', lines: { amount: 'one item' } },
    );
    expect(codes(records)).toEqual([undefined, 'TYPE_CHANGED', 'FIELD_REQUIRED', undefined, 'TYPE_CHANGED']);
  });

  test('are taken out, or made nothing, where they stand', () => {
    const config = nested({ 'dog.age': { type: 'integer' }, 'dog.tag': { optional: true } }, { data_type: 'quarantine_value' });
    expect(checked(config, { id: '1', dog: { age: 'old' } }).records[0]!.values).toEqual({ id: '1', dog: { age: null, tag: null } });
  });

  test('of a group that is personal are not shown either', () => {
    const config = nested({ owner: { type: 'object', class: 'personal' }, 'owner.age': { type: 'integer' } });
    expect(JSON.stringify(checked(config, { id: '1', owner: { age: 'Ann' } }).records[0]!.problem)).not.toContain('Ann');
  });

  test('are told when they are of another type or gone since the last run', () => {
    const contract = contractOf(nested({ 'dog.age': {} }), 'a.json');
    contract.check(record({ id: '1', dog: { age: '7' } }));
    expect(contract.columns().get('dog.age')).toBe('a whole number');
  });
});

describe('groups and lists that are declared', () => {
  const json = (fields: Record<string, unknown>, drift: Record<string, string> = {}): StreamConfig => ({
    ...stream(fields, drift),
    decoder: streamSchema.shape.decoder.parse({ json: {} }),
  });
  const amount = { currency: 'USD', text: '12.50' };

  test('a plain text where a group is declared rejects the record, and is never no value', () => {
    const fields = { id: {}, N: { type: 'object' } };
    const { records } = checked(
      json(fields),
      { id: '1', N: amount },
      { id: '2', N: '7.00' },
      { id: '3', N: [amount] },
      { id: '4', N: null },
    );
    expect(codes(records)).toEqual([undefined, 'TYPE_CHANGED', 'TYPE_CHANGED', undefined]);
    expect(records[1]!.problem).toMatchObject({ place: { path: 'N' }, hint: expect.stringContaining('declare N.text') as string });
    expect(() => checked(json(fields, { data_type: 'freeze' }), { id: '1', N: '7.00' })).toThrow(FileError);
    expect(checked(json(fields, { data_type: 'quarantine_value' }), { id: '1', N: '7.00' }).records[0]!.values['N']).toBeNull();
  });

  test('where its text is declared both are read alike, required and of its type', () => {
    const config = json({
      id: {},
      N: { type: 'object', required: true },
      'N.text': { type: 'decimal', required: true },
      'N.currency': { optional: true },
    });
    const { records } = checked(
      config,
      { id: '1', N: amount },
      { id: '2', N: '7.00' },
      { id: '3', N: 'seven' },
      { id: '4', N: { currency: 'USD' } },
    );
    expect(codes(records)).toEqual([undefined, undefined, 'TYPE_CHANGED', 'FIELD_REQUIRED']);
    expect(records[1]!.values).toEqual({ id: '2', N: { text: '7.00', currency: null } });
  });

  test('the field that a plain text is may have another name, and are in the items of a list', () => {
    const config = json({ id: {}, lines: { type: 'list', plain: 'amount' }, 'lines.amount': { type: 'decimal' } });
    const { records } = checked(
      config,
      { id: '1', lines: ['1.50', { amount: '2' }] },
      { id: '2', lines: { amount: '3' } },
      { id: '3', lines: 'x' },
    );
    expect(records.map((r) => r.values['lines'])).toEqual([[{ amount: '1.50' }, { amount: '2' }], [{ amount: '3' }], [{ amount: 'x' }]]);
    expect(codes(records)).toEqual([undefined, undefined, 'TYPE_CHANGED']);
    const strict = json({ id: {}, lines: { type: 'list' }, 'lines.amount': {} });
    expect(codes(checked(strict, { id: '1', lines: ['1.50'] }).records)).toEqual(['TYPE_CHANGED']);
  });

  test('a single value of a list is a list of one; a group within a group is held to its type too', () => {
    const config = json({ id: {}, tags: { type: 'list' }, a: { type: 'object' }, 'a.b': { type: 'object' } });
    const { records } = checked(config, { id: '1', tags: 'x', a: { b: { c: '1' } } }, { id: '2', tags: [], a: { b: '7' } }, { id: '3' });
    expect(records[0]!.values['tags']).toEqual(['x']);
    expect(codes(records)).toEqual([undefined, 'TYPE_CHANGED', undefined]);
  });
});
