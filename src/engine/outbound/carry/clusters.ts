import { emptiedFields } from '../../../identity/emptied.ts';
import { survivors } from '../../../identity/survivorship.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import { identityStore, type Member } from '../../../store/identity/identity.ts';
import { stewardValuesOf } from '../../../store/identity/steward-values.ts';
import { columnsOfRecord } from '../../../store/model-tables.ts';
import type { Knex } from '../../../store/open.ts';
import { lookedAt, runsOfLanded } from '../../../store/outbound/carry.ts';
import { latestOfMembers, reachedOfMembers } from '../../../store/outbound/outbox.ts';
import { contributionsOfMembers } from '../../golden/golden-records.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { Carry } from './carry.ts';
import { type Cluster, type Person, textOf } from './people.ts';

/** What finding corrections needs of a run. */
export type FindingRun = Pick<
  OutboundRun,
  'config' | 'entity' | 'entityId' | 'fingerprint' | 'id' | 'knex' | 'pipeline' | 'project' | 'related'
>;

/** Golden records in one transaction. */
export const CHUNK = 200;

/** The people behind these golden records. */
export async function clustersOf(
  run: FindingRun,
  carry: Carry,
  landing: Landing,
  trx: Knex,
  goldens: readonly number[],
): Promise<Cluster[]> {
  const { entity, entityId } = run;
  const { pipeline } = run.pipeline;
  const store = identityStore(landing.rows, entityId);
  const all = await store.ofGoldens([...goldens]);
  const live = all.filter((m) => m.state === 'live');
  const ids = live.map((m) => m.id);
  const said = new Map([...(await contributionsOfMembers(landing, ids))].filter(([, list]) => list.length > 0));
  const newest = new Map([...said].map(([id, list]) => [id, Math.max(...list.map((c) => c.landed))]));
  const runs = await runsOfLanded(landing.rows, [...newest.values()]);
  const before = await lookedAt(landing.rows, pipeline, ids);
  const reached = Map.groupBy(await reachedOfMembers(trx, ids), (row) => row.member!);
  const latest = Map.groupBy(
    await latestOfMembers(
      trx,
      pipeline,
      live.filter((m) => m.source === carry.connection).map((m) => m.id),
    ),
    (row) => row.member!,
  );
  const columns = columnsOfRecord(entity);
  const people = live.flatMap((member): Person[] => {
    const list = said.get(member.id);
    if (!list) return [];
    const values = canonicalValues(entity, survivors(list, entity, columns).columns);
    const landed = newest.get(member.id)!;
    return [
      {
        member,
        values,
        emptied: [...new Set(list.flatMap(({ columns: said }) => emptiedFields(said)))],
        landed,
        read: runs.get(landed) ?? 0,
        changedAt: textOf(carry.latestBy === undefined ? null : values[carry.latestBy]),
        before: before.get(member.id),
        reached: reached.get(member.id) ?? [],
        latest: latest.get(member.id) ?? [],
      },
    ];
  });
  const byGolden = Map.groupBy(people, (one) => one.member.golden!);
  const everyId = Map.groupBy(all, (m) => m.golden!);
  const steward = await stewardValuesOf(landing.rows, entityId, goldens);
  return goldens.map((golden) => ({
    golden,
    people: (byGolden.get(golden) ?? []).sort((a, b) => order(a.member, b.member)),
    ids: (everyId.get(golden) ?? []).map((m) => m.id),
    steward: steward.get(golden) ?? new Map(),
  }));
}

function order(a: Member, b: Member): number {
  return a.source < b.source ? -1 : a.source > b.source ? 1 : a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
