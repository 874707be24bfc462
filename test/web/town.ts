import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openTown } from '../../src/cli/town.ts';
import type { Engine } from '../../src/engine/run/engine.ts';
import { runPipeline } from '../../src/engine/run/run.ts';
import { inOrder } from '../../src/engine/run/order.ts';
import { storeOfTown, withStore } from '../store/stores.ts';

/** A town in a folder of its own: three offices' receipt files and the bank's deposits, over six months. */

export type Files = Record<string, string>;

const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'];

interface Department {
  office: 'clerk' | 'recreation' | 'permits';
  name: string;
  accounts: readonly string[];
  /** Receipts in each of the six months, and about how many cents each is. */
  receipts: readonly number[];
  cents: number;
}

const DEPARTMENTS: readonly Department[] = [
  {
    office: 'clerk',
    name: 'Town Clerk',
    accounts: ['101-4110 Dog licenses', '101-4120 Certificates'],
    receipts: [52, 61, 74, 96, 58, 47],
    cents: 21_00,
  },
  { office: 'clerk', name: 'Library', accounts: ['101-4710 Fines'], receipts: [31, 28, 33, 30, 27, 25], cents: 9_00 },
  {
    office: 'recreation',
    name: 'Parks & Recreation',
    accounts: ['230-4610 Programs', '230-4620 Pool'],
    receipts: [24, 26, 39, 58, 92, 118],
    cents: 46_00,
  },
  { office: 'recreation', name: 'Community Center', accounts: ['230-4650 Room hire'], receipts: [14, 12, 15, 17, 16, 13], cents: 85_00 },
  {
    office: 'permits',
    name: 'Building',
    accounts: ['101-4310 Building permits', '101-4320 Inspections'],
    receipts: [11, 14, 23, 29, 33, 27],
    cents: 132_00,
  },
  { office: 'permits', name: 'Public Works', accounts: ['101-4350 Street openings'], receipts: [4, 5, 9, 14, 12, 11], cents: 118_00 },
];

const TENDERS = ['cash', 'check', 'card', 'card'];
const HEAD = 'receipt_number,received_on,department,account,tender,amount,payer_name';

/** What a receipt file of each office and the bank's file hold. Two deposits are wrong and three receipts cannot be used. */
function moneyFiles(): Files {
  const lines: Record<string, string[]> = { clerk: [HEAD], recreation: [HEAD], permits: [HEAD] };
  const deposits = ['deposited_on,department,amount'];
  let seed = 42;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  let number = 1000;
  for (const [m, month] of MONTHS.entries())
    for (const d of DEPARTMENTS) {
      let sum = 0;
      for (let i = 0; i < d.receipts[m]!; i++) {
        const cents = Math.round(d.cents * 0.5) + random(d.cents);
        sum += cents;
        lines[d.office]!.push(
          [
            `R${number++}`,
            `${month}-${String(1 + random(28)).padStart(2, '0')}`,
            `"${d.name}"`,
            d.accounts[random(d.accounts.length)],
            TENDERS[random(4)],
            decimal(cents),
            'Pat Example',
          ].join(','),
        );
      }
      if (d.name === 'Library' && month === '2026-05') continue;
      if (d.name === 'Building' && month === '2026-03') sum -= 125_00;
      deposits.push(`${month}-28,"${d.name}",${decimal(sum)}`);
    }
  lines.clerk!.push(
    `R9001,2026-06-31,"Town Clerk",101-4110 Dog licenses,cash,20.00,Secretperson`,
    `R9002,2026-06-30,"Town Clerk",101-4110 Dog licenses,cash,2O.00,Secretperson`,
  );
  lines.recreation!.push(`R9003,2026-06-30,"Parks & Recreation",230-4620 Pool,coupon,15.00,Secretperson`);
  return {
    'inbox/clerk/receipts.csv': `${lines.clerk!.join('\n')}\n`,
    'inbox/recreation/receipts.csv': `${lines.recreation!.join('\n')}\n`,
    'inbox/permits/receipts.csv': `${lines.permits!.join('\n')}\n`,
    'inbox/bank/deposits.csv': `${deposits.join('\n')}\n`,
  };
}

function decimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

const OFFICES = ['clerk', 'recreation', 'permits'];

export const TOWN: Files = {
  'config/interlocal.yaml':
    'town: { name: Maple Falls, time_zone: America/New_York, currency: USD, fiscal_year_starts: 07-01 }\npacks: false\n',
  'config/connections.yaml': `connections:\n${[...OFFICES, 'bank'].map((id) => `  ${id}: { connector: ${id === 'bank' ? 'bank' : 'till'}, options: { path: inbox/${id} } }\n`).join('')}`,
  'config/model/receipt.yaml': `entity: receipt
title: Receipt
fields:
  source: { type: text, required: true, class: public }
  receipt_number: { type: text, required: true, class: public }
  received_on: { type: date, required: true, class: public }
  department: { type: code, class: public }
  account: { type: text, class: public }
  tender: { type: code, class: public, values: [cash, check, card] }
  amount: { type: money, required: true, class: public }
  payer_name: { type: text, class: personal }
`,
  'config/model/deposit.yaml': `entity: deposit
title: Deposit
fields:
  deposited_on: { type: date, required: true, class: public }
  department: { type: code, class: public }
  amount: { type: money, required: true, class: public }
`,
  'connectors/till/connector.yaml': `connector: till
version: 1.0.0
title: Receipt files of an office
transport: folder
streams:
  receipts:
    retriever: { files: { pattern: receipts.csv } }
    decoder: { csv: {} }
    schema: { fields: { receipt_number: {}, received_on: {}, department: {}, account: {}, tender: {}, amount: {}, payer_name: { class: personal } } }
    primary_key: [receipt_number]
`,
  'connectors/bank/connector.yaml': `connector: bank
version: 1.0.0
title: Deposits as the bank reports them
transport: folder
streams:
  deposits:
    retriever: { files: { pattern: deposits.csv } }
    decoder: { csv: {} }
    schema: { fields: { deposited_on: {}, department: {}, amount: {} } }
    primary_key: [deposited_on, department]
`,
  'mappings/receipt.from-till.yaml': `mapping: receipt.from-till
entity: receipt
from: { connector: till, stream: receipts }
fields:
  source: { const: till }
  receipt_number: receipt_number
  received_on: { from: received_on, parse: { date: YYYY-MM-DD } }
  department: department
  account: account
  tender: tender
  amount: { from: amount, parse: money }
  payer_name: payer_name
`,
  'mappings/deposit.from-bank.yaml': `mapping: deposit.from-bank
entity: deposit
from: { connector: bank, stream: deposits }
fields:
  deposited_on: { from: deposited_on, parse: { date: YYYY-MM-DD } }
  department: department
  amount: { from: amount, parse: money }
`,
  ...Object.fromEntries(
    OFFICES.map((id) => [
      `pipelines/${id}-receipts.yaml`,
      `pipeline: ${id}-receipts\ndescription: What the ${id} office took, one line for each receipt.\nschedule: "*/15 6-20 * * 1-5"\nsource: { connection: ${id}, stream: receipts }\nmappings: [receipt.from-till]\n`,
    ]),
  ),
  'pipelines/bank-deposits.yaml':
    'pipeline: bank-deposits\ntitle: Deposits at the bank\nschedule: 30 6 * * 1-5\nsource: { connection: bank, stream: deposits }\nmappings: [deposit.from-bank]\n',
  'pipelines/receipts-at-bank.yaml': `pipeline: receipts-at-bank
description: Does what each department took in a month arrive at the bank?
schedule: 0 7 * * 1-5
after: [bank-deposits]
reconcile:
  left: { name: receipts, entity: receipt, amount: amount }
  right: { name: bank, entity: deposit, amount: amount }
  match_on:
    - { name: month, left: { month: received_on }, right: { month: deposited_on } }
    - { name: department, left: department, right: department }
`,
  ...moneyFiles(),
};

export function makeTown(files: Files = TOWN): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-web-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    letRest(join(folder, path));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** As if the file had been written an hour ago: a run waits for files that are being written. */
export function letRest(path: string): void {
  const then = Date.now() / 1000 - 3600;
  utimesSync(path, then, then);
}

/** Opens the town and runs everything once. The caller destroys `knex`. */
export async function openAndRun(folder: string): Promise<Engine> {
  const store = await storeOfTown();
  const yaml = join(folder, 'config/interlocal.yaml');
  writeFileSync(yaml, withStore('config/interlocal.yaml', readFileSync(yaml, 'utf8'), store?.url));
  const engine = await openTown(folder);
  for (const id of inOrder(engine.project)) await runPipeline(engine, id, { signal: new AbortController().signal });
  return engine;
}
