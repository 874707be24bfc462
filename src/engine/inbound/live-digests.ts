import { type Digests, digestsFor, LENGTH_OF_DIGEST } from '../../store/landing/digests.ts';
import { addLiveHashes, linksAmong } from '../../store/landing/landed.ts';
import type { InboundRun } from './inbound-run.ts';

/**
 * What a source's records said last. It is read from the store while the file that is compared with it is read: a database server, or another
 * thread, works on the one while this thread works on the other.
 */
export interface LiveDigests {
  /** As far as they have come. */
  known: Digests;
  /** Where the digest that begins there in the text is among those; -1 when it has not come, or counts as unknown. */
  find(text: string, from?: number): number;
  /** What some rows of the source's files say together; read before anything else. */
  passages: ReadonlyMap<string, string>;
  /** All have come. */
  complete(): boolean;
  /** There are none, more than was said, or two records said the same: nothing can be compared with them. */
  unfit(): boolean;
  /** How many records have come. */
  live(): number;
  /** Waits until more have come; false: no more will. Throws what the store said. */
  more(): Promise<boolean>;
  /** Reads no further, and waits until the store is left alone. */
  stop(): Promise<void>;
}

/** `most`: so many records there may be. `without`: keys of records that count as unknown. */
export function liveDigests(
  { knex, source, signal }: Pick<InboundRun, 'knex' | 'source' | 'signal'>,
  { most, without, passages }: { most: number; without: readonly string[]; passages: ReadonlyMap<string, string> },
): LiveDigests {
  const known = digestsFor(most);
  /** What those said that count as unknown. */
  const unknown = new Set<string>();
  let live = 0;
  let state: 'reading' | 'complete' | 'unfit' | { failed: unknown } = 'reading';
  let stopped = false;
  let arrival = Promise.withResolvers<void>();

  async function read(): Promise<'complete' | 'unfit'> {
    for (const { hash } of await linksAmong(knex, source.id, without)) unknown.add(hash);
    for await (const { count, unique } of addLiveHashes(knex, source.id, known)) {
      signal.throwIfAborted();
      if (stopped || !unique || (live += count) > most) return 'unfit';
      arrival.resolve();
      arrival = Promise.withResolvers();
    }
    return live === 0 ? 'unfit' : 'complete';
  }

  const reading = read()
    .then(
      (end) => void (state = end),
      (error: unknown) => void (state = { failed: error }),
    )
    .then(() => arrival.resolve());
  const throwIfFailed = (): void => {
    if (typeof state === 'object') throw state.failed;
  };

  return {
    known,
    passages,
    find: (text, from = 0) => (unknown.size > 0 && unknown.has(text.slice(from, from + LENGTH_OF_DIGEST)) ? -1 : known.find(text, from)),
    complete: () => state === 'complete',
    unfit: () => state === 'unfit',
    live: () => live,
    async more() {
      throwIfFailed();
      if (state !== 'reading') return false;
      await arrival.promise;
      throwIfFailed();
      return true;
    },
    async stop() {
      stopped = true;
      await reading;
    },
  };
}
