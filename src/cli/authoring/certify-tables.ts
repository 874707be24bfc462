import type { StartTables } from '../../authoring/certify/query/context.ts';

/** Of the sample town's stand-in for SQL Server; the one part of it that is used outside, and only here. */
const RECORDED_TABLES = '../../../scripts/sample-town/servers/tds/recorded-tables.ts';

/** What loads recorded tables into a server that speaks SQL Server's protocol. undefined: this installation has none. */
export async function tablesPort(): Promise<StartTables | undefined> {
  const found = (await import(RECORDED_TABLES).catch(() => undefined)) as { startRecordedTables: StartTables } | undefined;
  return found?.startRecordedTables;
}
