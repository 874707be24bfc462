import type { ServerColumn } from './catalog.ts';
import type { Connections } from './connect.ts';

/** A column as the driver describes it; the type is one of mssql's type factories, which carry their own name. */
interface DriverColumn {
  name: string;
  type?: { declaration?: string };
  length?: number;
  precision?: number;
  scale?: number;
}

/**
 * The columns that a SELECT gives, with the server's types. The server says them in front of an empty result: that works from
 * SQL Server 2005 on and needs no right beyond SELECT, where sp_describe_first_result_set came with 2012 only.
 * `from` is a derived table with its alias.
 */
export async function describe(
  connections: Connections,
  commonTables: string,
  from: string,
  parameters: Record<string, string>,
): Promise<ServerColumn[]> {
  const withClause = commonTables ? `WITH ${commonTables} ` : '';
  try {
    const result = (await connections.request(parameters).query(`${withClause}SELECT TOP (0) * FROM ${from}`)) as unknown as {
      columns: DriverColumn[][];
    };
    return (result.columns[0] ?? []).map((column) => ({
      name: column.name,
      type: {
        name: column.type?.declaration ?? 'unknown',
        // 65535 is how the driver writes max.
        length: column.length === 65_535 ? -1 : column.length,
        precision: column.precision,
        scale: column.scale,
      },
    }));
  } catch (error) {
    throw connections.errorOf(error);
  }
}
