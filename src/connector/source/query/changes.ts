import { keyColumns, querySpec } from './spec.ts';
import type { Page, PageContext } from '../page.ts';
import type { StreamConfig } from '../../../config/schema/connector.ts';
import type { ChangesPart, QueryTransport } from '../../../transports/transport.ts';

/**
 * Rows by SQL Server's Change Tracking: all of them the first time, then what changed, deletions too. The position is saved with the
 * last rows alone, since it is one for all of them: after a failure the same changes are read again, and what is known is recognized.
 */
export async function* readByChanges(stream: StreamConfig, transport: QueryTransport, context: PageContext): AsyncGenerator<Page> {
  const { tables, columns, tableField, where } = querySpec(stream, context, undefined);
  const { version, database } = context.state;
  const since = version === undefined || database === undefined ? undefined : { version, database };
  let position: { version: string; database: string } | undefined;
  for await (const part of transport.changes({
    table: tables![0]!,
    columns,
    key: keyColumns(stream),
    ...(tableField === undefined ? {} : { tableField }),
    ...(where ? { where } : {}),
    since,
    echo: stream.incremental!.echo === 'keep',
  })) {
    if (part.kind === 'rows') yield { records: part.records };
    else {
      position = part.position;
      if (part.whole && part.whole !== 'first')
        context.note(`${context.name}: ${WHY[part.whole]}; everything is read again, and records no longer there are deleted.`);
      if (part.whole) yield { records: [], whole: true };
    }
  }
  yield { records: [], state: position! };
}

const WHY: Record<Exclude<Extract<ChangesPart, { kind: 'start' }>['whole'] & string, 'first'>, string> = {
  expired: 'the server no longer has the changes since the last run (CHANGE_RETENTION), or the table was truncated',
  database: 'the server says that this is another database or another restore of it',
  rewound: "the server's versions are lower than the saved position, so its database was restored or replaced",
};
