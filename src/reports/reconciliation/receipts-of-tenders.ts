import type { GroupRecord } from '../../engine/reconciliation/composition.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { entityIds } from '../../store/ledger/sources.ts';
import { linesOfReceipts } from '../../store/landing/golden.ts';

/** Where the receipts of payments were taken, and by whom, by the golden record of each payment; of receipts themselves, nothing. */
export async function receiptsOfTenders(
  { project, knex }: Engine,
  entity: string,
  records: readonly GroupRecord[],
): Promise<Map<number, { place: string | null; cashier: string | null }>> {
  const receipts = project.config.revenue.receipts;
  const found = new Map<number, { place: string | null; cashier: string | null }>();
  if (entity === receipts || !project.entities.has(receipts)) return found;
  const nameOf = (source: unknown, number: unknown): string => JSON.stringify([source ?? null, number ?? null]);
  const named = records.flatMap(({ values: { source, receipt_number: number } }) =>
    (number ?? null) === null ? [] : [{ source: text(source), number: String(number) }],
  );
  const id = (await entityIds(knex)).get(receipts)!;
  const byName = new Map(
    (await linesOfReceipts(knex, { entity: receipts, entityId: id, off: [] }, named)).map((row) => [
      nameOf(row.source, row.receipt_number),
      row,
    ]),
  );
  for (const { golden, values } of records) {
    const row = byName.get(nameOf(values.source, values.receipt_number));
    if (row) found.set(golden, { place: text(row.branch), cashier: text(row.cashier) });
  }
  return found;
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
