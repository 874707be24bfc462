import { counted } from '../../core/text/counted.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import { fails, holds, holdsBut, type Verdict } from './finding.ts';
import { columnOf, literal, quoted, tableName, whereKey } from './recordings/tables.ts';
import { textAt } from '../../connector/stream/figures.ts';
import type { SourceRecord } from '../../core/record.ts';
import { using } from './bench.ts';
import type { QueryContext } from './query/context.ts';
import { saidOf } from './reading.ts';

export const DELETED = { check: 'deleted_records', title: 'A record that the system marks as deleted is deleted here' };

/** Whether deletes.values are words that the system uses: wrong ones keep for ever what was deleted there, and nothing tells. */
export function deletedRecords({ deletes }: StreamConfig, records: readonly SourceRecord[]): Verdict {
  if (!deletes?.field) return undefined;
  const field = deletes.field;
  const read = records.filter((record) => record.raw === undefined);
  const deleted = read.filter((record) => record.deleted).length;
  if (deleted > 0) return holds(`${counted(deleted, 'recorded record')} marked as deleted by ${field}.`);
  const found = [...new Set(read.map(({ values }) => textAt(values, field)))];
  const wanted = (deletes.values ?? []).join(', ') || 'nothing';
  if (found.length > 1)
    return fails(
      `${field} is ${found
        .slice(0, 6)
        .map((value) => value || 'empty')
        .join(', ')} in the recording, and deletes.values says ${wanted}, so no record would ever be deleted here.`,
      'In the connector, set deletes.values to what the system writes for a deleted record. A BIT column of SQL Server reads as 1 or 0.',
    );
  return holdsBut(
    `No recorded record is deleted, so it is not proven that ${field} is ${wanted} for a deleted one.`,
    'Add a deleted record to the recording.',
  );
}

/** Of a database the mark is set in a row that was read before: the next run must delete its record. */
export async function deletedRow(context: QueryContext): Promise<Verdict> {
  const { stream, fixture } = context;
  const said = await context.withServer(async (server) => deletedRecords(stream, (await context.read(server)).records));
  if (!said || said.state === 'failed') return said;
  const { field, values = [] } = stream.deletes!;
  const mark = fixture.records.find((record) => values.includes(textAt(record, field!)))?.[field!] ?? values[0];
  for (const [name, table] of Object.entries(fixture.tables!)) {
    const at = columnOf(table, field!);
    const nth = at === undefined ? -1 : table.rows.findIndex((row) => !values.includes(String(row[at] ?? '')));
    const where = nth < 0 ? undefined : whereKey(stream, table, nth);
    if (where === undefined) continue;
    return context.withServer((server) =>
      using(context.bench(server), async (bench) => {
        await bench.run();
        const before = await bench.contents();
        await server.execute(
          `UPDATE ${tableName(name)} SET ${[`${quoted(field!)} = ${literal(String(mark))}`, ...moved(stream)].join(', ')} WHERE ${where}`,
        );
        const run = await bench.run();
        const { deleted } = await bench.contents();
        if (deleted.length !== before.deleted.length + 1)
          return fails(
            `A row was marked as deleted (${field} = ${String(mark)}), and ${deleted.length - before.deleted.length} records were deleted.${run.problems.length ? ` ${saidOf(run.problems)}` : ''}`,
            'Check deletes.values in the connector, and whether the system also changes the cursor field when it deletes a record.',
          );
        return { ...said, detail: `${said.detail} A row whose ${field} became ${String(mark)} was deleted by the next run.` };
      }),
    );
  }
  return said;
}

/** A system that marks a row changes its cursor as well; a row version moves by itself. */
function moved({ incremental }: StreamConfig): string[] {
  if (incremental?.cursor === undefined || incremental.kind === 'rowversion') return [];
  return [`${quoted(incremental.cursor)} = ${incremental.kind === 'sequence' ? '2000000000' : "'2099-01-01T00:00:00'"}`];
}
