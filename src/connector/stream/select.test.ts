import { describe, expect, test } from 'vitest';
import { streamSchema } from '../../config/schema/connector.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { selectorOf } from './select.ts';

function selected(config: Record<string, unknown>, ...lists: SourceRecord[][]): SourceRecord[] {
  const stream = streamSchema.parse({
    retriever: { files: { pattern: '*' } },
    decoder: { csv: {} },
    schema: { fields: { id: {} }, drift: { columns: 'evolve' } },
    primary_key: ['id'],
    ...config,
  });
  const selector = selectorOf(stream, 'a.txt');
  const found = lists.flatMap((list) => selector.select(list));
  selector.finish();
  return found;
}
let number = 0;
const row = (type: string, values: Values): SourceRecord => ({ type, values, number: ++number, line: number });
const torn = (type: string): SourceRecord => ({
  ...row(type, {}),
  raw: `${type};torn`,
  problem: { code: 'RAGGED_ROW', place: { line: number }, message: 'The row has 1 column.' },
});
const ids = (records: readonly SourceRecord[]): unknown[] => records.map((r) => r.values.id);

test('a plain stream has every record, as it is', () => {
  const records = [
    { values: { id: '1' }, number: 1 },
    { values: { id: '2' }, number: 2 },
  ];
  expect(selected({}, records)).toEqual(records);
});

describe('records of several types', () => {
  const detail = { record_selector: { types: ['D'], parents: ['H', 'B'] } };

  test('only those of the stream’s types, with the records they belong to', () => {
    const found = selected(
      detail,
      [row('H', { run: '7' }), row('B', { batch: '1' }), row('D', { id: 'a' })],
      [row('D', { id: 'b' }), row('B', { batch: '2' }), row('D', { id: 'c' }), row('T', { n: '3' })],
    );
    expect(found.map((r) => r.values)).toEqual([
      { id: 'a', H: { run: '7' }, B: { batch: '1' } },
      { id: 'b', H: { run: '7' }, B: { batch: '1' } },
      { id: 'c', H: { run: '7' }, B: { batch: '2' } },
    ]);
  });

  test('a record before any that it must belong to is told so, and another parent may be missing', () => {
    const keyed = { ...detail, primary_key: ['H.run', 'id'] };
    const [first, second] = selected(keyed, [row('D', { id: 'a' }), row('H', { run: '7' }), row('D', { id: 'b' })]);
    expect(first!.problem).toMatchObject({
      code: 'PARENT_MISSING',
      message: 'This record of type D belongs to a record of type H, but none was read before it.',
    });
    expect(second).toMatchObject({ values: { id: 'b', H: { run: '7' } } });
    expect(second!.problem).toBeUndefined();
  });

  test('a new outer record ends the inner ones before it', () => {
    const found = selected(detail, [row('H', { run: '7' }), row('B', { batch: '1' }), row('H', { run: '8' }), row('D', { id: 'a' })]);
    expect(found[0]!.values).toEqual({ id: 'a', H: { run: '8' } });
  });

  test('what belongs to a record that could not be read is rejected with it, and not given to the one before', () => {
    const found = selected(detail, [
      row('H', { run: '7' }),
      row('B', { batch: '1' }),
      row('D', { id: 'a' }),
      torn('B'),
      row('D', { id: 'b' }),
      row('B', { batch: '3' }),
      row('D', { id: 'c' }),
    ]);
    expect(found.map((r) => [r.type, r.problem?.code, r.values.B ?? null])).toEqual([
      ['D', undefined, { batch: '1' }],
      ['B', 'RAGGED_ROW', null],
      ['D', 'RAGGED_ROW', null],
      ['D', undefined, { batch: '3' }],
    ]);
    expect(found[2]!.problem!.message).toMatch(
      /^The record of type B it belongs to \(line \d+\) could not be read: The row has 1 column\.$/,
    );
    expect(found[2]!.raw).toBeDefined();
  });

  test('also where only records of certain parents are wanted', () => {
    const found = selected({ record_selector: { types: ['D'], parents: ['B'], where: [{ field: 'B.class', in: ['PPD'] }] } }, [
      row('B', { class: 'CCD' }),
      row('D', { id: 'a' }),
      torn('B'),
      row('D', { id: 'b' }),
      row('B', { class: 'PPD' }),
      row('D', { id: 'c' }),
    ]);
    expect(found.map((r) => [r.type, r.values.id, r.problem?.code])).toEqual([
      ['B', undefined, 'RAGGED_ROW'],
      ['D', 'b', 'RAGGED_ROW'],
      ['D', 'c', undefined],
    ]);
  });

  test('one that could not be read is rejected, whatever type it was', () => {
    expect(selected({ record_selector: { types: ['D'] } }, [torn('X'), row('D', { id: 'a' })]).map((r) => r.problem?.code)).toEqual([
      'RAGGED_ROW',
      undefined,
    ]);
  });
});

test('records are chosen by their fields; one without the field is not one that has it', () => {
  const where = (...rules: unknown[]) => ({ record_selector: { where: rules } });
  const records = (): SourceRecord[] =>
    [{ id: '1', s: 'x' }, { id: '2', s: 'y' }, { id: '3' }, { id: '4', s: null }].map((values, i) => ({
      values: values as Values,
      number: i + 1,
    }));
  expect(ids(selected(where({ field: 's', in: ['x'] }), records()))).toEqual(['1']);
  expect(ids(selected(where({ field: 's', not_in: ['x'] }), records()))).toEqual(['2', '3', '4']);
  expect(ids(selected(where({ field: 's', not_in: ['x'] }, { field: 'id', in: ['2', '9'] }), records()))).toEqual(['2']);
});

test('deletions are marked where a field says so', () => {
  const found = selected({ deletes: { field: 'gone', values: ['Y', '1'] } }, [
    { values: { id: '1', gone: 'Y' }, number: 1 },
    { values: { id: '2', gone: 'N' }, number: 2 },
    { values: { id: '3' }, number: 3 },
  ]);
  expect(found.map((r) => r.deleted ?? false)).toEqual([true, false, false]);
});

test('a list in one text is taken apart, the longest separator first', () => {
  const schema = { fields: { id: {}, tags: { type: 'list', separators: [';', '; '] } } };
  const found = selected({ schema }, [
    { values: { id: '1', tags: 'a; b;c' }, number: 1 },
    { values: { id: '2', tags: '' }, number: 2 },
    { values: { id: '3', tags: null }, number: 3 },
  ]);
  expect(found.map((r) => r.values.tags)).toEqual([['a', 'b', 'c'], [], null]);
});

test('a trailer that does not agree refuses the whole, and says by how much', () => {
  const control = { record_selector: { types: ['D'] }, control: [{ type: 'T', count: 'n', total: { field: 'sum', of: 'amount' } }] };
  const details = [row('D', { id: '1', amount: '1.10' }), row('D', { id: '2', amount: '2.20' })];
  expect(selected(control, details, [row('T', { n: '2', sum: '3.30' })])).toHaveLength(2);
  expect(() => selected(control, details, [row('T', { n: '3', sum: '3.31' })])).toThrow(
    /3 records; there are 2, 1 fewer\.[^]*a difference of -0\.01/,
  );
  expect(() => selected(control, details)).toThrow('TRAILER_MISSING');
});
