import type { EntityConfig } from '../../config/schema/model.ts';
import { noCounts } from '../../core/outcome.ts';
import { identityStore } from '../../store/identity/identity.ts';
import type { Landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import { finishRun, startRun } from '../../store/ledger/runs.ts';
import { type MatchedKind, writeOfMembers } from './members.ts';
import { placeRegion } from './place.ts';

/** Puts what these members are tied to into clusters again, as a run of its own, so its changes have a time and reach other systems. */
export async function placeAgain(
  held: Landing,
  trx: Knex.Transaction,
  kind: MatchedKind,
  ids: readonly number[],
  entities: ReadonlyMap<number, EntityConfig>,
): Promise<void> {
  const store = identityStore(held.rows, kind.entityId);
  const placed = await placeRegion(store, kind.model, new Set(ids), new Map());
  if (placed.goldens.size === 0) return;
  await writeAgain(held, trx, kind, `review of ${kind.entity.entity}`, placed, entities);
}

/** Computes golden records again as a run of its own, called `title`: its changes have a time and reach other systems. */
export async function writeAgain(
  held: Landing,
  trx: Knex,
  kind: MatchedKind,
  title: string,
  { goldens, goldenOf }: { goldens: Set<number>; goldenOf: Map<number, number> },
  entities: ReadonlyMap<number, EntityConfig>,
): Promise<void> {
  const runId = await startRun(trx, title);
  await writeOfMembers(held, { runId, entities }, kind, identityStore(held.rows, kind.entityId), {
    goldens,
    goldenOf,
    said: new Map(),
    isNew: new Set(),
    mine: new Set(),
  });
  await finishRun(trx, { id: runId, counts: noCounts(), outcome: 'succeeded', durationMs: 0, problems: [], notes: [] });
}
