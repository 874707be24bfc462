import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { cutAt } from '../../engine/cut.ts';
import { closeTowns } from '../../engine/town.ts';
import { type Kept, kept } from './town.ts';
import { startWire, type Wire } from './wire-town.ts';

let wire: Wire;
beforeAll(async () => {
  wire = await startWire();
});
const NOTHING = { clerk: [], pool: [], bank: [] };
const NAMES = [
  ['Emma', 'Carter'],
  ['Amos', 'Quill'],
  ['Ines', 'Marsh'],
  ['Robert', 'Nowak'],
  ['Judith', 'Okafor'],
  ['Walter', 'Zimmer'],
] as const;
const person = (i: number, system: string): Kept =>
  kept(`${system[0]!.toUpperCase()}${i}`, {
    first: NAMES[i]![0],
    last: NAMES[i]![1],
    birth: `19${40 + i * 7}-0${i + 1}-1${i}`,
    street: `${i + 1}0${i} ${['Elm', 'Oak', 'Pine', 'Main', 'Far', 'Lake'][i]} St`,
    phone: `585-555-01${i}${i + 2}`,
    email: `${NAMES[i]![0].toLowerCase()}@example.com`,
  });
beforeEach(() => {
  const all = (system: string): Kept[] => NAMES.map((_, i) => person(i, system));
  wire.fill({ clerk: all('clerk'), pool: all('pool'), bank: all('bank') });
});
afterEach(closeTowns);
afterAll(() => wire.close());

const SYSTEMS = ['clerk', 'pool', 'bank'] as const;
const FIELDS = ['street', 'zip', 'phone', 'email'] as const;

test('every planted correction reaches every other system once, over SFTP, SOAP and SQL Server, and then all is quiet', async () => {
  // One correction of a field of a person, each in some system.
  const [planted] = fc.sample(
    fc.uniqueArray(
      fc.record({
        person: fc.nat(NAMES.length - 1),
        system: fc.constantFrom(...SYSTEMS),
        field: fc.constantFrom(...FIELDS),
        value: fc.nat(9999),
      }),
      { minLength: 12, maxLength: 12, selector: (one) => `${one.person} ${one.field}` },
    ),
    { numRuns: 1, seed: 11 },
  );
  const town = await wire.town();
  await wire.read(town);
  await wire.carry(town);
  expect(wire.received()).toEqual(NOTHING);
  expect(await town.rows('party')).toHaveLength(NAMES.length);
  const expected = { clerk: [] as string[], pool: [] as string[], bank: [] as string[] };
  for (const { person: i, system, field, value } of planted!) {
    wire.edit(system, `${system[0]!.toUpperCase()}${i}`, { [field]: `${value} new` });
    for (const other of SYSTEMS) if (other !== system) expected[other].push(`${other[0]!.toUpperCase()}${i} ${field}=${value} new`);
  }
  await wire.read(town);
  await wire.carry(town);
  for (const list of Object.values(expected)) list.sort();
  expect(wire.received()).toEqual(expected);
  for (let night = 0; night < 2; night++) {
    await wire.read(town);
    await wire.carry(town);
    expect(wire.received()).toEqual(NOTHING);
  }
  for (const { person: i, field, value } of planted!)
    for (const system of SYSTEMS) expect(wire.has(system, `${system[0]!.toUpperCase()}${i}`)![field]).toBe(`${value} new`);
});

test('a resident who is new at the pool is made at the clerk, whose answer says the number, and is one with it from then on', async () => {
  const town = await wire.town({ carry: ' create: true ' });
  await wire.read(town);
  await wire.carry(town);
  // Nothing but the name and a phone: no score would link them.
  wire.edit('pool', 'P9', kept('P9', { first: 'Ada', last: 'Winter', birth: '', street: '', zip: '', email: '' }));
  await wire.read(town);
  await wire.carry(town);
  expect(wire.received()).toMatchObject({ clerk: ['N7 first=Ada', 'N7 last=Winter', 'N7 phone=585-555-0101'], pool: [], bank: [] });
  await wire.read(town);
  await wire.carry(town);
  const members = (await town.rows('il_member')).filter((m) => ['P9', 'N7'].includes(String(m.member_key)));
  expect([members.length, new Set(members.map((m) => m.golden_id)).size]).toEqual([2, 1]);
  wire.edit('pool', 'P9', { street: '5 Lake Rd' });
  await wire.read(town);
  await wire.carry(town);
  expect(wire.received()).toEqual({ clerk: ['N7 street=5 Lake Rd'], pool: [], bank: [] });
});

test('the preview shows a request with only what was corrected, and the statement, and reaches neither end', async () => {
  const town = await wire.town();
  await wire.read(town);
  await wire.carry(town);
  wire.edit('pool', 'P1', { street: "7 O'Neill Ct" });
  await wire.read(town);
  const shown = async (pipeline: string): Promise<unknown[]> => {
    const { deliveries } = await previewDelivery(town.engine, pipeline, { signal: new AbortController().signal, limit: 9 });
    return deliveries.map(({ kind, to, operation, key, text }) => [kind, to, operation, key, text]);
  };
  const request = `{"body":{"RequestKey":"KEY","Person":{"PersonNo":"C1","Street":"7 O'Neill Ct"}}}`;
  const [change] = (await shown('to-clerk')) as string[][];
  expect(change!.slice(0, 4)).toEqual(['request', 'ChangePerson', 'update', ['C1']]);
  expect(change![4]!.replace(/\w{32}/, 'KEY')).toBe(request);
  expect(await shown('to-bank')).toEqual([
    ['table', 'people', 'update', ['B1'], "UPDATE people SET street = '7 O''Neill Ct' WHERE id = 'B1'"],
  ]);
  expect(wire.received()).toEqual(NOTHING);
});

test('killed anywhere and run again, each end gets each correction once', async () => {
  for (const pipeline of ['to-clerk', 'to-pool', 'to-bank'])
    for (const [n, how] of [
      // Before anything is queued, before it is sent, while it is being sent, and after.
      [2, 'after'],
      [7, 'after'],
      [10, 'after'],
      [11, 'after'],
    ] as const) {
      const all = (system: string): Kept[] => NAMES.map((_, i) => person(i, system));
      wire.fill({ clerk: all('clerk'), pool: all('pool'), bank: all('bank') });
      const town = await wire.town();
      await wire.read(town);
      await wire.carry(town);
      wire.edit('clerk', 'C0', { street: '77 High St' });
      wire.edit('pool', 'P1', { phone: '585-555-0777' });
      wire.edit('bank', 'B2', { email: 'new@example.com' });
      await wire.read(town);
      await cutAt(town.engine.knex, n, how);
      await town.run(pipeline).catch(() => {});
      await town.reopen();
      await wire.carry(town);
      expect(wire.received(), `${pipeline} cut ${how} commit ${n}`).toEqual({
        clerk: ['C1 phone=585-555-0777', 'C2 email=new@example.com'],
        pool: ['P0 street=77 High St', 'P2 email=new@example.com'],
        bank: ['B0 street=77 High St', 'B1 phone=585-555-0777'],
      });
      await town.close();
    }
});

test('a phone number that its owner deleted is emptied at the other ends that night, once: over SFTP, SOAP and SQL Server', async () => {
  for (const [owner, emptied] of [
    ['clerk', { pool: ['P1 phone=*CLEAR*'], bank: ['B1 phone=(NULL)'] }],
    ['pool', { clerk: ['C1 phone='], bank: ['B1 phone=(NULL)'] }],
    ['bank', { clerk: ['C1 phone='], pool: ['P1 phone=*CLEAR*'] }],
  ] as const) {
    const all = (system: string): Kept[] => NAMES.map((_, i) => person(i, system));
    wire.fill({ clerk: all('clerk'), pool: all('pool'), bank: all('bank') });
    const town = await wire.town({ carry: ' emptied: [phone] ', model: `owners:\n  phone: [${owner}]\n` });
    await wire.read(town);
    await wire.carry(town);
    wire.edit(owner, `${owner[0]!.toUpperCase()}1`, { phone: '' });
    // Another correction of the same person the same day goes with it.
    wire.edit('bank', 'B1', { street: '5 Lake Rd' });
    await wire.read(town);
    await wire.carry(town);
    const street = { clerk: ['C1 street=5 Lake Rd'], pool: ['P1 street=5 Lake Rd'], bank: [] as string[] };
    for (const system of SYSTEMS)
      street[system] = [...((emptied as Partial<Record<string, readonly string[]>>)[system] ?? []), ...street[system]];
    expect(wire.received(), `owned by ${owner}`).toEqual(street);
    for (const system of SYSTEMS) expect(wire.has(system, `${system[0]!.toUpperCase()}1`)!.phone || '').toBe('');
    for (let night = 0; night < 2; night++) {
      await wire.read(town);
      await wire.carry(town);
      expect(wire.received(), `owned by ${owner}`).toEqual(NOTHING);
    }
    await town.close();
  }
});
