import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { plainMoney } from '../../core/money.ts';
import type { Leg } from '../../reconciliation/standing.ts';
import { comparedIn, type Difference, listDifferences } from '../../store/reconciliation/differences.ts';
import {
  changedMatches,
  type Compared,
  lastCompared,
  matchesOfKeys,
  matchesOfRecords,
  type MatchOfRecord,
  type MatchSide,
  unmatchedRecords,
} from '../../store/reconciliation/matches.ts';
import type { Within } from '../../store/reconciliation/within.ts';
import { exceptionsByRecord } from '../../store/reconciliation/exceptions.ts';
import { unmatchedOf } from '../../store/reconciliation/side-states.ts';
import { EXCEPTION_TYPES, type ExceptionCode } from '../../reconciliation/exceptions/types.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { type ReadSide, sidesOf } from './reconcile.ts';
import { type Basis, changesSince, configuredFingerprints } from './reconciliation-basis.ts';
import type { Engine } from '../run/engine.ts';

export type StoredRow = Record<string, string | number | null>;

/** What one reconciliation says of one record. */
export interface RecordLeg extends Leg {
  pipeline: string;
  side: MatchSide;
  /** Why not all of it is reconciled; undefined when it is. */
  reason: string | undefined;
  /** What has to happen before anything can be said: the reconciliation runs, or a person reviews a match. */
  waits: 'run' | 'review' | undefined;
}

/** Says of records of one entity how they stand, and why they are not reconciled. */
export interface Covers {
  /**
   * The legs of each record: what every reconciliation that covers it says of its present version. Only confirmed matches of that
   * version count, found with the configuration as it is now, in which nothing has changed since. `amount`: the money field that is
   * reported. Records are in the order of their ids.
   */
  legsFor(records: readonly StoredRow[], amount?: string): Promise<RecordLeg[][]>;
  /** Matches in which something has changed since the reconciliation compared, by reconciliation; of those whose results count. */
  stale: ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * Ids of records of an entity that may have changed since a reconciliation compared them: what is restricted to them is found without
 * looking at all records. undefined: all of them may.
 */
export type ChangedSince = (pipeline: string, entityId: number) => Within;

/** What a reconciliation's results are worth now. */
export interface CoverState {
  pipeline: string;
  config: ReconciliationConfig;
  /** Its last run that compared; 0: none. */
  run: number;
  /** Why nothing that it found counts; undefined when it does. */
  outdated: string | undefined;
}

/** How every reconciliation that is not off stands, in the order of the configuration. */
export async function coverStates({ project, knex }: Engine): Promise<CoverState[]> {
  const compared = await lastCompared(knex);
  const fingerprintOf = configuredFingerprints(project);
  const states: CoverState[] = [];
  for (const [pipeline, { value }] of project.pipelines) {
    const config = value.reconcile;
    if (!config || value.mode === 'off') continue;
    const last = compared.get(pipeline);
    states.push({
      pipeline,
      config,
      run: last?.runId ?? 0,
      outdated: await outdatedOf({ project, knex }, pipeline, config, last, fingerprintOf),
    });
  }
  return states;
}

/** Why a record is not reconciled, of each leg; an empty list: all of it is. */
export function reasonsOf(legs: readonly RecordLeg[]): string[] {
  return legs.length === 0 ? [NOT_COVERED] : legs.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
}

const NOT_COVERED = 'no reconciliation covers it';

/** A side of a reconciliation that records of the entity are on. */
interface Cover {
  pipeline: string;
  which: MatchSide;
  side: ReadSide;
  /** The columns that say which records are on the side, each with the values that do. */
  where: readonly (readonly [column: string, values: ReadonlySet<string>])[];
  run: number;
  /** Why nothing that it found counts; undefined when it does. */
  outdated: string | undefined;
  /** Matches in which something has changed since. */
  stale: ReadonlySet<number>;
  /** Keys that did not match. */
  unmatched: ReadonlyMap<string, Difference>;
  /** Of passes: records that are in transit, and by golden id the exception that one is in. */
  inTransit: ReadonlySet<number>;
  /** Records that the reconciliation does not look at, by golden id: the rule that says so. */
  outOfScope: ReadonlyMap<number, string>;
  excepted: ReadonlyMap<number, string>;
}

/** What every reconciliation that is not off has proved of records of an entity. `since`: see ChangedSince. */
export async function coversOf(engine: Engine, entity: string, since?: ChangedSince): Promise<Covers> {
  const { project, knex } = engine;
  const sources = await listSources(knex);
  const covers: Cover[] = [];
  const stale = new Map<string, ReadonlySet<number>>();
  for (const state of await coverStates(engine)) {
    const { pipeline, config, outdated } = state;
    const own = (['left', 'right'] as const).filter((which) => config[which].entity === entity);
    if (own.length === 0) continue;
    const sides = await sidesOf(engine, knex, config, sources);
    if (outdated === undefined) stale.set(pipeline, await staleMatches(engine, state, sides, since));
    for (const which of own) covers.push(await coverOf(engine, state, which, sides[which], stale.get(pipeline) ?? new Set()));
  }
  return {
    stale,
    async legsFor(records, amount = 'amount') {
      if (records.length === 0) return [];
      const found = await matchesOfRecords(knex, {
        pipelines: covers.filter((c) => c.outdated === undefined).map((c) => c.pipeline),
        entityId: covers[0]?.side.entityId ?? 0,
        from: Number(records[0]!._id),
        to: Number(records.at(-1)!._id),
      });
      const evidence = Map.groupBy(found, ({ golden }) => golden);
      const { currency } = project.config.town;
      return records.map((record) => {
        const own = evidence.get(Number(record._id)) ?? [];
        return covers
          .filter(({ where }) => where.every(([column, wanted]) => wanted.has(String(record[column]))))
          .map((cover) => {
            const { pipeline, which } = cover;
            return legOf(
              cover,
              record,
              currency,
              own.filter((match) => match.pipeline === pipeline && match.side === which),
              amount,
            );
          });
      });
    },
  };
}

type Evidence = MatchOfRecord;

function legOf(cover: Cover, record: StoredRow, town: string, evidence: readonly Evidence[], reported: string): RecordLeg {
  const { pipeline, which, side } = cover;
  const amount = Number(record[side.amount] ?? 0);
  const good = evidence.filter(
    ({ version, match, state }) => version === Number(record._run) && state === 'confirmed' && !cover.stale.has(match),
  );
  const matched = cover.outdated === undefined ? good.reduce((sum, { minor }) => sum + minor, 0) : 0;
  const whole = cover.outdated === undefined && good.length > 0 && matched === amount;
  const leg = { pipeline, side: which, amount, matched, whole, sameField: side.amount === reported };
  if (whole) return { ...leg, otherwise: 'not_covered', reason: undefined, waits: undefined };
  const other = evidence.find((one) => !good.includes(one));
  if (good.length > 0 && !other) {
    const currency = String(record[`${side.amount}_currency`] ?? town);
    const reason = `${pipeline}: only ${plainMoney(matched, currency)} of its ${plainMoney(amount, currency)} is matched`;
    return { ...leg, otherwise: 'exception', reason, waits: undefined };
  }
  return { ...leg, ...openOf(cover, record, town, other) };
}

type Open = Pick<RecordLeg, 'otherwise' | 'waits'> & { reason: string };

/** How what is not matched stands, and why. */
function openOf(cover: Cover, record: StoredRow, town: string, evidence: Evidence | undefined): Open {
  const { pipeline, side, run } = cover;
  // Nobody has looked at the present version with the configuration as it is now.
  const unknown = (reason: string): Open => ({ otherwise: 'not_covered', reason, waits: 'run' });
  const wrong = (reason: string, waits?: 'review'): Open => ({ otherwise: 'exception', reason, waits });
  if (cover.outdated !== undefined) return unknown(cover.outdated);
  const key = side.keyOf(side.columns.map((column) => record[column] ?? null));
  const shown = key.map((part) => part || '(empty)').join(' ');
  const version = Number(record._run);
  if (!evidence || evidence.version !== version) {
    const difference = cover.unmatched.get(keyText(String(record[`${side.amount}_currency`] ?? town), key));
    if (evidence || version > run)
      return unknown(`${pipeline} has not compared it since it ${evidence ? 'changed' : 'came or changed'}; its last run is ${run}`);
    if (difference) {
      const reason = `${pipeline}, ${shown}: ${difference.reason ?? difference.status}`;
      // There is nothing to check against, and running again changes nothing about it.
      return difference.status === 'unchecked' ? { ...unknown(reason), waits: undefined } : wrong(reason);
    }
    if (cover.inTransit.has(Number(record._id)))
      return { otherwise: 'in_transit', reason: `${pipeline}: it is in transit`, waits: undefined };
    const outside = cover.outOfScope.get(Number(record._id));
    if (outside !== undefined) return { ...unknown(`${pipeline}: it is out of scope: ${outside}`), waits: undefined };
    const why = cover.excepted.get(Number(record._id));
    if (why !== undefined) return wrong(`${pipeline}: ${why}`);
    return unknown(`${pipeline} has not compared it; its last run is ${run}`);
  }
  if (evidence.state === 'proposed') return wrong(`${pipeline}: a match is proposed and needs review`, 'review');
  if (evidence.state === 'contested') return wrong(`${pipeline}, ${shown}: ${evidence.reason}`);
  return unknown(`${pipeline}, ${shown}: other records in it have changed since run ${run} compared it`);
}

async function outdatedOf(
  { project, knex }: Engine,
  pipeline: string,
  config: ReconciliationConfig,
  compared: Compared | undefined,
  fingerprintOf: (pipeline: string) => string,
): Promise<string | undefined> {
  if (!compared)
    return (await comparedIn(knex, pipeline))
      ? `${pipeline} has to run again: its last run was by an older version, which kept no evidence`
      : `${pipeline} has not run yet`;
  if (!compared.finished) return `${pipeline} did not finish its last run`;
  const changes = changesSince(JSON.parse(compared.basis) as Basis, project, config, fingerprintOf);
  return changes.length > 0 ? `${pipeline} has to run again: ${changes.join(', ')} since run ${compared.runId}` : undefined;
}

async function coverOf(
  engine: Engine,
  { pipeline, config, run, outdated }: CoverState,
  which: MatchSide,
  side: ReadSide,
  stale: ReadonlySet<number>,
): Promise<Cover> {
  const { project, knex } = engine;
  const cover: Cover = {
    pipeline,
    which,
    side,
    where: Object.entries(side.where).map(([column, wanted]) => [column, new Set([wanted].flat())] as const),
    run,
    outdated,
    stale,
    unmatched: new Map(),
    inTransit: new Set(),
    outOfScope: new Map(),
    excepted: new Map(),
  };
  if (outdated !== undefined) return cover;
  if (config.passes) {
    const unmatched = [...(await unmatchedOf(knex, pipeline, which))];
    cover.inTransit = new Set(unmatched.flatMap(([golden, rule]) => (rule === null ? [golden] : [])));
    cover.outOfScope = new Map(unmatched.flatMap(([golden, rule]) => (rule === null ? [] : [[golden, rule]])));
    cover.excepted = await exceptedRecords(engine, pipeline, which);
  }
  const differing = await listDifferences(knex, pipeline, {
    depth: config.match_on.length,
    status: ['differs', 'left_only', 'right_only', 'unchecked'],
  });
  const town = project.config.town.currency;
  return { ...cover, unmatched: new Map(differing.map((d) => [keyText(d.currency ?? town, d.key), d])) };
}

/** Matches of which a record changed or went, or to whose key another record has come. */
async function staleMatches(
  { project, knex }: Engine,
  { pipeline, config }: CoverState,
  sides: Record<MatchSide, ReadSide>,
  since?: ChangedSince,
): Promise<Set<number>> {
  const stale = new Set<number>();
  const late = new Set<string>();
  const town = project.config.town.currency;
  for (const name of ['left', 'right'] as const) {
    const side = sides[name];
    const within = since?.(pipeline, side.entityId);
    for (const id of await changedMatches(knex, pipeline, name, side, within)) stale.add(id);
    // What has come to a key since is not part of its match, and the sums were equal without it. Passes match records, not keys.
    if (config.passes) continue;
    for (const { values, currency } of await unmatchedRecords(knex, pipeline, name, side, side.columns, within))
      late.add(keyText(currency ?? town, side.keyOf(values)));
  }
  const keys = new Set([...late].map((text) => JSON.stringify((JSON.parse(text) as [string, string[]])[1])));
  for (const { id, key, currency } of await matchesOfKeys(knex, pipeline, [...keys]))
    if (late.has(keyText(currency, JSON.parse(key) as string[]))) stale.add(id);
  return stale;
}

/** The exception that a record is in, by golden id. */
async function exceptedRecords({ knex }: Engine, pipeline: string, which: MatchSide): Promise<Map<number, string>> {
  const reasons = new Map<number, string>();
  for (const [golden, { id, type }] of await exceptionsByRecord(knex, pipeline, which)) {
    const title = EXCEPTION_TYPES[type as ExceptionCode].title;
    reasons.set(golden, `${title.slice(0, 1).toLowerCase()}${title.slice(1)} (exception ${id.slice(0, 8)})`);
  }
  return reasons;
}

function keyText(currency: string, key: readonly string[]): string {
  return JSON.stringify([currency, key]);
}
