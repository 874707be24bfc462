import type { DayRange } from '../../core/time/time.ts';
import { calendarDay } from '../../core/time/time.ts';
import { offSources } from '../../engine/revenue/facts.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { type GoldenRow, receiptsAfter } from '../../store/landing/golden.ts';
import { receiptsAsOf } from '../../store/landing/as-of.ts';
import { entityIds, listSources } from '../../store/ledger/sources.ts';
import { knownNames } from '../known-names.ts';
import { TRACE } from '../revenue/receipts.ts';
import { originsOf } from '../revenue/origins.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

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

/** A receipt as its drawer has it. */
interface Taken {
  golden: number;
  receipt: string;
  source: string;
  day: string;
  branch: string | null;
  cashier: string | null;
  tender: string | null;
  currency: string;
  minor: number;
  voided: boolean;
}

const PAGE = 5000;

/**
 * `report drawers`: what each cashier took at each place on each day, by way of paying: the sum that the drawer should hold. Refunds
 * and voided receipts stand apart; a voided receipt is in no sum. `asOf`: a moment in UTC, to report what was known then.
 */
export async function drawersReport(engine: Engine, range: DayRange, asOf?: string): Promise<Report> {
  const drawers = new Map<string, Drawer>();
  for await (const one of takenIn(engine, range, asOf)) {
    const { day, branch, cashier, tender, currency } = one;
    const key = JSON.stringify([day, branch, cashier, tender, currency]);
    let drawer = drawers.get(key);
    if (!drawer)
      drawers.set(
        key,
        (drawer = { day, branch, cashier, tender, currency, receipts: 0, taken: 0, refunded: 0, amount: 0, voided: 0, voided_amount: 0 }),
      );
    add(drawer, one.minor, one.voided);
  }
  return {
    title: 'Daily balance by place and cashier',
    definition: { report: 'drawers', from: range.from ?? null, to: range.to ?? null, ...(asOf === undefined ? {} : { as_of: asOf }) },
    notes: ['Amount is taken and refunded together: what the drawer should hold of that way of paying. Voided receipts are in no sum.'],
    tables: [
      {
        name: 'drawers',
        title: 'Drawers',
        drills: [
          {
            as: 'drill',
            what: 'Receipts of a line, voided ones too',
            command: ['report', 'drawer'],
            options: { '--in': 'day', '--place': 'at', '--cashier': 'who', '--tender': 'how' },
          },
        ],
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
        rows: [...drawers.values()].sort(inOrder).map((drawer): ReportRow => ({
          ...drawer,
          day: drawer.day || null,
          at: drawer.branch ?? '(no place)',
          who: drawer.cashier ?? '(no cashier)',
          how: drawer.tender ?? '(no tender)',
        })),
      },
    ],
  };
}

/** `report drawer`: the receipts behind a line of `report drawers`, voided ones too, each with its file and line. */
export async function drawerReport(
  engine: Engine,
  filter: DayRange & { place?: string | undefined; cashier?: string | undefined; tender?: string | undefined },
): Promise<Report> {
  const { from, to, place, cashier, tender } = filter;
  const is = (wanted: string | undefined, value: string | null, what: string): boolean =>
    wanted === undefined || wanted === (value ?? `(no ${what})`);
  const found: Taken[] = [];
  for await (const one of takenIn(engine, filter))
    if (is(place, one.branch, 'place') && is(cashier, one.cashier, 'cashier') && is(tender, one.tender, 'tender')) found.push(one);
  if (found.length === 0 && (place ?? cashier ?? tender) !== undefined) {
    const names = knownNames({ place, cashier, tender });
    for await (const { branch, cashier: who, tender: how } of takenIn(engine, {})) {
      names.see('place', branch);
      names.see('cashier', who);
      names.see('tender', how);
    }
    names.check();
  }
  const origins = await originsOf(
    engine,
    engine.project.config.revenue.receipts,
    found.map(({ golden }) => golden),
  );
  const key = (one: Taken): string =>
    [one.day, one.branch ?? '', one.cashier ?? '', one.tender ?? '', one.receipt, one.source].join('\u0000');
  return {
    title: 'Receipts of a drawer',
    definition: {
      report: 'drawer',
      from: from ?? null,
      to: to ?? null,
      place: place ?? null,
      cashier: cashier ?? null,
      tender: tender ?? null,
    },
    notes: ['Voided receipts are here too, and in no sum of a drawer.'],
    tables: [
      {
        name: 'receipts',
        title: 'Receipts',
        drills: [TRACE],
        columns: columnsFrom(
          'day:Day',
          'branch:Place',
          'cashier:Cashier',
          'tender:Paid by',
          'receipt:Receipt',
          'source:System',
          'currency:Currency',
          'amount:Amount:money',
          'voided:Voided:flag',
          'file:File',
          'line:Line:count',
        ),
        rows: found
          .sort((a, b) => (key(a) < key(b) ? -1 : 1))
          .map(({ golden, minor: amount, ...one }): ReportRow => {
            const { file, line } = origins.get(golden) ?? { file: null, line: null };
            return { ...one, amount, file, line };
          }),
      },
    ],
  };
}

/** Receipts of some days, voided ones too, in the order of their ids. */
async function* takenIn(engine: Engine, range: DayRange, asOf?: string): AsyncGenerator<Taken> {
  const { project, knex } = engine;
  const { receipts: entity } = project.config.revenue;
  const { time_zone: zone, currency: town } = project.config.town;
  const id = (await entityIds(knex)).get(entity)!;
  const off = offSources(project, await listSources(knex));
  const then = asOf === undefined ? undefined : await receiptsAsOf(knex, { entity, entityId: id, off }, asOf);
  for (let after = 0; ;) {
    const page: GoldenRow[] = then
      ? then.page(await receiptsAfter(knex, { entity, entityId: id, off }, after, { limit: PAGE, notVoided: false }), after, PAGE)
      : await receiptsAfter(knex, { entity, entityId: id, off }, after, { limit: PAGE, notVoided: false });
    if (page.length === 0) return;
    after = page.at(-1)!._id as number;
    for (const receipt of page) {
      if (receipt._absent) continue;
      const day = calendarDay(String(receipt.received_on ?? ''), zone);
      if ((range.from && day < range.from) || (range.to && day > range.to)) continue;
      yield {
        golden: Number(receipt._id),
        receipt: text(receipt.receipt_number) ?? `#${String(receipt._id)}`,
        source: text(receipt.source) ?? '',
        day,
        branch: text(receipt.branch),
        cashier: text(receipt.cashier),
        tender: text(receipt.tender),
        currency: text(receipt.amount_currency) ?? town,
        minor: Number(receipt.amount ?? 0),
        voided: receipt.status === 'voided',
      };
    }
  }
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
