import { calendarDay } from '../../core/time/time.ts';
import { type Numbered, receiptGaps } from '../../reconciliation/receipt-gaps.ts';
import { openRejectKeys, receiptNumbers } from '../../store/reconciliation/evidence.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** `report gaps`: receipt numbers that are missing between two that were used. A voided receipt is there; one that was rejected is named. */
export async function gapsReport(engine: Engine, range: { from?: string | undefined; to?: string | undefined }): Promise<Report> {
  const { project, knex } = engine;
  const { receipts: entity } = project.config.revenue;
  const has = new Set(columnsOfEntity(project.entities.get(entity)!.value).map(({ name }) => name));
  const columns = ['source', 'receipt_number', 'received_on', 'cashier'].filter((name) => has.has(name));
  const numbered = (await receiptNumbers(knex, entity, columns)).map((row): Numbered => ({
    place: String(row.source ?? ''),
    number: String(row.receipt_number),
    day: calendarDay(String(row.received_on ?? ''), project.config.town.time_zone),
    cashier: row.cashier === null || row.cashier === undefined ? null : String(row.cashier),
  }));
  const { gaps, notSequential, withoutDigits } = receiptGaps(numbered, range.from, range.to);
  const rejects = Map.groupBy(await openRejectKeys(knex), ({ connection }) => connection);
  return {
    title: 'Receipt numbers that are missing',
    definition: { report: 'gaps', from: range.from ?? null, to: range.to ?? null },
    notes: [
      'A gap counts in the period of the receipt after it. Voided receipts are not missing.',
      ...(notSequential.length ? [`Numbers that do not run on, of which nothing can be said: ${notSequential.join(', ')}.`] : []),
      ...(withoutDigits ? [`${withoutDigits} receipts have a number that does not end in digits.`] : []),
    ],
    tables: [
      {
        name: 'gaps',
        title: 'Gaps',
        drills: [
          { as: 'drill', what: 'The receipt before a gap, with its file and line', command: ['report', 'trace'], args: ['before'] },
          { as: 'drill_after', what: 'The receipt after it', command: ['report', 'trace'], args: ['after'] },
          { as: 'drill_rejected', what: 'Rejected records', command: ['rejects', 'list'], where: 'some_rejected' },
        ],
        columns: columnsFrom(
          'place:Place',
          'first:First missing',
          'last:Last missing',
          'count:Count:count',
          'before:After receipt',
          'before_day:Of',
          'before_cashier:By',
          'after:Before receipt',
          'after_day:Of that',
          'after_cashier:By whom',
          'rejected:Rejected records:count',
        ),
        rows: gaps.map(({ place, first, last, count, before, after }): ReportRow => {
          const inside = (rejects.get(place) ?? []).filter(({ key }) => key.length === first.length && key >= first && key <= last);
          return {
            place,
            first,
            last,
            count,
            before: before.number,
            before_day: before.day,
            before_cashier: before.cashier,
            after: after.number,
            after_day: after.day,
            after_cashier: after.cashier,
            rejected: inside.length,
            some_rejected: inside.length > 0 ? inside.length : null,
          };
        }),
      },
    ],
  };
}
