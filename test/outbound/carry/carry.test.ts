import { afterEach, describe, expect, test } from 'vitest';
import { closeTowns } from '../../engine/town.ts';
import { type CarryOptions, type CarryTown, carryTown, kept } from './town.ts';

afterEach(closeTowns);

const NOTHING = { clerk: [], pool: [], bank: [] };
const everywhere = { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] };

async function ready(options: Partial<CarryOptions> = {}): Promise<CarryTown> {
  const town = await carryTown({ people: everywhere, ...options });
  await town.night();
  expect(await town.town.rows('party')).toHaveLength(1);
  expect(town.received()).toEqual(NOTHING);
  return town;
}

describe('a correction made in one system', () => {
  test('is in every other system that night, by its own number there, and after it all is quiet', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { street: '40 Oak Avenue', zip: '14580' });
    await t.night();
    expect(t.received()).toEqual({
      clerk: [],
      pool: ['P1 street=40 Oak Avenue', 'P1 zip=14580'],
      bank: ['B1 street=40 Oak Avenue', 'B1 zip=14580'],
    });
    for (let i = 0; i < 3; i++) await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('and corrections of other fields in the other systems the same day all get everywhere', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { street: '40 Oak Avenue' });
    t.edit('pool', 'P1', { phone: '585-555-0999' });
    t.edit('bank', 'B1', { email: 'new@example.com' });
    await t.night();
    expect(t.received()).toEqual({
      clerk: ['C1 email=new@example.com', 'C1 phone=585-555-0999'],
      pool: ['P1 email=new@example.com', 'P1 street=40 Oak Avenue'],
      bank: ['B1 phone=585-555-0999', 'B1 street=40 Oak Avenue'],
    });
    await t.night();
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('goes out again when it is corrected back, and back once more', async () => {
    const t = await ready();
    for (const [system, street] of [
      ['clerk', '40 Oak Avenue'],
      ['pool', '12 Elm St'],
      ['pool', '40 Oak Avenue'],
      ['clerk', '12 Elm St'],
    ] as const) {
      t.edit(system, system === 'clerk' ? 'C1' : 'P1', { street });
      await t.night();
      const got = t.received();
      expect([got.bank, got[system], got[system === 'clerk' ? 'pool' : 'clerk']]).toEqual([
        [`B1 street=${street}`],
        [],
        [`${system === 'clerk' ? 'P1' : 'C1'} street=${street}`],
      ]);
      await t.night();
      expect(t.received()).toEqual(NOTHING);
    }
  });

  test('is not a correction of the system that writes it in its own way', async () => {
    const t = await ready({ writes: (value) => value.toUpperCase().replace('AVENUE', 'AVE') });
    t.edit('clerk', 'C1', { street: '40 Oak Avenue' });
    await t.night();
    expect(t.received().clerk).toEqual([]);
    expect(t.systems.pool.people.get('P1')!.street).toBe('40 OAK AVE');
    await t.night();
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('does not carry what differed before', async () => {
    const t = await ready({
      people: { ...everywhere, pool: [kept('P1', { street: '12 ELM STREET', phone: '(585) 555-0101' })] },
    });
    t.edit('pool', 'P1', { email: 'new@example.com' });
    await t.night();
    expect(t.received()).toEqual({ clerk: ['C1 email=new@example.com'], pool: [], bank: ['B1 email=new@example.com'] });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });
});
