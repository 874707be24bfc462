import { afterEach, describe, expect, test } from 'vitest';
import { decide } from '../../../src/engine/outbound/decide.ts';
import { matchedKind, namedMember } from '../../../src/engine/identity/matched.ts';
import { setValues } from '../../../src/engine/identity/steward-values.ts';
import { previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { explain } from '../../../src/reports/explain.ts';
import { listOutbox } from '../../../src/store/outbound/outbox.ts';
import { closeTowns } from '../../engine/town.ts';
import { type CarryOptions, type CarryTown, carryTown, kept, type Kept } from './town.ts';

afterEach(closeTowns);

const NOTHING = { clerk: [], pool: [], bank: [] };
const everywhere = { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] };
/** The clerk's office owns the phone, and its pipelines carry that it was emptied. */
const OWNED: Partial<CarryOptions> = { model: 'owners:\n  phone: [clerk]\n', carry: ' emptied: [phone] ', emptied: '*CLEAR*' };

async function ready(options: Partial<CarryOptions> = OWNED): Promise<CarryTown> {
  const town = await carryTown({ people: everywhere, ...options });
  await town.night();
  expect(town.received()).toEqual(NOTHING);
  return town;
}

async function heldBack(t: CarryTown, pipeline: string): Promise<unknown[]> {
  const shown = await previewDelivery(t.town.engine, pipeline, { signal: new AbortController().signal, limit: 9 });
  return shown.held_back.map(({ field, why, value, theirs }) => [field, why, value, theirs]);
}

async function phone(t: CarryTown): Promise<unknown> {
  return (await t.town.rows('party'))[0]!.phone;
}

describe('a field that its owner emptied', () => {
  test('is emptied in every other system that night, once, and in the golden record; after it all is quiet', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { phone: '' });
    await t.read();
    expect(await phone(t)).toBeNull();
    const shown = await previewDelivery(t.town.engine, 'to-pool', { signal: new AbortController().signal, limit: 9 });
    expect(shown.deliveries).toMatchObject([
      { key: ['P1'], state: 'queued', fields: [{ field: 'phone', from: '585-555-0101', to: null }] },
    ]);
    expect(shown.deliveries[0]!.text).toContain('P1,,,,,,*CLEAR*,');
    await t.carry();
    expect(t.received()).toEqual({ clerk: [], pool: ['P1 phone=*CLEAR*'], bank: ['B1 phone=*CLEAR*'] });
    expect([t.systems.pool.people.get('P1')!.phone, t.systems.bank.people.get('B1')!.phone]).toEqual(['', '']);
    for (let i = 0; i < 3; i++) await t.night();
    expect(t.received()).toEqual(NOTHING);
    // It is filled again as any other correction.
    t.edit('clerk', 'C1', { phone: '585-555-0900' });
    await t.night();
    await t.night();
    expect(t.received()).toEqual({ clerk: [], pool: ['P1 phone=585-555-0900'], bank: ['B1 phone=585-555-0900'] });
    expect(await phone(t)).toBe('585-555-0900');
  });

  test('is empty in the golden record although a newer record of another system has an older value, and explain says who emptied it', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { phone: '' });
    t.edit('pool', 'P1', { street: '40 Oak Avenue' });
    await t.read();
    expect(await t.town.rows('party')).toMatchObject([{ phone: null, address_line1: '40 Oak Avenue' }]);
    const [record] = await explain(t.town.engine, 'party', 'pool:P1');
    expect(record!.fields.find(({ field }) => field === 'phone')).toMatchObject({
      value: null,
      emptied: { connection: 'clerk', source_key: 'C1' },
    });
  });

  test('stays in the other systems where the pipeline does not say that it is emptied, and the preview says so', async () => {
    const t = await ready({ model: OWNED.model! });
    t.edit('clerk', 'C1', { phone: '' });
    await t.read();
    expect(await heldBack(t, 'to-pool')).toEqual([['phone', 'emptied', null, '585-555-0101']]);
    await t.carry();
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    expect(t.systems.pool.people.get('P1')!.phone).toBe('585-555-0101');
  });

  test('stays where the system that emptied it does not own it, or nobody does', async () => {
    const t = await ready();
    t.edit('pool', 'P1', { phone: '' });
    await t.read();
    expect(await heldBack(t, 'to-bank')).toEqual([['phone', 'emptied_elsewhere', null, '585-555-0101']]);
    await t.carry();
    expect(t.received()).toEqual(NOTHING);
    expect(await phone(t)).toBe('585-555-0101');
    const unowned = await ready({ carry: ' emptied: [phone] ', emptied: '*CLEAR*' });
    unowned.edit('clerk', 'C1', { phone: '' });
    await unowned.read();
    expect(await heldBack(unowned, 'to-bank')).toEqual([['phone', 'emptied_elsewhere', null, '585-555-0101']]);
    await unowned.night();
    expect(unowned.received()).toEqual(NOTHING);
  });

  test('is a conflict where the other system changed it as well, and is sent when a person says so', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { phone: '' });
    t.edit('pool', 'P1', { phone: '585-555-0999' });
    await t.night();
    await t.night();
    expect(t.received()).toEqual({ ...NOTHING, bank: ['B1 phone=*CLEAR*'] });
    const { knex } = t.town.engine;
    const [row] = await listOutbox(knex, { pipeline: 'to-pool', states: ['held'], latest: true });
    expect(row!.carried!.conflicts).toEqual({ phone: { ours: null, theirs: '585-555-0999' } });
    await decide(knex, 'approve', { ids: [row!.id] }, 'clerk');
    await t.night();
    await t.night();
    expect(t.received()).toEqual({ ...NOTHING, pool: ['P1 phone=*CLEAR*'] });
  });

  test('is emptied although the target changed it, where the owner wins', async () => {
    const t = await ready({ ...OWNED, carry: ' emptied: [phone], conflicts: owner ' });
    t.edit('pool', 'P1', { phone: '585-555-0999' });
    t.edit('clerk', 'C1', { phone: '' });
    await t.night();
    expect(t.received().pool).toEqual(['P1 phone=*CLEAR*']);
  });

  test('that it never had is empty nowhere else', async () => {
    const t = await ready({ ...OWNED, people: { ...everywhere, clerk: [kept('C1', { phone: '' })] } });
    t.edit('clerk', 'C1', { street: '40 Oak Avenue' });
    await t.night();
    expect(t.received()).toMatchObject({ pool: ['P1 street=40 Oak Avenue'] });
    expect(await phone(t)).toBe('585-555-0101');
  });

  test('that is emptied by a whole record needs no mark', async () => {
    const t = await ready({ model: OWNED.model!, carry: OWNED.carry!, corrections: 'whole' });
    t.edit('clerk', 'C1', { phone: '' });
    await t.read();
    const { deliveries } = await previewDelivery(t.town.engine, 'to-pool', { signal: new AbortController().signal, limit: 9 });
    expect(deliveries).toMatchObject([{ state: 'queued', fields: [{ field: 'phone', from: '585-555-0101', to: null }] }]);
    expect(deliveries[0]!.text).toMatch(/P1,Emma,Carter,1985-03-12,12 Elm St,14586,,emma@example.com$/);
  });
});

describe('what is not known is not taken for emptied', () => {
  test('a mapping that does not read the field anymore', async () => {
    const t = await ready();
    const mapping = t.town.text('mappings/party.from-desk.yaml');
    t.town.write({ 'mappings/party.from-desk.yaml': mapping.replace('  phone: phone\n', '') });
    await t.town.reopen();
    for (const [system, id] of [
      ['clerk', 'C1'],
      ['pool', 'P1'],
    ] as const)
      t.edit(system, id, { street: '40 Oak Avenue' });
    await t.night();
    await t.night();
    expect(t.received().bank).toEqual(['B1 street=40 Oak Avenue']);
    expect([t.systems.pool, t.systems.bank].map(({ people }) => [...people.values()][0]!.phone)).toEqual(['585-555-0101', '585-555-0101']);
  });

  test('a column that is missing', async () => {
    const t = await ready();
    const full = (await t.town.rows('party'))[0]!;
    t.edit('clerk', 'C1', { street: '40 Oak Avenue' });
    const desk = t.town.text('connectors/desk/connector.yaml');
    t.town.write({ 'connectors/desk/connector.yaml': desk.replace('phone: {}, email', 'phone: { optional: true }, email') });
    await t.town.reopen();
    const { phone: _, ...rest } = t.systems.clerk.people.get('C1')!;
    t.town.write({ 'clerk/out/people.csv': `${Object.keys(rest).join(',')}\n${Object.values(rest).join(',')}\n` }, 50);
    expect((await t.town.run('clerk-people')).outcome).not.toBe('failed');
    await t.carry();
    expect(await t.town.rows('party')).toMatchObject([{ phone: full.phone, address_line1: '40 Oak Avenue' }]);
    expect(t.received()).toMatchObject({ pool: ['P1 street=40 Oak Avenue'], bank: ['B1 street=40 Oak Avenue'] });
  });

  test('a value that cannot be read', async () => {
    const t = await ready({
      model: 'owners:\n  birth_date: [clerk]\n',
      carry: ' emptied: [birth_date] ',
      emptied: '*CLEAR*',
    });
    const mapping = t.town.text('mappings/party.from-desk.yaml');
    t.town.write({
      'mappings/party.from-desk.yaml': mapping.replace('birth_date: birth', "birth_date: { from: birth, on_error: 'null' }"),
    });
    await t.town.reopen();
    t.edit('clerk', 'C1', { birth: 'unreadable' });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    expect((await t.town.rows('party'))[0]!.birth_date).toBe('1985-03-12');
    t.edit('clerk', 'C1', { birth: '' });
    await t.night();
    // What cannot be read came between, so it is not known that the clerk emptied the date.
    expect(t.received()).toEqual(NOTHING);
  });

  test('many records at once: an export that lost the values of a column is held for review, and each can be approved or dismissed', async () => {
    const people = (prefix: string): Kept[] =>
      Array.from({ length: 30 }, (_, i) =>
        kept(`${prefix}${i}`, {
          first: `Emma${'abcdefghijklmnopqrstuvwxyzäöüß'[i]!}`,
          last: `Carter${'qwertzuiopasdfghjklyxcvbnmäöüß'[i]!}on`,
          birth: `19${40 + i}-0${1 + (i % 9)}-1${i % 10}`,
          street: `${100 + 7 * i} Street ${i}`,
          phone: `585-555-${2000 + 37 * i}`,
          email: `someone${i * 13}@example${i}.com`,
        }),
      );
    const t = await ready({ ...OWNED, people: { clerk: people('C'), pool: people('P'), bank: [] } });
    for (let i = 0; i < 30; i++) t.edit('clerk', `C${i}`, { phone: '' });
    await t.night();
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    const { knex } = t.town.engine;
    const held = await listOutbox(knex, { pipeline: 'to-pool', states: ['held'], latest: true });
    expect([held.length, new Set(held.flatMap(({ problems }) => problems.map(({ code }) => code)))]).toEqual([
      30,
      new Set(['CARRY_EMPTIED_MANY']),
    ]);
    await decide(knex, 'approve', { ids: [held[0]!.id] }, 'clerk');
    await decide(knex, 'dismiss', { ids: [held[1]!.id] }, 'clerk', 'the export was broken');
    await t.night();
    await t.night();
    expect(t.received().pool).toEqual([`${JSON.parse(held[0]!.key)[0]} phone=*CLEAR*`]);
  });
});

test('a field that a person empties in the golden record is emptied in every system that does not own it', async () => {
  const t = await ready({ carry: ' emptied: [phone] ', emptied: '*CLEAR*' });
  const kind = await matchedKind(t.town.engine, 'party');
  const member = await namedMember(t.town.engine, kind, 'clerk:C1');
  await setValues(t.town.engine, kind, member, new Map([['phone', '']]), { actor: 'steward', reason: 'letter of June 3' });
  await t.night();
  expect(t.received()).toEqual({ clerk: ['C1 phone=*CLEAR*'], pool: ['P1 phone=*CLEAR*'], bank: ['B1 phone=*CLEAR*'] });
  for (let i = 0; i < 2; i++) await t.night();
  expect(t.received()).toEqual(NOTHING);
});

test('a value that is the mark of an emptied field is refused', async () => {
  const t = await ready();
  t.edit('bank', 'B1', { email: '*CLEAR*' });
  await t.read();
  const { deliveries } = await previewDelivery(t.town.engine, 'to-pool', { signal: new AbortController().signal, limit: 9 });
  expect(deliveries).toMatchObject([{ state: 'refused', problems: [{ code: 'VALUE_FORBIDDEN' }] }]);
});
