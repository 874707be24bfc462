import { describe, expect, test } from 'vitest';
import { CARRY_CORRECTIONS, TWO_WAY } from '../../scripts/sample-town/people/pipelines.ts';
import { correctOnce } from '../../scripts/sample-town/people/offices.ts';
import type { CorrectionTruth, PeopleField, PeopleSystemName } from '../../scripts/sample-town/generate/truth.ts';
import type { Maplewood } from './maplewood.ts';

/** The systems that tell of people, by the truth's streams. */
const CONNECTIONS: Readonly<Record<string, string>> = {
  'clerk.dog-licenses': 'clerk',
  'clerk.billing': 'utility-billing',
  'clerk.residents': 'clerk-residents',
  'finance.customers': 'finance',
  'recreation.registrations': 'recreation-registrations',
  'recreation.residents': 'recreation-residents',
};
/** What each system calls the fields that are corrected. */
const NAMES: Record<PeopleSystemName, Record<PeopleField, string>> = {
  recreation: { street: 'street', phone: 'phone', email: 'email' },
  clerk: { street: 'Address1', phone: 'Phone', email: 'Email' },
  finance: { street: 'ADDRESS1', phone: 'PHONE1', email: '' },
};

/** How the town's people come out, and what is carried between the systems that know them. They are run in this order. */
export function peopleTests(maplewood: () => Maplewood): void {
  describe('who is who', () => {
    test('six systems know the same people, each by its own numbers: the pairs of their records that are one have an F1 of at least 0.995', async () => {
      const { clusters, real } = await clustersOf(maplewood());
      const pairs = (lists: Iterable<readonly unknown[]>): number =>
        [...lists].reduce((n, list) => n + (list.length * (list.length - 1)) / 2, 0);
      const right = pairs(clusters.flatMap((cluster) => [...Map.groupBy(cluster, (name) => real.get(name)).values()]));
      const f1 = (2 * right) / (pairs(clusters) + pairs(Map.groupBy(real.keys(), (name) => real.get(name)).values()));
      expect(clusters.flat().length).toBeGreaterThan(3000);
      expect(f1).toBeGreaterThanOrEqual(0.995);
    });

    test('nobody is merged with somebody else: no twins, no father and son, nobody with a firm of that name', async () => {
      const { clusters, real } = await clustersOf(maplewood());
      const { residents, organizations, lookAlikes } = maplewood().truth;
      const name = (id: string): string => {
        const one = residents.find((resident) => resident.id === id);
        return one ? `${one.first} ${one.last} ${one.birthDate}` : organizations.find((firm) => firm.id === id)!.name;
      };
      const merged = clusters.map((cluster) => [...new Set(cluster.map((record) => real.get(record)!))]).filter((ids) => ids.length > 1);
      expect(merged.map((ids) => ids.map(name))).toEqual([]);
      // The town has them: each of these pairs is known to two systems at least.
      const known = new Set(real.values());
      expect(lookAlikes.filter(({ a, b }) => known.has(a) && known.has(b)).length).toBeGreaterThan(5);
    });

    test('a household that moved is one everywhere, whatever address a system has', async () => {
      const { clusters, real } = await clustersOf(maplewood());
      const moved = maplewood().truth.residents.filter(({ appearances }) =>
        appearances.some(({ variants }) => variants.includes('former address')),
      );
      expect(moved.length).toBeGreaterThan(3);
      for (const { id } of moved) expect(clusters.filter((cluster) => cluster.some((record) => real.get(record) === id))).toHaveLength(1);
    });
  });

  describe('what somebody corrects in one system', () => {
    test('the first look sent nothing', () => {
      expect(receivedIn(maplewood())).toEqual({ recreation: [], clerk: [], finance: [] });
    });

    test('reaches every other system that keeps the field, once, and no other person', { timeout: 60_000 }, async () => {
      const town = maplewood();
      const { corrections } = town.truth;
      expect(new Set(corrections.map(({ system }) => system)).size).toBe(3);
      expect(correctOnce(town.data, town.systems.offices, corrections)).toBe(true);
      for (const [pipeline, { outcome, problems }] of await town.run(...TWO_WAY))
        expect([pipeline, outcome, problems]).toEqual([pipeline, 'succeeded', []]);
      // One of them is of an e-mail address, which the recreation office owns: nothing of it is sent there.
      expect(corrections).toContainEqual(expect.objectContaining({ system: 'clerk', field: 'email', reaches: [] }));
      expect(receivedIn(town)).toEqual(expected(corrections));
      for (const { field, value, reaches } of corrections)
        for (const { system, key } of reaches)
          expect(plain(field, town.systems.offices[system].has(key)![field])).toBe(plain(field, value));
    });

    test('and is quiet from then on: what comes back is not a correction', { timeout: 60_000 }, async () => {
      const town = maplewood();
      for (let night = 0; night < 2; night++) {
        const runs = await town.run(...TWO_WAY);
        expect(receivedIn(town)).toEqual({ recreation: [], clerk: [], finance: [] });
        for (const pipeline of CARRY_CORRECTIONS) expect([pipeline, runs.get(pipeline)!.counts.created]).toEqual([pipeline, 0]);
      }
      const outbox = await town.engine.knex('il_outbox').whereIn('pipeline', TWO_WAY).whereNotIn('state', ['accepted', 'acknowledged']);
      expect(outbox).toEqual([]);
    });
  });
}

/** Each live record as `connection key`, by golden record, and whom it is of in truth. */
async function clustersOf({ engine, truth }: Maplewood): Promise<{ clusters: string[][]; real: Map<string, string> }> {
  const rows = (await engine.knex('il_member').where({ state: 'live' }).select('source', 'member_key', 'golden_id')) as Record<
    string,
    string
  >[];
  const nameOf = (row: Record<string, string>): string => `${row.source} ${row.member_key}`;
  const there = new Set(rows.map(nameOf));
  const real = new Map<string, string>();
  for (const { id, appearances } of [...truth.residents, ...truth.organizations])
    for (const { stream, key } of appearances) {
      const name = `${CONNECTIONS[stream]} ${key}`;
      if (there.has(name)) real.set(name, id);
    }
  expect(rows.filter((row) => !real.has(nameOf(row)))).toEqual([]);
  return { clusters: [...Map.groupBy(rows, (row) => row.golden_id).values()].map((list) => list.map(nameOf)), real };
}

/** What came in at each end since the last time, sorted. */
function receivedIn({ systems: { offices } }: Maplewood): Record<PeopleSystemName, string[]> {
  const lines = (system: PeopleSystemName): string[] => {
    offices[system].takeAll();
    return offices[system]
      .received()
      .map((line) => line.replace(/=(.*)$/, (_, value: string) => `=${/phone/i.test(line) ? plain('phone', value) : value}`))
      .sort();
  };
  return { recreation: lines('recreation'), clerk: lines('clerk'), finance: lines('finance') };
}

function expected(corrections: readonly CorrectionTruth[]): Record<PeopleSystemName, string[]> {
  const lines: Record<PeopleSystemName, string[]> = { recreation: [], clerk: [], finance: [] };
  for (const { system: from, field, value, reaches } of corrections)
    for (const { system, key } of reaches)
      lines[system].push(`${key} ${NAMES[system][field]}=${from === 'finance' && field === 'street' ? value.toUpperCase() : value}`);
  for (const list of Object.values(lines)) list.sort();
  return lines;
}

function plain(field: PeopleField, value: string): string {
  return field === 'phone' ? value.replace(/\D/g, '').slice(0, 10) : value.toUpperCase();
}
