import type { StreamState } from '../../connector/source/stream-state.ts';
import type { PageContext } from '../../connector/source/page.ts';
import { isOfDrift } from '../../connector/stream/drift.ts';
import { readStream } from '../../connector/source/read-stream.ts';
import type { Variables } from '../../connector/template.ts';
import { selectorOf } from '../../connector/stream/select.ts';
import { FatalError, InterlocalError } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { saveState } from '../../store/ledger/sources.ts';
import type { QueryTransport, RequestTransport } from '../../transports/transport.ts';
import { absentDeletions, seenKeys } from '../landing/absent.ts';
import { assignKey, commitBatch, keylessNames } from '../landing/land-batch.ts';
import { layoutOf } from './layout.ts';
import type { InboundRun } from './inbound-run.ts';
import { stopIfAsked } from '../run/context.ts';

/** Takes a stream that is asked for, not fetched as files: pages of a service, rows of a query. The checkpoint commits with its records. */
export async function loadPages(run: InboundRun, transport: QueryTransport | RequestTransport, variables: Variables): Promise<void> {
  const { stream, source } = run;
  const name = `${run.connection}.${run.streamName}`;
  const layout = layoutOf(run);
  const context: PageContext = {
    name,
    variables,
    state: JSON.parse(source.state ?? '{}') as StreamState,
    now: run.now(),
    signal: run.signal,
    note: (text) => run.note(text),
    streams: run.streams,
    sleep: run.sleep,
    onColumns: (columns) => layout.told(columns),
  };
  const selector = selectorOf(stream, name);
  layout.from(selector);
  let seen = stream.deletes?.when_absent && !stream.incremental ? await seenKeys(run) : undefined;
  const size = run.pipeline.batch_size;
  let batch: SourceRecord[] = [];
  let state: StreamState | undefined;
  let done = 0;
  // Of all that there is, the position is saved only once it is known what is not among it.
  let afterDeletions: StreamState | undefined;
  let whole = false;
  let complete = true;
  const nameKeyless = keylessNames();
  const commit = async (): Promise<void> => {
    const saved = state;
    await commitBatch(run, batch, {
      checkpoint: async (trx) => (saved ? saveState(trx, source.id, JSON.stringify(saved)) : undefined),
    });
    // What is tried again goes on from here.
    if (saved) source.state = JSON.stringify(saved);
    done += batch.length;
    batch = [];
    state = undefined;
    run.progress({ what: run.streamName, done });
    stopIfAsked(run);
  };
  try {
    for await (const page of readStream(stream, transport, context)) {
      // What an error is about to end is committed first, also when the error is that a person stopped it.
      if (!page.commit) stopIfAsked(run);
      // What was there in a reading that is done over may be gone now.
      if (page.again && seen) seen = await seenKeys(run);
      if (page.whole) [whole, seen] = [true, await seenKeys(run)];
      const records = selector.select(page.records);
      layout.see(records);
      for (const record of records) assignKey(record, run.stream);
      nameKeyless(records);
      await seen?.add(records);
      // A batch ends only where a page does, because that is where a position is known.
      batch.push(...records);
      if (whole && page.state) afterDeletions = page.state;
      else state = page.state ?? state;
      if (page.incomplete) complete = false;
      if (batch.length >= size || (page.commit && (batch.length > 0 || state))) await commit();
    }
  } catch (error) {
    // A source whose layout changed says so by what it was when it was last read well.
    if (!(error instanceof InterlocalError) || !error.problems.some(isOfDrift)) throw error;
    throw new FatalError(layout.explained(error.problems), { cause: error });
  }
  if (batch.length > 0 || state) await commit();
  selector.finish();
  const newFields = layout.saidOfNew(selector.newColumns());
  await run.commit(async (_, trx) => layout.remember(trx, name));
  if (selector.newColumns().length)
    run.note(
      `${name} has fields that the connector does not know: ${selector.newColumns().join(', ')}. They are stored with each record but not used.${newFields}`,
    );
  if (!seen) return;
  if (!complete) {
    run.note(`${name}: not everything could be read, so records that are missing are kept and not deleted in this run.`);
    return;
  }
  await absentDeletions(run, seen, { created: run.counts.created + run.landed.skippedNew, before: context.state.before });
  if (afterDeletions === undefined && context.state.before === undefined) return;
  await run.commit(async (_, trx) => saveState(trx, source.id, JSON.stringify(afterDeletions ?? {})));
}
