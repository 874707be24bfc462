import { afterEach, expect, test } from 'vitest';
import { examine } from '../../../src/engine/doctor/doctor.ts';
import { correctionsNotThere } from '../../../src/engine/outbound/carry/not-there.ts';
import { closeTowns } from '../../engine/town.ts';
import { type CarryTown, carryTown, kept } from './town.ts';

afterEach(closeTowns);

const NOTHING = { clerk: [], pool: [], bank: [] };

/** The clerk corrected a street; the pool's import and the bank's took it by their answers, and what then happened there is `after`. */
async function taken(after: (t: CarryTown) => void, writes?: (value: string) => string): Promise<CarryTown> {
  const people = { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] };
  const t = await carryTown({ people, ...(writes && { writes }) });
  await t.night();
  t.edit('clerk', 'C1', { street: '40 Oak Avenue' });
  await t.night();
  expect(t.received()).toEqual({ clerk: [], pool: ['P1 street=40 Oak Avenue'], bank: ['B1 street=40 Oak Avenue'] });
  after(t);
  await t.night();
  expect(t.received()).toEqual(NOTHING);
  return t;
}

/** The files of the test town are an hour old: a correction of the day before yesterday was taken before they were written. */
async function twoDaysLater(t: CarryTown): Promise<void> {
  await t.town.engine.knex('il_outbox').update({ changed_at: new Date(Date.now() - 49 * 3_600_000).toISOString() });
}

const lost = (t: CarryTown): void => {
  const { street, changed } = kept('P1');
  Object.assign(t.systems.pool.people.get('P1')!, { street, changed });
  // Something else is in the export, or it would be the file that was read before.
  t.edit('pool', 'P2', { ...kept('P2', { first: 'Amos', last: 'Quill', birth: '1950-01-02', email: 'amos@example.com', phone: '' }) });
};

test('a correction that a system took, and that is not in what it says a day later, is told by doctor without what it says', async () => {
  const t = await taken(lost);
  expect(await correctionsNotThere(t.town.engine)).toEqual([]);
  await twoDaysLater(t);
  expect(await correctionsNotThere(t.town.engine)).toEqual([
    { pipeline: 'to-pool', connection: 'pool', number: 'P1', field: 'address_line1' },
  ]);
  const check = (await examine(t.town.engine)).checks.find(({ name }) => name === 'corrections')!;
  expect(check).toMatchObject({ state: 'attention', code: 'CARRY_NOT_THERE' });
  expect(check.detail).toContain(
    'Other systems confirmed 1 correction more than a day ago, but the records read from them since still have the old values: address_line1 of pool:P1.',
  );
  expect(check.detail).not.toContain('Oak');
  // Done again there, it is.
  t.edit('pool', 'P1', { street: '40 Oak Avenue' });
  await t.night();
  expect(await correctionsNotThere(t.town.engine)).toEqual([]);
});

test('nothing is told of a system that writes it in its own way, was not read since, or was corrected itself', async () => {
  const own = await taken(
    () => {},
    (value) => value.toUpperCase().replace('AVENUE', 'AVE'),
  );
  await twoDaysLater(own);
  expect(await correctionsNotThere(own.town.engine)).toEqual([]);

  const people = { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] };
  const unread = await carryTown({ people });
  await unread.night();
  unread.edit('clerk', 'C1', { street: '40 Oak Avenue' });
  await unread.night();
  await twoDaysLater(unread);
  await unread.town.engine.knex('il_file').update({ modified_ms: Date.now() - 72 * 3_600_000 });
  await unread.town.engine.knex('il_run').update({ started_at: new Date(Date.now() - 72 * 3_600_000).toISOString() });
  expect(await correctionsNotThere(unread.town.engine)).toEqual([]);

  const again = await taken(lost);
  again.edit('pool', 'P1', { street: '7 Pine Court' });
  await again.night();
  await twoDaysLater(again);
  expect((await correctionsNotThere(again.town.engine)).filter(({ connection }) => connection === 'pool')).toEqual([]);
});
