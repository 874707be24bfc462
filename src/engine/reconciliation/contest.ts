import type { Project } from '../../config/project.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Problem } from '../../core/errors.ts';
import { formatMoney } from '../../core/money.ts';
import { moneyUsedTwice, type UsedRecord, type UsedTwice } from '../../reconciliation/keyed/shared-money.ts';
import {
  changedMatches,
  contest,
  lastCompared,
  type Match,
  matchesOf,
  type MatchSide,
  recordsOfMatches,
  sharedRecords,
  uncontest,
} from '../../store/reconciliation/matches.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import type { Knex } from '../../store/open.ts';
import { type Basis, changesSince, configuredFingerprints } from './reconciliation-basis.ts';

/**
 * Marks the matches that use money twice: of this reconciliation and of every other one over the same two kinds of records. Nobody
 * can know which of them is right, so none of them counts. Gives the problems, each naming both reconciliations.
 */
export async function contestMatches(knex: Knex, project: Project, pipeline: string): Promise<Problem[]> {
  const group = await together(knex, project, pipeline);
  await uncontest(
    knex,
    group.map(({ id }) => id),
  );
  const problems: Problem[] = [];
  for (const [i, one] of group.entries())
    for (const two of group.slice(i + 1))
      for (const sides of sidesInCommon(one.config, two.config)) {
        const found = await usedTwice(knex, project, one, two, sides);
        await contest(knex, new Map(found.flatMap((f) => f.matches.map((id) => [id, f.reason] as const))));
        if (found.length > 0 && (one.id === pipeline || two.id === pipeline)) problems.push(problemOf(one.id, two.id, found));
      }
  return problems;
}

interface Reconciliation {
  id: string;
  config: ReconciliationConfig;
}

/** The side `a` of one is that of the other. */
type InCommon = Record<'one' | 'two', Record<'a' | 'b', MatchSide>>;

/** This reconciliation, and those that hold the same two kinds of records against each other and whose last result still holds. */
async function together(knex: Knex, project: Project, pipeline: string): Promise<Reconciliation[]> {
  const own = project.pipelines.get(pipeline)!.value.reconcile!;
  const compared = await lastCompared(knex);
  const fingerprintOf = configuredFingerprints(project);
  const found: Reconciliation[] = [{ id: pipeline, config: own }];
  for (const [id, { value }] of project.pipelines) {
    const config = value.reconcile;
    const last = compared.get(id);
    if (id === pipeline || !config || value.mode === 'off' || !last || sidesInCommon(own, config).length === 0) continue;
    if (changesSince(JSON.parse(last.basis) as Basis, project, config, fingerprintOf).length === 0) found.push({ id, config });
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function sidesInCommon(one: ReconciliationConfig, two: ReconciliationConfig): InCommon[] {
  const same = (a: MatchSide, b: MatchSide): boolean => one[a].entity === two[b].entity && one[a].amount === two[b].amount;
  const found: InCommon[] = [];
  if (same('left', 'left') && same('right', 'right')) found.push({ one: { a: 'left', b: 'right' }, two: { a: 'left', b: 'right' } });
  if (same('left', 'right') && same('right', 'left')) found.push({ one: { a: 'left', b: 'right' }, two: { a: 'right', b: 'left' } });
  return found;
}

async function usedTwice(
  knex: Knex,
  project: Project,
  one: Reconciliation,
  two: Reconciliation,
  sides: InCommon,
): Promise<(UsedTwice & { reason: string })[]> {
  const found: { a: number; b: number }[] = [];
  for (const name of ['a', 'b'] as const) {
    const [ofOne, ofTwo] = [sides.one[name], sides.two[name]];
    const { entity } = one.config[ofOne];
    // A record that both have in its present version meets the conditions of both.
    if (areDisjoint(one.config[ofOne].where, two.config[ofTwo].where, textColumns(project, entity))) continue;
    // A voided receipt is not money: it is in the ledger twice, credited and taken back.
    const voided =
      entity === project.config.revenue.receipts && project.entities.get(entity)?.value.fields.status
        ? { entity, column: 'status', value: 'voided' }
        : undefined;
    found.push(...(await sharedRecords(knex, { pipeline: one.id, side: ofOne }, { pipeline: two.id, side: ofTwo }, voided)));
  }
  if (found.length === 0) return [];
  const stale = new Set<number>();
  for (const { id, config } of [one, two])
    for (const side of ['left', 'right'] as const) for (const match of await changedMatches(knex, id, side, config[side])) stale.add(match);
  const shared = found.filter(({ a, b }) => !stale.has(a) && !stale.has(b));
  if (shared.length === 0) return [];
  const own = new Set(shared.map(({ a }) => a));
  const ids = [...new Set(shared.flatMap(({ a, b }) => [a, b]))];
  const records = (await recordsOfMatches(knex, ids)).map((record): UsedRecord => {
    const names = own.has(record.match) ? sides.one : sides.two;
    return { match: record.match, side: record.side === names.a ? 'a' : 'b', golden: record.golden, minor: record.minor };
  });
  const twice = moneyUsedTwice(shared, records);
  if (twice.length === 0) return [];
  const matches = new Map<number, Match>([...(await matchesOf(knex, one.id)), ...(await matchesOf(knex, two.id))].map((m) => [m.id, m]));
  return twice.map((f) => {
    const { currency } = matches.get(f.shared.match)!;
    const entity = (side: 'a' | 'b'): string => one.config[sides.one[side]].entity;
    const money = (minor: number): string => formatMoney(minor, currency);
    const title = project.entities.get(entity(f.shared.side))?.value.title.toLowerCase() ?? entity(f.shared.side);
    return {
      ...f,
      reason: `${one.id} and ${two.id} use the same money twice (${title} #${f.shared.golden} of ${money(f.shared.minor)}): ${money(f.a)} of ${one.config[sides.one.a].name} are matched with ${money(f.b)} of ${one.config[sides.one.b].name}`,
    };
  });
}

type Where = ReconciliationConfig['left']['where'];

/** Can no record be in both? Only columns of text are looked at: of numbers, two texts may be the same one. */
function areDisjoint(one: Where, two: Where, columns: ReadonlySet<string>): boolean {
  return Object.entries(one).some(([column, values]) => {
    const others = two[column];
    return columns.has(column) && others !== undefined && ![others].flat().some((value) => [values].flat().includes(value));
  });
}

function textColumns({ entities }: Project, entity: string): Set<string> {
  const columns = columnsOfEntity(entities.get(entity)!.value);
  return new Set(columns.filter(({ sql }) => sql === 'TEXT').map(({ name }) => name));
}

function problemOf(one: string, two: string, found: readonly { reason: string }[]): Problem {
  const more = found.length > 1 ? `, and ${found.length - 1} more like this` : '';
  return {
    code: 'MONEY_USED_TWICE',
    place: { system: `${one}, ${two}` },
    message: `${found[0]!.reason}${more}. None of this money counts as reconciled.`,
    hint: `In pipelines/${one}.yaml or pipelines/${two}.yaml, limit a side with where, for example to one department or way of paying, so that each record is in only one of the two.`,
  };
}
