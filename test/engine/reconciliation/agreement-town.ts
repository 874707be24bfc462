import { makeTown, type TestTown } from '../town.ts';
import { connector } from '../base-town.ts';
import { type RevenueRow, revenueReport } from '../../../src/reports/revenue/revenue.ts';

type Texts = Record<string, string>;

/** A town with receipts of two offices and a bank's deposits, each a CSV file, and whatever reconciliations a test lays over it. */
export async function moneyTown(files: Texts = {}): Promise<TestTown> {
  return makeTown({ 'desk/.keep': '', 'pool/.keep': '', 'bank/.keep': '', 'lines/.keep': '', ...files }, MONEY);
}

const receiptMapping = (name: string): string => `mapping: receipt.from-${name}
entity: receipt
from: { connector: ${name}, stream: receipts }
fields:
  source: "@connection"
  receipt_number: no
  received_on: day
  department: { from: dept, default: clerk }
  account: { from: account, on_error: "null" }
  tender: { from: tender, default: cash }
  amount: amount
`;

export const MONEY: Texts = {
  'config/interlocal.yaml': `town: { name: Testville, time_zone: America/New_York, currency: USD, fiscal_year_starts: 07-01 }
packs: false
`,
  'config/connections.yaml': `connections:
  desk: { connector: desk, options: { path: desk } }
  pool: { connector: pool, options: { path: pool } }
  bank: { connector: bank, options: { path: bank } }
  lines: { connector: lines, options: { path: lines } }
`,
  'config/model/receipt.yaml': `entity: receipt
title: Receipt
fields:
  source: { type: text, required: true, class: public }
  receipt_number: { type: text, class: public }
  received_on: { type: date, required: true, class: public }
  department: { type: text, class: public }
  account: { type: text, class: public }
  tender: { type: text, class: public }
  amount: { type: money, required: true, class: public }
  status: { type: code, class: public, values: [posted, voided] }
`,
  'config/model/charge.yaml': `entity: charge
title: Charge
fields:
  source: { type: text, required: true, class: public }
  receipt_number: { type: text, required: true, class: public }
  department: { type: text, class: public }
  account: { type: text, class: public }
  amount: { type: money, required: true, class: public }
`,
  'config/model/deposit.yaml': `entity: deposit
title: Deposit
fields:
  source: { type: text, required: true, class: public }
  collected_on: { type: date, required: true, class: public }
  department: { type: text, class: public }
  reference: { type: text, class: public }
  amount: { type: money, required: true, class: public }
`,
  'connectors/desk/connector.yaml': csvConnector(
    'desk',
    'receipts',
    '{ no: {}, day: { type: date }, dept: {}, account: {}, tender: {}, amount: {} }',
  ),
  'connectors/pool/connector.yaml': csvConnector(
    'pool',
    'receipts',
    '{ no: {}, day: { type: date }, dept: {}, account: {}, tender: {}, amount: {} }',
  ),
  'connectors/bank/connector.yaml': csvConnector('bank', 'deposits', '{ no: {}, day: { type: date }, dept: {}, amount: {} }'),
  'connectors/lines/connector.yaml': csvConnector('lines', 'charges', '{ no: {}, receipt: {}, account: {}, amount: {} }'),
  'mappings/receipt.from-desk.yaml': receiptMapping('desk'),
  'mappings/receipt.from-pool.yaml': receiptMapping('pool'),
  'mappings/deposit.from-bank.yaml': `mapping: deposit.from-bank
entity: deposit
from: { connector: bank, stream: deposits }
fields:
  source: "@connection"
  collected_on: day
  department: { from: dept, default: clerk }
  reference: no
  amount: amount
`,
  'mappings/charge.from-lines.yaml': `mapping: charge.from-lines
entity: charge
from: { connector: lines, stream: charges }
fields:
  source: { const: desk }
  receipt_number: receipt
  account: account
  amount: amount
`,
  'pipelines/desk-receipts.yaml':
    'pipeline: desk-receipts\nsource: { connection: desk, stream: receipts }\nmappings: [receipt.from-desk]\n',
  'pipelines/pool-receipts.yaml':
    'pipeline: pool-receipts\nsource: { connection: pool, stream: receipts }\nmappings: [receipt.from-pool]\n',
  'pipelines/bank-deposits.yaml':
    'pipeline: bank-deposits\nsource: { connection: bank, stream: deposits }\nmappings: [deposit.from-bank]\n',
  'pipelines/charges.yaml': 'pipeline: charges\nsource: { connection: lines, stream: charges }\nmappings: [charge.from-lines]\n',
};

function csvConnector(id: string, stream: string, fields: string): string {
  return connector(id, 'folder', {
    [stream]: `    retriever: { files: { pattern: "*.csv" } }
    decoder: { csv: {} }
    schema: { fields: ${fields} }
    primary_key: [no]
`,
  });
}

/** A reconciliation of receipts against deposits. */
export function reconciliation(
  id: string,
  given: { receipts?: string; deposits?: string; keys?: readonly ('day' | 'department')[]; more?: string } = {},
): Texts {
  const keys = {
    day: '    - { name: day, left: received_on, right: collected_on }\n',
    department: '    - { name: department, left: department, right: department }\n',
  };
  return {
    [`pipelines/${id}.yaml`]: `pipeline: ${id}
reconcile:
  left: { name: receipts, entity: receipt, where: ${given.receipts ?? '{}'}, amount: amount }
  right: { name: the bank, entity: deposit, where: ${given.deposits ?? '{}'}, amount: amount }
  match_on:
${(given.keys ?? ['day']).map((key) => keys[key]).join('')}${given.more ?? ''}`,
  };
}

/** A file of receipts: number, day, amount, and more where it matters. */
export function receiptFile(
  rows: readonly { no: string; day?: string; amount: string; dept?: string; account?: string; tender?: string }[],
): string {
  return csv(
    'no,day,dept,account,tender,amount',
    rows.map((r) => [r.no, r.day ?? '2026-07-01', r.dept ?? '', r.account ?? '', r.tender ?? '', r.amount]),
  );
}

export function depositFile(rows: readonly { no: string; day?: string; amount: string; dept?: string }[]): string {
  return csv(
    'no,day,dept,amount',
    rows.map((r) => [r.no, r.day ?? '2026-07-01', r.dept ?? '', r.amount]),
  );
}

export function chargeFile(rows: readonly { no: string; receipt: string; account: string; amount: string }[]): string {
  return csv(
    'no,receipt,account,amount',
    rows.map((r) => [r.no, r.receipt, r.account, r.amount]),
  );
}

function csv(head: string, rows: readonly (readonly string[])[]): string {
  return `${head}\n${rows.map((row) => `${row.join(',')}\n`).join('')}`;
}

export async function revenue(town: TestTown): Promise<RevenueRow[]> {
  return revenueReport(town.engine, { period: 'day' });
}

/** What is reconciled in cents, what is not, and why. */
export async function standing(town: TestTown): Promise<{ reconciled: number; open: number; why: string[] }> {
  const rows = await revenue(town);
  const sum = (field: 'reconciled' | 'unreconciled'): number => rows.reduce((total, row) => total + row[field], 0);
  return { reconciled: sum('reconciled'), open: sum('unreconciled'), why: [...new Set(rows.flatMap((row) => row.reasons))].sort() };
}
