import { connector } from '../engine/base-town.ts';
import { MONEY } from '../engine/reconciliation/agreement-town.ts';
import { makeTown, type TestTown } from '../engine/town.ts';

const csv = (id: string, stream: string, fields: string): string =>
  connector(id, 'folder', {
    [stream]: `    retriever: { files: { pattern: "*.csv" } }
    decoder: { csv: {} }
    schema: { fields: ${fields} }
    primary_key: [no]
`,
  });

/** A town whose receipts say all that revenue is reported by, with a bank, and a processor that settles cards. */
export const REPORT_TOWN: Record<string, string> = {
  ...MONEY,
  'config/interlocal.yaml': `${MONEY['config/interlocal.yaml']}revenue: { parts: { fund: 1, program: 3 } }
`,
  'config/connections.yaml': `${MONEY['config/connections.yaml']}  processor: { connector: processor, options: { path: processor } }
`,
  'config/model/receipt.yaml': `${MONEY['config/model/receipt.yaml']}  branch: { type: text, class: public }
  cashier: { type: text, class: internal }
  channel: { type: text, class: public }
  program: { type: text, class: public }
  batch: { type: text, class: internal }
`,
  'config/model/settlement.yaml': `entity: settlement
title: Settlement
fields:
  source: { type: text, required: true, class: public }
  batch: { type: text, class: public }
  settled_on: { type: date, required: true, class: public }
  gross: { type: money, class: public }
  refunds: { type: money, class: public }
  fees: { type: money, class: public }
  net: { type: money, required: true, class: public }
`,
  'connectors/desk/connector.yaml': csv(
    'desk',
    'receipts',
    '{ no: {}, day: { type: date }, dept: {}, account: {}, tender: {}, amount: {}, place: {}, cashier: {}, channel: {}, program: {}, batch: {} }',
  ),
  'connectors/processor/connector.yaml': csv(
    'processor',
    'settlements',
    '{ no: {}, day: { type: date }, gross: {}, refunds: {}, fees: {}, net: {} }',
  ),
  'mappings/receipt.from-desk.yaml': `${MONEY['mappings/receipt.from-desk.yaml']}  branch: place
  cashier: cashier
  channel: channel
  program: program
  batch: batch
`,
  'mappings/settlement.from-processor.yaml': `mapping: settlement.from-processor
entity: settlement
from: { connector: processor, stream: settlements }
fields:
  source: "@connection"
  batch: no
  settled_on: day
  gross: gross
  refunds: refunds
  fees: fees
  net: net
`,
  'pipelines/settlements.yaml':
    'pipeline: settlements\nsource: { connection: processor, stream: settlements }\nmappings: [settlement.from-processor]\n',
  'pipelines/to-bank.yaml': `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on, where: { tender: [cash, check] } }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on, where: { department: slips } }
  passes:
    - key: bag
      on: [{ left: batch, right: reference }]
      sides: many_to_one
  open:
    left: { type: not_deposited, within: 2 }
    right: { type: deposit_without_receipt }
  over_short: "5.00"
`,
  'pipelines/to-settlement.yaml': `pipeline: to-settlement
reconcile:
  left: { name: card payments, entity: receipt, amount: amount, date: received_on, where: { tender: card } }
  right: { name: settlements, entity: settlement, amount: net, date: settled_on }
  passes:
    - settlement: batch
      of: right
      on: [batch]
      parts: { gross: gross, refunds: refunds, fees: fees, net: net }
      contract: [{ percent: 2, per_item: "0.10", rounding: item }]
  open:
    left: { type: not_settled, within: 2 }
    right: { type: settled_without_receipt }
`,
  'pipelines/settlement-to-bank.yaml': `pipeline: settlement-to-bank
reconcile:
  left: { name: settlements, entity: settlement, amount: net, date: settled_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on, where: { department: cards } }
  passes:
    - key: batch
      on: [{ left: batch, right: reference }]
  open:
    left: { type: deposit_not_at_bank, within: 2 }
    right: { type: deposit_without_receipt }
`,
};

export type ReportReceipt = Partial<Record<(typeof FIELDS)[number], string>> & { no: string; amount: string };
const FIELDS = ['no', 'day', 'dept', 'account', 'tender', 'amount', 'place', 'cashier', 'channel', 'program', 'batch'] as const;

export function receiptCsv(rows: readonly ReportReceipt[]): string {
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${FIELDS.join(',')}\n${rows.map((r) => `${FIELDS.map((f) => quoted(r[f] ?? (f === 'day' ? '2026-07-01' : ''))).join(',')}\n`).join('')}`;
}

export function settlementCsv(
  rows: readonly { no: string; day?: string; gross: string; refunds?: string; fees: string; net: string }[],
): string {
  return `no,day,gross,refunds,fees,net\n${rows.map((r) => `${r.no},${r.day ?? '2026-07-02'},${r.gross},${r.refunds ?? ''},${r.fees},${r.net}\n`).join('')}`;
}

export const NOW = new Date('2026-07-20T15:00:00Z');

export async function reportTown(files: Record<string, string>): Promise<TestTown> {
  const made = await makeTown(
    { 'desk/.keep': '', 'pool/.keep': '', 'bank/.keep': '', 'lines/.keep': '', 'processor/.keep': '', ...files },
    REPORT_TOWN,
  );
  await loadAll(made);
  return made;
}

export async function loadAll(t: TestTown, now = () => NOW): Promise<void> {
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges', 'settlements']) await t.run(pipeline);
  for (const pipeline of ['to-bank', 'to-settlement', 'settlement-to-bank']) await t.run(pipeline, { now });
}
