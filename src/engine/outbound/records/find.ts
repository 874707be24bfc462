import { FatalError } from '../../../core/errors.ts';
import { countOutbox, latestOfGoldens, listOutbox, type OutboxRow, REACHED, reachedOf } from '../../../store/outbound/outbox.ts';
import {
  deletedSince,
  type GoldenScan,
  goneFromOutbox,
  outboundOf,
  type ScannedGolden,
  scanGoldens,
  settledBefore,
  touchedSince,
} from '../../../store/outbound/outbound.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { GoneRecords } from './gone.ts';
import { goldenScan } from '../scan.ts';

/** Golden records that a run looks at, and up to where it has then looked. */
export interface FoundRecords {
  /** The number of a run: what runs before it changed is looked at. */
  position: number;
  /** undefined: nothing has changed since the last look. */
  changed: { scan: GoldenScan; lists: AsyncIterable<ScannedGolden[]> } | undefined;
}

/** Golden records in one list. */
const CHUNK = 500;

/** Finds what is new or changed since the last look. After a change of mapping, sink or conditions that is everything. */
export async function findRecords(run: OutboundRun): Promise<FoundRecords> {
  const known = await outboundOf(run.knex, run.pipeline.pipeline);
  const position = await settledBefore(run.knex, run.id);
  const whole = known.fingerprint !== run.fingerprint || (await relatedDeleted(run, known.position));
  const fromRun = whole ? 0 : known.position;
  if (!whole && !(await anyTouched(run, fromRun))) return { position, changed: undefined };
  const scan = goldenScan(run, fromRun);
  return { position, changed: { scan, lists: scanGoldens(run.knex, scan, CHUNK) } };
}

/** What a record lost is in no row that a scan by runs would find. */
async function relatedDeleted({ knex, related }: Pick<OutboundRun, 'knex' | 'related'>, since: number): Promise<boolean> {
  for (const { entityId } of related) if (await deletedSince(knex, entityId, since)) return true;
  return false;
}

async function anyTouched(
  { knex, entity, entityId, related }: Pick<OutboundRun, 'entity' | 'entityId' | 'knex' | 'related'>,
  since: number,
): Promise<boolean> {
  for (const one of [{ entity: entity.entity, entityId }, ...related])
    if (await touchedSince(knex, one.entity, one.entityId, since)) return true;
  return false;
}

/** So few are not a sign that something is wrong as a whole. */
const FEW = 10;

/**
 * Finds what is gone. `unwanted`: golden records that the mapping does not want. Throws FatalError DELETIONS_TOO_MANY where that is a
 * large part of what was sent.
 */
export async function findGone(
  run: Pick<OutboundRun, 'config' | 'knex' | 'name' | 'pipeline' | 'sink'>,
  scan: GoldenScan,
  unwanted: readonly number[],
): Promise<GoneRecords> {
  const { pipeline } = run.pipeline;
  const gone = await goneFromOutbox(run.knex, pipeline, scan);
  const rows = [
    ...(await listOutbox(run.knex, { ids: gone })),
    ...(await latestOfGoldens(run.knex, pipeline, unwanted)).filter((row) => row.operation === 'write' && !gone.includes(row.id)),
  ];
  const reached = new Map<OutboxRow, OutboxRow>();
  for (const row of rows) {
    const last = REACHED.includes(row.state) ? row : await reachedOf(run.knex, pipeline, row.key);
    if (last?.operation === 'write') reached.set(row, last);
  }
  const counts = (await countOutbox(run.knex)).get(pipeline) ?? {};
  const sent = REACHED.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const { max_deleted_percent: most } = run.config;
  if (reached.size > FEW && reached.size * 100 > most * sent && run.sink.deletions === 'send')
    throw new FatalError({
      code: 'DELETIONS_TOO_MANY',
      place: { system: run.name },
      message: `${reached.size} of the ${sent} records that were sent are deleted or no longer selected, more than the ${most} percent that are allowed at once. No deletion was sent.`,
      hint: 'Check whether the system they come from sent everything, and whether where in the pipeline was changed. If the deletions are right, raise max_deleted_percent in the pipeline for one run.',
    });
  return { rows, reached };
}
