import type { ConnectorConfig } from '../../config/schema/connector.ts';
import { InterlocalError } from '../../core/errors.ts';
import type { CheckResult, QueryTransport } from '../../transports/transport.ts';
import { keyColumns } from './push-table.ts';
import { readQuery } from '../source/pages.ts';
import { fillText, type Variables } from '../template.ts';

/** What the streams and sinks of a connector need of a database next to a login: changes that are tracked, tables that can be written to. */
export async function checkTables(connector: ConnectorConfig, transport: QueryTransport, variables: Variables): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [name, stream] of Object.entries(connector.streams)) {
    if (stream.incremental?.kind !== 'change_tracking') continue;
    results.push(
      await looked(`changes of ${name}`, async () => {
        const context = { name, variables, state: {}, now: new Date(), note: () => {} };
        // The first page comes when everything that reading needs was found to be there.
        for await (const _ of readQuery(stream, transport, context)) break;
        return { name: `changes of ${name}`, ok: true, detail: 'they are tracked and can be read' };
      }),
    );
  }
  for (const [name, sink] of Object.entries(connector.sinks)) {
    const { table } = sink.target;
    if (!table) continue;
    const columns = sink.rows ? sink.rows.each.flatMap(Object.keys) : Object.keys(sink.schema.fields);
    results.push(
      await looked(`sink ${name}`, () =>
        transport.checkTable({ table: fillText(table.name, variables), write: table.write, key: keyColumns(sink), columns }),
      ),
    );
  }
  return results;
}

async function looked(name: string, look: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    const [problem] = error.problems;
    return { name, ok: false, detail: problem!.message, ...(problem!.hint ? { hint: problem!.hint } : {}) };
  }
}
