/**
 * The configuration that the engine's tests start from. Receipts have no identity: each record is one. People do, by
 * e-mail, and come from two offices. An order has several lines.
 */
export const BASE: Record<string, string> = {
  'config/interlocal.yaml': 'town: { name: Testville, time_zone: America/New_York, currency: USD }\npacks: false\n',
  'config/connections.yaml': `connections:
  till: { connector: till, options: { path: inbox } }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
  'config/model/receipt.yaml': `entity: receipt
title: Receipt
fields:
  number: { type: text, required: true, class: public }
  received_on: { type: date, required: true, class: public }
  amount: { type: money, required: true, class: public }
  tender: { type: code, class: public, values: [cash, check] }
  note: { type: text, class: internal }
indexes:
  - [number]
`,
  'config/model/person.yaml': `entity: person
title: Person
fields:
  email: { type: text, class: personal }
  name: { type: text, class: personal }
  phone: { type: text, class: personal }
  updated_on: { type: date, class: internal }
identity: [email]
survivorship: { sources: [clerk, pool], latest_by: updated_on }
`,
  'config/model/line.yaml': `entity: line
title: Line of an order
fields:
  order_number: { type: text, class: public }
  sku: { type: text, class: public }
  amount: { type: money, class: public }
`,
  'connectors/till/connector.yaml': connector('till', 'folder', {
    receipts: `    retriever: { files: { pattern: "receipts*.csv" } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
  }),
  'connectors/office/connector.yaml': connector('office', 'folder', {
    clerk: people('clerk'),
    pool: people('pool'),
  }),
  'connectors/shop/connector.yaml': connector('shop', 'folder', {
    orders: `    retriever: { files: { pattern: "orders*.json" } }
    decoder: { json: { lines: true } }
    schema: { fields: { number: {}, lines: { type: list } } }
    primary_key: [number]
`,
  }),
  'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nCK,check\n',
  'mappings/receipt.from-till.yaml': `mapping: receipt.from-till
entity: receipt
from: { connector: till, stream: receipts }
fields:
  number: number
  received_on: received_on
  amount: amount
  tender: { from: tender, lookup: { table: tenders } }
  note: note
`,
  'mappings/person.from-office-clerk.yaml': personMapping('clerk'),
  'mappings/person.from-office-pool.yaml': personMapping('pool'),
  'mappings/line.from-shop.yaml': `mapping: line.from-shop
entity: line
from: { connector: shop, stream: orders }
for_each: lines
item_key: [sku]
fields:
  order_number: ../number
  sku: sku
  amount: amount
`,
  'pipelines/receipts.yaml':
    'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 3\n',
  'pipelines/clerk.yaml':
    'pipeline: clerk\nsource: { connection: clerk, stream: clerk }\nmappings: [person.from-office-clerk]\nbatch_size: 2\n',
  'pipelines/pool.yaml': 'pipeline: pool\nsource: { connection: pool, stream: pool }\nmappings: [person.from-office-pool]\nbatch_size: 2\n',
  'pipelines/orders.yaml': 'pipeline: orders\nsource: { connection: shop, stream: orders }\nmappings: [line.from-shop]\nbatch_size: 2\n',
};

/** A connector of these streams, each the YAML below its name. */
export function connector(id: string, transport: string, streams: Record<string, string>): string {
  const list = Object.entries(streams).map(([name, yaml]) => `  ${name}:\n${yaml}`);
  return `connector: ${id}\nversion: 1.0.0\ntitle: ${id}\ntransport: ${transport}\nstreams:\n${list.join('')}`;
}

/** The till's stream with other settings. */
export function tillStream(settings: { files?: string; key?: string; fields?: string; more?: string } = {}): Record<string, string> {
  const files = settings.files === undefined ? '' : `, ${settings.files}`;
  return {
    'connectors/till/connector.yaml': connector('till', 'folder', {
      receipts: `    retriever: { files: { pattern: "receipts*.csv"${files} } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {}${settings.fields ?? ''} } }
    primary_key: ${settings.key ?? '[number]'}
${settings.more ?? ''}`,
    }),
  };
}

function people(office: string): string {
  return `    retriever: { files: { pattern: "${office}*.csv", content: snapshot } }
    decoder: { csv: {} }
    schema: { fields: { id: {}, email: {}, name: {}, phone: {}, updated: {} } }
    primary_key: [id]
    deletes: { when_absent: true, max_percent: 60 }
`;
}

function personMapping(office: string): string {
  return `mapping: person.from-office-${office}
entity: person
from: { connector: office, stream: ${office} }
fields:
  email: { from: email, case: lower }
  name: name
  phone: phone
  updated_on: updated
`;
}

export interface Receipt {
  number: string;
  date?: string;
  amount?: string;
  tender?: string;
  note?: string;
}

/** A receipt file. */
export function receipts(list: readonly (Receipt | string)[]): string {
  const rows = list.map((r) =>
    typeof r === 'string' ? r : [r.number, r.date ?? '2026-01-05', r.amount ?? '1.00', r.tender ?? 'CA', r.note ?? ''].join(','),
  );
  return `number,received_on,amount,tender,note\n${rows.map((row) => `${row}\n`).join('')}`;
}

/** A file of people of an office: id, e-mail, name, phone, day of change. */
export function peopleFile(rows: readonly (readonly string[])[]): string {
  return `id,email,name,phone,updated\n${rows.map((row) => `${row.join(',')}\n`).join('')}`;
}
