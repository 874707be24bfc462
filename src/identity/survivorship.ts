import { compare } from '../core/compare.ts';
import { columnBeside } from '../config/schema/model.ts';
import type { EntityConfig } from '../config/schema/model.ts';
import { emptiedFields, isWithout } from './emptied.ts';

type Cell = string | number | null;

/** What one source record says about a golden record. */
export interface Contribution {
  connection: string;
  pipeline: string;
  sourceKey: string;
  itemKey: string;
  landed: number;
  columns: Readonly<Record<string, Cell>>;
}

export interface Survivors {
  columns: Record<string, Cell>;
  /** The landed record that gave each column; undefined when one gave them all. */
  provenance: Record<string, number> | undefined;
  /** The landed record that is trusted most. */
  landed: number;
}

/**
 * Which value of each field survives: that of the most trusted record that has one. The order (trusted connections,
 * then by name; within one, `latest_by`, then source key, pipeline and item) depends on what the records say, never on
 * when they landed. A field that its owner emptied is empty. Money goes with its currency and a code with what the source said: both from the same record.
 */
export function survivors(contributions: readonly Contribution[], entity: EntityConfig, columns: readonly string[]): Survivors {
  if (contributions.length === 1) {
    const only = contributions[0]!;
    return { columns: only.columns, provenance: undefined, landed: only.landed };
  }
  const ordered = [...contributions].sort(byTrust(entity));
  const first = ordered[0]!;
  const result: Record<string, Cell> = {};
  const provenance: Record<string, number> = {};
  let mixed = false;
  const leaderOf = leadersOf(entity);
  const orders = new Map<string, readonly Contribution[]>();
  const orderOf = (field: string): readonly Contribution[] => {
    if (!orderOfField(entity, field)) return ordered;
    let own = orders.get(field);
    if (!own) orders.set(field, (own = byField(ordered, entity, field)));
    return own;
  };
  for (const column of columns) {
    const leader = leaderOf.get(column) ?? column;
    const has = (name: string) => (c: Contribution) => (c.columns[name] ?? null) !== null;
    const own = orderOf(leader);
    const giver = emptierOf(own, entity, leader) ?? own.find(has(leader)) ?? own.find(has(`${leader}_raw`)) ?? first;
    result[column] = giver.columns[column] ?? null;
    provenance[column] = giver.landed;
    if (giver !== first) mixed = true;
  }
  return { columns: result, provenance: mixed ? provenance : undefined, landed: first.landed };
}

/** The record of an owner that emptied the field, where no owner has a value: that the owner's value survives holds for none as well. */
function emptierOf(own: readonly Contribution[], { owners }: EntityConfig, field: string): Contribution | undefined {
  const list = owners?.[field];
  if (!list?.length) return undefined;
  const said = own.filter(({ connection }) => list.includes(connection));
  return said.every(({ columns }) => isWithout(columns, field))
    ? said.find(({ columns }) => emptiedFields(columns).includes(field))
    : undefined;
}

/** The rule of one field: its own, or that its owners come first. */
function orderOfField(
  { survivorship, owners }: EntityConfig,
  field: string,
): NonNullable<EntityConfig['survivorship']['fields']>[string] | undefined {
  const own = owners?.[field];
  return survivorship.fields?.[field] ?? (own?.length ? { by: 'sources', sources: own } : undefined);
}

/** The order that the model gives for one field; equal ones stay in the order of trust. */
function byField(ordered: readonly Contribution[], entity: EntityConfig, field: string): Contribution[] {
  const { by, sources = [] } = orderOfField(entity, field)!;
  const value = (c: Contribution): Cell => c.columns[field] ?? null;
  if (by === 'most_recent') {
    const latest = entity.survivorship.latest_by!;
    const decimal = entity.fields[latest]?.type === 'decimal';
    return [...ordered].sort((a, b) => compareValues(b.columns[latest] ?? null, a.columns[latest] ?? null, decimal));
  }
  if (by === 'most_complete') return [...ordered].sort((a, b) => String(value(b) ?? '').length - String(value(a) ?? '').length);
  if (by === 'majority') {
    const votes = new Map<Cell, number>();
    for (const c of ordered) if (value(c) !== null) votes.set(value(c), (votes.get(value(c)) ?? 0) + 1);
    return [...ordered].sort((a, b) => (votes.get(value(b)) ?? 0) - (votes.get(value(a)) ?? 0));
  }
  const rank = (c: Contribution): number => (sources.includes(c.connection) ? sources.indexOf(c.connection) : sources.length);
  return [...ordered].sort((a, b) => rank(a) - rank(b));
}

function byTrust(entity: EntityConfig): (a: Contribution, b: Contribution) => number {
  const { sources, latest_by } = entity.survivorship;
  const rank = (connection: string): number => {
    const at = sources.indexOf(connection);
    return at < 0 ? sources.length : at;
  };
  return (a, b) =>
    rank(a.connection) - rank(b.connection) ||
    compare(a.connection, b.connection) ||
    (latest_by
      ? compareValues(b.columns[latest_by] ?? null, a.columns[latest_by] ?? null, entity.fields[latest_by]?.type === 'decimal')
      : 0) ||
    compare(a.sourceKey, b.sourceKey) ||
    compare(a.pipeline, b.pipeline) ||
    compare(a.itemKey, b.itemKey);
}

const leaders = new WeakMap<EntityConfig, ReadonlyMap<string, string>>();

/** The second column of a field → the one that decides who gives both. */
function leadersOf(entity: EntityConfig): ReadonlyMap<string, string> {
  let found = leaders.get(entity);
  if (!found)
    leaders.set(
      entity,
      (found = new Map(
        Object.entries(entity.fields).flatMap(([name, { type }]) => {
          const beside = columnBeside(name, type);
          return beside === undefined ? [] : [[beside, name]];
        }),
      )),
    );
  return found;
}

/** No value comes before every value. Dates and instants are texts that sort as they are. */
function compareValues(a: Cell, b: Cell, decimal: boolean): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return decimal ? compareDecimals(String(a), String(b)) : compare(a, b);
}

/** Exact: `9.5` before `10`, `-2` before `-1`. */
function compareDecimals(a: string, b: string): number {
  const places = Math.max(...[a, b].map((text) => (text.split('.')[1] ?? '').length));
  const scaled = (text: string): bigint => {
    const [whole = '', fraction = ''] = text.replace('-', '').split('.');
    const value = BigInt(whole + fraction.padEnd(places, '0'));
    return text.startsWith('-') ? -value : value;
  };
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
