import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EntityConfig, entitySchema } from '../config/schema/model.ts';
import { EMPTIED } from './emptied.ts';
import { type Contribution, survivors } from './survivorship.ts';

const entity = entitySchema.parse({
  entity: 'person',
  title: 'Person',
  fields: {
    name: { type: 'text', class: 'personal' },
    fee: { type: 'money', class: 'internal' },
    kind: { type: 'code', class: 'internal' },
    changed: { type: 'date', class: 'internal' },
    points: { type: 'integer', class: 'internal' },
    share: { type: 'decimal', class: 'internal' },
  },
  survivorship: { sources: ['clerk', 'pool'], latest_by: 'changed' },
});
const COLUMNS = ['name', 'fee', 'fee_currency', 'kind', 'kind_raw', 'changed', 'points', 'share'];

let landed = 0;
function said(connection: string, columns: Contribution['columns'], more: Partial<Contribution> = {}): Contribution {
  return {
    connection,
    pipeline: connection,
    sourceKey: '1',
    itemKey: '',
    landed: ++landed,
    columns: { ...Object.fromEntries(COLUMNS.map((c) => [c, null])), ...columns },
    ...more,
  };
}
const latestBy = (field: string) => ({ ...entity, survivorship: { sources: [], latest_by: field } });

const some = <T>(values: readonly T[]) => fc.constantFrom(null, ...values);
const contribution: fc.Arbitrary<Contribution> = fc
  .record({
    connection: fc.constantFrom('clerk', 'pool', 'desk', 'archive'),
    pipeline: fc.constantFrom('p', 'q'),
    sourceKey: fc.constantFrom('1', '2'),
    itemKey: fc.constantFrom('', 'a'),
    name: some(['Ann', 'Bob']),
    fee: some([0, 100]),
    currency: fc.constantFrom('USD', 'CAD'),
    kind: some(['dog', 'cat']),
    raw: some(['D', 'C']),
    changed: some(['2026-01-01', '2026-02-01']),
  })
  .map(({ connection, pipeline, sourceKey, itemKey, name, fee, currency, kind, raw, changed }) => ({
    connection,
    pipeline,
    sourceKey,
    itemKey,
    landed: 0,
    columns: { name, fee, fee_currency: fee === null ? null : currency, kind, kind_raw: raw, changed, points: null, share: null },
  }));
/** As a store has them: no two of the same record, each landed some time. */
const contributions = fc
  .uniqueArray(contribution, {
    minLength: 1,
    maxLength: 6,
    selector: (c) => JSON.stringify([c.connection, c.pipeline, c.sourceKey, c.itemKey]),
  })
  .chain((list) =>
    fc
      .shuffledSubarray(
        list.map((_, i) => i + 1),
        { minLength: list.length },
      )
      .map((ids) => list.map((c, i) => ({ ...c, landed: ids[i]! }))),
  );

describe('whatever was said', () => {
  test('the order in which it is looked at changes nothing', () => {
    fc.assert(
      fc.property(contributions, fc.nat(), (list, turn) => {
        const other = [...list.slice(turn % list.length), ...list.slice(0, turn % list.length)].reverse();
        expect(survivors(other, entity, COLUMNS)).toEqual(survivors(list, entity, COLUMNS));
      }),
    );
  });

  test('when it landed changes no value', () => {
    fc.assert(
      fc.property(contributions, (list) => {
        const later = list.map((c) => ({ ...c, landed: 1000 - c.landed }));
        expect(survivors(later, entity, COLUMNS).columns).toEqual(survivors(list, entity, COLUMNS).columns);
      }),
    );
  });

  test('every value comes from the record that provenance names, and is missing only when nobody has one', () => {
    fc.assert(
      fc.property(contributions, (list) => {
        const { columns, provenance, landed: trusted } = survivors(list, entity, COLUMNS);
        for (const column of COLUMNS) {
          const giver = list.find((c) => c.landed === (provenance?.[column] ?? trusted))!;
          expect(columns[column]).toBe(giver.columns[column] ?? null);
          if (columns[column] === null && !column.includes('_')) expect(list.every((c) => c.columns[column] === null)).toBe(true);
        }
      }),
    );
  });

  test('money has the currency, and a code the raw code, of the record that gave it', () => {
    fc.assert(
      fc.property(contributions, (list) => {
        const { provenance } = survivors(list, entity, COLUMNS);
        expect([provenance?.fee_currency, provenance?.kind_raw]).toEqual([provenance?.fee, provenance?.kind]);
      }),
    );
  });
});

describe('who is trusted', () => {
  test('named sources in their order, then the others by name', () => {
    const list = ['desk', 'pool', 'archive', 'clerk'].map((c) => said(c, { name: c }));
    const names: unknown[] = [];
    for (let rest = list; rest.length > 0;) {
      const { columns } = survivors(rest, entity, COLUMNS);
      names.push(columns.name);
      rest = rest.filter((c) => c.columns.name !== columns.name);
    }
    expect(names).toEqual(['clerk', 'pool', 'archive', 'desk']);
  });

  test('within one source the latest; without a day last; then by key', () => {
    const list = [
      said('clerk', { name: 'no day' }, { sourceKey: '0' }),
      said('clerk', { name: 'old', changed: '2026-01-01' }),
      said('clerk', { name: 'new', changed: '2026-02-01' }, { sourceKey: '9' }),
    ];
    expect(survivors(list, entity, COLUMNS).columns.name).toBe('new');
    expect(survivors(list.slice(0, 2), entity, COLUMNS).columns.name).toBe('old');
    expect(
      survivors([said('clerk', { name: 'b' }, { sourceKey: 'b' }), said('clerk', { name: 'a' }, { sourceKey: 'a' })], entity, COLUMNS)
        .columns.name,
    ).toBe('a');
  });

  test('a trusted source that has no value leaves it to the next', () => {
    const [clerk, pool] = [said('clerk', { name: 'Ann' }), said('pool', { name: 'Bob', fee: 100, fee_currency: 'CAD' })];
    const result = survivors([pool, clerk], entity, COLUMNS);
    expect(result.columns).toMatchObject({ name: 'Ann', fee: 100, fee_currency: 'CAD' });
    expect(result.provenance).toMatchObject({ name: clerk.landed, fee: pool.landed, fee_currency: pool.landed });
    expect(result.landed).toBe(clerk.landed);
  });

  test('a code that one could not map gives way to one that could, raw code and all', () => {
    const [clerk, pool] = [said('clerk', { kind: null, kind_raw: 'Z' }), said('pool', { kind: 'dog', kind_raw: 'D' })];
    expect(survivors([clerk, pool], entity, COLUMNS).columns).toMatchObject({ kind: 'dog', kind_raw: 'D' });
    expect(survivors([clerk, said('pool', {})], entity, COLUMNS).columns).toMatchObject({ kind: null, kind_raw: 'Z' });
  });

  test('latest by a number is by its size, not by its text', () => {
    expect(
      survivors([said('a', { name: '9', points: 9 }), said('a', { name: '10', points: 10 })], latestBy('points'), COLUMNS).columns.name,
    ).toBe('10');
    const by = (...shares: string[]): unknown =>
      survivors(
        shares.map((share) => said('a', { name: share, share })),
        latestBy('share'),
        COLUMNS,
      ).columns.name;
    expect([by('9.5', '10'), by('-2', '-10'), by('0.5', '0.45'), by('1.10', '1.2')]).toEqual(['10', '-2', '0.5', '1.2']);
  });

  test('one record alone gives everything, and provenance need not say so', () => {
    const only = said('clerk', { name: 'Ann' });
    expect(survivors([only], entity, COLUMNS)).toEqual({ columns: only.columns, provenance: undefined, landed: only.landed });
  });
});

describe('a field may have an order of its own', () => {
  const own = (fields: Record<string, unknown>): EntityConfig =>
    entitySchema.parse({
      entity: 'person',
      title: 'Person',
      fields: Object.fromEntries(['email', 'phone', 'changed_at'].map((name) => [name, { type: 'text', class: 'personal' }])),
      survivorship: { sources: ['a', 'b', 'c'], latest_by: 'changed_at', fields },
    });
  const said = (connection: string, email: string | null, phone: string | null, changed_at: string): Contribution => ({
    connection,
    pipeline: connection,
    sourceKey: '1',
    itemKey: '',
    landed: connection.charCodeAt(0),
    columns: { email, phone, changed_at },
  });
  const list = [
    said('a', 'old@x.org', '555-0101', '2024'),
    said('b', 'new@x.org', '555-0102 x 12', '2026'),
    said('c', null, '555-0101', '2025'),
  ];
  test.each<[string, Record<string, unknown>, string, string]>([
    ['trusted most', {}, 'old@x.org', '555-0101'],
    ['changed last', { email: { by: 'most_recent' } }, 'new@x.org', '555-0101'],
    ['longest', { phone: { by: 'most_complete' } }, 'old@x.org', '555-0102 x 12'],
    ['said by most', { phone: { by: 'majority' } }, 'old@x.org', '555-0101'],
    ['of the field’s own connection', { phone: { by: 'sources', sources: ['b'] } }, 'old@x.org', '555-0102 x 12'],
    ['of the first connection that has one', { email: { by: 'sources', sources: ['c', 'b'] } }, 'new@x.org', '555-0101'],
  ])('%s', (_, fields, email, phone) => {
    for (const order of [list, [...list].reverse()]) {
      const { columns, provenance } = survivors(order, own(fields), ['email', 'phone']);
      expect(columns).toEqual({ email, phone });
      expect(provenance?.email ?? 97).toBe(email === 'new@x.org' ? 98 : 97);
    }
  });
});

describe('a field that a system owns', () => {
  const owned: EntityConfig = { ...entity, owners: { name: ['clerk'] } };
  const emptied = { name: null, [EMPTIED]: 'name', changed: '2026-03-01' };
  const nameOf = (...list: Contribution[]): unknown => survivors(list, owned, COLUMNS).columns.name;

  test('is empty where its owner emptied it, although another system has an older value', () => {
    const clerk = said('clerk', emptied);
    const result = survivors([clerk, said('pool', { name: 'Ann', changed: '2026-01-01' })], owned, COLUMNS);
    expect([result.columns.name, result.provenance?.name ?? result.landed]).toEqual([null, clerk.landed]);
    expect(nameOf(clerk, said('pool', { name: 'Ann', changed: '2026-04-01' }))).toBeNull();
  });

  test('has the value of another system where the owner never had one, or where only that system emptied it', () => {
    expect(nameOf(said('clerk', { name: null }), said('pool', { name: 'Ann' }))).toBe('Ann');
    expect(nameOf(said('pool', emptied), said('desk', { name: 'Ann' }))).toBe('Ann');
    expect(survivors([said('clerk', emptied), said('pool', { name: 'Ann' })], entity, COLUMNS).columns.name).toBe('Ann');
  });

  test('has the value of another record of its owner', () => {
    expect(nameOf(said('clerk', emptied), said('clerk', { name: 'Anne' }, { sourceKey: '2' }), said('pool', { name: 'Ann' }))).toBe('Anne');
  });
});
