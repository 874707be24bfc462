import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestTown } from '../engine/town.ts';

export interface Shape {
  /** Settings of the sink next to those of `FILE_SINK`. */
  sink?: string;
  /** Of the pipeline. */
  mode?: string;
  deliver?: string;
}

/** A ledger that takes CSV files in its folder, and a pipeline that sends it the receipts of the till. */
export function ledger({ sink = '', mode = 'live', deliver = '' }: Shape = {}): Record<string, string> {
  return {
    'config/connections.yaml': `connections:
  till: { connector: till, options: { path: inbox } }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
  ledger: { connector: ledger, options: { path: ledger } }
`,
    'connectors/ledger/connector.yaml': `connector: ledger
version: 1.0.0
title: Ledger
transport: folder
streams: {}
sinks:
  entries:
    target: { file: { name: 'entries-{{ date }}-{{ sequence }}.csv' } }
    encoder: { csv: {} }
    schema:
      fields:
        Number: { required: true, max_length: 6 }
        Date: { type: date, format: MM/DD/YYYY, required: true }
        Amount: { type: decimal, decimals: 2, required: true }
        Tender: {}
    idempotency_key: [Number]
    totals: [Amount]
    sequence_digits: 3
${sink}`,
    'mappings/entries.from-receipt.yaml': `mapping: entries.from-receipt
sink: { connector: ledger, sink: entries }
from: { entity: receipt }
fields:
  Number: number
  Date: received_on
  Amount: amount
  Tender: tender_raw
`,
    'pipelines/to-ledger.yaml': `pipeline: to-ledger
mode: ${mode}
deliver: { mapping: entries.from-receipt, connection: ledger${deliver} }
`,
    'ledger/.keep': '',
  };
}

/** What is in the ledger's folder, by name. */
export function delivered(town: TestTown, below = 'ledger'): Record<string, string> {
  const folder = join(town.folder, below);
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== '.keep');
  return Object.fromEntries(
    names.map((entry) => [entry.name, readFileSync(join(folder, entry.name), 'utf8').replaceAll('\r\n', '\n')]).sort(),
  );
}

/** State and key of each newest record of the outbox. */
export async function outbox(town: TestTown): Promise<string[]> {
  const rows = await town.rows('il_outbox', ['outbox_key', 'state', 'version', 'latest', 'operation', 'id']);
  return rows
    .filter((row) => row.latest)
    .map(
      (row) =>
        `${(JSON.parse(String(row.outbox_key)) as string[])[0]} v${row.version}${row.operation === 'delete' ? ' delete' : ''} ${row.state}`,
    );
}
