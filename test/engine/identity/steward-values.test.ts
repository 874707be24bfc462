import { afterEach, beforeEach, expect, test } from 'vitest';
import { decide, undo } from '../../../src/engine/identity/decide.ts';
import { namedMember } from '../../../src/engine/identity/matched.ts';
import type { MatchedKind } from '../../../src/engine/identity/members.ts';
import { setValues, unsetValues, valuesSet } from '../../../src/engine/identity/steward-values.ts';
import type { Engine } from '../../../src/engine/run/engine.ts';
import { storedPipelines } from '../../../src/store/ledger/sources.ts';
import type { Member } from '../../../src/store/identity/identity.ts';
import { type PeopleStore, type Person, peopleStore } from './identity-store.ts';

let store: PeopleStore;
let engine: Engine;
let kind: MatchedKind;
beforeEach(async () => {
  store = await peopleStore();
  const project = {
    config: { town: { currency: 'USD', time_zone: 'America/New_York' } },
    entities: new Map([['party', { value: store.entity }]]),
  };
  engine = { knex: store.knex, project } as unknown as Engine;
  kind = { entity: store.entity, entityId: store.entityId, model: store.model };
});
afterEach(() => store.close());

const home = { address_line1: '12 Elm St', postal_code: '14586', phone: '585-555-0101' };
const emma = (source: string, key: string, more: Partial<Person> = {}): Person =>
  ({ source, key, first_name: 'Emma', last_name: 'Carter', birth_date: '2015-03-12', ...home, ...more }) as Person;
const member = (name: string): Promise<Member> => namedMember(engine, kind, name);
const by = { actor: 'clerk', reason: 'passport shown', now: () => new Date('2026-07-01T12:00:00Z') };
const set = async (name: string, values: Record<string, string>): Promise<number> =>
  (await setValues(engine, kind, await member(name), new Map(Object.entries(values)), by)).golden_id;
const golden = async (): Promise<unknown[]> => store.knex('party').orderBy('_id').select('first_name', 'birth_date', 'phone');

test('what a person set counts above every system, after each import and after the record was gone', async () => {
  await store.land([emma('a', '1'), emma('b', '1')]);
  await set('b:1', { birth_date: '2015-03-21', phone: '' });
  const wanted = [{ first_name: 'Emma', birth_date: '2015-03-21', phone: null }];
  expect(await golden()).toEqual(wanted);
  await store.land([emma('a', '1', { phone: '585-555-0177' }), emma('b', '1')]);
  await store.rebuild();
  expect(await golden()).toEqual(wanted);
  await store.remove([{ source: 'b', key: '1' }]);
  expect(await golden()).toEqual([{ first_name: 'Emma', birth_date: '2015-03-12', phone: '585-555-0177' }]);
  await store.land([emma('b', '1')]);
  expect(await golden()).toEqual(wanted);
});

test('what a person set is a run with a title, and no pipeline that a list could have', async () => {
  await store.land([emma('a', '1')]);
  await set('a:1', { birth_date: '2015-03-21' });
  expect(await store.knex('il_run').pluck('pipeline')).toContain('values set in party');
  expect((await storedPipelines(store.knex)).filter((name) => name.includes(' '))).toEqual([]);
});

test('it is taken back by name, and what the systems say counts again; the list and the audit log keep both', async () => {
  await store.land([emma('a', '1')]);
  const id = await set('a:1', { birth_date: '2015-03-21' });
  await set('a:1', { birth_date: '2015-03-22' });
  await unsetValues(engine, kind, await member(`#${id}`), ['birth_date'], { ...by, reason: 'wrong person' });
  expect(await golden()).toMatchObject([{ birth_date: '2015-03-12' }]);
  expect(await valuesSet(engine, kind, await member('a:1'), 10)).toMatchObject([
    { columns: { birth_date: '2015-03-22' }, actor: 'clerk', undone: { by: 'clerk' } },
    { columns: { birth_date: '2015-03-21' }, reason: 'passport shown', undone: { by: 'clerk' } },
  ]);
  const history = (await store.knex('il_history').where({ golden_id: id, action: 'changed' }).orderBy('id').pluck('changes')) as string[];
  expect(history.map((text) => JSON.parse(text) as unknown)).toEqual([
    { birth_date: ['2015-03-12', '2015-03-21'] },
    { birth_date: ['2015-03-21', '2015-03-22'] },
    { birth_date: ['2015-03-22', '2015-03-12'] },
  ]);
  const audit = (await store.knex('il_audit').whereLike('action', 'identity_value%').orderBy('id').pluck('action')) as string[];
  expect(audit).toEqual(['identity_value_set', 'identity_value_set', 'identity_value_undone']);
  await expect(unsetValues(engine, kind, await member('a:1'), ['phone'], by)).rejects.toThrow(/no value of phone set by a person/);
});

test('it goes with its record when people are merged and taken apart; of two, the one set last counts', async () => {
  await store.land([emma('a', '1'), emma('b', '1', { first_name: 'Olivia' })]);
  await set('a:1', { phone: '585-555-0001' });
  await set('b:1', { phone: '585-555-0002' });
  expect(await golden()).toMatchObject([{ phone: '585-555-0001' }, { phone: '585-555-0002' }]);
  const { decision } = await decide(engine, kind, [await member('a:1'), await member('b:1')], 'same', by);
  expect(await golden()).toMatchObject([{ phone: '585-555-0002' }]);
  await undo(engine, kind, decision, by);
  expect(await golden()).toMatchObject([{ phone: '585-555-0001' }, { phone: '585-555-0002' }]);
});

test('a person who was merged with another while the value waited for its turn has it where the record is now', async () => {
  await store.land([emma('a', '1'), emma('b', '1', { first_name: 'Olivia' })]);
  await set('b:1', { phone: '585-555-0001' });
  const seen = await member('b:1');
  await decide(engine, kind, [await member('a:1'), seen], 'same', by);
  const { golden_id } = await setValues(engine, kind, seen, new Map([['phone', '585-555-0002']]), by);
  expect(golden_id).toBe((await member('b:1')).golden);
  expect(await golden()).toMatchObject([{ phone: '585-555-0002' }]);
  expect((await valuesSet(engine, kind, await member('b:1'), 10)).map(({ undone }) => undone === null)).toEqual([true, false]);
  expect((await unsetValues(engine, kind, seen, ['phone'], by)).golden_id).toBe(golden_id);
  expect(await golden()).toMatchObject([{ phone: '585-555-0101' }]);
});

test('every wrong value is named at once, and nothing is set', async () => {
  await store.land([emma('a', '1')]);
  const wrong = set('a:1', { birth_date: '03/21/2015', kind: 'dog', fone: '1', party_key: '2', phone: '585-555-0001' });
  await expect(wrong).rejects.toMatchObject({
    problems: [
      { code: 'STEWARD_VALUE_WRONG', place: { path: 'party.birth_date' } },
      { code: 'STEWARD_VALUE_WRONG', place: { path: 'party.kind' } },
      { code: 'STEWARD_VALUE_WRONG', place: { path: 'party.fone' } },
      { code: 'STEWARD_VALUE_WRONG', place: { path: 'party.party_key' } },
    ],
  });
  expect(await golden()).toMatchObject([{ phone: '585-555-0101' }]);
});

test('what a reference is found by cannot be set, and the message says why; nothing is set with it', async () => {
  await store.land([emma('a', '1')]);
  const fields = {
    ...store.entity.fields,
    guardian_key: { type: 'text', required: false, class: 'internal' },
    household: { type: 'reference', required: false, class: 'internal', entity: 'party', by: ['source', 'household_key'] },
    guardian: { type: 'reference', required: false, class: 'internal', entity: 'party', by: ['source', 'guardian_key'] },
  } satisfies typeof store.entity.fields;
  kind = { ...kind, entity: { ...store.entity, fields } };
  await expect(set('a:1', { phone: '', household_key: 'H2', guardian_key: '', household: '7' })).rejects.toMatchObject({
    problems: [
      {
        code: 'STEWARD_VALUE_WRONG',
        place: { path: 'party.household_key' },
        message: expect.stringContaining('the record that household refers to'),
      },
      {
        code: 'STEWARD_VALUE_WRONG',
        place: { path: 'party.guardian_key' },
        message: expect.stringContaining('the record that guardian refers to'),
      },
      { code: 'STEWARD_VALUE_WRONG', place: { path: 'party.household' } },
    ],
  });
  expect(await golden()).toMatchObject([{ phone: '585-555-0101' }]);
});
