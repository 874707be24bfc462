import { afterEach, describe, expect, test } from 'vitest';
import { conflictsOf } from '../../../src/engine/outbound/carry/conflicts.ts';
import { decide } from '../../../src/engine/outbound/decide.ts';
import { type DeliveryPreview, previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { closeTowns } from '../../engine/town.ts';
import { type CarryOptions, type CarryTown, carryTown, kept } from './town.ts';

afterEach(closeTowns);

const NOTHING = { clerk: [], pool: [], bank: [] };

async function ready(options: Partial<CarryOptions> = {}): Promise<CarryTown> {
  const t = await carryTown({ people: { clerk: [kept('C1')], pool: [kept('P1')], bank: [kept('B1')] }, ...options });
  await t.night();
  expect(t.received()).toEqual(NOTHING);
  return t;
}

function preview(t: CarryTown, pipeline: string): Promise<DeliveryPreview> {
  return previewDelivery(t.town.engine, pipeline, { signal: new AbortController().signal, limit: 50 });
}

/** What a preview says, without what is of no account here. */
function said({ deliveries, held_back }: DeliveryPreview): unknown {
  return {
    deliveries: deliveries.map((d) => [
      d.operation,
      d.key,
      d.state,
      ...d.fields.map((f) => `${f.field}: ${String(f.from)} → ${String(f.to)}`),
    ]),
    held: held_back.map((h) => [h.key, h.field, h.why]),
  };
}

describe('fields have owners', () => {
  const model = 'owners:\n  phone: [pool]\n  email: [clerk]\n  birth_date: []\n';

  test('what a system owns is never sent to it, what nobody may send is not sent, and only an owner is believed', async () => {
    const t = await ready({ model, carry: ' conflicts: owner ' });
    t.edit('clerk', 'C1', { phone: '585-555-0777', email: 'c@example.com', birth: '1985-03-13' });
    t.edit('pool', 'P1', { phone: '585-555-0999', email: 'p@example.com' });
    await t.night();
    expect(t.received()).toEqual({
      clerk: ['C1 phone=585-555-0999'],
      pool: ['P1 email=c@example.com'],
      bank: ['B1 email=c@example.com', 'B1 phone=585-555-0999'],
    });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('a pipeline can name what its system owns', async () => {
    const t = await ready({ carry: ' owned: [phone] ' });
    t.edit('clerk', 'C1', { phone: '585-555-0777', street: '40 Oak Ave' });
    await t.read();
    expect(said(await preview(t, 'to-pool'))).toEqual({
      deliveries: [['update', ['P1'], 'queued', 'street: 12 Elm St → 40 Oak Ave']],
      held: [['P1', 'phone', 'owned']],
    });
  });
});

describe('deliver --preview', () => {
  test('shows each row of a file with old and new values, and writes nothing', async () => {
    const t = await ready();
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    await t.read();
    const before = await t.town.dump();
    const shown = await preview(t, 'to-pool');
    expect(shown.deliveries).toEqual([
      {
        kind: 'file',
        to: 'changes-{{ date }}-{{ sequence }}.csv',
        operation: 'update',
        key: ['P1'],
        known_by: null,
        record: expect.any(Number),
        state: 'queued',
        fields: [{ field: 'street', from: '12 Elm St', to: '40 Oak Ave' }],
        text: expect.stringMatching(/street[^]*P1[^]*40 Oak Ave/),
        problems: [],
      },
    ]);
    expect(await t.town.dump()).toEqual(before);
    await t.carry();
    expect(t.received().pool).toEqual(['P1 street=40 Oak Ave']);
    expect((await preview(t, 'to-pool')).deliveries).toEqual([]);
  });

  test('says what came back and what the system has no record of', async () => {
    const t = await ready({ writes: (value) => value.toUpperCase() });
    t.edit('clerk', 'C2', {
      ...kept('C2', { first: 'Amos', last: 'Quill', birth: '1950-01-02', street: '9 Far Rd', phone: '', email: '' }),
    });
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    await t.night();
    await t.read();
    expect(said(await preview(t, 'to-clerk'))).toEqual({ deliveries: [], held: [['C1', 'address_line1', 'echo']] });
  });
});

describe('when both systems changed a field since the last exchange', () => {
  const both = async (t: CarryTown): Promise<void> => {
    t.edit('pool', 'P1', { street: '7 Pine Ct' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    await t.night();
  };

  test('review: it waits with both values; ours is sent when a person approves it', async () => {
    const t = await ready();
    await both(t);
    const [found, ...more] = await conflictsOf(t.town.engine, 'to-pool', 10);
    expect([more, found!.fields]).toEqual([[], [{ field: 'address_line1', ours: '40 Oak Ave', theirs: '7 Pine Ct' }]]);
    expect(t.received()).toEqual({ clerk: [], pool: [], bank: ['B1 street=40 Oak Ave'] });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    await decide(t.town.engine.knex, 'approve', { ids: [found!.id] }, 'jdoe');
    await t.night();
    expect(t.received().pool).toEqual(['P1 street=40 Oak Ave']);
    await t.night();
    await t.night();
    expect([t.received(), await conflictsOf(t.town.engine, undefined, 10)]).toEqual([NOTHING, []]);
  });

  test('review: theirs stays when a person dismisses it, and what was in no conflict is still sent', async () => {
    const t = await ready();
    t.edit('pool', 'P1', { street: '7 Pine Ct' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave', zip: '14580' });
    await t.night();
    expect(t.received().pool).toEqual([]);
    const [found] = await conflictsOf(t.town.engine, 'to-pool', 10);
    await decide(t.town.engine.knex, 'dismiss', { ids: [found!.id] }, 'jdoe', 'they live on Pine Court');
    await t.night();
    expect(t.received().pool).toEqual(['P1 zip=14580']);
    await t.night();
    expect(t.received()).toEqual(NOTHING);
    expect(t.systems.pool.people.get('P1')!.street).toBe('7 Pine Ct');
  });

  test('newest: the later change is in every system', async () => {
    const t = await ready({ carry: ' conflicts: newest ' });
    await both(t);
    expect(t.received()).toEqual({ clerk: [], pool: ['P1 street=40 Oak Ave'], bank: ['B1 street=40 Oak Ave'] });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });

  test('newest: of times that are not known nobody decides but a person', async () => {
    const t = await ready({ carry: ' conflicts: newest ' });
    t.edit('pool', 'P1', { street: '7 Pine Ct', changed: '2026-03-05T10:00:00' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave', changed: '2026-03-05T10:00:00' });
    await t.night();
    expect((await conflictsOf(t.town.engine, undefined, 10)).length).toBeGreaterThan(0);
  });

  test('owner: its owner wins', async () => {
    const t = await ready({ carry: ' conflicts: owner ', model: 'owners:\n  address_line1: [clerk]\n' });
    t.edit('clerk', 'C1', { street: '40 Oak Ave' });
    t.edit('pool', 'P1', { street: '7 Pine Ct' });
    await t.night();
    expect(t.received()).toEqual({ clerk: [], pool: ['P1 street=40 Oak Ave'], bank: ['B1 street=40 Oak Ave'] });
    await t.night();
    expect(t.received()).toEqual(NOTHING);
  });
});
