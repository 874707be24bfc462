import { monthBefore } from '../../../src/reconciliation/calendar.ts';
import { dollars } from '../generate/money.ts';
import { after, openDays } from './books.ts';
import { type Close, closeNumber, largestAccount, type Payment, total } from './close.ts';
import type { Mishap } from './plan.ts';
import { DOCK_NAMES, type Making, stageOf } from './making.ts';

/** The card payments of a close: the settlement of its batch, and the payout at the bank. */
export function settleCards(making: Making, close: Close): void {
  const { plant, row, link, receipt, next, random } = making;
  const { dock, day, mishap } = close;
  const stage = stageOf(day);
  const C = 'cards-to-settlements';
  const batch = `T${closeNumber(close)}`;
  for (const payment of close.cards) receipt(close, payment);
  const refunds: Payment[] = [];
  if (mishap === 'refund after the close') {
    // Dated back into a month that closed; the terminal has it today.
    const refund: Payment = {
      ...close.cards[0]!,
      number: next(`${dock}C`),
      cents: -1500,
      account: largestAccount(close.cards),
      what: 'Refund',
    };
    const dated = openDays(`${monthBefore(monthBefore(day))}-01`, day)[3]!;
    receipt({ dock, day: dated }, refund, { bag: batch, close: closeNumber(close), entered: `${day}T15:00:00Z` }, stage);
    if (stageOf(dated) < stage)
      making.truth.adjustments.push({ receipt: refund.number, corrects: dated.slice(0, 7), amount: dollars(refund.cents) });
    refunds.push(refund);
    close.cards.push(refund);
    plant(C, 'refund_after_close', [refund.number]);
  }
  if (mishap === 'terminal not settled') {
    const second = [0, 1].map((i) => ({
      ...close.cards[0]!,
      number: next(`${dock}C`),
      cents: random.integer(3000, 9000),
      minute: 300 + i * 20,
    }));
    for (const payment of second) receipt(close, payment, { bag: `U${batch}` });
    close.cards.push(...second);
    plant(
      C,
      'not_settled',
      second.map(({ number }) => number),
    );
  }
  if (mishap === 'settlement missing') return plant(C, 'missing_settlement', [], `${DOCK_NAMES[dock]!} ${day}`);
  const settled = close.cards.filter((p) => p.cents > 0 && !(mishap === 'terminal not settled' && p.minute >= 300));
  const made = payout(making, close, batch, settled, refunds);
  link(
    C,
    [...settled, ...refunds].map(({ number }) => number),
    [made],
  );
  const wrong = WRONG.get(mishap);
  if (wrong !== undefined) plant(C, wrong, [made]);
  if (mishap === 'strange settlement') {
    const strange: Payment = { ...close.cards[0]!, cents: 4242 };
    plant(C, 'settled_without_receipt', [payout(making, { ...close, mishap: undefined }, `X${batch}`, [strange], [])]);
  }
  if (mishap === 'charged back') {
    const id = next('P');
    const cents = close.cards[0]!.cents;
    row('settlements', stage, day, { id, merchant: DOCK_NAMES[dock]!, batch: '', closed: day, kind: 'chargeback', net: dollars(-cents) });
    plant(C, 'chargeback', [id]);
  }
}

const WRONG: ReadonlyMap<Mishap | undefined, string> = new Map([
  ['fee odd', 'fee_odd'],
  ['fee blank', 'fee_missing'],
  ['net wrong', 'settlement_does_not_add_up'],
]);

/** One settlement with its parts, and its payout on the next business day; its id. */
function payout(
  making: Making,
  { dock, day, mishap }: Close,
  batch: string,
  settled: readonly Payment[],
  refunds: readonly Payment[],
): string {
  const { bank, link, next, plant, row } = making;
  const D = 'settlements-to-bank';
  const id = next('P');
  const gross = total(settled);
  const refunded = -total(refunds);
  const fees = Math.round((gross * 265) / 10_000) + 10 * settled.length + (mishap === 'fee odd' ? 37 : 0);
  const net = gross - refunded - fees - (mishap === 'net wrong' ? 100 : 0);
  row('settlements', stageOf(day), day, {
    id,
    merchant: DOCK_NAMES[dock]!,
    batch,
    closed: day,
    kind: 'payout',
    gross: dollars(gross),
    refunds: refunded ? dollars(refunded) : '',
    fees: mishap === 'fee blank' ? '' : dollars(fees),
    net: dollars(net),
    items: String(settled.length),
  });
  if (mishap === 'payout missing') plant(D, 'only_left', [id]);
  else link(D, [id], [bank(after(day, 1), '165', net, id, `CARD PAYOUT ${id}`)]);
  return id;
}
