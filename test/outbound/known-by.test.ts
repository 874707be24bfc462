import { afterEach, expect, test } from 'vitest';
import { knownBy } from '../../src/engine/outbound/known-by.ts';
import { entityIds } from '../../src/store/ledger/sources.ts';
import { receipts, tillStream } from '../engine/base-town.ts';
import { townCommand } from '../cli/command-line.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { ledger } from './base-outbound.ts';

afterEach(closeTowns);

/** The ledger numbers entries by the note of a receipt: one has none, two have the same. */
async function town(files: Record<string, string> = {}): Promise<TestTown> {
  const shape = ledger({ mode: 'shadow' });
  shape['mappings/entries.from-receipt.yaml'] = shape['mappings/entries.from-receipt.yaml']!.replace('Number: number', 'Number: note');
  const inbox = receipts([{ number: '0001', note: 'A' }, { number: '0002' }, { number: '0003', note: 'A' }]);
  const made = await makeTown({ ...shape, ...files, 'inbox/receipts-1.csv': inbox });
  await made.run('receipts');
  await made.run('to-ledger', { now: () => new Date('2026-03-02T15:00:00Z') });
  return made;
}

async function listed(t: TestTown): Promise<string> {
  return (await townCommand(t.folder, ['deliver', 'list'])).out;
}

test('a refused record that has no key yet is named as its source knows it, and so is the one that it repeats', async () => {
  const t = await town();
  const out = await listed(t);
  expect(out).toContain('#1 to-ledger ["A"]: shadow');
  expect(out).toContain('#2 to-ledger receipt 0002 of till: refused');
  expect(out).toContain('ledger.entries, key receipt 0002 of till Number: "Number" has no value');
  expect(out).toContain('#3 to-ledger receipt 0003 of till: refused');
  expect(out).toContain('This record has the same Number as receipt 0001 of till, so the other system would take both as one.');
  expect(out).not.toContain('golden');
  const { records } = JSON.parse((await townCommand(t.folder, ['deliver', 'list', '--json'])).out) as {
    records: { key: unknown; known_by: string | null }[];
  };
  expect(records.map(({ key, known_by }) => [key, known_by])).toEqual([
    [['A'], null],
    [{ golden: 2 }, 'receipt 0002 of till'],
    [{ golden: 3 }, 'receipt 0003 of till'],
  ]);
  expect((await townCommand(t.folder, ['explain', 'receipt', '0002'])).out).toContain('0002');
});

test('a key that is of a person is not shown: the record is named by its number here', async () => {
  const personal = tillStream();
  personal['connectors/till/connector.yaml'] = personal['connectors/till/connector.yaml']!.replace(
    'number: {}',
    'number: { class: personal }',
  );
  const out = await listed(await town(personal));
  expect(out).toContain('#2 to-ledger receipt 2: refused');
  expect(out).toContain('This record has the same Number as receipt 1,');
  expect(out).not.toMatch(/000[123]/);
});

test('an item is named by the record that it is in, a record that is gone by its number', async () => {
  const order = { number: '77', lines: [{ sku: 'towel', amount: '1.00' }] };
  const t = await makeTown({ 'inbox/orders-1.json': `${JSON.stringify(order)}\n` });
  await t.run('orders');
  const { knex, project } = t.engine;
  const entityId = (await entityIds(knex)).get('line')!;
  expect([...(await knownBy(knex, project, { entity: 'line', entityId }, [1, 9])).values()]).toEqual([
    'line an item of 77 of shop',
    'line 9',
  ]);
});
