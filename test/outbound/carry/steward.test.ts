import { afterEach, describe, expect, test } from 'vitest';
import { matchedKind, namedMember } from '../../../src/engine/identity/matched.ts';
import { setValues, unsetValues } from '../../../src/engine/identity/steward-values.ts';
import { explain } from '../../../src/reports/explain.ts';
import { closeTowns } from '../../engine/town.ts';
import { type CarryOptions, type CarryTown, carryTown, kept } from './town.ts';

afterEach(closeTowns);

const NOTHING = { clerk: [], pool: [], bank: [] };
const everywhere = { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] };

async function ready(options: Partial<CarryOptions> = {}): Promise<CarryTown> {
  const town = await carryTown({ people: everywhere, ...options });
  await town.night();
  expect(town.received()).toEqual(NOTHING);
  return town;
}

async function set(t: CarryTown, record: string, field: string, value: string | undefined): Promise<void> {
  const { engine } = t.town;
  const kind = await matchedKind(engine, 'party');
  const member = await namedMember(engine, kind, record);
  const by = { actor: 'steward', reason: 'letter of June 3' };
  if (value === undefined) await unsetValues(engine, kind, member, [field], by);
  else await setValues(engine, kind, member, new Map([[field, value]]), by);
}

describe('a value that a person set in the golden record', () => {
  test('is sent once to every system, and after it all is quiet', async () => {
    const t = await ready();
    await set(t, 'pool:P1', 'phone', '585-555-0700');
    await t.night();
    expect(t.received()).toEqual({
      clerk: ['C1 phone=585-555-0700'],
      pool: ['P1 phone=585-555-0700'],
      bank: ['B1 phone=585-555-0700'],
    });
    for (let i = 0; i < 3; i++) await t.night();
    expect(t.received()).toEqual(NOTHING);
    // Who set it and why stands where the source of a value stands.
    const phone = (await explain(t.town.engine, 'party', 'bank:B1'))[0]!.fields.find((f) => f.field === 'phone')!;
    expect(phone).toMatchObject({ value: '585-555-0700', steward: { actor: 'steward', reason: 'letter of June 3' } });
    expect(phone.from).toBeUndefined();
  });

  test('is not sent to a system that owns the field, but to the others', async () => {
    const t = await ready({ model: 'owners:\n  phone: [pool]\n' });
    await set(t, 'clerk:C1', 'phone', '585-555-0700');
    await t.night();
    expect(t.received()).toEqual({ clerk: ['C1 phone=585-555-0700'], pool: [], bank: ['B1 phone=585-555-0700'] });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('is a conflict where a system changes the field afterwards, and nothing is sent until a person decides', async () => {
    const t = await ready();
    await set(t, 'clerk:C1', 'phone', '585-555-0700');
    await t.night();
    t.received();
    await t.night();
    t.edit('pool', 'P1', { phone: '585-555-0999' });
    await t.night();
    await t.night();
    // What was set counts in the golden record, so the change of one system goes to no other.
    expect(t.received()).toEqual(NOTHING);
    expect(await t.town.rows('party')).toMatchObject([{ phone: '585-555-0700' }]);
  });

  test('is not sent anymore when it was taken back before', async () => {
    const t = await ready();
    await set(t, 'clerk:C1', 'phone', '585-555-0700');
    await set(t, 'clerk:C1', 'phone', undefined);
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });
});
