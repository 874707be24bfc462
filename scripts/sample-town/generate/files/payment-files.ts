import { fiscalYear, FIRST_DAY, LAST_DAY, monthOf } from '../calendar.ts';
import { accountOf, TENDERS } from '../chart.ts';
import { councilFile } from './council-files.ts';
import { csvLine, groupBy, type TownFile } from '../files.ts';
import { dollars, sum } from '../money.ts';
import { at, type Random } from '../random.ts';
import { streamTruth, type ReceiptTruth, type SeededError, type StreamTruth } from '../truth.ts';

const PAYMENT_STREAM = 'council.payments';
const SUMMARY_STREAM = 'council.payments-summary';
const PAYMENT_COLUMNS = [
  'month_paid',
  'department',
  'branch',
  'reason',
  'payment_type',
  'number_of_payments',
  'system_paid',
  'amount_paid',
] as const;
const SUMMARY_COLUMNS = ['financial_year', 'department', 'reason', 'payment_type', 'number_of_payments', 'amount_paid'] as const;

interface Payment {
  month: string;
  department: string;
  branch: string;
  reason: string;
  type: string;
  count: number;
  systemPaid: number;
  /** Nothing where the charge was canceled or forgiven. */
  amountPaid: number;
}

/**
 * What the council publishes: payments by month, department, branch, reason and type since January 2024, and control totals of them by
 * financial year. For the half-year of the sample the recreation and clerk lines are the receipts themselves, added up.
 */
export function paymentFiles(
  random: Random,
  receipts: readonly ReceiptTruth[],
): {
  files: TownFile[];
  seeded: SeededError[];
  streams: Record<string, StreamTruth>;
  control: { detailCents: number; summaryCents: number };
} {
  const payments = [...history(random), ...fromReceipts(receipts)].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const bad = payments.findIndex(
    (payment) => payment.month === '2024-10' && payment.department === 'Library' && payment.type === 'CASH' && payment.reason === 'CHARGE',
  );
  payments[bad] = { ...at(payments, bad), count: 21, systemPaid: 10500, amountPaid: 10500 };
  const detail = payments.map((payment, i) =>
    csvLine([
      payment.month,
      payment.department,
      payment.branch,
      payment.reason,
      payment.type,
      String(payment.count),
      dollars(payment.systemPaid),
      i === bad ? '1O5.00' : dollars(payment.amountPaid),
    ]),
  );
  const groups = [...groupBy(payments, (p) => [fiscalYear(`${p.month}-01`), p.department, p.reason, p.type].join('|'))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const off = groups.findIndex(([key]) => key === '2024/2025|Recreation|Summer camp (fund 210)|CREDITCARD');
  const summary = groups.map(([key, own], i) =>
    csvLine([...key.split('|'), String(sum(own.map((p) => p.count))), dollars(sum(own.map((p) => p.amountPaid)) + (i === off ? 2000 : 0))]),
  );
  const badGroup = [fiscalYear('2024-10-01'), 'Library', 'CHARGE', 'CASH'].join(' / ');
  const detailCents = sum(payments.map((p) => p.amountPaid));
  return {
    files: [
      councilFile('council/payments.csv', [PAYMENT_COLUMNS.join(','), ...detail]),
      councilFile('council/payments_summary.csv', [SUMMARY_COLUMNS.join(','), ...summary]),
    ],
    seeded: [
      {
        kind: 'unparsable-amount',
        stream: PAYMENT_STREAM,
        file: 'council/payments.csv',
        line: bad + 2,
        cents: -10500,
        expect: `reject this line: amount_paid 1O5.00 has a letter O; until it is corrected the detail of ${badGroup} is 105.00 below its control total`,
      },
      {
        kind: 'control-total-off',
        stream: SUMMARY_STREAM,
        file: 'council/payments_summary.csv',
        line: off + 2,
        key: at(groups, off)[0].replaceAll('|', ' / '),
        cents: 2000,
        expect: 'an exception: this control total is 20.00 above its detail lines',
      },
    ],
    streams: {
      [PAYMENT_STREAM]: streamTruth({ files: 1, records: detail.length, rejected: 1 }),
      [SUMMARY_STREAM]: streamTruth({ files: 1, records: summary.length }),
    },
    control: { detailCents, summaryCents: detailCents + 2000 },
  };
}

function sortKey(payment: Payment): string {
  return [payment.month, payment.department, payment.branch, payment.reason, payment.type].join('|');
}

const COUNTER_TYPES = ['CASH', 'CHECK', 'CREDITCARD', 'DEBITCARD'];
const SERIES = [
  {
    department: 'Library',
    branches: ['Main Library', 'North Branch'],
    reasons: ['CHARGE', 'HOLD', 'LOST', 'DAMAGE'],
    types: ['CASH', 'CREDITCARD', 'CANCEL', 'FORGIVEN'],
    from: 100,
    to: 24000,
  },
  {
    department: 'Recreation',
    branches: ['Community Center'],
    reasons: ['Youth programs', 'Adult programs', 'Field rental', 'Hall rental', 'Summer camp (fund 210)'],
    types: COUNTER_TYPES,
    from: 20000,
    to: 900000,
  },
  {
    department: 'Recreation',
    branches: ['Town Pool'],
    reasons: ['Swim lessons', 'Pool passes', 'Concessions'],
    types: COUNTER_TYPES,
    from: 5000,
    to: 300000,
  },
  {
    department: 'Clerk',
    branches: ['Town Hall'],
    reasons: ['Dog licenses', 'Building permits', 'Vital records'],
    types: ['CASH', 'CHECK', 'CREDITCARD'],
    from: 2000,
    to: 160000,
  },
];

/** The library's lines throughout, the other departments' before the sample's half-year. */
function history(random: Random): Payment[] {
  return months('2024-01', monthOf(LAST_DAY)).flatMap((month) =>
    SERIES.filter((series) => series.department === 'Library' || month < monthOf(FIRST_DAY)).flatMap((series) =>
      series.branches.flatMap((branch) =>
        series.reasons.flatMap((reason) =>
          series.types.map((type): Payment => {
            const systemPaid = random.integer(series.from / 20, series.to / 20) * 20;
            const income = type === 'CANCEL' || type === 'FORGIVEN' ? 0 : systemPaid;
            return {
              month,
              department: series.department,
              branch,
              reason,
              type,
              count: random.integer(1, 60),
              systemPaid,
              amountPaid: income,
            };
          }),
        ),
      ),
    ),
  );
}

function fromReceipts(receipts: readonly ReceiptTruth[]): Payment[] {
  const lines = receipts.flatMap((receipt) =>
    receipt.lines.map((line): Payment => {
      const account = accountOf(line.account);
      const department = receipt.department === 'clerk' ? 'Clerk' : 'Recreation';
      const type = receipt.voided ? 'CANCEL' : TENDERS[receipt.tender].council;
      return {
        month: monthOf(receipt.date),
        department,
        branch: account.branch,
        reason: account.description,
        type,
        count: 1,
        systemPaid: line.cents,
        amountPaid: receipt.voided ? 0 : line.cents,
      };
    }),
  );
  return [...groupBy(lines, sortKey).values()].map((own) => ({
    ...at(own, 0),
    count: own.length,
    systemPaid: sum(own.map((p) => p.systemPaid)),
    amountPaid: sum(own.map((p) => p.amountPaid)),
  }));
}

function months(from: string, to: string): string[] {
  const list: string[] = [];
  for (let year = Number(from.slice(0, 4)), month = Number(from.slice(5)); ; month === 12 ? ((year += 1), (month = 1)) : (month += 1)) {
    const text = `${year}-${String(month).padStart(2, '0')}`;
    if (text > to) return list;
    list.push(text);
  }
}
