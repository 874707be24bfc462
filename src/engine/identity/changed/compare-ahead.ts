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
/** Records in one list for the thread at most, and the lists that it has before it. The longer, the fewer pages of keys are read. */
const LIST = 1000;
const AT_ONCE = 2;
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
  const waiting: SourceRecord[] = [];
  /** What the thread got, and has not answered. */
  let open = 0;
  /** By entity, whom it got. */
  const given = new Map<number, Set<string>>();
  let thread: Worker | undefined;
  let holds = false;
  /** What members are in once they are landed is no longer what the thread read. */
  let isOver = false;
  /** The thread gives no more. */
  let hasEnded = false;
  let arrival = Promise.withResolvers<void>();

  function begin(): Worker {
    const worker = new Worker(new URL('./compare-ahead-thread.ts', import.meta.url), { workerData: start });
    const arrived = (): void => {
      arrival.resolve();
      arrival = Promise.withResolvers();
    };
    const end = (): void => {
      hasEnded = true;
      arrived();
    };
    worker.on('message', (list: FoundAhead) => {
      found.push(list);
      open--;
      send();
      arrived();
    });
    // Members that it does not answer for are compared when they are landed.
    worker.on('error', end);
    worker.on('exit', end);
    return worker;
  }

  /** Gives the thread what it can begin with now, and a whole list behind that. */
  function send(): void {
    while (!isOver && open < AT_ONCE && waiting.length >= (open === 0 ? THREAD_FROM : LIST)) give(waiting.splice(0, LIST));
  }

  function give(records: readonly SourceRecord[]): void {
    const said = Map.groupBy(
      records.flatMap((record) => saidBy(run, file, record)),
      ({ entityId }) => entityId,
    );
    for (const [entityId, list] of said) {
      const names = given.get(entityId) ?? new Set();
      given.set(entityId, names);
      for (const { name } of list) names.add(nameOf(name));
      open++;
      (thread ??= begin()).postMessage({ entityId, said: list.map(({ entityId: _, ...one }) => one) });
    }
  }

  async function* listsOf(entityId: number): AsyncGenerator<FoundAhead> {
    for (let at = 0; ; at++) {
      while (at === found.length && !hasEnded) await arrival.promise;
      const list = found[at];
      if (!list) return;
      if (list.entityId === entityId) yield list;
    }
  }

  return {
    add(records) {
      for (const record of records) waiting.push(record);
      send();
    },
    async begin(trx) {
      holds = !isOver && (await unchanged(trx));
    },
    found(entityId) {
      const names = given.get(entityId);
      if (!holds || !names) return undefined;
      if (!isOver) {
        // All of them, though who asks has nothing else to compare: the thread is quicker, as it has done so for a while.
        isOver = true;
        while (waiting.length > 0) give(waiting.splice(0, LIST));
        thread!.postMessage('end');
      }
      given.delete(entityId);
      return {
        isComing: ({ source, key }) => names.has(nameOf({ source, key })),
        lists: () => listsOf(entityId),
      };
    },
    stop: async () => void (await thread?.terminate()),
  };
}

function nameOf({ source, key }: { source: string; key: string }): string {
  return JSON.stringify([source, key]);
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
