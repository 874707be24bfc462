import { afterEach, expect, test } from 'vitest';
import { listOutbox } from '../../../src/store/outbound/outbox.ts';
import { cutAt } from '../../engine/cut.ts';
import { closeTowns } from '../../engine/town.ts';
import { type CarryTown, carryTown, kept, type Kept } from './town.ts';

afterEach(closeTowns);

/** More than are counted or queued in one transaction, and so few more that what is left alone would not be unusual. */
const PEOPLE = 205;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Persons of a system who have nothing in common with each other. */
function people(prefix: string): Kept[] {
  return Array.from({ length: PEOPLE }, (_, i) => {
    const word = [0, 5, 11]
      .map((from) => LETTERS[(from + 7 * i + Math.floor(i / 26)) % 26]! + LETTERS[(from + Math.floor(i / 9)) % 26]!)
      .join('');
    return kept(`${prefix}${i}`, {
      first: `Q${word}`,
      last: `${word.split('').reverse().join('')}${LETTERS[i % 26]}ton`,
      birth: `${1940 + (i % 60)}-0${1 + (i % 9)}-${10 + (i % 19)}`,
      street: `${100 + 7 * i} Street ${i}`,
      phone: `585-${200 + i}-${2000 + 37 * i}`,
      email: `${word}${i * 13}@example${i}.com`,
    });
  });
}

async function ready(): Promise<CarryTown> {
  const t = await carryTown({
    model: 'owners:\n  phone: [clerk]\n',
    carry: ' emptied: [phone] ',
    emptied: '*CLEAR*',
    people: { clerk: people('C'), pool: people('P'), bank: [] },
  });
  await t.night();
  expect(t.received()).toEqual({ clerk: [], pool: [], bank: [] });
  return t;
}

test(
  'killed at any commit while an export without phone numbers is counted and held for review, no phone number is emptied',
  { timeout: 60_000 },
  async () => {
    const t = await ready();
    for (let i = 0; i < PEOPLE; i++) t.edit('clerk', `C${i}`, { phone: '' });
    await t.read();
    // Each attempt is killed one commit later than the last one, before or after it in turn, and goes on with what that left.
    let kills = 0;
    for (let killed = true; killed;) {
      const { wasCut } = await cutAt(t.town.engine.knex, kills + 1, kills % 2 === 0 ? 'before' : 'after');
      await t.town.run('to-pool').catch(() => {});
      killed = wasCut();
      if (killed) kills++;
      t.take();
      await t.town.reopen();
    }
    expect(kills).toBeGreaterThan(4);
    await t.night();
    const held = await listOutbox(t.town.engine.knex, { pipeline: 'to-pool', states: ['held'], latest: true });
    expect(held).toHaveLength(PEOPLE);
    expect(new Set(held.flatMap(({ problems }) => problems.map(({ code }) => code)))).toEqual(new Set(['CARRY_EMPTIED_MANY']));
    expect(t.received().pool).toEqual([]);
    expect([...t.systems.pool.people.values()].filter(({ phone }) => phone === '')).toEqual([]);
  },
);
