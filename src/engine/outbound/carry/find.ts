import type { Landing } from '../../../store/landing/landing.ts';
import type { Knex } from '../../../store/open.ts';
import { countMembers, goldensForCarry, goldensToLookAt, hasLooked, movedMembers } from '../../../store/outbound/carry.ts';
import { type GoldenScan, outboundOf, settledBefore } from '../../../store/outbound/outbound.ts';
import { latestOfGoldens, type OutboxRow } from '../../../store/outbound/outbox.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { goldenScan } from '../scan.ts';
import type { Carry } from './carry.ts';
import { CHUNK, clustersOf, type FindingRun } from './clusters.ts';
import { findParted, type PartedPeople } from './find-parted.ts';
import { type Cluster, type FoundCluster, hasEmptied, heard } from './people.ts';

/** What a run looks at, and up to where it has then looked. */
export interface FoundCorrections {
  /** The number of a run: what runs before it changed is looked at. */
  position: number;
  /** A look came to its end before: who appears from now on is new. */
  begun: boolean;
  scan: GoldenScan;
  /** Golden records in which something may have been corrected. */
  goldens: readonly number[];
  parted: PartedPeople;
}

/** Finds the golden records in which something may have been corrected since the last look. */
export async function findCorrections(
  run: FindingRun & Pick<OutboundRun, 'commit' | 'config' | 'name'>,
  carry: Carry,
): Promise<FoundCorrections> {
  const { entity, entityId } = run;
  const { pipeline } = run.pipeline;
  const known = await outboundOf(run.knex, pipeline);
  const position = await settledBefore(run.knex, run.id);
  // The first look is not done before it came to its end.
  const begun = known.fingerprint !== null && (await hasLooked(run.knex, pipeline));
  const fromRun = known.fingerprint === run.fingerprint ? known.position : 0;
  const moved = fromRun > 0 ? await movedMembers(run.knex, entityId, pipeline) : [];
  const parted = await findParted(
    run,
    carry,
    moved.filter((one) => 'before' in one),
  );
  const changed = await goldensToLookAt(run.knex, { entity: entity.entity, entityId, pipeline, fromRun, moved });
  const goldens = [...new Set([...changed, ...parted.goldens])].sort((a, b) => a - b);
  return { position, begun, scan: goldenScan(run, fromRun), goldens, parted };
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

/** As many records may be emptied in a field at once in any case, and this share of the records of a system. */
const FEW = 20;
const SHARE = 0.01;

/**
 * Fields that were emptied at once in more records of a system than a clerk empties in a night: its export may have lost them. Of those
 * fields every record needs review. None where the pipeline carries no emptied fields.
 */
export async function findEmptiedTooOften(
  run: FindingRun & Pick<OutboundRun, 'commit'>,
  carry: Carry,
  goldens: readonly number[],
): Promise<ReadonlySet<string>> {
  const fields = carry.config.emptied ?? [];
  const often = new Set<string>();
  const counts = new Map<string, number>();
  for (let i = 0; fields.length > 0 && i < goldens.length; i += CHUNK) {
    const clusters = await run.commit((landing, trx) => clustersOf(run, carry, landing, trx, goldens.slice(i, i + CHUNK)));
    for (const { people } of clusters)
      for (const field of fields) {
        // Those that wait already, also of a run that was killed, are of the same lot.
        const waits = people.some(({ latest }) => latest.some((row) => row.carried?.conflicts[field]?.many));
        for (const person of people)
          if (hasEmptied(person, field) && (waits || heard(person, field).corrected)) {
            const name = JSON.stringify([field, person.member.source]);
            counts.set(name, (counts.get(name) ?? 0) + 1);
          }
      }
  }
  for (const [name, count] of counts) {
    const [field, source] = JSON.parse(name) as [string, string];
    if (count > FEW && count > SHARE * (await countMembers(run.knex, run.entityId, source))) often.add(field);
  }
  return often;
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
