import type { EntityConfig } from '../config/schema/model.ts';

type Cell = string | number | null;

/** What one source record says about a golden record. */
export interface Contribution {
  connection: string;
  sourceKey: string;
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
 * then by name; within one, `latest_by`, then source key) depends on what the records say, never on when they landed.
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
  for (const column of columns) {
    const giver = ordered.find((c) => (c.columns[column] ?? null) !== null) ?? first;
    result[column] = giver.columns[column] ?? null;
    provenance[column] = giver.landed;
    if (giver !== first) mixed = true;
  }
  return { columns: result, provenance: mixed ? provenance : undefined, landed: first.landed };
}

function byTrust(entity: EntityConfig): (a: Contribution, b: Contribution) => number {
  const { sources, latest_by } = entity.survivorship;
  const rank = (connection: string): number => {
    const at = sources.indexOf(connection);
    return at < 0 ? sources.length : at;
  };
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return (a, b) =>
    rank(a.connection) - rank(b.connection) ||
    compare(a.connection, b.connection) ||
    (latest_by ? compare(String(b.columns[latest_by] ?? ''), String(a.columns[latest_by] ?? '')) : 0) ||
    compare(a.sourceKey, b.sourceKey);
}
