import { isoWeek } from './calendar.ts';
import type { Dog, Permit } from './clerk-activity.ts';
import type { Random } from './random.ts';
import { byAccount, DROP_IN, total, type RecreationReceipt } from './recreation-receipts.ts';

/**
 * Which of the town's records go wrong, decided once before any file is written. Each error gets a week of its own, so one
 * error never hides or explains another.
 */
export interface Plan {
  /** In the receipts file, and nowhere in the general ledger's. */
  unposted: RecreationReceipt;
  /** In the general ledger's file, and nowhere in the receipts. */
  withoutReceipt: RecreationReceipt;
  /** Posted with 0.10 more than was taken. */
  postedTooMuch: RecreationReceipt;
  /** Its debit row names an unknown pay code. */
  unknownPayCode: RecreationReceipt;
  voided: RecreationReceipt;
  /** Two equal drop-in lines, both real. */
  twice: RecreationReceipt;
  /** Its first registration line has lost its last columns. */
  ragged: RecreationReceipt;
  /** Its deposit is 5.00 short at the bank. */
  shortDay: string;
  /** ISO weeks. */
  resentWeek: string;
  unbalancedBankWeek: string;
  /** Applied for on a day that does not exist. */
  impossibleDate: Permit;
  unknownStatus: Dog;
}

export function planErrors(random: Random, receipts: RecreationReceipt[], permits: readonly Permit[], dogs: readonly Dog[]): Plan {
  const taken = new Set<RecreationReceipt>();
  const choose = (week: string, fits: (receipt: RecreationReceipt) => boolean = () => true): RecreationReceipt => {
    const inWeek = receipts.filter(
      (receipt) => isoWeek(receipt.date) === week && receipt.payer !== undefined && !taken.has(receipt) && fits(receipt),
    );
    const chosen = random.pick(
      inWeek.length > 0 ? inWeek : receipts.filter((receipt) => receipt.payer !== undefined && !taken.has(receipt) && fits(receipt)),
    );
    taken.add(chosen);
    return chosen;
  };
  const plan: Plan = {
    unposted: choose('2026-W06'),
    withoutReceipt: choose('2026-W12'),
    postedTooMuch: choose('2026-W15', (receipt) => byAccount(receipt).length > 1),
    unknownPayCode: choose('2026-W17'),
    voided: choose('2026-W08'),
    twice: choose('2026-W11', (receipt) => receipt.lines.some((line) => line.registration !== undefined)),
    ragged: choose('2026-W20', (receipt) => receipt.lines.some((line) => line.registration !== undefined)),
    shortDay: '2026-04-28',
    resentWeek: '2026-W09',
    unbalancedBankWeek: '2026-W24',
    impossibleDate: random.pick(permits.filter((permit) => permit.applied.startsWith('2026-02'))),
    unknownStatus: random.pick(dogs.filter((dog) => dog.status === 'ISSUED' && dog.receipt !== undefined)),
  };
  plan.voided.voided = true;
  makeTwice(plan.twice);
  return plan;
}

/** Turns a receipt into one of two equal drop-ins of one person on one day. */
function makeTwice(receipt: RecreationReceipt): void {
  const person = receipt.lines.find((line) => line.registration !== undefined)?.registration?.participant;
  if (person === undefined) throw new Error(`receipt ${receipt.number} registers nobody`);
  const session = `${DROP_IN.code}-A`;
  const line = {
    account: DROP_IN.account,
    module: 'AR' as const,
    cents: DROP_IN.cents,
    what: DROP_IN.name,
    reference: session,
    registration: { participant: person, program: DROP_IN, session },
  };
  receipt.lines = [line, { ...line }];
  if (total(receipt) !== 2 * DROP_IN.cents) throw new Error('two drop-ins are not the sum of two');
}
