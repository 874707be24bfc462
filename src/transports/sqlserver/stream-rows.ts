import { AbortedError, RetriableError } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import type { BuiltQuery } from './build-query.ts';
import { tooSlow } from '../patience.ts';
import type { Connections } from './connect.ts';

export interface StreamOptions {
  connection: string;
  signal?: AbortSignal | undefined;
  /** Milliseconds without a row, while one is waited for, after which the server is taken to be stuck. */
  patience: number;
  /** All that may be waited for, as configuration writes it; in milliseconds `totalMs`. */
  total: string;
  totalMs: number;
}

/** Rows in one list: enough that the cost of an await is spread, few enough that memory stays flat. */
const LIST = 1000;
/** Lists that wait to be taken before the server is told to pause. */
const AHEAD = 2;

/**
 * Runs the query and yields its rows in lists. The server is paused while nobody takes them, so memory does not grow with the result.
 * Leaving the loop early, or the signal, cancels the query at the server. Throws AbortedError, or what the server's error means.
 */
export async function* streamRows(
  connections: Pick<Connections, 'request' | 'errorOf'>,
  query: BuiltQuery,
  options: StreamOptions,
): AsyncGenerator<SourceRecord[], void, void> {
  const { signal } = options;
  if (signal?.aborted) throw aborted(options);
  const request = connections.request(query.parameters);
  request.stream = true;
  const full: unknown[][][] = [];
  let filling: unknown[][] = [];
  let came = 0;
  let failure: unknown;
  let ended = false;
  let wake: () => void = () => undefined;

  request.on('row', (row: unknown[]) => {
    filling.push(row);
    came++;
    if (filling.length < LIST) return;
    full.push(filling);
    filling = [];
    if (full.length >= AHEAD) request.pause();
    wake();
  });
  // The first error is the one that says why; those after it follow from it.
  request.on('error', (error: unknown) => (failure ??= error));
  request.on('done', () => {
    ended = true;
    wake();
  });
  const cancel = (): void => {
    request.cancel();
    wake();
  };
  signal?.addEventListener('abort', cancel, { once: true });

  let number = 0;
  let waited = 0;
  /** Waits for a full list, or the end. A row that comes now and then is not silence, but it does not make the whole take for ever. */
  const forMore = async (): Promise<void> => {
    for (;;) {
      const before = came;
      const began = performance.now();
      const woken = await wokenWithin((resolve) => (wake = resolve), Math.max(0, Math.min(options.patience, options.totalMs - waited)));
      waited += performance.now() - began;
      if (woken) return;
      if (waited >= options.totalMs) throw tooSlow(options.connection, `The query, after ${came} rows,`, options.total);
      if (came === before)
        throw new RetriableError(
          {
            code: 'CONNECTION_TIMEOUT',
            place: { system: options.connection },
            message: `The server sent nothing more for ${options.patience / 1000} seconds, after ${came} rows, so the query was stopped. It is run again, at the latest by the next run; nothing is stored twice.`,
            hint: 'If this continues, ask the database administrator whether other work locks the table, or raise request_timeout of the connection in config/connections.yaml.',
          },
          { passes: true },
        );
    }
  };
  try {
    void request.query(query.sql).catch((error: unknown) => {
      failure ??= error;
      ended = true;
      wake();
    });
    for (;;) {
      if (signal?.aborted) throw aborted(options);
      const rows = full.shift();
      if (rows) {
        yield rows.map((row) => recordOf(row, query, ++number));
        if (full.length < AHEAD) request.resume();
      } else if (ended) {
        if (failure !== undefined) throw connections.errorOf(failure);
        if (filling.length) yield filling.map((row) => recordOf(row, query, ++number));
        return;
      } else await forMore();
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    if (!ended) {
      request.cancel();
      // Until the server has confirmed, its connection cannot be used again.
      while (!ended && (await wokenWithin((resolve) => (wake = resolve), 10_000)));
    }
  }
}

/** True when woken, false when the time passed first. */
async function wokenWithin(register: (resolve: () => void) => void, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, milliseconds, false)));
  const woken = new Promise<boolean>((resolve) => register(() => resolve(true)));
  try {
    return await Promise.race([woken, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function recordOf(row: readonly unknown[], query: BuiltQuery, number: number): SourceRecord {
  const values: Values = {};
  for (let i = 0; i < query.columns.length; i++) {
    const { name, finish } = query.columns[i]!;
    const value = row[i] as string | number | null;
    values[name] = value === null ? null : finish ? finish(value) : String(value);
  }
  return { values, number };
}

function aborted(options: StreamOptions): AbortedError {
  return new AbortedError({ code: 'ABORTED', place: { system: options.connection }, message: 'Reading was stopped.' });
}
