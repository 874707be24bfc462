import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { secret } from '../../src/config/schema/common.ts';
import { loadProject } from '../../src/config/load.ts';
import type { LoadOptions } from '../../src/config/load.ts';
import type { KnownTransports } from '../../src/config/checks/transport-rules.ts';
import { textOfProblem } from '../../src/core/errors.ts';
import { transports as declared } from '../../src/transports/transports.ts';

export type Files = Record<string, string>;

/** Two transports with options of every kind, in place of their own. */
const options = {
  sftp: z.strictObject({
    host: z.string().min(1).describe('Name or address of the server.'),
    port: z.int().min(1).max(65535).default(22),
    username: z.string(),
    password: secret.optional().describe('Password.'),
    allow_legacy: z.array(z.enum(['ssh-rsa', 'ssh-dss'])).default([]),
    proxy: z.strictObject({ host: z.string(), password: secret }).optional(),
  }),
  http: z.strictObject({ base_url: z.string(), token: secret.optional() }),
};

/** What the transports declare; of those that are not in `options`, theirs are not known. */
export const transports: KnownTransports = {
  ...declared,
  sftp: { ...declared.sftp, options: options.sftp },
  http: { ...declared.http, options: options.http },
};

/** A small town in which everything is right. */
export const TOWN: Files = {
  'config/interlocal.yaml': `town:
  name: Maple Falls
  time_zone: America/New_York
  currency: USD
  fiscal_year_starts: 07-01
packs: false
`,
  'config/connections.yaml': `connections:
  clerk:
    connector: clerk-files
    title: Town clerk
    options:
      host: files.example.org
      username: interlocal
      password: \${env:CLERK_PASSWORD}
      office: "01"
`,
  'config/model/receipt.yaml': `entity: receipt
title: Receipt
fields:
  receipt_number: { type: text, required: true, class: internal }
  received_on: { type: date, required: true, class: internal }
  amount: { type: money, required: true, class: internal }
  tender: { type: code, class: internal, values: [cash, check, card] }
identity: [receipt_number]
indexes: [[received_on]]
`,
  'connectors/clerk-files/connector.yaml': `connector: clerk-files
version: 1.0.0
title: Clerk's daily files
transport: sftp
options:
  office: { type: text, required: true, choices: ["01", "02"], description: The office whose files are read }
transport_options:
  port: 2222
streams:
  payments:
    retriever:
      files:
        folder: out/{{ options.office }}
        pattern: payments-*.txt
    decoder:
      fixed_width:
        record_types:
          D:
            when: { from: 1, to: 1, is: D }
            fields:
              number: { from: 2, to: 9 }
              paid: { from: 10, to: 17 }
              amount: { from: 18, to: 28 }
              tender: { from: 29, to: 29 }
          T:
            when: { from: 1, to: 1, is: T }
            fields:
              count: { from: 2, to: 7 }
              total: { from: 8, to: 20 }
    record_selector:
      types: [D]
    control:
      - type: T
        count: count
        total: { field: total, of: amount }
    schema:
      fields:
        number: { required: true }
        paid: { type: date, format: MMDDYYYY }
        amount: { type: decimal }
        tender: {}
    primary_key: [number]
`,
  'mappings/receipt.from-clerk-files.yaml': `mapping: receipt.from-clerk-files
entity: receipt
from: { connector: clerk-files, stream: payments }
fields:
  receipt_number: number
  received_on:
    from: paid
    parse: { date: MMDDYYYY }
  amount:
    from: amount
    parse: money
  tender:
    from: tender
    lookup: { table: tenders, unknown: "null" }
tests:
  - name: a payment in cash
    record: { number: "00000042", paid: "07012024", amount: "12.50", tender: "1" }
    gives: { receipt_number: "00000042", amount: 1250 }
`,
  'mappings/lookups/tenders.csv': 'from,to\n1,cash\n2,check\n3,card\n',
  'pipelines/clerk-payments.yaml': `pipeline: clerk-payments
schedule: "*/15 6-20 * * 1-5"
source: { connection: clerk, stream: payments }
mappings: [receipt.from-clerk-files]
`,
  'pipelines/clerk-check.yaml': `pipeline: clerk-check
after: [clerk-payments]
reconcile:
  left: { name: clerk, entity: receipt, amount: amount, where: { tender: cash } }
  right: { name: bank, entity: receipt, amount: amount }
  match_on:
    - { name: year, left: { fiscal_year: received_on }, right: { fiscal_year: received_on } }
    - { name: tender, left: tender, right: tender }
`,
};

const made: string[] = [];
process.once('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Writes a folder with these files and gives its path; it is removed with the process. */
export function writeTown(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'town-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  made.push(folder);
  return folder;
}

/** The town with some files changed: a text replaces the file, a pair [what, by] a part of it. */
export function changed(changes: Record<string, string | [what: string, by: string]>): Files {
  const files = { ...TOWN };
  for (const [name, change] of Object.entries(changes)) {
    if (typeof change === 'string') files[name] = change;
    else {
      if (!files[name]?.includes(change[0])) throw new Error(`${name} does not have ${change[0]}`);
      files[name] = files[name].replace(change[0], () => change[1]);
    }
  }
  return files;
}

/** Every problem of such a town, as people read it. */
export async function problemsOf(files: Files, options: LoadOptions = {}): Promise<string[]> {
  const result = await loadProject(writeTown(files), { transports, env: {}, ...options });
  return result.problems.map(textOfProblem);
}
