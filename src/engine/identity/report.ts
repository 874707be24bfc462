import { bitsOf, UNIT } from '../../identity/score/weights.ts';
import { type ClusterRow, clusterRows, edgeMass, waitingPairs } from '../../store/identity/members.ts';
import { listDecisions } from '../../store/identity/decisions.ts';
import type { Engine } from '../run/engine.ts';
import { behind } from './matched.ts';
import type { MatchedKind } from './members.ts';
import { oneOfEach } from './review.ts';

/** One source record and where it belongs. */
export interface ClusterLine {
  golden_id: number;
  connection: string;
  source_key: string;
  /** null where it is alone. */
  link_kind: ClusterRow['link_kind'];
  /** Bits, of the best pair that ties it; null for one alone, or tied by a decision about a pair that was never compared. */
  score: number | null;
}

/** Every source record with its golden id, cluster by cluster. */
export async function clusters({ knex }: Engine, { entityId }: MatchedKind): Promise<ClusterLine[]> {
  return (await clusterRows(knex, entityId)).map(({ link_score, ...row }) => ({
    ...row,
    score: link_score === null ? null : bitsOf(link_score),
  }));
}

/** What matching brought, with the method of what is estimated. */
export interface IdentityReport {
  entity: string;
  /** Said where the figures are behind the model. */
  behind: string | null;
  source_records: number;
  golden_records: number;
  /** Records that were entered again in another system or in the same one. */
  double_entries: number;
  by_connection: { connection: string; source_records: number; golden_records: number; duplicates_inside: number }[];
  links: { rule: number; score: number; steward: number };
  waiting: { pairs: number; later: number };
  decisions: { same: number; different: number; later: number; undone: number };
  estimate: { precision: number | null; recall: number | null; method: string };
}

const METHOD =
  'From the scores: a score of s bits means odds of 2^s to 1 that a pair is the same. Precision: the mean over linked pairs. Recall: expected matches among linked pairs, divided by those among all compared pairs at or above the review threshold; a pair under a veto counts as even odds. Pairs that share no block are not counted, and the scores are only as good as the parameters: check a sample by hand.';

export async function identityReport(engine: Engine, kind: MatchedKind): Promise<IdentityReport> {
  const { knex } = engine;
  const rows = await clusterRows(knex, kind.entityId);
  const waiting = oneOfEach(await waitingPairs(knex, kind.entityId));
  const decisions = await listDecisions(knex, kind.entityId, { limit: 1_000_000 });
  const goldens = new Set(rows.map((r) => r.golden_id)).size;
  const links = { rule: 0, score: 0, steward: 0 };
  for (const { link_kind } of rows) if (link_kind !== null) links[link_kind]++;
  const open = decisions.filter((d) => d.undone === null);
  const mass = await edgeMass(knex, kind.entityId, UNIT);
  return {
    entity: kind.entity.entity,
    behind: (await behind(engine, kind)) ?? null,
    source_records: rows.length,
    golden_records: goldens,
    double_entries: rows.length - goldens,
    by_connection: [...Map.groupBy(rows, (r) => r.connection)]
      .map(([connection, list]) => {
        const own = new Set(list.map((r) => r.golden_id)).size;
        return { connection, source_records: list.length, golden_records: own, duplicates_inside: list.length - own };
      })
      .sort((a, b) => (a.connection < b.connection ? -1 : 1)),
    links,
    waiting: { pairs: waiting.length, later: waiting.filter((w) => w.later).length },
    decisions: {
      same: open.filter((d) => d.verdict === 'same').length,
      different: open.filter((d) => d.verdict === 'different').length,
      later: open.filter((d) => d.verdict === 'later').length,
      undone: decisions.length - open.length,
    },
    estimate: {
      precision: mass.linkedPairs > 0 ? round(mass.linked / mass.linkedPairs) : null,
      recall: mass.linked + mass.unlinked > 0 ? round(mass.linked / (mass.linked + mass.unlinked)) : null,
      method: METHOD,
    },
  };
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
