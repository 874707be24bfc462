import { calendarDay } from '../core/time.ts';
import { offSources } from '../engine/revenue/facts.ts';
import type { Engine } from '../engine/run/run.ts';
import { type GoldenRow, receiptsAfter } from '../store/landing/golden.ts';
import { entityIds, listSources } from '../store/ledger/sources.ts';
import { columnsFrom, type Report, type ReportRow } from './report-table.ts';

interface Drawer {
  day: string;
  branch: string | null;
  cashier: string | null;
  tender: string | null;
  currency: string;
  receipts: number;
  taken: number;
  refunded: number;
  amount: number;
  voided: number;
  voided_amount: number;
}

const PAGE = 5000;

/**
 * `report drawers`: what each cashier took at each place on each day, by way of paying: the sum that the drawer should hold. Refunds
 * and voided receipts stand apart; a voided receipt is in no sum.
 */
export async function drawersReport(engine: Engine, range: { from?: string | undefined; to?: string | undefined }): Promise<Report> {
  const { project, knex } = engine;
  const { receipts: entity } = project.config.revenue;
  const { time_zone: zone, currency: town } = project.config.town;
  const id = (await entityIds(knex)).get(entity)!;
  const off = offSources(project, await listSources(knex));
  const drawers = new Map<string, Drawer>();
  for (let after = 0; ;) {
    const page: GoldenRow[] = await receiptsAfter(knex, { entity, entityId: id, off }, after, { limit: PAGE, notVoided: false });
    if (page.length === 0) break;
    after = page.at(-1)!._id as number;
    for (const receipt of page) {
      const day = calendarDay(String(receipt.received_on ?? ''), zone);
      if ((range.from && day < range.from) || (range.to && day > range.to)) continue;
      const names = { day, branch: text(receipt.branch), cashier: text(receipt.cashier), tender: text(receipt.tender) };
      const currency = text(receipt.amount_currency) ?? town;
      const key = JSON.stringify([names, currency]);
      let drawer = drawers.get(key);
      if (!drawer)
        drawers.set(key, (drawer = { ...names, currency, receipts: 0, taken: 0, refunded: 0, amount: 0, voided: 0, voided_amount: 0 }));
      add(drawer, Number(receipt.amount ?? 0), receipt.status === 'voided');
    }
  }
  return {
    title: 'Daily balance by place and cashier',
    definition: { report: 'drawers', from: range.from ?? null, to: range.to ?? null },
    notes: ['Amount is taken and refunded together: what the drawer should hold of that way of paying. Voided receipts are in no sum.'],
    tables: [
      {
        name: 'drawers',
        title: 'Drawers',
        columns: columnsFrom(
          'day:Day',
          'branch:Place',
          'cashier:Cashier',
          'tender:Paid by',
          'currency:Currency',
          'receipts:Receipts:count',
          'taken:Taken:money',
          'refunded:Refunded:money',
          'amount:Amount:money',
          'voided:Voided:count',
          'voided_amount:Voided amount:money',
        ),
        rows: [...drawers.values()].sort(inOrder).map((drawer): ReportRow => ({ ...drawer })),
      },
    ],
  };
}

function add(drawer: Drawer, minor: number, voided: boolean): void {
  if (voided) {
    drawer.voided++;
    drawer.voided_amount += minor;
    return;
  }
  drawer.receipts++;
  drawer[minor < 0 ? 'refunded' : 'taken'] += minor;
  drawer.amount += minor;
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function inOrder(a: Drawer, b: Drawer): number {
  const key = (d: Drawer): string => [d.day, d.branch, d.cashier, d.tender, d.currency].map((part) => part ?? '').join('\u0000');
  return key(a) < key(b) ? -1 : 1;
}
