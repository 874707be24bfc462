import type { FixtureTable } from '../recordings/fixture-table.ts';
import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, type Verdict } from '../finding.ts';
import { listSources, saveState } from '../../../store/ledger/sources.ts';
import type { Bench, Contents } from '../bench.ts';
import { changesOf } from '../file/life.ts';
import type { QueryCheck } from './checks.ts';
import type { QueryContext } from './context.ts';
import { saidOf } from '../reading.ts';

/** What becomes of a database between two runs: it is restored, its tables change. */
export const QUERY_DRIFT: readonly QueryCheck[] = [
  { check: 'expired_state', title: 'After the database was restored, everything is read again', run: expiredState },
  { check: 'column_added', title: 'A column that is new changes nothing', run: columnAdded },
  { check: 'retyped', title: 'A value of another type is handled as the schema says', run: retyped },
];

/** Row versions begin again in a restored database: a saved position that lies ahead of them must not hide its rows for ever. */
async function expiredState(context: QueryContext): Promise<Verdict> {
  if (context.stream.incremental?.kind !== 'rowversion') return undefined;
  return withBench(context, undefined, async (bench) => {
    await bench.run();
    const before = await bench.contents();
    const [source] = await listSources(bench.knex);
    await saveState(bench.knex, source!.id, '{"cursor":"0x7FFFFFFFFFFFFF00"}');
    const run = await bench.run();
    if (run.problems.length) return fails(`The run failed: ${saidOf(run.problems)}`, 'Report this.');
    const after = await bench.contents();
    if (!isDeepStrictEqual(before, after)) return fails(`The store changed (${changesOf(before, after)}).`, 'Report this.');
    const read = Object.keys(before.records).length;
    return run.counts.read >= read
      ? holds(`A position ahead of the server's row versions is discarded; ${counted(run.counts.read, 'row')} read again and recognized.`)
      : fails(`Only ${counted(run.counts.read, 'row')} of ${read} were read again.`, 'Report this.');
  });
}

async function columnAdded(context: QueryContext): Promise<Verdict> {
  const { tables } = context.fixture;
  const wider = Object.fromEntries(
    Object.entries(tables!).map(([name, table]): [string, FixtureTable] => [
      name,
      { columns: { ...table.columns, CERTIFY_NEW: 'VARCHAR(10)' }, rows: table.rows.map((row) => [...row, 'new']) },
    ]),
  );
  const contents = (bench: Bench): Promise<Contents> => bench.run().then(() => bench.contents());
  const [before, after] = [await withBench(context, undefined, contents), await withBench(context, wider, contents)];
  return isDeepStrictEqual(before, after)
    ? holds('The same records, with the same values.')
    : fails(`The store differs (${changesOf(before, after)}).`, 'In sql of the connector, name the columns instead of writing *.');
}

async function retyped(context: QueryContext): Promise<Verdict> {
  const { stream, fixture } = context;
  const rule = stream.schema.drift.data_type;
  if (rule === 'evolve') return undefined;
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  const [name, table] = Object.entries(fixture.tables!)[0]!;
  const typed = Object.keys(table.columns).find((column) => {
    const type = stream.schema.fields[column]?.type ?? 'text';
    return type !== 'text' && type !== 'boolean' && !keys.includes(column) && column !== stream.incremental?.cursor;
  });
  const where = stream.retriever.query!.where?.map((w) => w.column) ?? [];
  if (typed === undefined || table.rows.length === 0 || where.includes(typed) || stream.retriever.query!.sql) return undefined;
  const at = Object.keys(table.columns).indexOf(typed);
  const rows = table.rows.map((row, i) =>
    row.map((value, column) => (column !== at || value === null ? value : i === 0 ? 'letters' : String(value))),
  );
  rows[0]![at] = 'letters';
  const changed = { ...fixture.tables!, [name]: { columns: { ...table.columns, [typed]: 'VARCHAR(40)' }, rows } };
  return withBench(context, changed, async (bench) => {
    const run = await bench.run();
    const { records } = await bench.contents();
    if (JSON.stringify(records).includes('"letters"'))
      return fails(`"letters" was taken for a ${stream.schema.fields[typed]!.type}.`, 'Report this.');
    if (run.outcome === 'failed')
      return holds(`${typed} with letters in it stops the run (${run.problems[0]!.code}), nothing is stored of it.`);
    return rule === 'quarantine_value'
      ? holds(`${typed} with letters in it is removed and the record is kept.`)
      : run.counts.rejected > 0
        ? holds(`${typed} with letters in it rejects the record.`)
        : fails(`${typed} with letters in it was not noticed.`, 'Give the field its type in schema.fields of the connector.');
  });
}

function withBench<T>(
  context: QueryContext,
  tables: Record<string, FixtureTable> | undefined,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  return context.withServer(async (server) => {
    const bench = await context.bench(server);
    try {
      return await work(bench);
    } finally {
      await bench.close();
    }
  }, tables);
}
