import type { QueryDeclaration } from '../declaration.ts';

/** Tables and views of Microsoft SQL Server. */
export const sqlserver: QueryDeclaration = {
  reads: 'query',
  writes: 'table',
  statuses: { is: 'SQL Server error number', from: 1, to: 2_147_483_647, hint: 'Such as 1205, a deadlock.' },
  supplies: 'Host, database, and a login that may only read.',
  optionsSchema: async () => (await import('./options.ts')).sqlserverOptions,
  open: async (options, context) => (await import('./sqlserver.ts')).openSqlServer(options, context),
  recordedTables: 'tds',
};
