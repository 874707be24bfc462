import { afterEach, describe, expect, test } from 'vitest';
import { decide, undo, unmerge } from '../../../src/engine/identity/decide.ts';
import type { MatchedKind } from '../../../src/engine/identity/members.ts';
import { matchedKind, namedMember } from '../../../src/engine/identity/matched.ts';
import { decide as decideDelivery } from '../../../src/engine/outbound/decide.ts';
import { closeTowns } from '../../engine/town.ts';
import { cutAt, cutsOf } from '../../engine/cut.ts';
import { outbox } from '../base-outbound.ts';
import { carryFiles, type CarryOptions, type CarryTown, carryTown, kept } from './town.ts';

afterEach(closeTowns);

const NOTHING = { clerk: [], pool: [], bank: [] };
const people = { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] };
const amos = {
  first: 'Amos',
  last: 'Quill',
  birth: '1950-01-02',
  street: '9 Far Rd',
  zip: '14450',
  phone: '585-555-0444',
  email: 'a@example.com',
};

async function ready(options: Partial<CarryOptions> = {}): Promise<CarryTown> {
  const t = await carryTown({ people, ...options });
  await t.night();
  expect(t.received()).toEqual(NOTHING);
  return t;
}

const kindOf = (t: CarryTown): Promise<MatchedKind> => matchedKind(t.town.engine, 'party');
const by = { actor: 'jdoe' };

describe('people are merged and taken apart', () => {
  test('between queueing and sending: who is no longer the same gets nothing', async () => {
    const t = await ready({ mode: 'review' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    await t.night();
    await decideDelivery(t.town.engine.knex, 'approve', { pipeline: 'to-pool' }, 'jdoe');
    const kind = await kindOf(t);
    const decisions = await unmerge(t.town.engine, kind, await namedMember(t.town.engine, kind, 'pool:P1'), by);
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    for (const { decision } of decisions) await undo(t.town.engine, kind, decision, by);
    await t.night();
    expect((await outbox(t.town)).filter((row) => row.startsWith('P1'))).toEqual(['P1 v1 withdrawn']);
  });

  test('a correction goes to the record that belongs to the person now, and no deletion is sent for a retired golden record', async () => {
    const t = await ready({
      people: { ...people, pool: [kept('P7', { first: 'Em', birth: '', phone: '', email: '', street: '1 Old Rd' })] },
    });
    const kind = await kindOf(t);
    expect(await t.town.rows('party')).toHaveLength(2);
    const member = (name: string) => namedMember(t.town.engine, kind, name);
    await decide(t.town.engine, kind, [await member('clerk:C1'), await member('pool:P7')], 'same', by);
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    t.edit('clerk', 'C1', { phone: '585-555-0888' });
    await t.night();
    expect(t.received()).toEqual({ clerk: [], pool: ['P7 phone=585-555-0888'], bank: ['B1 phone=585-555-0888'] });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    expect((await outbox(t.town)).filter((row) => row.includes('delete'))).toEqual([]);
  });

  test('who was deleted in one system is deleted in no other, and a waiting correction to a deleted record is withdrawn', async () => {
    const t = await ready({ mode: 'review' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    for (let i = 2; i < 6; i++) t.edit('pool', `P${i}`, { ...amos, first: `Amos${i}`, birth: `195${i}-01-02` });
    await t.night();
    expect((await outbox(t.town)).filter((row) => row.startsWith('P1'))).toEqual(['P1 v1 review']);
    t.systems.pool.people.delete('P1');
    await t.night();
    expect((await outbox(t.town)).filter((row) => row.startsWith('P1'))).toEqual(['P1 v1 withdrawn']);
    expect(t.received()).toEqual(NOTHING);
  });
});

describe('a new resident', () => {
  test('is made in another system only where the pipeline says so', async () => {
    const t = await ready();
    t.edit('clerk', 'C2', amos);
    await t.night();
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('is made there once, and who was there before is not', async () => {
    const t = await ready({ carry: ' create: true ', people: { ...people, clerk: [kept('C1'), kept('C5', { ...amos, first: 'Old' })] } });
    t.edit('clerk', 'C2', { ...amos, first: 'Ines', last: 'Marsh', birth: '1971-11-30' });
    await t.night();
    const got = t.received();
    expect([got.clerk, got.pool.length, got.bank.length]).toEqual([[], 7, 7]);
    expect(got.pool).toContain('new first=Ines');
    await t.night();
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    const members = (await t.town.rows('il_member')).filter((m) => m.state === 'live');
    expect(members.filter((m) => m.golden_id === members.find((x) => x.member_key === 'C2')!.golden_id)).toHaveLength(3);
    // And it is carried to like any other.
    t.edit('pool', [...t.systems.pool.people.keys()].at(-1)!, { phone: '585-555-0123' });
    await t.night();
    expect(t.received()).toMatchObject({ clerk: ['C2 phone=585-555-0123'], pool: [] });
  });

  test('is not made while a person has to say whether the system has them already', async () => {
    const t = await ready({ carry: ' create: true ' });
    // A twin by all that the systems say: the same family name, birth date and address.
    t.edit('clerk', 'C2', kept('C2', { first: 'Olivia', email: 'o@example.com' }));
    t.edit('clerk', 'C3', kept('C3', { first: 'Olivia', last: 'Nowak', birth: '1960-01-01', street: '1 A St', phone: '1', email: '' }));
    await t.night();
    const held = await t.town.rows('il_outbox');
    const twin = held.filter((row) => String(row.problems).includes('CARRY_IN_REVIEW'));
    if (twin.length > 0) expect(t.received().pool.filter((line) => line.includes('first=Olivia'))).toHaveLength(1);
    expect(twin.map((row) => row.state)).toEqual(['held', 'held']);
  });

  test('is made where the system has only another one of the household, once a second system knows them', async () => {
    const unknown = { phone: '', email: '' };
    const t = await ready({
      carry: ' create: true ',
      people: { clerk: [kept('C1', unknown)], pool: [kept('P1', unknown)], bank: [kept('B1', unknown)] },
    });
    const spouse = { ...kept('C2', unknown), first: 'Warren', birth: '1949-05-05' };
    t.edit('clerk', 'C2', spouse);
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    const held = (await t.town.rows('il_outbox')).filter((row) => String(row.problems).includes('CARRY_IN_REVIEW'));
    expect(held.map((row) => row.state)).toEqual(['held', 'held']);
    t.edit('bank', 'B2', { ...spouse, id: 'B2' });
    await t.night();
    expect(t.received()).toMatchObject({ bank: [], pool: expect.arrayContaining(['new first=Warren']) as unknown });
  });
});

test('killed before or after any commit and run again, nothing is lost and nothing comes twice', { timeout: 240_000 }, async () => {
  const planted = async (): Promise<CarryTown> => {
    const t = await ready({ carry: ' create: true ' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    t.edit('bank', 'B1', { phone: '585-555-0999' });
    t.edit('clerk', 'C2', amos);
    await t.read();
    return t;
  };
  const whole = await planted();
  const counting = await cutAt(whole.town.engine.knex, Number.POSITIVE_INFINITY, 'before');
  await whole.town.run('to-pool');
  whole.take();
  const expected = { got: whole.received().pool, outbox: await outbox(whole.town) };
  expect(expected.got).toContain('P1 street=40 Oak Ave');
  expect(expected.got).toContain('P1 phone=585-555-0999');
  expect(counting.commits()).toBeGreaterThan(4);
  for (const { n, how } of cutsOf(counting.commits()).filter((_, i) => i % 2 === 0)) {
    const t = await planted();
    await cutAt(t.town.engine.knex, n, how);
    await t.town.run('to-pool').catch(() => {});
    await t.town.reopen();
    await t.town.run('to-pool');
    t.take();
    expect({ got: t.received().pool, outbox: await outbox(t.town) }, `cut ${how} commit ${n}`).toEqual(expected);
    await t.town.close();
  }
});

test('a correction of a field that the system requires is sent like any other', async () => {
  const all = carryFiles({ people: { clerk: [], pool: [], bank: [] } }) as Record<string, string>;
  const connector = all['connectors/desk/connector.yaml']!.replace('        street: {}', '        street: { required: true }');
  const t = await ready({ files: { 'connectors/desk/connector.yaml': connector } });
  t.edit('clerk', 'C1', { street: '40 Oak Ave' });
  await t.night();
  await t.night();
  expect(t.received()).toEqual({ clerk: [], pool: ['P1 street=40 Oak Ave'], bank: ['B1 street=40 Oak Ave'] });
});
