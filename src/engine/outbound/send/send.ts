import { retrying } from '../../../connector/source/retry.ts';
import type { Delivery } from '../../../store/outbound/deliveries.ts';
import type { OutboxRow } from '../../../store/outbound/outbox.ts';
import type { Answered } from '../record.ts';
import type { Target } from '../target.ts';
import { sendFile } from './send-file.ts';
import { sendRequest } from './send-request.ts';
import { sendRows } from './send-rows.ts';
import type { SendingRun } from './sending-run.ts';
import { writableFile } from './writable-file.ts';

/** After the first attempt; what stays away is for the next scheduled run. */
const RETRIES = 3;

/**
 * Sends a delivery as its target is written to, and again where the remote system is away for a moment. Each attempt notes in the store what
 * it is about to do, so that a run that is killed anywhere knows how far it came. Gives what became of the records;
 * undefined where that is in the store already.
 */
export async function send(
  run: SendingRun,
  { transport, context }: Target,
  delivery: Delivery,
  rows: readonly OutboxRow[],
): Promise<Answered | undefined> {
  const again = <T>(work: () => Promise<T>): Promise<T> =>
    retrying(work, {
      maxRetries: run.sink.error_handler?.max_retries ?? RETRIES,
      baseMs: 1000,
      signal: run.signal,
      onRetry: (error, waitMs) => run.note(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
    });
  if (transport.kind === 'query') return again(() => sendRows(run, transport, delivery, rows, context));
  if (transport.kind === 'request') return again(() => sendRequest(run, transport, delivery, rows, context));
  const file = await writableFile(run, delivery, rows, context);
  return file && again(() => sendFile(run, transport, delivery, file, context));
}
