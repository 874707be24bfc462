import { addDays } from '../generate/calendar.ts';
import { csvLine } from '../generate/files.ts';
import { dollars } from '../generate/money.ts';
import { createRandom } from '../generate/random.ts';
import { after, FIRST_YEAR, isOpen, openDays, type Row, SECOND_YEAR, type System } from './books.ts';
import { type Close, closeNumber, counters, makeClose, type Payment } from './close.ts';
import { depositDrawer } from './drawer.ts';
import { postClose } from './ledger.ts';
import { DOCK_NAMES, DOCKS, type HarborFile, type HarborTruth, type Making, stageOf } from './making.ts';
import { BROKEN_DAYS, planMishaps } from './plan.ts';
import { settleCards } from './settle.ts';

/**
 * Two fiscal years of the harbor from a seed: the same seed makes the same files and the same truth. `sentAgain`: what the bank sends
 * in place of its file that is refused, once somebody asks for it.
 */
export function makeHarbor(seed: number): { files: HarborFile[]; sentAgain: { name: string; text: string }; truth: HarborTruth } {
  const rows: Row[] = [];
  const truth: HarborTruth = { seed, years: [FIRST_YEAR.id, SECOND_YEAR.id], links: [], exceptions: [], adjustments: [], byHand: [] };
  const next = counters();
  const random = createRandom(seed).fork('harbor');
  const row: Making['row'] = (system, stage, day, values) => void rows.push({ system, stage, day, values });
  const making: Making = {
    random,
    truth,
    next,
    row,
    link: (pipeline, left, right) => void truth.links.push({ pipeline, left: [...left], right: [...right] }),
    plant: (pipeline, type, records, missing) =>
      void truth.exceptions.push({ pipeline, type, records: [...records].sort(), ...(missing === undefined ? {} : { missing }) }),
    bank: (day, code, cents, reference, text) => {
      const id = next('B');
      row('bank', stageOf(day), day, { id, date: day, code, amount: dollars(cents), reference, text });
      return id;
    },
    receipt: ({ dock, day, mishap }, p, more = {}, stage = stageOf(day)) =>
      void rows.push({
        system: 'receipts',
        stage,
        day,
        values: {
          no: p.number,
          dock: DOCK_NAMES[dock]!,
          day,
          entered: `${day}T${String(12 + Math.floor(p.minute / 60)).padStart(2, '0')}:${String(p.minute % 60).padStart(2, '0')}:00Z`,
          cashier: dock === 'N' ? 'kim' : 'ray',
          payer: p.payer,
          what: p.what,
          account: p.account,
          paid_by: p.paidBy,
          amount: dollars(p.cents),
          check_no: p.check,
          bag: p.paidBy === 'CC' ? `T${closeNumber({ dock, day })}` : closeNumber({ dock, day }),
          close: closeNumber({ dock, day }),
          status: p.voidedOn === undefined ? 'posted' : 'voided',
          voided: p.voidedOn ?? '',
          posting: mishap === 'finance rejected' ? 'rejected' : 'posted',
          ...more,
        },
      }),
  };
  const plan = planMishaps(random.fork('mishaps'), DOCKS);
  const carried = new Map<string, Close>();
  for (const day of openDays(FIRST_YEAR.first, SECOND_YEAR.last))
    for (const dock of DOCKS) {
      const close = makeClose(random, next, dock, day, plan.get(`${dock} ${day}`));
      depositDrawer(making, close, carried);
      settleCards(making, close);
      postClose(making, close);
    }
  monthly(making);
  // Each reconciliation with the bank names the file that was refused; the first in the chain is the cause, the others are its echoes.
  making.plant('electronic-to-bank', 'source_missing', [], `bank-${BROKEN_DAYS[0]!}.csv`);
  // The export ends with the year: of the day after, there is nothing for any dock.
  making.plant('cards-to-settlements', 'source_missing', [], after(SECOND_YEAR.last, 1));
  // What is in the file that was refused can be tied to nothing.
  const refused = new Set(rows.filter(isBroken).map(({ values }) => values.id));
  truth.links = truth.links.filter(({ right }) => !right.some((key) => refused.has(key)));
  return { files: filesOf(rows), sentAgain: sentAgain(rows), truth };
}

/** Dues that are debited from an account each month, one of which the bank returns, and the bank's interest, which is not always booked. */
function monthly({ random, next, row, link, plant, bank, receipt }: Making): void {
  for (let month = 0; month < 24; month++) {
    const first = `${2024 + Math.floor((month + 6) / 12)}-${String(((month + 6) % 12) + 1).padStart(2, '0')}-05`;
    const day = isOpen(first) ? first : after(first, 1);
    const dues: Payment = {
      number: next('E'),
      cents: random.integer(20_000, 60_000),
      paidBy: 'EC',
      account: '600-010-4610',
      what: 'Mooring, by debit',
      payer: 'Harbor Yacht Club',
      check: '',
      minute: 30,
    };
    receipt({ dock: 'N', day }, dues, { bag: '', close: dues.number });
    link('electronic-to-bank', [dues.number], [bank(after(day, 1), '142', dues.cents, dues.number, 'ACH DEBIT COLLECTED')]);
    const line = next('L');
    row('ledger', stageOf(day), day, {
      line,
      entry: next('J'),
      posted: day,
      account: dues.account,
      side: 'credit',
      amount: dollars(dues.cents),
      batch: dues.number,
      text: 'Dues',
    });
    link('receipts-to-ledger', [dues.number], [line]);
    if (month % 9 === 4)
      plant('electronic-to-bank', 'ach_return', [bank(after(day, 8), '557', -dues.cents, `RETURN ${dues.number}`, 'ACH RETURN R01')]);

    const interest = random.integer(300, 3000);
    const lastDay = openDays(addDays(first, 12), addDays(first, 23)).at(-1)!;
    const reference = `INT${first.slice(0, 7)}`;
    const id = month === 16 || month === 20 ? undefined : next('L');
    if (id !== undefined)
      row('ledger', stageOf(lastDay), lastDay, {
        line: id,
        entry: next('J'),
        posted: lastDay,
        account: '600-000-1010',
        side: 'debit',
        amount: dollars(interest),
        batch: reference,
        text: 'Interest',
      });
    if (month === 7 || month === 18) {
      plant('bank-items-to-ledger', 'only_left', [id!]);
      continue;
    }
    const credit = bank(lastDay, '354', interest, reference, 'INTEREST');
    if (id === undefined) plant('bank-items-to-ledger', 'bank_item_unposted', [credit]);
    else link('bank-items-to-ledger', [id], [credit]);
  }
}

/** In the bank's file that lacks its amounts. */
function isBroken({ system, day }: Row): boolean {
  return system === 'bank' && BROKEN_DAYS.includes(day);
}

/** The columns of each system's files. */
export const COLUMNS: Record<System, readonly string[]> = {
  receipts: 'no dock day entered cashier payer what account paid_by amount check_no bag close status voided posting'.split(' '),
  closes: 'bag dock day count total first last'.split(' '),
  slips: 'slip dock day prepared bag cash checks total memo'.split(' '),
  settlements: 'id merchant batch closed kind gross refunds fees net items'.split(' '),
  bank: 'id date code amount reference text'.split(' '),
  ledger: 'line entry posted account side amount batch text'.split(' '),
};

/** A file for each system and month; corrections have files of their own. The bank's file of the broken week lacks its amounts. */
function filesOf(rows: readonly Row[]): HarborFile[] {
  const groups = Map.groupBy(rows, (row) => {
    const own = stageOf(row.day) === row.stage ? '' : `-corrected-${row.stage}`;
    return `${row.system}-${isBroken(row) ? BROKEN_DAYS[0]! : row.day.slice(0, 7)}${own}.csv`;
  });
  return [...groups].map(([name, list]) => {
    const { system, stage } = list[0]!;
    const columns = COLUMNS[system].filter((column) => !isBroken(list[0]!) || column !== 'amount');
    return { name, stage, text: textOf(columns, list) };
  });
}

/** The file that was refused, as the bank would send it again: with its amounts. */
function sentAgain(rows: readonly Row[]): { name: string; text: string } {
  return { name: `bank-${BROKEN_DAYS[0]!}.csv`, text: textOf(COLUMNS.bank, rows.filter(isBroken)) };
}

function textOf(columns: readonly string[], rows: readonly Row[]): string {
  return [columns.join(','), ...rows.map(({ values }) => csvLine(columns.map((c) => values[c] ?? '')))].join('\n') + '\n';
}
