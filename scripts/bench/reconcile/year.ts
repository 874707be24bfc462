import { appendFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { dollars } from '../../sample-town/generate/money.ts';
import { createRandom, type Random } from '../../sample-town/generate/random.ts';
import { after, openDays, type System } from '../../sample-town/harbor/books.ts';
import { COLUMNS } from '../../sample-town/harbor/harbor.ts';

/** The year that is reconciled first, and the day that comes after it. */
export const YEAR = { first: '2025-07-01', last: '2026-06-30' } as const;
const NEXT_DAY = '2026-07-01';

/** A town of size 1: 20 places, of which 14 take cards, each with 50 receipts on each of some 250 days. */
const PLACES = 20;
const RECEIPTS = 50;
const ACCOUNTS = Array.from({ length: 16 }, (_, i) => `600-${String(i + 1).padStart(3, '0')}-46${10 + i}`);
const PRICES = [500, 800, 1000, 1200, 1500, 2000, 2500, 4000, 6000, 7500, 12_500, 35_000];
const PAYERS = ['Marsh', 'Doyle', 'Quill', 'Ferro', 'Lund', 'Okafor', 'Reyes', 'Sato', 'Whit', 'Brandt', 'Cole', 'Ivers'];

/** Where rows go: what is dated in the year, and what comes with the day after it. */
export interface Folders {
  year: string;
  day: string;
}

/**
 * Writes what the systems of the sample harbor would say in one fiscal year, for a town of any size, and what they say one day later:
 * for each unit of `size`, some 250,000 receipts, 5,000 deposits, 3,500 settlements, 9,000 bank lines and 160,000 journal lines. A tenth
 * of the hard keys are blank, and a few things go wrong. The same size makes the same files.
 */
export function writeYear(folders: Folders, size: number): Record<System, number> {
  const books = writer(folders);
  const random = createRandom(1);
  const next = counters();
  for (const day of openDays(YEAR.first, NEXT_DAY))
    for (let place = 1; place <= PLACES * size; place++) {
      const close = makeClose(random, next, place, day);
      writeReceipts(books, close);
      if (random.chance(0.997)) depositDrawer(books, random, next, close);
      if (close.cards.length && random.chance(0.998)) settleCards(books, random, next, close);
      if (random.chance(0.997)) postClose(books, random, next, close);
      if (random.chance(0.1)) debitDues(books, random, next, close);
    }
  return books.end();
}

interface Books {
  row(system: System, day: string, values: Record<string, string>): void;
  end(): Record<System, number>;
}

/** Writes each file piece by piece: a large town is never in memory whole. What would be known only later is left out. */
function writer(folders: Folders): Books {
  const texts = new Map<string, string>();
  const counts = { receipts: 0, closes: 0, slips: 0, settlements: 0, bank: 0, ledger: 0 };
  const flush = (file: string): void => {
    appendFileSync(file, texts.get(file)!);
    texts.set(file, '');
  };
  return {
    row(system, day, values) {
      if (day > NEXT_DAY) return;
      const file = join(day > YEAR.last ? folders.day : folders.year, `${system}-${day > YEAR.last ? 'day' : 'year'}.csv`);
      if (day <= YEAR.last) counts[system]++;
      const text = `${texts.get(file) ?? `${COLUMNS[system].join(',')}\n`}${COLUMNS[system].map((column) => values[column] ?? '').join(',')}\n`;
      texts.set(file, text);
      if (text.length > 1_000_000) flush(file);
    },
    end() {
      const yesterday = new Date(Date.now() - 86_400_000);
      for (const file of texts.keys()) {
        flush(file);
        utimesSync(file, yesterday, yesterday);
      }
      return counts;
    },
  };
}

type Counter = (series: string) => string;

function counters(): Counter {
  const last = new Map<string, number>();
  return (series) => {
    const n = (last.get(series) ?? 0) + 1;
    last.set(series, n);
    return `${series}${String(n).padStart(7, '0')}`;
  };
}

interface Payment {
  number: string;
  cents: number;
  account: string;
  paidBy: 'CA' | 'CK' | 'CC' | 'EC';
  voided: boolean;
}

interface Close {
  name: string;
  place: number;
  day: string;
  number: string;
  drawer: Payment[];
  cards: Payment[];
  /** Posted receipt by receipt; otherwise by account. */
  inDetail: boolean;
}

function makeClose(random: Random, next: Counter, place: number, day: string): Close {
  const payment = (series: string, paidBy: Payment['paidBy']): Payment => ({
    number: next(series),
    cents: random.pick(PRICES) + (random.chance(0.4) ? random.integer(0, 5000) : 0),
    account: random.pick(ACCOUNTS),
    paidBy,
    voided: paidBy !== 'CC' && random.chance(0.002),
  });
  const cards = place % PLACES < 14 ? RECEIPTS * 0.4 : 0;
  return {
    name: `Place ${place}`,
    place,
    day,
    number: `${place}.${day.replaceAll('-', '')}`,
    drawer: Array.from({ length: RECEIPTS - cards }, () => payment(`R${place}.`, random.chance(0.7) ? 'CA' : 'CK')),
    cards: Array.from({ length: cards }, () => payment(`C${place}.`, 'CC')),
    inDetail: place % 2 === 1,
  };
}

function writeReceipts({ row }: Books, close: Close): void {
  const { name, day, number, drawer, cards, inDetail } = close;
  for (const [i, p] of [...drawer, ...cards].entries())
    row('receipts', day, {
      no: p.number,
      dock: name,
      day,
      entered: `${day}T${String(12 + Math.floor(i / 10)).padStart(2, '0')}:${String((i % 10) * 6).padStart(2, '0')}:00Z`,
      cashier: `cashier ${i % 3}`,
      payer: `${PAYERS[i % PAYERS.length]!} ${p.number.slice(-3)}`,
      what: 'Fee',
      account: p.account,
      paid_by: p.paidBy,
      amount: dollars(p.cents),
      check_no: p.paidBy === 'CK' ? p.number.slice(-4) : '',
      bag: p.paidBy === 'CC' ? `T${number}` : number,
      close: inDetail ? p.number : number,
      status: p.voided ? 'voided' : 'posted',
      voided: p.voided ? day : '',
      posting: 'posted',
    });
}

const good = (payments: readonly Payment[]): Payment[] => payments.filter(({ voided }) => !voided);
const total = (payments: readonly Payment[]): number => payments.reduce((sum, { cents }) => sum + cents, 0);

function depositDrawer({ row }: Books, random: Random, next: Counter, { name, day, number, drawer }: Close): void {
  const money = good(drawer);
  const short = random.chance(0.01) ? random.integer(1, 1500) : 0;
  row('closes', day, {
    bag: number,
    dock: name,
    day,
    count: String(money.length),
    total: dollars(total(money)),
    first: drawer[0]!.number,
    last: drawer.at(-1)!.number,
  });
  const cash = total(money.filter(({ paidBy }) => paidBy === 'CA')) - short;
  const checks = total(money.filter(({ paidBy }) => paidBy === 'CK'));
  const prepared = random.chance(0.9) ? day : after(day, 1);
  const slip = next('D');
  row('slips', prepared, {
    slip,
    dock: name,
    day,
    prepared,
    bag: random.chance(0.1) ? '' : number,
    cash: dollars(cash),
    checks: dollars(checks),
    total: dollars(cash + checks),
  });
  if (random.chance(0.998))
    bank(row, next, after(prepared, random.integer(0, 2)), '301', cash + checks, random.chance(0.1) ? '' : slip, name);
}

function bank(row: Books['row'], next: Counter, date: string, code: string, cents: number, reference: string, text: string): void {
  row('bank', date, { id: next('B'), date, code, amount: dollars(cents), reference, text });
}

function settleCards({ row }: Books, random: Random, next: Counter, { name, day, number, cards }: Close): void {
  const id = next('P');
  const gross = total(cards);
  const fees = Math.round((gross * 265) / 10_000) + 10 * cards.length + (random.chance(0.003) ? 37 : 0);
  row('settlements', day, {
    id,
    merchant: name,
    batch: random.chance(0.1) ? '' : `T${number}`,
    closed: day,
    kind: 'payout',
    gross: dollars(gross),
    fees: random.chance(0.001) ? '' : dollars(fees),
    net: dollars(gross - fees),
    items: String(cards.length),
  });
  if (random.chance(0.998))
    bank(row, next, after(day, random.integer(1, 2)), '165', gross - fees, random.chance(0.1) ? '' : id, `CARD PAYOUT ${id}`);
}

function postClose({ row }: Books, random: Random, next: Counter, { day, number, drawer, cards, inDetail }: Close): void {
  const entry = next('J');
  const post = (account: string, cents: number, batch: string): void =>
    row('ledger', day, {
      line: next('L'),
      entry,
      posted: day,
      account: random.chance(0.0005) ? ACCOUNTS[0]! : account,
      side: 'credit',
      amount: dollars(cents),
      batch,
      text: 'Close',
    });
  const money = good([...drawer, ...cards]);
  if (inDetail) for (const p of money) post(p.account, p.cents, p.number);
  else for (const [account, list] of Map.groupBy(money, (p) => p.account)) post(account, total(list), number);
}

/** Dues that are debited from a payer's account. */
function debitDues({ row }: Books, random: Random, next: Counter, close: Close): void {
  const dues: Payment = { number: next('E'), cents: random.integer(20_000, 60_000), account: ACCOUNTS[1]!, paidBy: 'EC', voided: false };
  writeReceipts({ row, end: () => ({}) as never }, { ...close, drawer: [dues], cards: [], number: dues.number });
  bank(row, next, after(close.day, 1), '142', dues.cents, dues.number, 'ACH DEBIT COLLECTED');
  row('ledger', close.day, {
    line: next('L'),
    entry: next('J'),
    posted: close.day,
    account: dues.account,
    side: 'credit',
    amount: dollars(dues.cents),
    batch: dues.number,
    text: 'Dues',
  });
}
