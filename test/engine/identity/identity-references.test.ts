import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decide, undo } from '../../../src/engine/identity/decide.ts';
import { namedMember } from '../../../src/engine/identity/matched.ts';
import type { MatchedKind } from '../../../src/engine/identity/members.ts';
import type { Engine } from '../../../src/engine/run/engine.ts';
import { type PeopleStore, type Person, peopleStore } from './identity-store.ts';

let store: PeopleStore;
beforeEach(async () => void (store = await peopleStore()));
afterEach(() => store.close());

const emma = (source: string, key: string, first_name = 'Emma'): Person => ({
  source,
  key,
  first_name,
  last_name: 'Carter',
  birth_date: '2015-03-12',
  address_line1: '12 Elm St',
});
const owners = async (): Promise<unknown> =>
  Object.fromEntries(
    ((await store.knex('pet').select('pet_key', 'owner')) as { pet_key: string; owner: number | null }[]).map((r) => [r.pet_key, r.owner]),
  );

describe('a pet hangs off the resident who holds it', () => {
  test('whichever comes first, and whatever system it is from', async () => {
    await store.landPets([{ source: 'b', key: 'early', owner_key: '7' }]);
    expect(await owners()).toEqual({ early: null });
    await store.land([emma('a', '1'), emma('b', '7')]);
    await store.landPets([{ source: 'a', key: 'later', owner_key: '1' }]);
    await store.landPets(
      [
        { source: 'a', key: 'first load', owner_key: '1' },
        { source: 'a', key: 'nobody', owner_key: '99' },
      ],
      true,
    );
    expect(await owners()).toEqual({ early: 2, later: 2, 'first load': 2, nobody: null });
    expect(await store.knex('il_history').where({ action: 'changed' }).pluck('changes')).toContain('{"owner":[null,2]}');
  });

  test('and follows when people are merged and taken apart, and when the resident is gone', async () => {
    await store.land([emma('a', '1'), emma('b', '7', 'Olivia')]);
    await store.landPets([{ source: 'b', key: 'rex', owner_key: '7' }]);
    expect(await owners()).toEqual({ rex: 2 });
    const engine = {
      knex: store.knex,
      project: {
        entities: new Map([
          ['party', { value: store.entity }],
          ['pet', { value: store.pet }],
        ]),
      },
    } as unknown as Engine;
    const kind: MatchedKind = { entity: store.entity, entityId: store.entityId, model: store.model };
    const pair = [await namedMember(engine, kind, 'a:1'), await namedMember(engine, kind, 'b:7')] as const;
    const { decision } = await decide(engine, kind, pair, 'same', { actor: 'clerk' });
    expect(await owners()).toEqual({ rex: 1 });
    await undo(engine, kind, decision, { actor: 'clerk' });
    expect(await owners()).toEqual({ rex: 2 });
    await store.remove([{ source: 'b', key: '7' }]);
    expect(await owners()).toEqual({ rex: null });
  });
});
