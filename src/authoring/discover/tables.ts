import type { SourceRecord, Values } from '../../core/record.ts';
import type { QueryTransport } from '../../transports/transport.ts';
import {
  type Discovery,
  type PlainMap,
  type ProposedField,
  type ProposedKey,
  type ProposedStream,
  streamName,
  textOf,
  withOwnNames,
} from './proposal.ts';
import { proposeKeys } from './fields.ts';
import { namesIdentifier } from '../../connector/stream/field-names.ts';

/** Without names, a database's own tables are listed up to this many; a vendor's has thousands. */
const MAX_TABLES = 40;
/** Rows looked at for a key where the database declares none. */
const MAX_ROWS = 2000;

interface Column {
  name: string;
  type: string;
  nullable: boolean;
}

/** Streams for the tables and views of a database: keys as it declares them, rowversion columns as cursors. */
export async function discoverTables(
  transport: QueryTransport,
  connection: string,
  wanted: readonly string[] | undefined,
): Promise<Discovery> {
  const columns = await rows(
    transport,
    'SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, IS_NULLABLE, ORDINAL_POSITION FROM INFORMATION_SCHEMA.COLUMNS',
    ['TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME', 'DATA_TYPE', 'IS_NULLABLE', 'ORDINAL_POSITION'],
  );
  const keys = await declaredKeys(transport);
  const tracked = await trackedTables(transport);
  const tables = Map.groupBy(
    columns.sort((a, b) => Number(a['ORDINAL_POSITION']) - Number(b['ORDINAL_POSITION'])),
    (row) => (row['TABLE_SCHEMA'] === 'dbo' ? textOf(row['TABLE_NAME']) : `${textOf(row['TABLE_SCHEMA'])}.${textOf(row['TABLE_NAME'])}`),
  );
  const names = [...tables.keys()].sort();
  const chosen = wanted ? names.filter((name) => wanted.some((w) => w.toLowerCase() === name.toLowerCase())) : names.slice(0, MAX_TABLES);
  const streams: ProposedStream[] = [];
  for (const name of chosen) {
    const list = tables.get(name)!.map((row): Column => ({
      name: textOf(row['COLUMN_NAME']),
      type: textOf(row['DATA_TYPE']).toLowerCase(),
      nullable: row['IS_NULLABLE'] === 'YES',
    }));
    streams.push(await tableStream(transport, name, list, keys.get(name), tracked.has(name)));
  }
  const unknown = (wanted ?? []).filter((w) => !names.some((name) => name.toLowerCase() === w.toLowerCase()));
  const notes = [
    ...unknown.map((w) => `There is no table or view ${w} that this login can see.`),
    ...(!wanted && names.length > MAX_TABLES
      ? [`${names.length} tables and views; these are the first ${MAX_TABLES}. Name those you want: --table A B.`]
      : []),
  ];
  return {
    source: `${connection}, ${chosen.length} of ${names.length} tables and views`,
    streams: withOwnNames(streams),
    options: {},
    notes,
  };
}

async function tableStream(
  transport: QueryTransport,
  table: string,
  columns: readonly Column[],
  declared: readonly string[] | undefined,
  tracked: boolean,
): Promise<ProposedStream> {
  const version = columns.find((c) => c.type === 'timestamp' || c.type === 'rowversion');
  const changed = columns.find((c) => /^(small)?datetime2?$/.test(c.type) && /modif|chang|updat|row_?ts/i.test(c.name));
  const fields = columns.filter((c) => readable(c.type)).map(fieldOf);
  const evidence: string[] = columns.filter((c) => !readable(c.type)).map((c) => `${c.name} is left out: ${c.type} has no exact text`);
  let incremental: PlainMap | undefined;
  if (tracked && declared?.length) {
    incremental = { kind: 'change_tracking' };
    evidence.push('the server tracks its changes and this login may see them: only what changed is read, deletions too');
  } else if (version) {
    incremental = { cursor: version.name, kind: 'rowversion' };
    evidence.push(`${version.name} is a row version: it changes with every update, so only changes are read; it does not show deletions`);
  } else if (changed) {
    const tie = declared?.length === 1 ? declared[0] : undefined;
    incremental = { cursor: changed.name, ...(tie ? { tie_breaker: tie } : {}), lookback: '1h' };
    evidence.push(`${changed.name} looks like a time of change: make sure that every change updates it; it does not show deletions`);
  }
  return {
    name: streamName(table.replace(/^.*\./, '')),
    description: `Rows of ${table}.`,
    retriever: { query: { tables: [table] } },
    ...(incremental ? { incremental } : {}),
    fields: fields.map((f) => (f.name === version?.name ? { ...f, required: true } : f)),
    keys: declared?.length
      ? [{ fields: [...declared], evidence: 'the primary key of the table' }]
      : await keysSeen(
          transport,
          table,
          fields.filter((f) => f.name !== version?.name),
        ),
    evidence,
  };
}

/** A view declares no key: the values of its first rows say what could be one. */
async function keysSeen(transport: QueryTransport, table: string, fields: readonly ProposedField[]): Promise<ProposedKey[]> {
  const sample: SourceRecord[] = [];
  try {
    for await (const list of transport.query({ tables: [table], columns: fields.map((f) => ({ name: f.name, type: 'text' })) })) {
      sample.push(...list);
      if (sample.length >= MAX_ROWS) break;
    }
  } catch (error) {
    return [{ fields: [fields[0]?.name ?? 'id'], evidence: `its rows could not be looked at: ${(error as Error).message.split('\n')[0]}` }];
  }
  const found = proposeKeys(
    sample.map((r) => r.values),
    fields.map((f) => ({ ...f, type: f.type === 'decimal' ? 'decimal' : 'text', optional: false })),
  );
  return found.map((key) => ({ ...key, evidence: `no key is declared; ${key.evidence} in the first ${sample.length} rows` }));
}

async function declaredKeys(transport: QueryTransport): Promise<Map<string, string[]>> {
  const keys = new Map<string, string[]>();
  const sql = `SELECT k.TABLE_SCHEMA AS TABLE_SCHEMA, k.TABLE_NAME AS TABLE_NAME, k.COLUMN_NAME AS COLUMN_NAME, k.ORDINAL_POSITION AS ORDINAL_POSITION FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE k JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS t ON t.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND t.TABLE_NAME = k.TABLE_NAME WHERE t.CONSTRAINT_TYPE = 'PRIMARY KEY'`;
  // A server that does not tell its constraints is asked for values instead.
  const found = await rows(transport, sql, ['TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME', 'ORDINAL_POSITION']).catch(() => []);
  for (const row of found.sort((a, b) => Number(a['ORDINAL_POSITION']) - Number(b['ORDINAL_POSITION']))) {
    const name = row['TABLE_SCHEMA'] === 'dbo' ? textOf(row['TABLE_NAME']) : `${textOf(row['TABLE_SCHEMA'])}.${textOf(row['TABLE_NAME'])}`;
    keys.set(name, [...(keys.get(name) ?? []), textOf(row['COLUMN_NAME'])]);
  }
  return keys;
}

/** Tables whose changes are tracked, and which this login may view. */
async function trackedTables(transport: QueryTransport): Promise<Set<string>> {
  const sql = `SELECT SCHEMA_NAME(t.schema_id) AS TABLE_SCHEMA, t.name AS TABLE_NAME FROM sys.change_tracking_tables AS c JOIN sys.tables AS t ON t.object_id = c.object_id WHERE HAS_PERMS_BY_NAME(N'[' + REPLACE(SCHEMA_NAME(t.schema_id), N']', N']]') + N'].[' + REPLACE(t.name, N']', N']]') + N']', N'OBJECT', N'VIEW CHANGE TRACKING') = 1`;
  const found = await rows(transport, sql, ['TABLE_SCHEMA', 'TABLE_NAME']).catch(() => []);
  return new Set(
    found.map((row) =>
      row['TABLE_SCHEMA'] === 'dbo' ? textOf(row['TABLE_NAME']) : `${textOf(row['TABLE_SCHEMA'])}.${textOf(row['TABLE_NAME'])}`,
    ),
  );
}

async function rows(transport: QueryTransport, sql: string, columns: readonly string[]): Promise<Values[]> {
  const found: Values[] = [];
  for await (const list of transport.query({ sql, columns: columns.map((name) => ({ name, type: 'text' })) }))
    found.push(...list.map((r) => r.values));
  return found;
}

function readable(type: string): boolean {
  return !/^(sql_variant|geography|geometry|hierarchyid|image|varbinary|binary)$/.test(type);
}

/** A database knows its types: these are declarations, not guesses. */
function fieldOf({ name, type, nullable }: Column): ProposedField {
  const personal = /name|addr|street|phone|mobile|e-?mail|birth|ssn/i.test(name);
  const proposed = /^(decimal|numeric|money|smallmoney|float|real)$/.test(type)
    ? 'decimal'
    : type === 'date'
      ? 'date'
      : /^(small)?datetime(2|offset)?$/.test(type)
        ? 'datetime'
        : type === 'bit'
          ? 'boolean'
          : /^(tinyint|smallint|int|bigint)$/.test(type) && !namesIdentifier(name)
            ? 'integer'
            : 'text';
  return {
    name,
    type: proposed,
    ...(personal ? { personal } : {}),
    evidence: `the database declares ${type}${nullable ? '' : ', never null'}`,
  };
}
