import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { EntityConfig } from '../../../config/schema/model.ts';
import { keyOf } from '../../../connector/stream/keys.ts';
import type { SourceRecord } from '../../../core/record.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import type { Contribution } from '../../../identity/survivorship.ts';
import { dialectOf } from '../../../store/dialect.ts';
import { listSources } from '../../../store/ledger/sources.ts';
import type { InboundRun } from '../../inbound/inbound-run.ts';
import { primaryKeyOf } from '../../landing/land-batch.ts';
import type { CompareAhead, FoundAhead } from './found-ahead.ts';
import { memberName } from '../members.ts';

/** What a thread that compares ahead is started with. */
export interface AheadStart {
  file: string;
  kinds: { entityId: number; entity: EntityConfig; from: IdentityModel['from'] }[];
  sources: ReadonlyMap<number, { pipeline: string; connection: string }>;
}

/** What a record that changed will say of a member, as far as is known before it is landed. */
export interface SaidAhead {
  name: { source: string; key: string };
  sourceId: number;
  contribution: Contribution;
}

type AheadRun = Pick<InboundRun, 'bound' | 'connection' | 'entities' | 'knex' | 'matching' | 'pipeline' | 'preview' | 'source' | 'stream'>;

/** Fewer records than these are compared when they are landed: starting a thread takes longer. */
const THREAD_FROM = 200;
/** Records that the thread gets at once. */
const LIST = 250;
/** What it reads of members, besides their links: what those say is looked at again. */
const TABLES = ['il_member', 'il_member_key', 'il_key_page', 'il_signature_page'];

/** Begins to compare ahead; undefined where nothing is gained by it. `file`: the records' file. */
export async function compareAhead(run: AheadRun, file: string): Promise<CompareAhead | undefined> {
  const { knex, preview, bound, matching } = run;
  const dialect = dialectOf(knex);
  const store = dialect.fileOf(knex);
  if (preview || store === undefined || availableParallelism() < 2 || !bound.some(({ entityId }) => matching.has(entityId)))
    return undefined;
  const unchanged = await dialect.unchangedSince?.(knex, TABLES);
  if (!unchanged) return undefined;
  const start: AheadStart = {
    file: store,
    kinds: [...matching].map(([entityId, { from }]) => ({ entityId, entity: run.entities.get(entityId)!, from })),
    sources: new Map((await listSources(knex)).map(({ id, pipeline, connection }) => [id, { pipeline, connection }])),
  };
  const found: FoundAhead[] = [];
  let waiting: SourceRecord[] = [];
  let asked = 0;
  let thread: Worker | undefined;
  let failed = false;
  let holds = false;
  /** What members are in once they are landed is no longer what the thread read. */
  const taken = new Set<number>();
  let ended = Promise.resolve();

  function begin(): Worker {
    const worker = new Worker(new URL('./compare-ahead-thread.ts', import.meta.url), { workerData: start });
    const over = Promise.withResolvers<void>();
    ended = over.promise;
    worker.on('message', (list: FoundAhead) => void found.push(list));
    worker.on('error', () => (failed = true));
    worker.on('exit', () => over.resolve());
    return worker;
  }

  function send(): void {
    const said = Map.groupBy(
      waiting.flatMap((record) => saidBy(run, file, record)),
      ({ entityId }) => entityId,
    );
    waiting = [];
    for (const [entityId, list] of said) {
      asked++;
      (thread ??= begin()).postMessage({ entityId, said: list.map(({ entityId: _, ...one }) => one) });
    }
  }

  return {
    add(records) {
      for (const record of records) waiting.push(record);
      if (waiting.length >= (thread ? LIST : THREAD_FROM)) send();
    },
    async begin(trx) {
      holds = await unchanged(trx);
    },
    async found(entityId) {
      if (!holds || taken.has(entityId)) return [];
      taken.add(entityId);
      if (thread && waiting.length > 0) send();
      thread?.postMessage('end');
      await ended;
      return failed || found.length < asked ? [] : found.filter((list) => list.entityId === entityId);
    },
    stop: async () => void (await thread?.terminate()),
  };
}

/** What a record will say of members, if nothing but its mappings decides that. */
function saidBy(run: AheadRun, file: string, record: SourceRecord): (SaidAhead & { entityId: number })[] {
  if (record.problem || record.missing || record.raw !== undefined) return [];
  const { fields, mayBeEmpty } = primaryKeyOf(run.stream);
  const sourceKey = keyOf(record, fields, mayBeEmpty);
  if (typeof sourceKey !== 'string') return [];
  return run.bound.flatMap(({ mapping, entityId, itemPrefix }) => {
    const model = run.matching.get(entityId);
    if (!model) return [];
    return mapping.apply(record, { connection: run.connection, file }).candidates.map(({ itemKey: item, columns }) => {
      const itemKey = itemPrefix + item;
      const contribution = { connection: run.connection, pipeline: run.pipeline.pipeline, sourceKey, itemKey, landed: 0, columns };
      return { entityId, name: memberName(model, run.connection, columns, { sourceKey, itemKey }), sourceId: run.source.id, contribution };
    });
  });
}
