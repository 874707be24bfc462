import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, runPipeline } from '../../src/engine/run/run.ts';
import { type Files, letRest, TOWN } from './town.ts';

const CONNECTOR = `connector: ledger
version: 1.0.0
title: Ledger
transport: folder
streams: {}
sinks:
  entries:
    target: { file: { name: 'entries-{{ date }}-{{ sequence }}.json' } }
    encoder: { json: {} }
    schema:
      fields:
        Number: { required: true, class: public }
        Day: { type: date, required: true }
        Amount: { type: decimal, decimals: 2, required: true }
        Payer: { class: personal }
        Lines: { type: list }
        Lines.Account: { required: true, max_length: 24 }
        Lines.Amount: { type: decimal, decimals: 2 }
        Lines.For: { class: personal }
    idempotency_key: [Number]
    totals: [Amount]
    sequence_digits: 3
    max_records: 40
    acknowledgment:
      file:
        rejected: '{name}.err'
        records:
          name: '{name}.csv'
          decoder: { csv: {} }
          key: [No]
          result: Result
          accepted: [OK]
          rejected: [ERROR]
          reason: Text
      within: 1h
`;

const MAPPING = `mapping: entries.from-receipt
sink: { connector: ledger, sink: entries }
from: { entity: receipt }
fields:
  Number: receipt_number
  Day: received_on
  Amount: amount
  Payer: payer_name
lists:
  Lines:
    fields: { Account: account, Amount: amount, For: payer_name }
`;

/** The town of the pages with a ledger that it sends receipts to: the library's at once, those for permits after a person approved them. */
export const OUTBOUND_TOWN: Files = {
  ...TOWN,
  'config/connections.yaml': `${TOWN['config/connections.yaml']!}  ledger: { connector: ledger, options: { path: ledger } }\n`,
  'connectors/ledger/connector.yaml': CONNECTOR,
  'mappings/entries.from-receipt.yaml': MAPPING,
  'pipelines/library-to-ledger.yaml': `pipeline: library-to-ledger
description: Fines of the library, as entries of the ledger.
deliver:
  mapping: entries.from-receipt
  connection: ledger
  where: { department: Library }
  since: { field: received_on, day: 2026-05-01 }
`,
  'pipelines/permits-to-ledger.yaml': `pipeline: permits-to-ledger
mode: review
schedule: 0 18 * * 1-5
deliver:
  mapping: entries.from-receipt
  connection: ledger
  where: { department: [Building, Public Works] }
  since: { field: received_on, day: 2026-06-20 }
`,
  'ledger/.keep': '',
};

/** The ledger takes all of the first file but two entries, nothing of the second, and says why, with names of people; then it is asked. */
export async function answer(engine: Engine, folder: string): Promise<void> {
  const names = readdirSync(join(folder, 'ledger')).filter((name) => name.endsWith('.json'));
  const [first, second] = names.sort() as [string, string];
  const numbers = (await engine.knex('il_outbox').where({ delivery_id: 1 }).orderBy('id').pluck('outbox_key')) as string[];
  const lines = numbers.map((key, i) => {
    const [number] = JSON.parse(key) as [string];
    return i < 2 ? `${number},ERROR,No account for Pat Example` : `${number},OK,`;
  });
  put(`${first}.csv`, `No,Result,Text\n${lines.join('\n')}\n`);
  put(`${second}.err`, 'Batch refused <b>whole</b>: PAT EXAMPLE is not a vendor\n');
  await runPipeline(engine, 'library-to-ledger', { signal: new AbortController().signal });

  function put(name: string, text: string): void {
    mkdirSync(join(folder, 'ledger'), { recursive: true });
    writeFileSync(join(folder, 'ledger', name), text);
    letRest(join(folder, 'ledger', name));
  }
}
