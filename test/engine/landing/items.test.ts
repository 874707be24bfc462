import { afterEach, expect, test } from 'vitest';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const order = (number: string, lines: Record<string, string>): string =>
  `${JSON.stringify({ number, lines: Object.entries(lines).map(([sku, amount]) => ({ sku, amount })) })}\n`;
const lines = async (town: TestTown): Promise<unknown[]> => (await town.rows('line')).map((r) => [r._id, r.order_number, r.sku, r.amount]);

test('lines that an order gains, loses or changes are followed one by one', async () => {
  const town = await makeTown({ 'inbox/orders.json': order('1', { a: '1', b: '2' }) + order('2', { a: '5' }) });
  expect((await town.run('orders')).counts).toMatchObject({ created: 2 });
  expect(await lines(town)).toEqual([
    [1, '1', 'a', 100],
    [2, '1', 'b', 200],
    [3, '2', 'a', 500],
  ]);
  town.write({ 'inbox/orders.json': order('1', { c: '4', b: '3' }) + order('2', { a: '5' }) });
  expect((await town.run('orders')).counts).toMatchObject({ changed: 1, unchanged: 1 });
  expect(await lines(town)).toEqual([
    [2, '1', 'b', 300],
    [3, '2', 'a', 500],
    [4, '1', 'c', 400],
  ]);
  expect((await town.history('line')).map((h) => [h.golden, h.action]).sort()).toEqual([
    [1, 'deleted'],
    [2, 'changed'],
  ]);
});

test('an order without lines is counted as skipped and remembered, and filled later', async () => {
  const town = await makeTown({ 'inbox/orders.json': order('1', {}) });
  expect((await town.run('orders')).counts).toMatchObject({ created: 0, skipped: 1 });
  town.write({ 'inbox/orders.json': order('1', {}) + order('2', {}) });
  expect((await town.run('orders')).counts).toMatchObject({ created: 0, skipped: 2 });
  town.write({ 'inbox/orders.json': order('1', { a: '1' }) + order('2', {}) });
  expect((await town.run('orders')).counts).toMatchObject({ changed: 1, skipped: 1 });
  expect(await lines(town)).toEqual([[1, '1', 'a', 100]]);
  town.write({ 'inbox/orders.json': order('1', {}) + order('2', {}) });
  await town.run('orders');
  expect(await lines(town)).toEqual([]);
  expect(await town.engine.knex('il_link').select('entity_id', 'golden_id')).toEqual([
    { entity_id: 0, golden_id: null },
    { entity_id: 0, golden_id: null },
  ]);
});

test('a line that cannot be used rejects its whole order, and what was there of it stays', async () => {
  const town = await makeTown({ 'inbox/orders.json': order('1', { a: '1', b: '2' }) });
  await town.run('orders');
  town.write({ 'inbox/orders.json': order('1', { a: '9', b: 'two' }) });
  expect((await town.run('orders')).counts).toMatchObject({ rejected: 1, changed: 0 });
  expect(await lines(town)).toEqual([
    [1, '1', 'a', 100],
    [2, '1', 'b', 200],
  ]);
});
