import { describe, expect, test } from 'vitest';
import { type StreamConfig, streamSchema } from '../config/schema/connector.ts';
import { FileError } from '../core/errors.ts';
import type { SourceRecord, Values } from '../core/record.ts';
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
      /a\.csv:3.*There are columns that the connector does not know: b, c/,
    );
  });

  test('set aside the records that have them, and no others', () => {
    const { records } = checked(stream(fields, { columns: 'quarantine_row' }), { id: '1' }, { id: '2', b: 'x' }, { id: '3' });
    expect(codes(records)).toEqual([undefined, 'COLUMN_NEW', undefined]);
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
    ['decimal', ['1', '-1.50', '(1,234.50)', '$5', '12-', "1'000", '.5'], ['abc', '-', '1.2.x']],
    ['date', ['2026-01-31', ' 2024-02-29 '], ['2026-02-29', '01/31/2026', '2026-1-1', 'soon']],
    ['datetime', ['2026-01-31T10:00:00', '31.1.2026 10h'], ['soon']],
    ['boolean', ['true', 'N', '0', ' Yes '], ['maybe', '2']],
  ])('%s', (type, good, bad) => {
    expect(codes(checked(typed(type), ...good.map((v) => ({ id: '1', v }))).records)).toEqual(good.map(() => undefined));
    // An empty text is what CSV makes of nothing; a decoder gives null for it.
    expect(codes(checked(typed(type), ...bad.map((v) => ({ id: '1', v }))).records)).toEqual(bad.map(() => 'TYPE_CHANGED'));
    expect(codes(checked(typed(type), { id: '1', v: null }, { id: '2' }).records)).toEqual([undefined, undefined]);
  });

  test('a date in the format of the source is looked at when it is mapped', () => {
    expect(codes(checked(typed('date', { format: 'MM/DD/YYYY' }), { id: '1', v: '02/31/2026' }, { id: '2', v: 'soon' }).records)).toEqual([
      undefined,
      'TYPE_CHANGED',
    ]);
  });

  test('a list where a text belongs is another type', () => {
    expect(codes(checked(typed('integer'), { id: '1', v: ['1'] }).records)).toEqual(['TYPE_CHANGED']);
  });

  test('the record is set aside, the value taken out, the file refused, or nothing done, as the connector says', () => {
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

test('what must always be there and is not sets the record aside', () => {
  const { records } = checked(
    stream({ id: {}, v: { required: true } }),
    { id: '1', v: 'x' },
    { id: '2', v: '' },
    { id: '3', v: null },
    { id: '4' },
  );
  expect(codes(records)).toEqual([undefined, 'FIELD_REQUIRED', 'FIELD_REQUIRED', 'FIELD_REQUIRED']);
});

test('a column that may be missing is null in every record, so that none seems changed when it comes', () => {
  expect(checked(stream({ id: {}, v: { optional: true } }), { id: '1' }).records[0]!.values).toEqual({ id: '1', v: null });
});

test('a record that could not be read is left as it is', () => {
  const broken: SourceRecord = { values: {}, number: 1, raw: 'x', problem: { code: 'RAGGED_ROW', place: {}, message: 'm' } };
  contractOf(stream({ id: { required: true } }), 'a').check(broken);
  expect(broken.problem!.code).toBe('RAGGED_ROW');
});
