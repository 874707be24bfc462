import { ConfigError, didYouMean } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import type { ServerType } from './column-types.ts';
import type { RunStatement } from './connect.ts';

export interface ServerColumn {
  /** As the server writes it. */
  name: string;
  type: ServerType;
}

/** A table or view that this login can see. */
export interface ServerTable {
  schema: string;
  name: string;
  /** By lower-case name; a name that differs only in case from another's keeps its own case too. */
  columns: ServerColumn[];
}

/**
 * Looks a table up in the server's own catalog, by `table` or `schema.table`. What is put into a statement later is the catalog's
 * name, never the text of the manifest. Views count as tables. Throws ConfigError for an unknown or ambiguous name.
 */
export async function findTable(run: RunStatement, connection: string, given: string): Promise<ServerTable> {
  const rows = await run(COLUMNS, { name: given });
  const tables = new Map<string, ServerTable>();
  for (const row of rows) {
    const [schema, name, column, type, length, precision, scale, seconds] = row as [
      string,
      string,
      string,
      string,
      number | null,
      number | null,
      number | null,
      number | null,
    ];
    const key = `${schema}.${name}`;
    let table = tables.get(key);
    if (!table) tables.set(key, (table = { schema, name, columns: [] }));
    table.columns.push({
      name: column,
      type: {
        name: type.toLowerCase(),
        length: length ?? undefined,
        precision: precision ?? undefined,
        scale: scale ?? seconds ?? undefined,
      },
    });
  }
  const found = [...tables.values()];
  const exact = found.filter((table) => table.name === given || `${table.schema}.${table.name}` === given);
  const candidates = exact.length ? exact : found;
  if (candidates.length === 1) return candidates[0]!;
  throw new ConfigError(candidates.length ? ambiguous(connection, given, candidates) : await unknown(run, connection, given));
}

/** The column of this name; where only the case differs and there is one such, that one, as SQL Server itself would find it. */
export function findColumn<Column extends { name: string }>(columns: readonly Column[], name: string): Column | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact) return exact;
  const lower = name.toLowerCase();
  const close = columns.filter((column) => column.name.toLowerCase() === lower);
  return close.length === 1 ? close[0] : undefined;
}

/** `[it]]s]`: an identifier that can end nowhere but where it should. */
export function quoted(identifier: string): string {
  return `[${identifier.replaceAll(']', ']]')}]`;
}

const COLUMNS = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION
FROM INFORMATION_SCHEMA.COLUMNS
WHERE TABLE_NAME = @name OR TABLE_SCHEMA + N'.' + TABLE_NAME = @name
ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`;

function ambiguous(connection: string, given: string, tables: readonly ServerTable[]): Problem {
  return {
    code: 'SQL_TABLE_AMBIGUOUS',
    place: { system: connection, path: 'tables' },
    message: `There are ${tables.length} tables called ${given}.`,
    hint: `In the connector, write which one is meant: ${nameList(tables.map((table) => `${table.schema}.${table.name}`))}.`,
  };
}

async function unknown(run: RunStatement, connection: string, given: string): Promise<Problem> {
  const rows = (await run('SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES', {})) as [string, string][];
  const names = rows.flatMap(([schema, table]) => (given.includes('.') ? [`${schema}.${table}`] : [table]));
  const meant = didYouMean(given, names);
  return {
    code: 'SQL_TABLE_UNKNOWN',
    place: { system: connection, path: 'tables' },
    message: `This login cannot see a table or view called ${JSON.stringify(given)} among the ${rows.length} it sees.`,
    hint: meant
      ? `Did you mean ${meant}? Correct the name of the table in the connector.`
      : 'Check the name of the table in the connector, and database of the connection. If the table exists, ask its owner for permission to SELECT from it.',
  };
}
