import type { Files } from '../engine/town.ts';
import { ledger } from './base-outbound.ts';

export const PASSWORD = 'ledger-Password-3';

/** The ledger as a SOAP service with a login, and receipts with payments and their lines in them. */
export function soapLedger(url: string, { sink = '', password = PASSWORD } = {}): Files {
  const files = ledger();
  return {
    ...files,
    'secrets/ledger': password,
    'config/connections.yaml': files['config/connections.yaml']!.replace(
      'options: { path: ledger }',
      `options: { endpoint: '${url}', username_token: { username: town, password: '\${file:secrets/ledger}' } }`,
    ),
    'connectors/ledger/connector.yaml': `connector: ledger
version: 1.0.0
title: Ledger
transport: soap
streams: {}
sinks:
  entries:
    target:
      request:
        login:
          operation: OpenSession
          body: { UserName: interlocal }
          token: SessionId
          logout: { operation: CloseSession, body: { SessionId: '{{ session }}' } }
        operation: PostReceipt
        body:
          SessionId: '{{ session }}'
          Receipt: { Number: '{{ record.Number }}', Date: '{{ record.Date }}', Amount: '{{ record.Amount }}', Payment: '{{ record.Payments }}' }
    schema:
      fields:
        Number: { required: true }
        Date: { type: date, required: true }
        Amount: { type: decimal, decimals: 2, required: true }
        Payments: { type: list, required: true }
        Payments.Type: {}
        Payments.Line: { type: list }
        Payments.Line.Account: {}
        Payments.Line.Amount: { type: decimal, decimals: 2 }
    idempotency_key: [Number]
    acknowledgment: { response: { path: Status, accepted: [booked] } }
    error_handler: { max_retries: 2, rules: [{ fault: session expired, action: login }] }
${sink}`,
    'mappings/entries.from-receipt.yaml': `mapping: entries.from-receipt
sink: { connector: ledger, sink: entries }
from: { entity: receipt }
fields:
  Number: number
  Date: received_on
  Amount: amount
lists:
  Payments:
    fields: { Type: tender_raw }
    lists:
      Line: { fields: { Account: { const: '0610' }, Amount: amount } }
`,
  };
}
