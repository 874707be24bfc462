// SQLite's constraint failures as SQL Server reports them.
import type { Catalog, Table } from '../catalog/catalog.ts';
import type { StoreTarget } from '../values/conversions.ts';
import { SqlServerError, asSqlServerError, nullRefused } from '../execute/sql-errors.ts';

export interface FailedWrite {
  table: Table;
  action: 'INSERT' | 'UPDATE' | 'DELETE';
  /** What was last stored, column by column: the row that failed. */
  stores: readonly StoreTarget[];
}

export function translateFailure(thrown: unknown, catalog: Catalog, write: FailedWrite | undefined): SqlServerError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (!(thrown instanceof Error) || thrown instanceof SqlServerError || !code.startsWith('SQLITE_')) return asSqlServerError(thrown);
  const detail = thrown.message.slice(thrown.message.indexOf(':') + 1).trim();
  const table = write?.table;
  const object = table === undefined ? 'object' : `${table.schema}.${table.name}`;
  switch (code) {
    case 'SQLITE_CONSTRAINT_UNIQUE':
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
    case 'SQLITE_CONSTRAINT_ROWID':
      return duplicate(
        table,
        object,
        detail.split(', ').map((part) => part.slice(part.lastIndexOf('.') + 1)),
        write?.stores ?? [],
      );
    case 'SQLITE_CONSTRAINT_NOTNULL':
      return nullRefused(
        detail.slice(detail.lastIndexOf('.') + 1),
        `${catalog.databaseName}.${object}`,
        write?.action === 'UPDATE' ? 'UPDATE' : 'INSERT',
      );
    case 'SQLITE_CONSTRAINT_FOREIGNKEY':
    case 'SQLITE_CONSTRAINT_CHECK':
      return new SqlServerError(
        {
          number: 547,
          state: 0,
          message: `The ${write?.action ?? 'INSERT'} statement conflicted with the ${code.endsWith('CHECK') ? `CHECK constraint "${detail}"` : 'FOREIGN KEY constraint'}. The conflict occurred in database "${catalog.databaseName}", table "${object}".`,
        },
        true,
      );
    case 'SQLITE_BUSY_SNAPSHOT':
      return new SqlServerError({ number: 3960, message: 'Snapshot isolation transaction aborted due to update conflict.' });
    case 'SQLITE_BUSY':
      return new SqlServerError({ number: 1222, state: 51, message: 'Lock request time out period exceeded.' });
    default:
      return asSqlServerError(thrown);
  }
}

function duplicate(table: Table | undefined, object: string, columns: readonly string[], stores: readonly StoreTarget[]): SqlServerError {
  const same = (key: readonly string[]): boolean =>
    key.length === columns.length && key.every((name, index) => name.toLowerCase() === columns[index]?.toLowerCase());
  const key = table?.keys.find((one) => one.kind !== 'INDEX' && same(one.columns));
  const values = columns
    .map((column) => stores.find((store) => store.column.toLowerCase() === column.toLowerCase())?.last ?? '<NULL>')
    .map(String)
    .join(', ');
  if (key?.kind === 'UNIQUE INDEX') {
    return new SqlServerError(
      {
        number: 2601,
        class: 14,
        message: `Cannot insert duplicate key row in object '${object}' with unique index '${key.name}'. The duplicate key value is (${values}).`,
      },
      true,
    );
  }
  const constraint = `${key?.kind === 'UNIQUE' ? 'UNIQUE KEY' : 'PRIMARY KEY'} constraint '${key?.name ?? `PK_${table?.name ?? ''}`}'`;
  return new SqlServerError(
    {
      number: 2627,
      class: 14,
      message: `Violation of ${constraint}. Cannot insert duplicate key in object '${object}'. The duplicate key value is (${values}).`,
    },
    true,
  );
}
