import { afterEach, describe, expect, test } from 'vitest';
import { previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { closeTowns } from '../../engine/town.ts';
import { carryTown, kept } from './town.ts';

afterEach(closeTowns);
const NOTHING = { clerk: [], pool: [], bank: [] };

describe('a system that takes whole records', () => {
  test('gets its own values in what was not corrected', async () => {
    const pool = kept('P1', { email: 'pool@example.com', phone: '' });
    const t = await carryTown({ people: { clerk: [kept('C1')], pool: [pool], bank: [kept('B1')] }, corrections: 'whole' });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    await t.read();
    const { deliveries } = await previewDelivery(t.town.engine, 'to-pool', { signal: new AbortController().signal, limit: 9 });
    expect(deliveries.map(({ key, fields }) => [key, fields])).toEqual([
      [['P1'], [{ field: 'street', from: '12 Elm St', to: '40 Oak Ave' }]],
    ]);
    await t.carry();
    expect(t.received().pool).toEqual([
      'P1 birth=1985-03-12',
      'P1 email=pool@example.com',
      'P1 first=Emma',
      'P1 last=Carter',
      'P1 street=40 Oak Ave',
      'P1 zip=14586',
    ]);
    for (let night = 0; night < 2; night++) {
      await t.night();
      expect(t.received()).toEqual(NOTHING);
    }
    expect(t.systems.pool.people.get('P1')).toMatchObject({ email: 'pool@example.com', phone: '', street: '40 Oak Ave' });
  });

  test('gets a correction that was not read back yet once more with the next one, and not the old value', async () => {
    const t = await carryTown({ people: { clerk: [kept('C1')], pool: [kept('P1')], bank: [] }, corrections: 'whole' });
    await t.night();
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    await t.night();
    t.received();
    // The pool was not read since: what it has is what was sent to it.
    t.edit('clerk', 'C1', { phone: '585-555-0777' });
    await t.town.run('clerk-people');
    t.town.write(
      {
        'clerk/out/people.csv':
          'id,first,last,birth,street,zip,phone,email,changed\nC1,Emma,Carter,1985-03-12,40 Oak Ave,14586,585-555-0777,emma@example.com,2026-05-01T00:00:00\n',
      },
      99,
    );
    await t.town.run('clerk-people');
    await t.carry();
    expect(t.received().pool).toEqual(expect.arrayContaining(['P1 phone=585-555-0777', 'P1 street=40 Oak Ave']));
  });
});

test('the first look sends what differed before, where the pipeline says so: once, and then all is quiet', async () => {
  const pool = kept('P1', { email: 'old@example.com', changed: '2025-01-01T00:00:00' });
  const t = await carryTown({ people: { clerk: [kept('C1')], pool: [pool], bank: [] }, carry: ' differences: send ' });
  await t.night();
  expect(t.received()).toEqual({ clerk: [], pool: ['P1 email=emma@example.com'], bank: [] });
  for (let night = 0; night < 2; night++) {
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  }
});
