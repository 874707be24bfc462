import { beforeEach, describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/store/dialect.ts';
import { beginLanding } from '../../src/store/landing/landing.ts';
import { heldLocks } from '../../src/store/locks.ts';
import { afterFilling, beforeFilling, migrateModel } from '../../src/store/model-tables.ts';
import { BLOCK } from '../../src/store/revenue/marks.ts';
import { type Knex, migrationNames, openKnexAsOf } from '../../src/store/open.ts';
import { TRY_ALL } from '../effort.ts';
import { person, personWith } from './entities.ts';
import type { StoreUnderTest } from './stores.ts';
import type { OpenStore } from './test-store.ts';

/** Our own tables and those of the model: made once, widened, never narrowed. */
export function testMigrations(now: () => OpenStore, kind: StoreUnderTest): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));

  describe('migrations', () => {
    test('a store of every earlier version is brought up to date, with what is in it', async () => {
      const names = migrationNames();
      // Making a database takes a server half a second.
      const every = TRY_ALL || kind.name === 'sqlite' ? 1 : 4;
      for (let count = names.length - 1; count > 0; count -= every) {
        const old = await kind.make(true);
        const before = await openKnexAsOf(count, old.url, '/');
        await before('il_source').insert({ id: 1, pipeline: 'p', connection: 'c', stream: 's' });
        await before('il_landed').insert({ id: 1, source_id: 1, source_key: 'é', run_id: 1, record: 1, raw: '[]' });
        const landed = await before('il_landed').select('id', 'source_key', 'raw');
        expect(await before('il_migration').orderBy('name').pluck('name')).toEqual(names.slice(0, count));
        await before.destroy();
        const after = await old.open();
        expect(await after('il_migration').orderBy('name').pluck('name')).toEqual(names);
        expect(await after('il_landed').select('id', 'source_key', 'raw')).toEqual(landed);
        await migrateModel(after, [person]);
        const { tables, columnsOf } = dialectOf(after);
        for (const table of await tables(after))
          for (const [column, type] of await columnsOf(after, table)) expect(['TEXT', 'INTEGER'], `${table}.${column}`).toContain(type);
        await after.destroy();
        await old.remove();
      }
    });

    test('what a store of before noted of changes by large blocks is forgotten, and from then on noted by small ones', async () => {
      const old = await kind.make(true);
      const before = await openKnexAsOf(migrationNames().indexOf('087-smaller-blocks'), old.url, '/');
      const link = (id: number): object => ({
        source_id: 1,
        source_key: `r${id}`,
        entity_id: 1,
        item_key: '',
        golden_id: id,
        landed_id: 1,
        hash: '',
      });
      const match = { match_id: 1, side: 'left', entity_id: 1, version: 1, minor: 100 };
      const marks = (knex: Knex): Promise<unknown> => knex('il_revenue_mark').orderBy('about').select('block', 'about');
      await before('il_link').insert(link(9000));
      await before('il_match_record').insert({ ...match, golden_id: 9000 });
      await before('il_revenue_state').insert({ id: 1, basis: '{}' });
      expect(JSON.stringify(await marks(before))).toMatch(/"?2"?.*"about":"".*"?2"?.*"about":"e"/);
      await before.destroy();
      const after = await old.open();
      expect(await marks(after)).toEqual([]);
      expect(await after('il_revenue_state')).toEqual([]);
      await after('il_link').insert(link(9001));
      await after('il_match_record').insert({ ...match, golden_id: 9001 });
      const small = Math.floor(9001 / BLOCK);
      expect((await marks(after)) as object[]).toEqual([
        { block: small, about: '' },
        { block: small, about: 'e' },
      ]);
      await after.destroy();
      await old.remove();
    });

    test('matches of a store of before keep their records, which are watched as before, and their keys are made again', async () => {
      const old = await kind.make(true);
      const before = await openKnexAsOf(migrationNames().indexOf('096-smaller-matches'), old.url, '/');
      const records = [3, 1, 2].map((match) => ({
        ...{ match_id: match, side: 'left', entity_id: 1, golden_id: 10 + match, version: 1, minor: 100 },
      }));
      await before('il_match_record').insert(records);
      await before('il_revenue_mark').delete();
      await before('il_reconciliation').insert({ pipeline: 'p', run_id: 7, basis: '{}' });
      await before('il_settled').insert({ pipeline: 'p', state: '{}' });
      await before('il_match_key').insert({ pipeline: 'p', relation: 0, key: '00'.repeat(8), day: 0, unit: 1, taken: 0 });
      const stored = await before('il_match_record').orderBy('match_id');
      await before.destroy();
      const after = await old.open();
      expect(await after('il_match_record').orderBy('match_id')).toEqual(stored);
      expect(await after('il_revenue_mark')).toEqual([]);
      await after('il_match_record').where({ match_id: 3 }).delete();
      expect((await after('il_revenue_mark').select('about')) as object[]).toEqual([{ about: 'e' }]);
      expect(Number(((await after('il_reconciliation').first('number')) as { number: number }).number)).toBe(7);
      for (const table of ['il_settled', 'il_match_key']) expect(await after(table)).toEqual([]);
      await after.destroy();
      await old.remove();
    });

    test('opening a store again changes nothing', async () => {
      await migrateModel(knex, [person]);
      const before = await knex('il_migration');
      const again = await now().open();
      await migrateModel(again, [person]);
      expect(await again('il_migration')).toEqual(before);
      expect(await again('il_entity').select('id', 'name', 'identity')).toEqual([{ id: 1, name: 'person', identity: '["email"]' }]);
    });

    test('a store that a newer Interlocal made is refused, and told so', async () => {
      await knex('il_migration').insert({ name: '999-later', done_at: 'later' });
      await expect(now().store.open()).rejects.toThrow(/last used by a newer version of Interlocal \(it has 999-later\).*STORE_NEWER/s);
    });

    test('a status can be asked for while a run writes', async () => {
      await migrateModel(knex, [person]);
      const writing = await beginLanding(knex);
      const other = await now().open();
      const started = performance.now();
      await migrateModel(other, [person]);
      expect(await heldLocks(other)).toEqual(new Set());
      expect(performance.now() - started).toBeLessThan(20_000);
      await writing.rollback();
    });
  });

  describe('tables of the model', () => {
    test('a new field is an added column, and what is there stays', async () => {
      await migrateModel(knex, [person]);
      await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1, email: 'a@x', paid: 100, paid_currency: 'USD' });
      await migrateModel(knex, [personWith({ fields: { fee: { type: 'money', class: 'internal' } } })]);
      expect(await knex('person').first()).toMatchObject({
        email: 'a@x',
        paid: 100,
        paid_currency: 'USD',
        fee: null,
        fee_currency: null,
      });
    });

    test('a field that the model does not have any more keeps its column', async () => {
      await migrateModel(knex, [personWith({ fields: { phone: { type: 'text', class: 'personal' } } })]);
      await migrateModel(knex, [person]);
      expect(Object.keys(await knex('person').columnInfo())).toContain('phone');
    });

    test('what would lose something is refused, all of it at once, with what to do', async () => {
      await migrateModel(knex, [person]);
      await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1 });
      const changed = personWith({
        fields: { name: { type: 'integer', class: 'personal' }, paid: { type: 'text', class: 'internal' } },
        identity: ['name'],
      });
      const error = (await migrateModel(knex, [changed]).catch((e: unknown) => e)) as {
        problems: { code: string; place: { path: string }; hint: string }[];
      };
      expect(error.problems.map((p) => [p.code, p.place.path])).toEqual([
        ['MODEL_DESTRUCTIVE', 'fields.name'],
        ['MODEL_DESTRUCTIVE', 'fields.paid'],
        ['MODEL_DESTRUCTIVE', 'identity'],
      ]);
      expect(error.problems[0]!.hint).toContain('add a field with another name');
      expect(await knex('il_entity').first('identity')).toEqual({ identity: '["email"]' });
    });

    test('another identity is taken while there are no records', async () => {
      await migrateModel(knex, [personWith({ identity: undefined })]);
      await migrateModel(knex, [person]);
      await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1, _identity: '["a@x"]' });
      await expect(knex('person').insert({ _id: 2, _created: 1, _run: 1, _landed: 1, _identity: '["a@x"]' })).rejects.toThrow(/unique/i);
    });

    test('indexes that a killed load left away are made again', async () => {
      await migrateModel(knex, [person]);
      const indexed = async (): Promise<string> => dialectOf(knex).explain(knex, 'SELECT _id FROM person WHERE name = ?', ['x']);
      expect(await indexed()).toContain('person_name');
      const all = [...(await dialectOf(knex).indexes(knex))].sort();
      await beforeFilling(knex, [person]);
      expect(await indexed()).toMatch(kind.wholeTable);
      const left = await dialectOf(knex).indexes(knex);
      expect(all.filter((name) => !left.includes(name))).toEqual(['il_landed_run', 'il_link_record', 'person_kind_born_on', 'person_name']);
      await migrateModel(knex, [person]);
      expect(await indexed()).toContain('person_name');
      expect([...(await dialectOf(knex).indexes(knex))].sort()).toEqual(all);
      await afterFilling(knex, [person]);
    });

    test('a load has all indexes again at its end, also those behind one that could not be made', async () => {
      await migrateModel(knex, [person]);
      const all = [...(await dialectOf(knex).indexes(knex))].sort();
      await beforeFilling(knex, [person]);
      const gone = { ...person, entity: 'gone' };
      await expect(afterFilling(knex, [gone, person])).rejects.toThrow(/gone/);
      expect([...(await dialectOf(knex).indexes(knex))].sort()).toEqual(all);
    });

    test('two loads that end at the same time make the indexes of both, and one entity may be filled by two mappings', async () => {
      await migrateModel(knex, [person]);
      const all = [...(await dialectOf(knex).indexes(knex))].sort();
      await beforeFilling(knex, [person]);
      await dialectOf(knex).write(knex, async (trx) => {
        const rows = Array.from({ length: 20_000 }, (_, i) => [i + 1, 1, 1, 1, `name ${i}`]);
        await (await dialectOf(trx).rowsOf(trx)).insert('person', ['_id', '_created', '_run', '_landed', 'name'], rows);
      });
      const other = await now().open();
      await Promise.all([afterFilling(knex, [person, person]), afterFilling(other, [person])]);
      expect([...(await dialectOf(knex).indexes(knex))].sort()).toEqual(all);
    });

    test('a load keeps the indexes of tables that already have rows', async () => {
      await migrateModel(knex, [person]);
      await knex('person').insert({ _id: 1, _created: 1, _run: 1, _landed: 1, _identity: '["a@x"]' });
      await beforeFilling(knex, [person]);
      expect(await dialectOf(knex).indexes(knex)).toContain('person_name');
    });
  });
}
