import type { PageContext } from '../page.ts';
import type { StreamConfig } from '../../../config/schema/connector.ts';
import { valueAt } from '../../../core/record.ts';
import type { Values } from '../../../core/record.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import { fillAll, fillText } from '../../template.ts';

/** What all kinds have in common: what is read, and in which order. */
export function querySpec(stream: StreamConfig, context: PageContext, cursor: string | undefined): Parameters<QueryTransport['query']>[0] {
  const query = stream.retriever.query!;
  const { incremental } = stream;
  const order = incremental?.cursor === undefined ? undefined : [incremental.cursor];
  return {
    tables: query.tables?.map((t) => fillText(t, context.variables)),
    sql: query.sql,
    parameters: fillAll(query.parameters, { ...context.variables, cursor }),
    columns: Object.entries(stream.schema.fields)
      .filter(([name]) => name !== query.table_field)
      .map(([name, f]) => ({ name, type: f.type === 'list' || f.type === 'object' ? ('text' as const) : f.type })),
    tableField: query.table_field,
    onColumns: context.onColumns,
    where: query.where?.map((w) => ({ ...w, value: fillText(w.value, context.variables) })),
    orderBy: order ? [...order, ...(incremental!.tie_breaker ? [incremental!.tie_breaker] : [])] : keyColumns(stream),
  };
}

/** The columns of the key; the field with the table's name is none. */
export function keyColumns({ primary_key: key, retriever }: StreamConfig): string[] {
  return (Array.isArray(key) ? key : key.fields).filter((name) => name !== retriever.query?.table_field);
}

export function textAt(values: Values, path: string): string | undefined {
  const value = valueAt(values, path);
  return typeof value === 'string' ? value : undefined;
}
