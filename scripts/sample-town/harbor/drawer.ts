import { dollars } from '../generate/money.ts';
import { after } from './books.ts';
import { type Close, closeNumber, type Payment, total } from './close.ts';
import { DOCK_NAMES, type Making, stageOf } from './making.ts';

/** What a slip says, before anything goes wrong with it. */
interface Slip {
  number: string;
  prepared: string;
  cash: number;
  checks: number;
}

/**
 * The drawer of a close: its receipts, the total that the counter reports, the slip of its bag, and the bag at the bank.
 * `carried` has the drawer that goes into the next day's bag, by dock.
 */
export function depositDrawer(making: Making, close: Close, carried: Map<string, Close>): void {
  const { plant, row, link, receipt } = making;
  const { dock, day, mishap } = close;
  const stage = stageOf(day);
  const bag = closeNumber(close);
  const A = 'drawers-to-slips';
  const before = carried.get(dock);
  carried.delete(dock);
  const inBag = [...close.drawer];
  const counted = [...close.drawer];
  const numbers = close.drawer.map(({ number }) => number);
  /** Two days went into this bag, which therefore has no number of one of them. */
  const noKeys = before !== undefined;

  if (mishap === 'voided the same day') counted.push(voided(making, close, day));
  if (mishap === 'voided later') {
    // The void comes later: of the first year, after that was closed.
    const first = inBag[0]!;
    const on = after(day, 9);
    receipt(close, { ...first, voidedOn: on }, {}, stage === 1 ? 2 : 4);
    plant(A, 'void_after_deposit', [first.number]);
    if (stage === 1) making.truth.adjustments.push({ receipt: first.number, corrects: day.slice(0, 7), amount: dollars(-first.cents) });
  }
  if (mishap === 'entered twice') {
    const check = inBag.find(({ paidBy }) => paidBy === 'CK')!;
    const copy = { ...check, number: making.next(dock), minute: check.minute + 3 };
    close.drawer.push(copy);
    counted.push(copy);
    plant(A, 'duplicate_receipt', [copy.number]);
  }
  if (mishap !== 'drawer file missing')
    for (const payment of counted) receipt(close, payment, noKeys || mishap === 'two days in one bag' ? { bag: '' } : {});
  else {
    close.drawer.length = 0;
    plant(A, 'missing_batch', [], bag);
  }
  if (mishap === 'number missing') plant(A, 'receipt_gap', [], numberAfter(numbers[0]!));
  const money = counted.filter(({ voidedOn }) => voidedOn === undefined);
  const more = mishap === 'close counts one more' ? 1000 : 0;
  if (!noKeys && mishap !== 'two days in one bag')
    row('closes', stage, day, {
      bag,
      dock: DOCK_NAMES[dock]!,
      day,
      count: String(money.length + (more ? 1 : 0)),
      total: dollars(total(money) + more),
      first: numbers[0]!,
      last: numbers.at(-1)!,
    });
  if (more)
    plant(
      A,
      'control_total_differs',
      counted.map(({ number }) => number),
    );

  if (mishap === 'two days in one bag') return void carried.set(dock, close);
  if (mishap === 'no slip') return plant(A, 'not_deposited', numbers);
  if (mishap === 'receipt not in the bag') plant(A, 'not_deposited', [inBag.pop()!.number]);
  const all = [...(before?.drawer ?? []), ...inBag];
  const sumOf = (paidBy: Payment['paidBy']): number => total(all.filter((p) => p.paidBy === paidBy));
  const slip: Slip = {
    number: making.next('D'),
    prepared: mishap === 'slip made late' ? after(day, 4) : day,
    cash: sumOf('CA'),
    checks: sumOf('CK'),
  };
  const true_ = slip.cash + slip.checks;
  if (mishap === 'cash short') slip.cash -= 700;
  if (mishap === 'cash over') slip.cash += 400;
  if (mishap === 'checks for cash') {
    slip.cash -= 5000;
    slip.checks += 5000;
  }
  const typed = mishap === 'slip typed wrong' ? swapped(true_) : slip.cash + slip.checks;
  row('slips', stage, slip.prepared, {
    slip: slip.number,
    dock: DOCK_NAMES[dock]!,
    day: noKeys ? '' : day,
    prepared: slip.prepared,
    bag: noKeys || mishap === 'bag without number' ? '' : bag,
    cash: typed === slip.cash + slip.checks ? dollars(slip.cash) : '',
    checks: typed === slip.cash + slip.checks ? dollars(slip.checks) : '',
    total: dollars(typed),
    memo: '',
  });
  const receipts = all.map(({ number }) => number);
  if (mishap === 'cash short' || mishap === 'cash over') plant(A, 'cash_over_short', [...receipts, slip.number]);
  else if (mishap === 'slip typed wrong') plant(A, 'transposed', [...receipts, slip.number]);
  else if (!['close counts one more', 'drawer file missing'].includes(mishap ?? '')) link(A, receipts, [slip.number]);
  if (mishap === 'slip made late') plant(A, 'late_deposit', [...receipts, slip.number]);
  if (mishap === 'checks for cash') plant(A, 'composition_differs', [...receipts, slip.number]);
  if (mishap === 'slip without receipts') {
    const stray = making.next('D');
    row('slips', stage, day, {
      slip: stray,
      dock: DOCK_NAMES[dock]!,
      day: '',
      prepared: day,
      bag: '',
      cash: '',
      checks: '',
      total: '123.45',
      memo: '',
    });
    plant(A, 'deposit_without_receipt', [stray]);
    atBank(making, close, { number: stray, prepared: day, cents: 12_345 });
  }
  atBank(making, close, { number: slip.number, prepared: slip.prepared, cents: typed });
  if (mishap === 'check returned') {
    const check = inBag.find(({ paidBy }) => paidBy === 'CK')!;
    plant('slips-to-bank', 'nsf', [
      making.bank(after(day, 6), '555', -check.cents, `CHECK ${check.check}`, `RETURNED CHECK ${check.check} NSF`),
    ]);
  }
}

/** A bag at the bank on the next business day. */
function atBank(making: Making, { dock, day, mishap }: Close, slip: { number: string; prepared: string; cents: number }): void {
  const { bank, link, plant, row, truth } = making;
  const B = 'slips-to-bank';
  const on = after(slip.prepared, 1);
  const text = `DEPOSIT ${DOCK_NAMES[dock]!.toUpperCase()}`;
  const credit = (cents: number, reference = slip.number, says = text): string => bank(on, '301', cents, reference, says);
  if (mishap === 'bag never at the bank') return plant(B, 'deposit_not_at_bank', [slip.number]);
  if (mishap === 'bank counts less') return plant(B, 'bank_amount_differs', [slip.number, credit(slip.cents - 3000)]);
  if (mishap === 'one of two bags')
    return plant(B, 'split_incomplete', [slip.number, credit(Math.round(slip.cents * 0.6), slip.number, `${text} BAG 1/2`)]);
  if (mishap === 'equal bags') {
    const id = credit(slip.cents, '', 'DEPOSIT');
    const known = truth.exceptions.find((e) => e.type === 'ambiguous' && e.missing === day);
    if (known) known.records = [...known.records, slip.number, id].sort();
    else plant(B, 'ambiguous', [slip.number, id], day);
    return;
  }
  if (mishap === 'decided by hand') {
    const id = credit(slip.cents - 1200, 'UNREADABLE');
    truth.byHand.push({ slip: slip.number, bank: id });
    // The bank corrects its entry after dana has decided.
    row('bank', 4, on, {
      id,
      date: on,
      code: '301',
      amount: dollars(slip.cents - 4000),
      reference: 'UNREADABLE',
      text: `${text} CORRECTED`,
    });
    return plant(B, 'decision_no_longer_balances', [slip.number, id]);
  }
  if (mishap === 'credit without slip') plant(B, 'deposit_without_receipt', [bank(on, '301', 98_765, '', 'COUNTER CREDIT')]);
  link(B, [slip.number], [credit(slip.cents, mishap === 'bank lost the number' ? '' : slip.number)]);
}

function voided(making: Making, { dock, day, drawer }: Close, on: string): Payment {
  const last = drawer.at(-1)!;
  return {
    ...last,
    number: making.next(dock),
    cents: 2345,
    check: '',
    paidBy: 'CA',
    minute: last.minute + 20,
    voidedOn: on > day ? on : day,
  };
}

/** The number after this one. */
function numberAfter(number: string): string {
  return number.slice(0, 1) + String(Number(number.slice(1)) + 1).padStart(6, '0');
}

/** An amount with two neighboring digits swapped; the last two that differ and give another amount without a leading zero. */
function swapped(cents: number): number {
  const digits = [...String(cents)];
  for (let at = digits.length - 2; at >= 0; at--) {
    if (digits[at] === digits[at + 1] || (at === 0 && digits[1] === '0')) continue;
    [digits[at], digits[at + 1]] = [digits[at + 1]!, digits[at]!];
    return Number(digits.join(''));
  }
  return cents + 9;
}
