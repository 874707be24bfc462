import type { SourceRecord, Value } from '../../core/record.ts';
import { noCounts } from '../../core/outcome.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { landedAfter } from '../../store/landing/landed.ts';
import { forgetHashes } from '../../store/landing/landed.ts';
import type { Knex } from '../../store/open.ts';
import { closeSameRejects } from '../../store/landing/rejects.ts';
import { saveFingerprint, shapeOf } from '../../store/ledger/sources.ts';
import type { GoldenChange } from '../golden/golden-records.ts';
import { landBatch } from './land.ts';
import { refuseTooManyRejects, rejectedNow } from './land-batch.ts';
import type { InboundRun } from '../inbound/inbound-run.ts';
import { landContext, type LandingRun } from './land-context.ts';
import { stopIfAsked } from '../run/context.ts';

/** What mapping again needs of a run. */
type RemappedRun = LandingRun & Pick<InboundRun, 'actor' | 'fingerprint' | 'note' | 'progress' | 'signal'>;

/**
 * When the mappings of a pipeline changed since its records were landed, maps what the source said again: nothing has
 * to be fetched a second time. Killed on the way, it starts over; what is mapped already is recognized as equal.
 */
export async function remapIfChanged(run: RemappedRun): Promise<void> {
  if (run.source.fingerprint === run.fingerprint) return;
  if (run.source.fingerprint !== null) await remap(run);
  await saveFingerprint(run.knex, run.source.id, run.fingerprint);
}

async function remap(run: RemappedRun): Promise<void> {
  let after = '';
  let mapped = 0;
  let changed = 0;
  for (;;) {
    stopIfAsked(run);
    const landed = await landedAfter(run.knex, run.source.id, after, run.pipeline.batch_size);
    if (landed.length === 0) break;
    after = landed.at(-1)!.key;
    const done = await run.commit(async (landing, trx) => {
      const counts = noCounts();
      const different = { created: 0, changed: 0, deleted: 0, restored: 0, merged: 0 };
      const seen: GoldenChange[] = [];
      const context = landContext(run, (columns) => shapeOf(trx, columns));
      context.force = true;
      context.onChange = (change) => {
        different[change.action]++;
        if (run.preview?.onChange) seen.push(change);
      };
      const incoming = landed.map((l) => ({
        key: l.key,
        landed: l.id,
        record: { values: l.values as Record<string, Value>, number: l.record, line: l.line ?? undefined } satisfies SourceRecord,
      }));
      const rejected = await landBatch(landing, context, incoming, counts);
      await rejectedNow(run, trx, rejected, undefined);
      const bad = new Set(rejected.map((r) => r.key!));
      // What is rejected is looked at again when the source says it again, although that is nothing new.
      await forgetHashes(trx, run.source.id, [...bad]);
      if (run.landed.openRejects)
        await closeSameRejects(
          trx,
          run.source.id,
          incoming.filter((i) => !bad.has(i.key)).map((i) => ({ key: i.key, raw: JSON.stringify(i.record.values) })),
        );
      await audit(run, trx, { records: landed.length, ...different, rejected: rejected.length });
      return { different, seen, open: rejected.length, rejected: counts.rejected };
    });
    for (const change of done.seen) run.preview?.onChange!(change);
    changed += total(done.different);
    if (done.open > 0) run.landed.openRejects = true;
    run.counts.rejected += done.rejected;
    refuseTooManyRejects(run);
    mapped += landed.length;
    run.progress({ what: 'mapping again', done: mapped });
  }
  if (mapped > 0)
    run.note(`The mapping changed: ${mapped} stored records were mapped again, which changed ${changed} of the town's own records.`);
  run.counts.changed += changed;
}

type Different = Record<GoldenChange['action'], number>;

function total({ created, changed, deleted, restored, merged }: Different): number {
  return created + changed + deleted + restored + merged;
}

/** In the transaction of the batch: a run that is killed on the way has told of exactly what it changed. */
async function audit(
  run: Pick<InboundRun, 'actor' | 'bound' | 'id' | 'pipeline'>,
  trx: Knex.Transaction,
  done: Different & { records: number; rejected: number },
): Promise<void> {
  if (total(done) + done.rejected === 0) return;
  await appendAudit(trx, {
    actor: run.actor,
    action: 'records_remapped',
    subject: run.pipeline.pipeline,
    detail: {
      run: run.id,
      mappings: run.bound.map(({ mapping }) => `${mapping.name} ${mapping.fingerprint.slice(0, 12)}`),
      ...Object.fromEntries(Object.entries(done).filter(([name, n]) => n > 0 || name === 'records' || name === 'changed')),
    },
  });
}
