import type { StreamState } from '../stream-state.ts';
import { querySpec, textAt } from './spec.ts';
import type { Page, PageContext } from '../page.ts';
import type { StreamConfig } from '../../../config/schema/connector.ts';
import { parseDuration } from '../../../core/time/time.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import { isBefore, isoOf, lowerBound } from '../bounds.ts';
import { withoutFuture } from '../clocks.ts';
import { futureRows, latestOf, serverClock } from './server-clock.ts';
import { readByChanges } from './changes.ts';
import { readByRowversion } from './rowversion.ts';

/** Reads a query stream in keyset order; each list may be saved with the position of its last row. */
export async function* readQuery(stream: StreamConfig, transport: QueryTransport, context: PageContext): AsyncGenerator<Page> {
  const { incremental } = stream;
  if (incremental?.kind === 'rowversion') return yield* readByRowversion(stream, transport, context);
  if (incremental?.kind === 'change_tracking') return yield* readByChanges(stream, transport, context);
  const name = incremental?.cursor ?? '';
  const clock = incremental?.kind === 'datetime' ? await serverClock(transport) : undefined;
  const known = clock ? withoutFuture(context.state, latestOf(clock, incremental!, context.state.cursor), context) : context.state;
  const state: StreamState = { ...known };
  const from = incremental && lowerBound(incremental, { ...context, state });
  const future = clock && futureRows(name, clock, incremental!);
  const lists = transport.query({
    ...querySpec(stream, context, from?.cursor),
    after: from && {
      cursor: name,
      cursorValue: from.cursor,
      tie: incremental!.tie_breaker,
      tieValue: from.tie,
      inclusive: from.tie === undefined,
    },
    before: incremental?.delay === undefined ? undefined : { cursor: name, value: await delayedBound(incremental, transport) },
  });
  for await (const records of lists) {
    if (!incremental) yield { records };
    else {
      const last = future ? records.findLast(future.isPast) : records.at(-1);
      future?.seen(records);
      const cursor = last && textAt(last.values, name);
      // A row read again within the lookback must not move the position back.
      if (cursor !== undefined && (state.cursor === undefined || !isBefore(cursor, state.cursor, incremental.kind))) {
        state.cursor = cursor;
        if (incremental.tie_breaker) state.tie = textAt(last!.values, incremental.tie_breaker);
      }
      yield { records, state: { ...state } };
    }
  }
  future?.tell(context);
}

/**
 * Up to where is read when the youngest rows wait. By the server's clock, not ours: its columns have no zone, and most systems write
 * the server's own time into them; against UTC the delay of a town west of Greenwich would be none.
 */
async function delayedBound({ delay, clock }: NonNullable<StreamConfig['incremental']>, transport: QueryTransport): Promise<string> {
  const now = await transport.scalar(clock === 'utc' ? 'SELECT SYSUTCDATETIME()' : 'SELECT SYSDATETIME()');
  return isoOf(new Date(Date.parse(`${now}Z`) - parseDuration(delay!)!));
}
