import type { SinkFixture } from './recordings/sink-fixtures.ts';
import { renderSink } from '../../connector/sink/sink.ts';
import { optionVariables } from '../../connector/template.ts';
import type { Pack } from './pack.ts';
import type { StartTables } from './query/context.ts';
import { CANARY_FILES, optionsFor } from './secrets.ts';

/** What a sink writes of its recorded records: the file, where none is recorded yet; with `startTables` the rows of its tables. */
export async function writtenBySink(
  pack: Pack,
  name: string,
  fixture: SinkFixture,
  startTables: StartTables | undefined,
): Promise<{ file: string; bytes: Uint8Array | string } | undefined> {
  const connector = pack.connector!;
  const sink = connector.sinks[name]!;
  const options = optionsFor(connector, pack.fixtures);
  const variables = optionVariables(options);
  if (sink.target.file && !fixture.file) {
    const written = await renderSink(sink, fixture.records, { ...fixture.context, variables });
    return { file: written.name, bytes: written.bytes };
  }
  if (!sink.target.table || !startTables) return undefined;
  const { rowsAfter } = await import('./sink/table-checks.ts');
  const setup = { options, secrets: CANARY_FILES };
  const rows = await rowsAfter({ connector, name, sink, unpack: [], fixture, variables, setup, startTables });
  const lines = Object.entries(rows).map(
    ([table, list]) => `  ${JSON.stringify(table)}: [\n${list.map((row) => `    ${JSON.stringify(row)}`).join(',\n')}\n  ]`,
  );
  return { file: 'expected.json', bytes: `{\n${lines.join(',\n')}\n}\n` };
}
