import { sinkSchema, type SinkConfig } from '../../config/schema/sink.ts';
import type { Values } from '../../core/record.ts';
import type { Plain, PlainMap } from '../discover/proposal.ts';
import { flow } from '../discover/yaml.ts';
import type { TransportDeclaration } from '../../transports/declaration.ts';
import { transportOf } from '../../transports/transports.ts';
import { beginningOf } from './beginning.ts';

/** A sink that a new connector begins with: its YAML, and for files what it writes. */
export interface SinkSkeleton {
  name: string;
  lines: string[];
  config: SinkConfig;
  /** Of the invented records, in the shape of fixtures/<sink>/records.json. */
  recorded: { context: { date: string; sequence: number }; records: Values[] };
  /** What the system answered, or what its tables hold: name in fixtures/<sink>/ → JSON. */
  answered: Record<string, unknown>;
}

type SinkKind = TransportDeclaration['writes'];
export type SinkFormat = 'csv' | 'fixed_width' | 'xml' | 'json';

const RECORDS: Values[] = [
  { number: '0000201', paid_on: '2026-03-02', account: '610-1043', amount: '24.50' },
  { number: '0000202', paid_on: '2026-03-02', account: '610-1044', amount: '110.00' },
];

const ENCODERS: Record<SinkFormat, PlainMap> = {
  csv: { csv: {} },
  xml: { xml: { row: 'Payments/Payment' } },
  json: { json: { rows: 'payments' } },
  fixed_width: {
    fixed_width: {
      record_types: {
        line: {
          fields: {
            number: { from: 1, to: 10 },
            paid_on: { from: 11, to: 18 },
            account: { from: 19, to: 33 },
            amount: { from: 34, to: 46, align: 'right' },
          },
        },
      },
    },
  },
};

const EXTENSION: Record<SinkFormat, string> = { csv: 'csv', xml: 'xml', json: 'json', fixed_width: 'txt' };

/** A sink `payments-in` of this kind, to be changed into what the system takes. */
export function sinkSkeleton(transport: string, format: SinkFormat): SinkSkeleton {
  const kind = transportOf(transport).writes;
  const soap = beginningOf(transport) === 'wsdl';
  const name = 'payments-in';
  const fields: PlainMap = {
    number: { required: true, max_length: 10 },
    paid_on: { type: 'date', required: true, ...(kind === 'file' && format === 'fixed_width' ? { format: 'YYYYMMDD' } : {}) },
    account: { required: true, max_length: 15 },
    amount: { type: 'decimal', decimals: 2, required: true },
  };
  const record: PlainMap = Object.fromEntries(Object.keys(fields).map((field) => [field, `{{ record.${field} }}`]));
  const targets: Record<SinkKind, PlainMap> = {
    file: { file: { folder: '{{ options.outbox }}', name: `payments-{{ date }}-{{ sequence }}.${EXTENSION[format]}` } },
    request: {
      request: soap ? { operation: 'AddPayment', body: soapBody() } : { method: 'POST', path: '/payments', body: record },
    },
    table: { table: { name: 'PaymentsIn', write: 'upsert', key: ['number'] } },
  };
  const sink: PlainMap = {
    description: 'Payments that were taken elsewhere.',
    target: targets[kind],
    ...(kind === 'file' ? { encoder: ENCODERS[format] } : {}),
    schema: { fields },
    idempotency_key: ['number'],
    totals: ['amount'],
    date_format: 'YYYYMMDD',
    sequence_digits: 3,
    ...(kind === 'file' ? { acknowledgment: { taken: true, within: '1d' } } : {}),
  };
  return {
    name,
    config: sinkSchema.parse(sink),
    recorded: { context: { date: '2026-03-02', sequence: 1 }, records: RECORDS },
    answered: answeredBy(kind, soap),
    lines: [
      `${name}:`,
      ...Object.entries(sink).flatMap(([key, value]) => (key === 'schema' ? schemaLines(fields) : [`  ${key}: ${flow(value)}`])),
    ],
  };
}

/** Invented as the records are; each is accepted. */
function answeredBy(kind: SinkKind, soap: boolean): Record<string, unknown> {
  if (kind === 'file') return {};
  if (kind === 'table') {
    const columns = { number: 'VARCHAR(10) NOT NULL', paid_on: 'DATE', account: 'VARCHAR(15)', amount: 'NUMERIC(19,2)' };
    return {
      'tables.json': { PaymentsIn: { columns, key: ['number'], rows: [] } },
      'expected.json': { PaymentsIn: RECORDS.map((record) => Object.keys(columns).map((column) => record[column])) },
    };
  }
  return {
    'exchanges.json': RECORDS.map(({ number, paid_on, account, amount }) => ({
      request: soap
        ? { operation: 'AddPayment', body: { Number: number, ReceivedOn: paid_on, Account: account, Amount: amount } }
        : { method: 'POST', path: '/payments', body: { number, paid_on, account, amount } },
      answer: soap
        ? { status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body: SOAP_ANSWER }
        : { status: 200, headers: { 'content-type': 'application/json' }, body: '{ "status": "ok" }' },
    })),
  };
}

const SOAP_ANSWER =
  '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><AddPaymentResponse xmlns="urn:example:payments"><ResponseCode>0</ResponseCode></AddPaymentResponse></soap:Body></soap:Envelope>';

function schemaLines(fields: PlainMap): string[] {
  return ['  schema:', '    fields:', ...Object.entries(fields).map(([name, spec]: [string, Plain]) => `      ${name}: ${flow(spec)}`)];
}

/** As the invented service's WSDL names the parameters. */
function soapBody(): PlainMap {
  return {
    Number: '{{ record.number }}',
    ReceivedOn: '{{ record.paid_on }}',
    Account: '{{ record.account }}',
    Amount: '{{ record.amount }}',
  };
}
