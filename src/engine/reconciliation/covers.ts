import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { comparedIn, type Difference, listDifferences } from '../../store/differences.ts';
import {
  changedMatches,
  type Compared,
  lastCompared,
  type Match,
  matchesOf,
  matchesOfRecords,
  type MatchSide,
  unmatchedRecords,
} from '../../store/matches.ts';
import { exceptionsByRecord } from '../../store/exceptions.ts';
import { unmatchedOf } from '../../store/pass-matches.ts';
import { EXCEPTION_TYPES, type ExceptionCode } from '../../reconciliation/exceptions/types.ts';
import { listSources, type Source } from '../../store/sources.ts';
import { type ReadSide, sidesOf } from './reconcile.ts';
import { type Basis, changesSince, configuredFingerprints } from './reconciliation-basis.ts';
import type { Engine } from '../run/run.ts';

export type StoredRow = Record<string, string | number | null>;

/** Says of records of one entity why they are not reconciled. */
export interface Covers {
  /**
   * The reasons, a list for each record; an empty one: every reconciliation that covers it, with the configuration as it is now, looked at
   * its present version and matched it, and nothing else in that match has changed since. Records are in the order of their ids.
   */
  reasonsFor(records: readonly StoredRow[]): Promise<string[][]>;
}

/** A side of a reconciliation that records of the entity are on. */
interface Cover {
  pipeline: string;
  which: MatchSide;
  side: ReadSide;
  run: number;
  /** Why nothing that it found counts; undefined when it does. */
  outdated: string | undefined;
  matches: ReadonlyMap<number, Match>;
  /** Matches in which something has changed since. */
  stale: ReadonlySet<number>;
  /** Keys that did not match. */
  unmatched: ReadonlyMap<string, Difference>;
  /** Of passes: why a record is in no match, by golden id. */
  unmatchedRecords: ReadonlyMap<number, string>;
}

/** What every reconciliation that is not off has proved of records of an entity. */
export async function coversOf(engine: Engine, entity: string): Promise<Covers> {
  const { project, knex } = engine;
  const compared = await lastCompared(knex);
  const sources = await listSources(knex);
  const fingerprintOf = configuredFingerprints(project);
  const covers: Cover[] = [];
  for (const [pipeline, { value }] of project.pipelines) {
    const config = value.reconcile;
    if (!config || value.mode === 'off') continue;
    for (const which of ['left', 'right'] as const)
      if (config[which].entity === entity)
        covers.push(await coverOf(engine, pipeline, config, which, compared.get(pipeline), sources, fingerprintOf));
  }
  return {
    async reasonsFor(records) {
      if (records.length === 0) return [];
      const found = await matchesOfRecords(knex, {
        pipelines: covers.filter((c) => c.outdated === undefined).map((c) => c.pipeline),
        entityId: covers[0]?.side.entityId ?? 0,
        from: Number(records[0]!._id),
        to: Number(records.at(-1)!._id),
      });
      const evidence = new Map(found.map((m) => [`${m.pipeline} ${m.side} ${m.golden}`, m]));
      return records.map((record) => {
        const covering = covers.filter(({ side }) =>
          Object.entries(side.where).every(([column, wanted]) => [wanted].flat().includes(String(record[column]))),
        );
        if (covering.length === 0) return ['no reconciliation covers it'];
        return covering.flatMap((cover) => {
          const reason = reasonOf(
            cover,
            record,
            project.config.town.currency,
            evidence.get(`${cover.pipeline} ${cover.which} ${record._id}`),
          );
          return reason === undefined ? [] : [reason];
        });
      });
    },
  };
}

function reasonOf(
  cover: Cover,
  record: StoredRow,
  town: string,
  evidence: { version: number; match: number } | undefined,
): string | undefined {
  const { pipeline, side, run } = cover;
  if (cover.outdated !== undefined) return cover.outdated;
  const key = side.keyOf(side.columns.map((column) => record[column] ?? null));
  const shown = key.map((part) => part || '(empty)').join(' ');
  const version = Number(record._run);
  if (!evidence || evidence.version !== version) {
    const difference = cover.unmatched.get(keyText(String(record[`${side.amount}_currency`] ?? town), key));
    if (evidence || version > run)
      return `${pipeline} has not compared it since it ${evidence ? 'changed' : 'came or changed'}; its last run is ${run}`;
    if (difference) return `${pipeline}, ${shown}: ${difference.reason ?? difference.status}`;
    const why = cover.unmatchedRecords.get(Number(record._id));
    if (why !== undefined) return `${pipeline}: ${why}`;
    return `${pipeline} has not compared it; its last run is ${run}`;
  }
  const match = cover.matches.get(evidence.match);
  if (match?.state === 'proposed') return `${pipeline}: a match is proposed and waits for a person`;
  if (match?.state === 'contested') return `${pipeline}, ${shown}: ${match.reason}`;
  if (!match || cover.stale.has(evidence.match))
    return `${pipeline}, ${shown}: other records of it have changed since run ${run} compared it`;
  return undefined;
}

async function coverOf(
  engine: Engine,
  pipeline: string,
  config: ReconciliationConfig,
  which: MatchSide,
  compared: Compared | undefined,
  sources: readonly Source[],
  fingerprintOf: (pipeline: string) => string,
): Promise<Cover> {
  const { project, knex } = engine;
  const sides = await sidesOf(engine, knex, config, sources);
  const cover: Cover = {
    pipeline,
    which,
    side: sides[which],
    run: compared?.runId ?? 0,
    outdated: undefined,
    matches: new Map(),
    stale: new Set(),
    unmatched: new Map(),
    unmatchedRecords: new Map(),
  };
  if (!compared)
    return {
      ...cover,
      outdated: (await comparedIn(knex, pipeline))
        ? `${pipeline} has to run again: its last run was of an older version, which kept no evidence`
        : `${pipeline} has not run yet`,
    };
  if (!compared.finished) return { ...cover, outdated: `${pipeline} did not finish its last run` };
  const changes = changesSince(JSON.parse(compared.basis) as Basis, project, config, fingerprintOf);
  if (changes.length > 0) return { ...cover, outdated: `${pipeline} has to run again: ${changes.join(', ')} since run ${compared.runId}` };

  if (config.passes) cover.unmatchedRecords = await whyUnmatched(engine, pipeline, which);
  const matches = await matchesOf(knex, pipeline);
  const stale = new Set<number>();
  const town = project.config.town.currency;
  const byKey = new Map(matches.map((m) => [keyText(m.currency, m.key), m.id]));
  for (const side of ['left', 'right'] as const) {
    for (const id of await changedMatches(knex, pipeline, side, sides[side].entity)) stale.add(id);
    // What has come to a key since is not part of its match, and the sums were equal without it. Passes match records, not keys.
    if (config.passes) continue;
    for (const { values, currency } of await unmatchedRecords(knex, pipeline, side, sides[side], sides[side].columns)) {
      const id = byKey.get(keyText(currency ?? town, sides[side].keyOf(values)));
      if (id !== undefined) stale.add(id);
    }
  }
  const differing = await listDifferences(knex, pipeline, {
    depth: config.match_on.length,
    status: ['differs', 'left_only', 'right_only', 'unchecked'],
  });
  return {
    ...cover,
    matches: new Map(matches.map((m) => [m.id, m])),
    stale,
    unmatched: new Map(differing.map((d) => [keyText(d.currency ?? town, d.key), d])),
  };
}

/** The exception that a record stands in, or that it is in transit. */
async function whyUnmatched({ knex }: Engine, pipeline: string, which: MatchSide): Promise<Map<number, string>> {
  const reasons = new Map<number, string>();
  for (const [golden, rule] of await unmatchedOf(knex, pipeline, which))
    reasons.set(golden, rule === null ? 'it is in transit' : `it is out of scope: ${rule}`);
  for (const [golden, { id, type }] of await exceptionsByRecord(knex, pipeline, which)) {
    const title = EXCEPTION_TYPES[type as ExceptionCode].title;
    reasons.set(golden, `${title.slice(0, 1).toLowerCase()}${title.slice(1)} (exception ${id.slice(0, 8)})`);
  }
  return reasons;
}

function keyText(currency: string, key: readonly string[]): string {
  return JSON.stringify([currency, key]);
}
