import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decide, undo, unmerge } from '../../../src/engine/identity/decide.ts';
import type { MatchedKind } from '../../../src/engine/identity/members.ts';
import { explainCluster } from '../../../src/engine/identity/explain-cluster.ts';
import { namedMember } from '../../../src/engine/identity/matched.ts';
import { identityReport } from '../../../src/engine/identity/report.ts';
import { reviewList } from '../../../src/engine/identity/review.ts';
import type { Engine } from '../../../src/engine/run/engine.ts';
import type { Member } from '../../../src/store/identity/identity.ts';
import { type PeopleStore, type Person, peopleStore } from './identity-store.ts';

let store: PeopleStore;
let engine: Engine;
let kind: MatchedKind;
beforeEach(async () => {
  store = await peopleStore();
  engine = { knex: store.knex, project: { entities: new Map([['party', { value: store.entity }]]) } } as unknown as Engine;
  kind = { entity: store.entity, entityId: store.entityId, model: store.model };
});
afterEach(() => store.close());

const home = { address_line1: '12 Elm St', postal_code: '14586', phone: '585-555-0101' };
const emma = (source: string, key: string): Person => ({
  source,
  key,
  first_name: 'Emma',
  last_name: 'Carter',
  birth_date: '2015-03-12',
  ...home,
});
const olivia = (source: string, key: string): Person => ({ ...emma(source, key), first_name: 'Olivia' });
const member = (name: string): Promise<Member> => namedMember(engine, kind, name);
const by = { actor: 'clerk', reason: 'asked the mother', now: () => new Date('2026-07-01T12:00:00Z') };

/** Everything that says who is who, for comparison. */
async function state(): Promise<unknown> {
  return {
    members: await store.knex('il_member').orderBy('id').select('id', 'golden_id', 'link_kind', 'link_score', 'state', 'host'),
    golden: await store.knex('party').orderBy('_id').select('_id', 'first_name', 'last_name', '_landed'),
  };
}

describe('a decision of a person', () => {
  test('makes one what a veto kept apart, and taking it back makes them two again', async () => {
    await store.land([emma('a', '1'), emma('b', '1'), olivia('a', '2'), olivia('b', '2')]);
    const before = await state();
    expect(await store.clusters()).toEqual([
      ['a/1', 'b/1'],
      ['a/2', 'b/2'],
    ]);
    const { total, pairs } = await reviewList(engine, kind, { limit: 10 });
    expect(total).toBe(1);
    expect(pairs[0]).toMatchObject({ veto: 'twins', a: { golden_records: 2 }, b: { golden_records: 2 } });
    const done = await decide(engine, kind, [await member('a:1'), await member('b:2')], 'same', by);
    expect(await store.clusters()).toEqual([['a/1', 'a/2', 'b/1', 'b/2']]);
    expect(await store.knex('party').pluck('_id')).toEqual([1]);
    // The id that was merged leads to the one that is left.
    expect((await member('#3')).golden).toBe(1);
    expect((await explainCluster(engine, kind, 1)).links[0]).toMatchObject({
      kind: 'steward',
      reasons: ['Decided by clerk: asked the mother.'],
    });
    expect(await store.knex('il_history').orderBy('id').select('golden_id', 'action')).toContainEqual({ golden_id: 3, action: 'merged' });
    await undo(engine, kind, done.decision, by);
    expect(await state()).toEqual(before);
  });

  test('is asked for of two names in a house only where one of the records fits nobody else', async () => {
    const frank = (source: string, key: string): Person => ({
      ...emma(source, key),
      first_name: 'Frank',
      birth_date: '1981-05-20',
      phone: null,
    });
    const grace = (source: string, key: string): Person => ({ ...frank(source, key), first_name: 'Grace', birth_date: null });
    await store.land([frank('a', '1'), frank('b', '1'), grace('b', '2')]);
    expect(await store.clusters()).toEqual([['a/1', 'b/1'], ['b/2']]);
    const { total, pairs } = await reviewList(engine, kind, { limit: 10 });
    expect(total).toBe(1);
    expect(pairs[0]).toMatchObject({ veto: 'alone', a: { golden_records: 2 }, b: { golden_records: 1 } });
    expect(pairs[0]!.reasons[0]).toContain('fits nobody else');
    const report = async (): Promise<unknown> => {
      const { waiting, estimate } = await identityReport(engine, kind);
      return { waiting: waiting.pairs, recall: estimate.recall };
    };
    expect(await report()).toEqual({ waiting: 1, recall: 1 });
    await store.land([grace('a', '2')]);
    expect(await store.clusters()).toEqual([
      ['a/1', 'b/1'],
      ['a/2', 'b/2'],
    ]);
    expect((await reviewList(engine, kind, { limit: 10 })).total).toBe(0);
    expect(await report()).toEqual({ waiting: 0, recall: 1 });
  });

  test('keeps apart what the score would link, also after everything was imported again', async () => {
    await store.land([emma('a', '1'), emma('b', '1')]);
    await decide(engine, kind, [await member('b:1'), await member('a:1')], 'different', by);
    expect(await store.clusters()).toEqual([['a/1'], ['b/1']]);
    await store.remove([
      { source: 'a', key: '1' },
      { source: 'b', key: '1' },
    ]);
    await store.land([emma('b', '1'), emma('a', '1')]);
    expect(await store.clusters()).toEqual([['a/1'], ['b/1']]);
    await store.rebuild();
    expect(await store.clusters()).toEqual([['a/1'], ['b/1']]);
    expect((await reviewList(engine, kind, { limit: 10 })).total).toBe(0);
  });

  test('holds until the same pair is decided again; what was put off comes last', async () => {
    await store.land([
      emma('a', '1'),
      olivia('a', '2'),
      { ...emma('a', '3'), first_name: 'Robert', last_name: 'Nowak', birth_date: '1955-04-01' },
      { ...emma('b', '3'), first_name: 'Robert', last_name: 'Nowak', birth_date: '1984-09-17' },
    ]);
    const twins: [Member, Member] = [await member('a:1'), await member('a:2')];
    expect((await reviewList(engine, kind, { limit: 10 })).pairs.map((p) => p.veto)).toEqual(['twins', 'father_and_son']);
    await decide(engine, kind, twins, 'later', by);
    expect((await reviewList(engine, kind, { limit: 10 })).pairs.map((p) => p.veto)).toEqual(['father_and_son', 'twins']);
    await decide(engine, kind, twins, 'different', by);
    await decide(engine, kind, twins, 'same', by);
    expect(await store.clusters()).toContainEqual(['a/1', 'a/2']);
  });

  test('takes one record out of a golden record, and back into it', async () => {
    await store.land([emma('a', '1'), emma('b', '1'), emma('c', '1')]);
    const before = await state();
    const decisions = await unmerge(engine, kind, await member('a:1'), by);
    expect(await store.clusters()).toEqual([['a/1'], ['b/1', 'c/1']]);
    for (const { decision } of decisions) await undo(engine, kind, decision, by);
    expect(await state()).toEqual(before);
  });

  test('cannot be about one record, or about one that nobody has', async () => {
    await store.land([emma('a', '1')]);
    await expect(decide(engine, kind, [await member('a:1'), await member('a:1')], 'same', by)).rejects.toMatchObject({
      code: 'PAIR_UNKNOWN',
    });
    await expect(member('a:7')).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    await expect(undo(engine, kind, 12, by)).rejects.toMatchObject({ code: 'DECISION_UNKNOWN' });
    await expect(unmerge(engine, kind, await member('a:1'), by)).rejects.toMatchObject({ code: 'PAIR_UNKNOWN' });
  });
});

test('one system never gives one person twice where the model says so, but a person may decide it', async () => {
  await store.close();
  store = await peopleStore((entity) => void ((entity.identity as Record<string, unknown>).one_per_source = ['a']));
  engine = { knex: store.knex, project: { entities: new Map([['party', { value: store.entity }]]) } } as unknown as Engine;
  kind = { entity: store.entity, entityId: store.entityId, model: store.model };
  await store.land([emma('a', '1'), emma('a', '2'), emma('b', '1'), emma('b', '2')]);
  expect((await store.clusters()).map((cluster) => cluster.filter((name) => name.startsWith('a/')).length)).toEqual([1, 1]);
  await decide(engine, kind, [await member('a:1'), await member('a:2')], 'same', by);
  expect(await store.clusters()).toEqual([['a/1', 'a/2', 'b/1', 'b/2']]);
});
