import { LENGTH_OF_HASH, linksAmong, liveHashes } from '../../store/landing/landed.ts';
import type { InboundRun } from './inbound-run.ts';
import { type Digests, digestsFor } from './digests.ts';

/**
 * What a source's records said last. It is read from the store while the file that is compared with it is read: a database server works on
 * the one while this process works on the other.
 */
export interface LiveDigests {
  /** As far as they have come. */
  known: Digests;
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
  most: number,
  without: readonly string[],
): LiveDigests {
  const known = digestsFor(most);
  let live = 0;
  let state: 'reading' | 'complete' | 'unfit' | { failed: unknown } = 'reading';
  let stopped = false;
  let arrival = Promise.withResolvers<void>();

  async function read(): Promise<'complete' | 'unfit'> {
    let unknown = (await linksAmong(knex, source.id, without)).map(({ hash }) => hash).filter((hash) => hash !== '');
    for await (const { count, hashes } of liveHashes(knex, source.id)) {
      signal.throwIfAborted();
      if (stopped || (live += count) > most) return 'unfit';
      for (let at = 0; at < hashes.length; at += LENGTH_OF_HASH) if (!known.add(hashes, at)) return 'unfit';
      unknown = unknown.filter((hash) => {
        const at = known.find(hash);
        if (at >= 0) known.forget(at);
        return at < 0;
      });
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
