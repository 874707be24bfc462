import { calendarDay } from '../../core/time/time.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import { type MatchMember, membersOfExceptions, membersOfMatches } from '../../store/reconciliation/evidence.ts';
import type { MatchSide } from '../../store/reconciliation/matches.ts';
import { type SideState, unmatchedOf } from '../../store/reconciliation/side-states.ts';
import { listSources } from '../../store/ledger/sources.ts';
import { recordsOfSide } from '../../store/reconciliation/totals.ts';
import { dateFieldOf } from '../revenue/legs.ts';
import type { Engine } from '../run/engine.ts';
import { sidesOf } from './reconcile.ts';

/** One record of a group. Minor units. */
export interface GroupRecord {
  side: MatchSide;
  golden: number;
  day: string | null;
  currency: string;
  minor: number;
  /** Of a reconciliation that compares sums: its key. */
  keys?: readonly string[] | undefined;
  /** The state that a reconciliation by passes has it in. */
  state?: SideState['state'] | undefined;
  values: Readonly<Record<string, string | number | null>>;
}

/** Records of both sides that belong together, as far as the reconciliation tells. */
export interface RecordGroup {
  left: GroupRecord[];
  right: GroupRecord[];
  /** confirmed, proposed, contested: a match. changed: a record of it is another version now. key, exception: no match has them. */
  state: MatchMember['state'] | 'changed' | 'key' | 'exception' | 'alone';
  rule: string | null;
  /** Ids of exceptions that its records are in. */
  exceptions: string[];
}

export interface Composition {
  entities: Record<MatchSide, { name: string; entity: string; entityId: number }>;
  groups: RecordGroup[];
}

const PAGE = 5000;

/**
 * The records of both sides of a reconciliation in groups: those of one match; of what no match has, those of one key or of one
 * exception; all else alone. `fields`: what else is wanted of each record, where its entity has it. A record without an amount is in no
 * group.
 */
export async function compositionOf(engine: Engine, pipeline: string, fields: Record<MatchSide, readonly string[]>): Promise<Composition> {
  const { project, knex } = engine;
  const config = project.pipelines.get(pipeline)!.value.reconcile!;
  const sides = await sidesOf(engine, knex, config, await listSources(knex));
  const { time_zone: zone } = project.config.town;
  const members = Map.groupBy(await membersOfMatches(knex, pipeline), ({ side }) => side);
  const excepted = Map.groupBy(await membersOfExceptions(knex, pipeline), ({ side }) => side);
  const groups = new Map<string, RecordGroup>();
  const byPasses = config.passes !== undefined;
  for (const name of ['left', 'right'] as const) {
    const side = sides[name];
    const unmatched = byPasses ? await unmatchedOf(knex, pipeline, name) : new Map<number, string | null>();
    const has = new Set(columnsOfEntity(project.entities.get(side.entity)!.value).map((column) => column.name));
    const date = dateFieldOf(project, config, name);
    const wanted = fields[name].filter((field) => has.has(field));
    const columns = [...new Set([...side.columns, ...(date === null ? [] : [date]), ...wanted])];
    const matchOf = new Map((members.get(name) ?? []).map((member) => [member.golden, member]));
    const exceptionsOf = Map.groupBy(excepted.get(name) ?? [], ({ golden }) => golden);
    for await (const page of recordsOfSide(knex, side, columns, PAGE))
      for (const { id, version, currency, minor, values } of page) {
        if (minor === null || currency === null) continue;
        const all = Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null]));
        const day = date === null || all[date] === null || all[date] === undefined ? null : calendarDay(String(all[date]), zone);
        const match = matchOf.get(id);
        const own = exceptionsOf.get(id) ?? [];
        const key = config.match_on.length ? side.keyOf(side.columns.map((column) => all[column] ?? null)) : undefined;
        const [place, state] = match
          ? ([`match ${match.match}`, match.state] as const)
          : key
            ? ([`key ${JSON.stringify([currency, key])}`, 'key'] as const)
            : own.length
              ? ([`exception ${own[0]!.id}`, 'exception'] as const)
              : ([`${name} ${id}`, 'alone'] as const);
        let group = groups.get(place);
        if (!group) groups.set(place, (group = { left: [], right: [], state, rule: match?.rule ?? null, exceptions: [] }));
        if (match && match.version !== version) group.state = 'changed';
        const inState = byPasses ? stateOf(match, version, unmatched.get(id)) : undefined;
        group[name].push({ side: name, golden: id, day, currency, minor, keys: key, state: inState, values: all });
        for (const { id: exception } of own) if (!group.exceptions.includes(exception)) group.exceptions.push(exception);
      }
  }
  const named = (side: MatchSide): Composition['entities'][MatchSide] => {
    return { name: config[side].name, entity: sides[side].entity, entityId: sides[side].entityId };
  };
  return { entities: { left: named('left'), right: named('right') }, groups: [...groups.values()] };
}

/** As the last run left it; undefined where it changed since. `rule`: why it is out of scope, null for what is in transit. */
function stateOf(match: MatchMember | undefined, version: number, rule: string | null | undefined): SideState['state'] | undefined {
  if (match) return match.version !== version ? undefined : match.state === 'proposed' ? 'proposed' : 'confirmed';
  return rule === undefined ? 'excepted' : rule === null ? 'in_transit' : 'out_of_scope';
}
