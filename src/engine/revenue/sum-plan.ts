import type { Within } from '../../store/reconciliation/within.ts';
import { newestRun } from '../../store/ledger/runs.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import { addTo, allBlocks, blocksOfLines, blocksOfMatches, type Marks, rangesOf, readMarks } from '../../store/revenue/marks.ts';
import { type Since, storedSince, storedStale } from '../../store/revenue/since.ts';
import { blocksWithReasons, storedBasis } from '../../store/revenue/sums.ts';
import type { CoverState } from '../reconciliation/covers.ts';
import type { Engine } from '../run/engine.ts';
import { type FactsContext, factsContext, type FactsPlan } from './facts.ts';
import { basisNow, type SumBasis } from './sum-basis.ts';

/** What has to be done so that the stored sums are right. */
export interface SumPlan {
  basis: SumBasis;
  /** Blocks of receipts whose sums have to be made again. */
  blocks: number[];
  /** What facts of receipts are made with now. */
  context: FactsContext;
  since: Since[];
  stale: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Every stored sum is right. */
export type UpToDate = 'up to date';

/** More blocks changed than were asked for. */
export type TooMany = 'too many';

/** All blocks of an entity may have changed. */
const ALL = -1;

/**
 * Which sums are not what their receipts say now. All that is read is of one moment when the engine's store is a transaction.
 * undefined: the model has no receipts. `most`: of more blocks than these nothing is planned; what covers receipts is then not read either,
 * where the marks alone say so.
 */
export async function sumPlan(engine: Engine): Promise<SumPlan | UpToDate | undefined>;
export async function sumPlan(engine: Engine, most: number): Promise<SumPlan | UpToDate | TooMany | undefined>;
export async function sumPlan(engine: Engine, most = Infinity): Promise<SumPlan | UpToDate | TooMany | undefined> {
  const { knex } = engine;
  const now = await basisNow(engine);
  if (!now) return undefined;
  const { basis, states, facts } = now;
  const text = await storedBasis(knex);
  const before = text === undefined ? undefined : (JSON.parse(text) as SumBasis);
  const marks = await readMarks(knex);
  const same = before?.base === basis.base;
  const everything = !same || states.some(({ pipeline }) => before.reconciliations[pipeline] !== basis.reconciliations[pipeline]);
  const ran = same ? states.filter(({ pipeline, run }) => before.runs[pipeline] !== run) : [];
  const marked = [marks.records, marks.evidence, marks.numbers].some((sets) => sets.size > 0);
  if (!everything && !marked && ran.length === 0) return 'up to date';
  const blocks = everything ? new Set(await allBlocks(knex, facts.receipts.entity)) : await touchedBlocks(engine, facts, marks);
  if (blocks.size > most) return 'too many';
  const since = await sinceOf(engine, states, marks, same ? before : undefined, basis);
  const context = (await factsContext(engine, changedSince(since)))!;
  const { stale } = context.covers;
  const plan = { basis, context, since, stale };
  if (everything) return { ...plan, blocks: [...blocks] };
  for (const block of await blocksOfMatches(knex, context.receipts.id, differing(await storedStale(knex), stale))) blocks.add(block);
  if (ran.length > 0)
    for (const block of await blocksWithReasons(knex, (reasons) => reasons.some((r) => told(r, ran, before.runs)))) blocks.add(block);
  return blocks.size > most ? 'too many' : { ...plan, blocks: [...blocks].sort((a, b) => a - b) };
}

/** Blocks of receipts in which something is marked: of the receipts, of their lines, or of what is known of either. */
async function touchedBlocks({ knex }: Engine, { receipts, lines }: FactsPlan, marks: Marks): Promise<Set<number>> {
  const found = new Set([...(marks.records.get(receipts.id) ?? []), ...(marks.evidence.get(receipts.id) ?? [])]);
  if (!lines) return found;
  const changed = [...(marks.records.get(lines.id) ?? []), ...(marks.evidence.get(lines.id) ?? [])];
  const names = { receipts: receipts.entity, lines: lines.entity };
  for (const block of await blocksOfLines(knex, names, new Set(changed), marks.numbers.get(lines.id) ?? [])) found.add(block);
  return found;
}

/**
 * A reason that a run of a reconciliation may have changed without touching the records: it names the run before it, or, where sums are
 * compared, a difference.
 */
function told(reason: string, ran: readonly CoverState[], before: Readonly<Record<string, number>>): boolean {
  return ran.some(({ pipeline, config }) => {
    const rest = reason.startsWith(pipeline) ? reason.slice(pipeline.length) : undefined;
    if (rest === undefined || !/^[ ,:]/.test(rest)) return false;
    return config.passes === undefined || new RegExp(` run (?:is )?${before[pipeline]}\\b`).test(rest);
  });
}

/** In which blocks records may have changed since each reconciliation compared them. `before`: what is stored is of that basis. */
async function sinceOf(
  { knex }: Engine,
  states: readonly CoverState[],
  marks: Marks,
  before: SumBasis | undefined,
  basis: SumBasis,
): Promise<Since[]> {
  const run = await newestRun(knex);
  const ids = await entityIds(knex);
  const list = new Map<string, Since>();
  const note = (one: Since): void => void list.set(`${one.pipeline} ${one.entity} ${one.block}`, one);
  const stored = before ? Map.groupBy(await storedSince(knex), ({ pipeline }) => pipeline) : new Map<string, Since[]>();
  for (const { pipeline, config, run: last } of states) {
    const ran = before !== undefined && before.runs[pipeline] !== last;
    // Its settings are others without a run: what changed meanwhile was not noted for what it looks at now.
    const known = before !== undefined && (ran || before.reconciliations[pipeline] === basis.reconciliations[pipeline]);
    // What was noted before its run began was there when it compared; of the rest that is not known.
    for (const one of stored.get(pipeline) ?? []) if (known && (!ran || one.run >= last)) note(one);
    for (const entity of new Set([config.left, config.right].map((side) => ids.get(side.entity)!)))
      for (const block of known ? (marks.records.get(entity) ?? []) : [ALL]) note({ pipeline, entity, block, run });
  }
  return [...list.values()];
}

function changedSince(since: readonly Since[]): (pipeline: string, entityId: number) => Within {
  const blocks = new Map<string, Set<number>>();
  for (const { pipeline, entity, block } of since) addTo(blocks, `${pipeline} ${entity}`, block);
  return (pipeline, entity) => {
    const set = blocks.get(`${pipeline} ${entity}`);
    return set?.has(ALL) ? undefined : rangesOf(set ?? []);
  };
}

/** Matches that are in one of them and not in the other. */
function differing(a: ReadonlyMap<string, ReadonlySet<number>>, b: ReadonlyMap<string, ReadonlySet<number>>): Set<number> {
  const found = new Set<number>();
  for (const pipeline of new Set([...a.keys(), ...b.keys()]))
    for (const id of (a.get(pipeline) ?? new Set<number>()).symmetricDifference(b.get(pipeline) ?? new Set<number>())) found.add(id);
  return found;
}
