import type { FixtureTable } from '../recordings/fixture-table.ts';
import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import type { SinkField } from '../../../config/schema/sink.ts';
import { fails, holds, holdsFor, NO_NOTE, type Verdict } from '../finding.ts';
import { keyColumns } from '../../../connector/sink/push-table.ts';
import { plainValue, sameValue } from '../../../connector/stream/same-value.ts';
import { writtenValues } from '../../../connector/sink/sink-values.ts';
import { fillText } from '../../../connector/template.ts';
import { FatalError } from '../../../core/errors.ts';
import type { Values } from '../../../core/record.ts';
import { openTransport } from '../../../transports/transports.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import type { StartTables, TableServer } from '../query/context.ts';
import { saidOf } from '../reading.ts';
import { CANARY, CANARY_REFERENCE, secretsAbsent } from '../secrets.ts';
import { type SinkBench, withSinkBench } from './bench.ts';
import type { SinkContext } from './checks.ts';
import { became, type Became, counts, differsFromAnswers, states } from './outcome.ts';

export interface SinkTableContext extends SinkContext {
  startTables: StartTables;
}

/** What must be true of rows that are written into another system's table, on a server that speaks the database's protocol. */
export const TABLE_PUSH: readonly { check: string; title: string; run(context: SinkTableContext): Promise<Verdict> }[] = [
  { check: 'rows_written', title: 'The table ends up with the recorded rows', run: rowsWritten },
  { check: 'unique_key', title: 'No two rows of the table can have the same key', run: uniqueKey },
  { check: 'sent_again', title: 'Writing again adds and changes nothing', run: sentAgain },
  { check: 'read_back', title: 'Each row reads back as it was written', run: readBack },
  { check: 'refused_alone', title: 'Only the row that the database refuses is rejected', run: refusedAlone },
  { check: 'killed', title: 'A run killed at any moment and run again leaves the same table', run: killed },
  { check: 'secrets', title: 'No secret reaches messages or the store', run: secrets },
];

type Rows = Record<string, string[]>;

interface At {
  bench: SinkBench;
  server: TableServer;
  transport: QueryTransport;
}

async function onTables(context: SinkTableContext, work: (at: At) => Promise<Verdict>): Promise<Verdict> {
  const { connector, name, fixture, setup } = context;
  const server = await context.startTables(fixture.tables!, { username: 'writer', password: CANARY, writes: true });
  try {
    const options = { ...setup.options, ...server.options, password: CANARY_REFERENCE };
    const plain = { ...connector, transport_options: {} };
    return await withSinkBench({ ...setup, options, connector: plain, sink: name, context: fixture.context }, async (bench) => {
      const transport = (await openTransport(
        connector.transport,
        { ...server.options, password: CANARY },
        { connection: 'certified', projectFolder: bench.folder },
      )) as QueryTransport;
      try {
        return await work({ bench, server, transport });
      } finally {
        await transport.close();
      }
    });
  } finally {
    await server.close();
  }
}

/** The rows of each recorded table after its records were written, as expected.json has them. Throws what the run said. */
export async function rowsAfter(context: SinkTableContext): Promise<Record<string, (string | null)[][]>> {
  let rows: Record<string, (string | null)[][]> = {};
  await onTables(context, async ({ bench, transport }) => {
    await bench.queue(context.fixture.records);
    const { problems } = await bench.send();
    if (problems.length) throw new FatalError(problems);
    rows = await rawRows(context, transport);
    return undefined;
  });
  return rows;
}

async function rawRows({ fixture }: SinkContext, transport: QueryTransport): Promise<Record<string, (string | null)[][]>> {
  const tables: Record<string, (string | null)[][]> = {};
  for (const [name, { columns }] of Object.entries(fixture.tables!)) {
    const names = Object.keys(columns);
    const read = names.filter((column) => !isVersion(columns[column]!)).map((column) => ({ name: column, type: 'text' as const }));
    tables[name] = [];
    for await (const list of transport.query({ tables: [name], columns: read }))
      for (const { values } of list) tables[name].push(names.map((column) => (values[column] as string | undefined) ?? null));
  }
  return tables;
}

/** Rows of each recorded table as text that can be compared, sorted; without row versions, which the server gives. */
async function rowsNow(context: SinkContext, transport: QueryTransport): Promise<Rows> {
  const tables = await rawRows(context, transport);
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [name, rows.map((row) => rowText(row, context.fixture.tables![name]!)).sort()]),
  );
}

function isVersion(type: string): boolean {
  return /^(?:rowversion|timestamp)\b/i.test(type);
}

/** Of a row, in the order of its columns; numbers and days in one form. */
function rowText(row: readonly (string | number | null)[], { columns }: FixtureTable): string {
  const types = Object.values(columns);
  return JSON.stringify(
    row.map((cell, i) => (cell === null || cell === '' || isVersion(types[i]!) ? null : plainValue(String(cell), typeOf(types[i]!)))),
  );
}

function typeOf(declared: string): SinkField['type'] {
  if (/^(?:numeric|decimal|money|smallmoney|float|real|int|bigint|smallint|tinyint)\b/i.test(declared)) return 'decimal';
  return /^(?:date|datetime|datetime2|smalldatetime)\b/i.test(declared) ? 'datetime' : /^bit\b/i.test(declared) ? 'boolean' : 'text';
}

function expected({ fixture }: SinkContext): Rows {
  const tables = Object.entries(fixture.tables!);
  return Object.fromEntries(
    tables.map(([name, table]) => [name, (fixture.expected![name] ?? table.rows).map((row) => rowText(row, table)).sort()]),
  );
}

function differing(found: Rows, wanted: Rows): string | undefined {
  for (const [name, rows] of Object.entries(wanted)) {
    const left = [...rows];
    const more = (found[name] ?? []).filter((row) => {
      const at = left.indexOf(row);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    if (left.length || more.length)
      return `${name}: ${[left[0] && `${left[0]} is not there`, more[0] && `${more[0]} is there`].filter(Boolean).join(', and ')}`;
  }
  return undefined;
}

async function rowsWritten(context: SinkTableContext): Promise<Verdict> {
  const { sink, fixture } = context;
  const unknown = Object.keys(fixture.expected!).find((name) => !fixture.tables![name]);
  if (unknown !== undefined)
    return fails(`expected.json has rows of ${unknown}, but tables.json has no such table.`, 'Name it as in tables.json.');
  return onTables(context, async ({ bench, transport }) => {
    await bench.queue(fixture.records);
    const { problems } = await bench.send();
    if (problems.length) return fails(saidOf(problems), 'Correct the connector, or tables.json if that is wrong.');
    const result = became(sink, await bench.rows());
    const wrong = differsFromAnswers(sink, result, fixture.answers[0]);
    if (wrong.length)
      return fails(
        `${wrong.slice(0, 3).join('; ')}.`,
        'Correct the sink in the connector, or say in answers.json which records the database refuses.',
      );
    const other = differing(await rowsNow(context, transport), expected(context));
    return other
      ? fails(`${other}.`, 'Correct the sink in the connector, or expected.json if that is wrong.')
      : holds(`${counts(result)}; the rows are those of expected.json.`);
  });
}

async function uniqueKey(context: SinkTableContext): Promise<Verdict> {
  return onTables(context, async ({ transport }) => {
    const { name, write } = context.sink.target.table!;
    const found = await transport.checkTable({
      table: fillText(name, context.variables),
      write,
      key: keyColumns(context.sink),
      columns: Object.keys(context.sink.schema.fields),
    });
    if (found.ok && !found.warning) return holds(`${found.detail}.`);
    return { state: found.ok ? 'warning' : 'failed', detail: found.detail, hint: found.hint ?? 'Check target.table.' };
  });
}

async function sentAgain(context: SinkTableContext): Promise<Verdict> {
  return onTables(context, async ({ bench, transport }) => {
    await bench.queue(context.fixture.records);
    await bench.send();
    const once = await rowsNow(context, transport);
    const first = states(became(context.sink, await bench.rows()));
    await bench.forget();
    await bench.queue(context.fixture.records);
    const { problems } = await bench.send();
    const other = problems.length ? saidOf(problems) : differing(await rowsNow(context, transport), once);
    if (other)
      return fails(
        `Written again from a restored store: ${other}.`,
        'Check target.table.key in the connector: together its columns must be different for each row.',
      );
    const again = states(became(context.sink, await bench.rows()));
    return isDeepStrictEqual(first, again)
      ? holds(`${counted(Object.values(once).flat().length, 'row')} after once and after twice.`)
      : fails(`Written again the records are ${counts(became(context.sink, await bench.rows()))}.`, 'Check target.table.write and key.');
  });
}

async function readBack(context: SinkTableContext): Promise<Verdict> {
  const { sink, fixture, variables } = context;
  if (sink.target.table!.write === 'delete') return undefined;
  return onTables(context, async ({ bench, transport }) => {
    await bench.queue(fixture.records);
    await bench.send();
    const accepted = (await bench.rows()).filter((row) => row.state === 'accepted' || row.state === 'acknowledged');
    const written = accepted.map(({ values }) => textsOf(sink.schema.fields, values, context));
    const key = keyColumns(sink);
    const columns = [...new Set(written.flatMap(Object.keys))];
    const rows = written.map((row) => Object.fromEntries(key.map((column) => [column, row[column] ?? null])));
    const found = await transport.readBack({ table: fillText(sink.target.table!.name, variables), key, columns, rows });
    for (const [i, row] of written.entries()) {
      const there = found[i];
      const other = Object.keys(row).find(
        (column) => !there || !sameValue(there[column] ?? null, row[column]!, sink.schema.fields[column]!.type),
      );
      if (other !== undefined)
        return fails(
          there
            ? `${other} was written as ${JSON.stringify(row[other])} and reads as ${JSON.stringify(there[other] ?? null)}.`
            : 'A row that was written is not there.',
          'Give the field as many decimals or characters as the column has, and acknowledgment.read_back: true.',
        );
    }
    return holds(`${counted(written.length, 'row')}, ${counted(columns.length, 'column')}.`);
  });
}

function textsOf(fields: object, values: Values, { sink }: SinkContext): Record<string, string | null> {
  const written = writtenValues(sink, values, { file: '', record: 1 }, []);
  const names = Object.keys(fields).filter((name) => Object.hasOwn(values, name));
  return Object.fromEntries(names.map((name) => [name, typeof written[name] === 'string' ? written[name] : null]));
}

/** Changes one value so that its column cannot hold it; undefined where no column of the sink has such a bound. */
function spoilt({ sink, fixture, variables }: SinkContext): { record: Values; what: string } | undefined {
  const table = fillText(sink.target.table!.name, variables).replace(/^dbo\./i, '');
  const [, found] =
    Object.entries(fixture.tables!).find(([name]) => name.replace(/^dbo\./i, '').toLowerCase() === table.toLowerCase()) ?? [];
  const key = keyColumns(sink);
  for (const [name, field] of Object.entries(sink.schema.fields)) {
    const type = Object.entries(found?.columns ?? {}).find(([column]) => column.toLowerCase() === name.toLowerCase())?.[1];
    const width = /^n?(?:var)?char\s*\((\d+)\)/i.exec(type ?? '')?.[1];
    if (key.includes(name) || width === undefined || field.type !== 'text' || field.values) continue;
    return { record: { ...fixture.records[0]!, [name]: 'W'.repeat(Number(width) + 1) }, what: `${name} of ${Number(width) + 1} letters` };
  }
  return undefined;
}

async function refusedAlone(context: SinkTableContext): Promise<Verdict> {
  const { sink, fixture } = context;
  const bad = spoilt(context);
  if (!bad) return undefined;
  const plain = await undisturbed(context);
  return onTables(context, async ({ bench }) => {
    await bench.queue([bad.record, ...fixture.records.slice(1)]);
    const { problems } = await bench.send();
    if (problems.length) return fails(`${bad.what}: ${saidOf(problems)}`, 'Report this.');
    const [[, first], ...others] = Object.entries(became(sink, await bench.rows())) as [
      [string, Became[string]],
      ...[string, Became[string]][],
    ];
    if (first.state === 'accepted') return fails(`${bad.what} was written.`, 'Give the field a max_length as the column has it.');
    const lost = others.find(([key, { state }]) => state !== plain.states[key]);
    if (lost) return fails(`Because of ${bad.what} the record ${lost[0]} is ${lost[1].state}.`, 'Report this.');
    const how = first.state === 'refused' ? 'refused before it is sent' : 'rejected by the database';
    return holds(`${bad.what}: ${how}; ${counted(others.length, 'other')} as before.`);
  });
}

/** What one run makes of records and table. */
async function undisturbed(context: SinkTableContext): Promise<{ commits: number; rows: Rows; states: Record<string, string> }> {
  let found = { commits: 0, rows: {} as Rows, states: {} as Record<string, string> };
  await onTables(context, async ({ bench, transport }) => {
    await bench.queue(context.fixture.records);
    const { commits } = await bench.send();
    found = { commits, rows: await rowsNow(context, transport), states: states(became(context.sink, await bench.rows())) };
    return undefined;
  });
  return found;
}

const MAX_KILLS = 10;

async function killed(context: SinkTableContext): Promise<Verdict> {
  const { sink, fixture } = context;
  const whole = await undisturbed(context);
  const commits = Math.min(whole.commits, MAX_KILLS);
  for (const how of ['before', 'after'] as const)
    for (let at = 1; at <= commits; at++) {
      const verdict = await onTables(context, async ({ bench, transport }) => {
        await bench.queue(fixture.records);
        await bench.send({ cut: { at, how } });
        const { problems } = await bench.send();
        const other = problems.length ? saidOf(problems) : differing(await rowsNow(context, transport), whole.rows);
        const when = `${how === 'before' ? 'just before' : 'just after'} note ${at} of ${commits}`;
        if (other)
          return fails(
            `Killed ${when} and run again, ${other}.`,
            'Check target.table.key in the connector: together its columns must be different for each row.',
          );
        const now = states(became(sink, await bench.rows()));
        return isDeepStrictEqual(now, whole.states)
          ? undefined
          : fails(
              `Killed ${when} and run again, records differ in what became of them.`,
              'Check target.table.write and target.table.key in the connector.',
            );
      });
      if (verdict) return verdict;
    }
  return holdsFor(
    commits,
    `${counted(2 * commits, 'kill')}, before and after each note in the store: the table of an undisturbed run.`,
    NO_NOTE,
  );
}

async function secrets(context: SinkTableContext): Promise<Verdict> {
  return onTables(context, async ({ bench }) => {
    await bench.queue(context.fixture.records);
    return secretsAbsent(bench, [await bench.send()]);
  });
}
