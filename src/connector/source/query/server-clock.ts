import type { Incremental } from '../../../config/schema/connector.ts';
import type { SourceRecord } from '../../../core/record.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import { instantOf, isoOf, isZoned } from '../bounds.ts';
import type { PageContext } from '../page.ts';
import { textAt } from './spec.ts';

/** What the server's clock says, as milliseconds since 1970: its wall clock read as if it were of UTC, and UTC. */
export interface ServerClock {
  local: number;
  utc: number;
}

/** Both functions are as old as SQL Server; SYSDATETIME came with 2008. */
export async function serverClock(transport: QueryTransport): Promise<ServerClock> {
  const said = await transport.scalar("SELECT CONVERT(varchar(23), GETDATE(), 126) + ' ' + CONVERT(varchar(23), GETUTCDATE(), 126)");
  const [local, utc] = String(said)
    .split(' ')
    .map((text) => instantOf(text) ?? Infinity);
  return { local: local ?? Infinity, utc: utc ?? Infinity };
}

/**
 * The last moment that a cursor can have been written at. A column without a zone may be by either clock, unless the stream says by which:
 * then the later one counts.
 */
export function latestOf({ local, utc }: ServerClock, { clock }: Incremental, cursor = ''): number {
  if (isZoned(cursor) || clock === 'utc') return utc;
  return clock === 'server' ? local : Math.max(local, utc);
}

/**
 * Rows whose time of change is still to come by the server's clock: a date that was mistyped, or a clock that was ahead. They are read, but
 * the position stays before them, for all that is changed until then would be passed over.
 */
export function futureRows(name: string, clock: ServerClock, incremental: Incremental) {
  let count = 0;
  let latest = '';
  return {
    /** Can the position be at this row? What is not a time always can. */
    isPast({ values }: SourceRecord): boolean {
      const cursor = textAt(values, name);
      const at = cursor === undefined ? undefined : instantOf(cursor);
      return at === undefined || at <= latestOf(clock, incremental, cursor);
    },
    seen(records: readonly SourceRecord[]): void {
      for (let i = records.length - 1; i >= 0 && !this.isPast(records[i]!); i--) {
        count++;
        const cursor = textAt(records[i]!.values, name)!;
        if (cursor > latest) latest = cursor;
      }
    },
    tell({ name: stream, note }: PageContext): void {
      if (count > 0)
        note(
          `${stream}: ${count === 1 ? 'one row has' : `${count} rows have`} a ${name} in the future (up to ${latest}; by the server's clock it is ${isoOf(new Date(clock.local))}). They are read again by each run until then. Have them corrected at the source if that is a mistake.`,
        );
    },
  };
}
