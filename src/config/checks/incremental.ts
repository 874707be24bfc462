import type { Problem } from '../../core/errors.ts';
import { problemAt } from '../draft.ts';
import type { Part } from '../draft.ts';
import type { ConnectorConfig, StreamConfig } from '../schema/connector.ts';
import { isTimeZone } from '../../core/time/zones.ts';

/** What each kind of reading only what changed needs, and what means nothing to it. */
export function checkIncremental(part: Part<ConnectorConfig>, base: (string | number)[], stream: StreamConfig): Problem[] {
  const { incremental, retriever } = stream;
  const problems: Problem[] = [];
  const add = (path: (string | number)[], message: string, hint?: string, code = 'VALUE_INVALID'): void =>
    void problems.push(problemAt(part, [...base, ...path], code, message, hint));
  if (!incremental) return problems;
  const { kind } = incremental;
  if (incremental.clock !== undefined && (kind !== 'datetime' || !retriever.query))
    add(['incremental', 'clock'], 'applies only to the times of a query.', 'Remove it.');
  const { time_zone: zone } = incremental;
  if (zone !== undefined && !retriever.request)
    add(['incremental', 'time_zone'], 'is for requests; a query compares with what the column has.', 'Remove it.');
  else if (zone !== undefined && !zone.includes('{{') && !isTimeZone(zone))
    add(['incremental', 'time_zone'], `"${zone}" is not a time zone.`, 'Use an IANA name such as America/New_York.');
  if (kind !== 'change_tracking') {
    if (incremental.cursor === undefined)
      add(
        ['incremental', 'cursor'],
        'the key "cursor" is missing: it says which field grows.',
        'Only kind: change_tracking needs none.',
        'KEY_MISSING',
      );
    if (incremental.echo !== undefined) add(['incremental', 'echo'], 'applies only to kind: change_tracking.', 'Remove it.');
  }
  if ((kind === 'rowversion' || kind === 'change_tracking') && !retriever.query)
    add(['incremental', 'kind'], `${kind} is for SQL Server, but this stream is not a query.`, 'Use kind: datetime or sequence.');
  else if (kind === 'rowversion') {
    for (const name of ['tie_breaker', 'lookback', 'delay'] as const)
      if (incremental[name] !== undefined)
        add(['incremental', name], 'has no effect with kind: rowversion, which misses no row and has no ties.', 'Remove it.');
  } else if (kind === 'change_tracking') problems.push(...checkChanges(part, base, stream));
  return problems;
}

function checkChanges(part: Part<ConnectorConfig>, base: (string | number)[], stream: StreamConfig): Problem[] {
  const problems: Problem[] = [];
  const add = (path: string[], message: string, hint?: string): void =>
    void problems.push(problemAt(part, [...base, ...path], 'VALUE_INVALID', message, hint));
  if (stream.partition)
    add(
      ['partition'],
      'the changes of a table are read all at once: with partitions, rows of other partitions would be taken for deleted.',
      'Remove partition, or use another kind.',
    );
  const { primary_key: key } = stream;
  const { sql, tables, table_field: tableField } = stream.retriever.query!;
  for (const name of ['cursor', 'tie_breaker', 'start', 'lookback', 'delay', 'format'] as const)
    if (stream.incremental![name] !== undefined)
      add(['incremental', name], 'has no effect with kind: change_tracking, where the server sets the position.', 'Remove it.');
  if (sql !== undefined)
    add(
      ['retriever', 'query', 'sql'],
      'the server tracks the changes of a table, not those of a SELECT.',
      'Give tables with that one table.',
    );
  if (tables && tables.length > 1)
    add(
      ['retriever', 'query', 'tables'],
      `the server tracks the changes of each table separately, but there are ${tables.length} tables.`,
      'Make a stream for each.',
    );
  if (!Array.isArray(key))
    add(['primary_key'], 'must be the primary key of the table, which never repeats.', 'Write primary_key: [COLUMN].');
  else if (key.every((name) => name === tableField)) add(['primary_key'], "must have the columns of the table's primary key.");
  if (stream.deletes?.when_absent)
    add(
      ['deletes', 'when_absent'],
      'is not needed: the server reports deleted rows.',
      'Remove it; max_percent counts when everything has to be read again.',
    );
  if (stream.record_selector?.where)
    add(
      ['record_selector', 'where'],
      'leaves out rows that no longer match, so it would not be noticed that they are gone.',
      'Use retriever.query.where.',
    );
  return problems;
}
