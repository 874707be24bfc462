import { afterEach, describe, expect, test } from 'vitest';
import { previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns } from '../../engine/town.ts';
import { type CarryTown, carryTown, kept } from './town.ts';

afterEach(closeTowns);

const MOVED = { street: '302 Quarry Road', zip: '14592', phone: '585-555-0777', email: 'emma.carter@example.org' };
const SENT = ['P1 email=emma.carter@example.org', 'P1 phone=585-555-0777', 'P1 street=302 Quarry Road', 'P1 zip=14592'];

/** The pool knows no date of birth: with a new address, telephone number and e-mail address only the name is left in common. */
async function ready(): Promise<CarryTown> {
  const t = await carryTown({ people: { clerk: [kept('C1')], pool: [kept('P1', { birth: '' })], bank: [] } });
  await t.night();
  t.received();
  t.edit('clerk', 'C1', MOVED);
  await t.night();
  expect(await t.town.rows('party')).toHaveLength(2);
  return t;
}

describe('a correction after which a person is not recognized anymore', () => {
  test('waits, and is told in every run, until somebody says that it is the same person; then it is carried once', async () => {
    const t = await ready();
    for (let i = 0; i < 2; i++) {
      expect(t.received().pool).toEqual([]);
      const run = await t.town.run('to-pool');
      expect(run.outcome).toBe('partial');
      expect(run.problems).toMatchObject([{ code: 'CARRY_PARTED', message: expect.stringMatching(/^clerk:C1 .* pool:P1 /) }]);
      await t.night();
    }
    const preview = await previewDelivery(t.town.engine, 'to-pool', { limit: 10, signal: new AbortController().signal });
    expect(preview.held_back).toMatchObject([{ key: 'P1', why: 'parted', value: 'clerk:C1' }, { why: 'no_record' }]);
    expect((await townCommand(t.town.folder, ['review', 'same', 'clerk:C1', 'pool:P1'])).exit).toBe(0);
    await t.carry();
    expect(t.received()).toEqual({ clerk: [], pool: SENT, bank: [] });
    await t.night();
    await t.night();
    expect(t.received()).toEqual({ clerk: [], pool: [], bank: [] });
    expect((await t.town.run('to-pool')).outcome).toBe('succeeded');
    expect(await t.town.rows('party')).toHaveLength(1);
  });

  test('is nothing to the other record when somebody says that they are two', async () => {
    const t = await ready();
    expect((await townCommand(t.town.folder, ['review', 'different', 'clerk:C1', 'pool:P1'])).exit).toBe(0);
    await t.night();
    expect((await t.town.run('to-pool')).outcome).toBe('succeeded');
    expect(t.received().pool).toEqual([]);
    // Only what is corrected from here on would be carried, and to nobody.
    t.edit('clerk', 'C1', { phone: '585-555-0778' });
    await t.night();
    expect(t.received().pool).toEqual([]);
  });

  test('is carried by itself when the pool corrects its own record so that they are recognized again', async () => {
    const t = await ready();
    t.edit('pool', 'P1', { phone: MOVED.phone, street: MOVED.street, zip: MOVED.zip });
    await t.night();
    expect(t.received().pool).toEqual(['P1 email=emma.carter@example.org']);
    await t.night();
    expect((await t.town.run('to-pool')).outcome).toBe('succeeded');
  });

  test('what is corrected after it, while it waits, is carried with it', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { phone: '585-555-0888' });
    await t.night();
    expect(t.received().pool).toEqual([]);
    expect((await townCommand(t.town.folder, ['review', 'same', 'clerk:C1', 'pool:P1'])).exit).toBe(0);
    await t.carry();
    expect(t.received().pool).toEqual(SENT.map((one) => one.replace('0777', '0888')));
  });
});
