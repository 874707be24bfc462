import type { Landing } from '../../../store/landing/landing.ts';
import { survivors } from '../../../identity/survivorship.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import { identityStore, type Member } from '../../../store/identity/identity.ts';
import { stewardValuesOf } from '../../../store/identity/steward-values.ts';
import { columnsOfRecord } from '../../../store/model-tables.ts';
import type { Knex } from '../../../store/open.ts';
import { goldensForCarry, goldensToLookAt, hasLooked, lookedAt, runsOfLanded } from '../../../store/outbound/carry.ts';
import { type GoldenScan, outboundOf, settledBefore } from '../../../store/outbound/outbound.ts';
import { latestOfGoldens, latestOfMembers, type OutboxRow, reachedOfMembers } from '../../../store/outbound/outbox.ts';
import { contributionsOfMembers } from '../../golden/golden-records.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { goldenScan } from '../scan.ts';
import type { Carry } from './carry.ts';
import { type Cluster, type FoundCluster, type Person, textOf } from './people.ts';

/** What finding corrections needs of a run. */
type FindingRun = Pick<OutboundRun, 'config' | 'entity' | 'entityId' | 'fingerprint' | 'id' | 'knex' | 'pipeline' | 'project' | 'related'>;

/** What a run looks at, and up to where it has then looked. */
export interface FoundCorrections {
  /** The number of a run: what runs before it changed is looked at. */
  position: number;
  /** A look came to its end before: who appears from now on is new. */
  begun: boolean;
  scan: GoldenScan;
  /** Golden records in which something may have been corrected. */
  goldens: readonly number[];
}

/** Finds the golden records in which something may have been corrected since the last look. */
export async function findCorrections(run: FindingRun): Promise<FoundCorrections> {
  const { entity, entityId } = run;
  const { pipeline } = run.pipeline;
  const known = await outboundOf(run.knex, pipeline);
  const position = await settledBefore(run.knex, run.id);
  // The first look is not done before it came to its end.
  const begun = known.fingerprint !== null && (await hasLooked(run.knex, pipeline));
  const fromRun = known.fingerprint === run.fingerprint ? known.position : 0;
  const goldens = await goldensToLookAt(run.knex, { entity: entity.entity, entityId, pipeline, fromRun });
  return { position, begun, scan: goldenScan(run, fromRun), goldens };
}

/** Finds everything that is known of these golden records and of their people, in the transaction in which it is queued. */
export async function findClusters(
  run: FindingRun,
  carry: Carry,
  { scan, goldens }: Pick<FoundCorrections, 'goldens' | 'scan'>,
  { landing, trx }: { landing: Landing; trx: Knex },
): Promise<FoundCluster[]> {
  const clusters = await clustersOf(run, carry, landing, trx, goldens);
  const wanted = new Map((await goldensForCarry(trx, scan, [...goldens])).map((golden) => [golden.id, golden]));
  const created = await createdOf(run, trx, clusters);
  return clusters.map((cluster) => ({
    ...cluster,
    wanted: wanted.get(cluster.golden),
    there: cluster.people.filter(({ member }) => member.source === carry.connection),
    created: created.get(cluster.golden) ?? [],
  }));
}

/** Rows that make a golden record in the target, whichever id it had then. */
async function createdOf(run: Pick<OutboundRun, 'pipeline'>, trx: Knex, clusters: readonly Cluster[]): Promise<Map<number, OutboxRow[]>> {
  const goldenOf = new Map(clusters.flatMap(({ golden, ids }) => ids.map((id) => [id, golden] as const)));
  const rows = await latestOfGoldens(trx, run.pipeline.pipeline, [...goldenOf.keys()]);
  return Map.groupBy(
    rows.filter(({ carried, state }) => carried?.create && state !== 'withdrawn'),
    (row) => goldenOf.get(row.golden)!,
  );
}

/** The people behind these golden records. */
async function clustersOf(run: FindingRun, carry: Carry, landing: Landing, trx: Knex, goldens: readonly number[]): Promise<Cluster[]> {
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
