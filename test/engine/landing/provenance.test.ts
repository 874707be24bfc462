import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { knownTransports } from '../../../src/transports/transports.ts';
import { openProject } from '../../../src/config/load.ts';
import type { MappingConfig } from '../../../src/config/schema/mapping.ts';
import type { EntityConfig } from '../../../src/config/schema/model.ts';
import type { Value, Values } from '../../../src/core/record.ts';
import { explain } from '../../../src/reports/explain.ts';
import { compileMapping } from '../../../src/mapping/compile.ts';
import { columnsOfField } from '../../../src/store/model-tables.ts';
import { peopleFile } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const ROOT = new URL('../../..', import.meta.url).pathname;
const project = await openProject(ROOT, { transports: await knownTransports(), secrets: false });
const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };

describe.each([...project.mappings.values()].map(({ value }) => [value.mapping, value] as const))('%s', (_, mapping) => {
  const entity = project.entities.get(mapping.entity)!.value;

  test('each value depends on the source fields that explain names, and on nothing else in the record', () => {
    const whole = compileMapping(mapping, entity, settings);
    const context = { connection: mapping.from.connector, file: 'test' };
    let looked = 0;
    for (const { record } of mapping.tests) {
      const values = valuesOf(record) as Values;
      const { candidates } = whole.apply({ values, number: 1 }, context);
      for (const [i, candidate] of candidates.entries()) {
        const said = whole.said({ values, number: 1 }, context, candidate.itemKey)!;
        expect(Object.keys(said).sort()).toEqual(Object.keys(candidate.columns).sort());
        for (const field of Object.keys(mapping.fields)) {
          // This field alone: what others would make of changed values must not reject the record.
          const alone = compileMapping(alone1(mapping, field), optional(entity), settings);
          for (const { name } of columnsOfField(field, entity.fields[field]!.type)) {
            const kept = new Set(Object.keys(said[name]!));
            fc.assert(
              fc.property(fc.integer(), (seed) => {
                const other = scrambled(values, mapping.for_each?.split('.') ?? [], kept, seed);
                const again = alone.apply({ values: other, number: 1 }, context);
                expect(again.problems).toEqual([]);
                expect(again.candidates[i]!.columns[name] ?? null).toBe(candidate.columns[name] ?? null);
              }),
              { numRuns: 3 },
            );
            looked++;
          }
        }
      }
    }
    if (mapping.tests.some((t) => t.gives !== null && t.rejects === undefined)) expect(looked).toBeGreaterThan(0);
  });
});

/** The mapping with one rule, and items identified by their place. */
function alone1(mapping: MappingConfig, field: string): MappingConfig {
  const { when: _, item_key: _k, ...rest } = mapping;
  return { ...rest, fields: { [field]: mapping.fields[field]! }, tests: [] };
}

function optional(entity: EntityConfig): EntityConfig {
  return { ...entity, fields: Object.fromEntries(Object.entries(entity.fields).map(([name, f]) => [name, { ...f, required: false }])) };
}

/** The record with every value changed but those at `kept`, which are written as an item of the list at `path` sees them. */
function scrambled(values: Values, path: readonly string[], kept: ReadonlySet<string>, seed: number): Values {
  const own = new Set([...kept].filter((name) => levels(name) === path.length).map((name) => name.replaceAll('../', '')));
  const result: Values = {};
  for (const [name, value] of Object.entries(values)) {
    if (name === path[0]) result[name] = itemsOf(value, path.slice(1), kept, seed);
    else if ([...own].some((k) => k === name || k.startsWith(`${name}.`))) result[name] = value;
    else result[name] = typeof value === 'string' ? `other ${seed}` : value;
  }
  return result;
}

function itemsOf(value: Value, path: readonly string[], kept: ReadonlySet<string>, seed: number): Value {
  if (Array.isArray(value)) return value.map((one) => itemsOf(one, path, kept, seed));
  return typeof value === 'object' && value !== null ? scrambled(value, path, kept, seed) : value;
}

function levels(name: string): number {
  return /^(?:\.\.\/)*/.exec(name)![0].length / 3;
}

function valuesOf(given: unknown): Value {
  if (Array.isArray(given)) return given.map(valuesOf);
  if (given instanceof Date) return given.toISOString().slice(0, 10);
  if (typeof given === 'object' && given !== null) return Object.fromEntries(Object.entries(given).map(([k, v]) => [k, valuesOf(v)]));
  return given === null ? null : String(given);
}

/** Column → what the source said. */
async function saidOf(town: TestTown, entity: string, key: string): Promise<Record<string, unknown>[]> {
  return (await explain(town.engine, entity, key)).map((record) =>
    Object.fromEntries(record.fields.filter((f) => f.from).map((f) => [f.field, f.from!.fields])),
  );
}

test('a value of an item of a list is explained by that item, and by the record around it', async () => {
  const town = await makeTown({
    'inbox/orders.json': `${JSON.stringify({
      number: '7',
      lines: [
        { sku: 'a', amount: '1' },
        { sku: 'b', amount: '2' },
      ],
    })}\n`,
  });
  await town.run('orders');
  const records = await saidOf(town, 'line', '["7"]');
  const found = records.length ? records : await saidOf(town, 'line', '7');
  expect(found).toEqual([
    { order_number: { '../number': '7' }, sku: { sku: 'a' }, amount: { amount: '1' }, amount_currency: { amount: '1' } },
    { order_number: { '../number': '7' }, sku: { sku: 'b' }, amount: { amount: '2' }, amount_currency: { amount: '2' } },
  ]);
});

test('of two mappings of a pipeline for one entity, the one that made the record explains it', async () => {
  const second = `mapping: receipt.fee-from-till
entity: receipt
from: { connector: till, stream: receipts }
fields:
  number: { concat: { of: [number, tender], with: "-" } }
  received_on: received_on
  amount: { from: note, when: { field: tender, is: CA } , default: 5 }
`;
  const town = await makeTown({
    'mappings/receipt.fee-from-till.yaml': second,
    'pipelines/receipts.yaml':
      'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till, receipt.fee-from-till]\n',
    'inbox/receipts.csv': 'number,received_on,amount,tender,note\n1,2026-01-05,9.00,CA,0.50\n',
  });
  await town.run('receipts');
  const [first, fee] = await explain(town.engine, 'receipt', '1');
  const amount = (record: typeof first): unknown => record!.fields.find((f) => f.field === 'amount')!.from;
  expect([first!.fields.find((f) => f.field === 'amount')!.value, fee!.fields.find((f) => f.field === 'amount')!.value]).toEqual([900, 50]);
  expect(amount(first)).toMatchObject({ mapping: 'receipt.from-till', fields: { amount: '9.00' }, item: '', outdated: false });
  expect(amount(fee)).toMatchObject({ mapping: 'receipt.fee-from-till', fields: { note: '0.50', tender: 'CA' }, item: '' });
  // Once a mapping is changed, what it would read says nothing of values that were made before.
  town.write({ 'mappings/receipt.fee-from-till.yaml': second.replace('from: note', 'from: number') });
  await town.reopen();
  const [, changed] = await explain(town.engine, 'receipt', '1');
  expect(amount(changed)).toMatchObject({ fields: {}, outdated: true });
});

test('where records of two offices make one person, each value is explained by the office that gave it', async () => {
  const town = await makeTown({
    'inbox/clerk.csv': peopleFile([['c1', 'ann@x.org', 'Ann', '', '2026-01-01']]),
    'inbox/pool.csv': peopleFile([['p1', 'ANN@x.org', '', '555', '2026-01-02']]),
  });
  await town.run('clerk');
  await town.run('pool');
  const [person] = await explain(town.engine, 'person', '#1');
  const from = (field: string): unknown => person!.fields.find((f) => f.field === field)!.from;
  expect(from('name')).toMatchObject({ pipeline: 'clerk', mapping: 'person.from-office-clerk', fields: { name: 'Ann' } });
  expect(from('phone')).toMatchObject({ pipeline: 'pool', mapping: 'person.from-office-pool', fields: { phone: '555' } });
});

test('explain says of a record whose newest version was rejected that it is not the newest', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': 'number,received_on,amount,tender,note\n1,2026-01-05,9.00,CA,\n' });
  await town.run('receipts');
  expect((await explain(town.engine, 'receipt', '1'))[0]!.newest_rejected).toBeNull();
  town.write({ 'inbox/receipts2.csv': 'number,received_on,amount,tender,note\n1,2026-01-05,nine,CA,\n' });
  await town.run('receipts');
  expect((await explain(town.engine, 'receipt', '1'))[0]!.newest_rejected).toEqual({ reject: 1, pipeline: 'receipts' });
});
