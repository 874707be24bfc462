import { describe, expect, it } from 'vitest';
import { changed, problemsOf } from './town.ts';

const MANIFEST = 'connectors/clerk-files/connector.yaml';
const MAPPING = 'mappings/receipt.from-clerk-files.yaml';

const CASES: [gain: string, change: Parameters<typeof changed>[0], problems: string[]][] = [
  [
    'KEY_MISSING: an option of the connector that a town must give',
    { 'config/connections.yaml': ['      office: "01"\n', ''] },
    [
      'config/connections.yaml:5:5 connections.clerk.options.office: the key "office" is missing. office: The office whose files are read. [KEY_MISSING]',
    ],
  ],
  [
    'KEY_MISSING: a canonical field that the entity requires',
    { [MAPPING]: ['  receipt_number: number\n', ''] },
    [
      `${MAPPING}:4:1 fields.receipt_number: the entity receipt requires the field "receipt_number", but this mapping does not set it. Map it from a source field, or set it with const. [KEY_MISSING]`,
    ],
  ],
  [
    'VALUE_INVALID: a reference to a mapping of another stream',
    {
      [MAPPING]: ['stream: payments', 'stream: refunds'],
      [MANIFEST]: [
        '    primary_key: [number]\n',
        `    primary_key: [number]\n  refunds:\n    retriever: { files: { pattern: r.csv } }\n    decoder: { csv: {} }\n    schema: { fields: {} }\n    primary_key: [a]\n`,
      ],
    },
    [
      'pipelines/clerk-payments.yaml:4:12 mappings[0]: receipt.from-clerk-files maps records of clerk-files, stream refunds; this pipeline reads clerk-files, stream payments. Name a mapping for that stream. [REFERENCE_UNKNOWN]',
    ],
  ],
  [
    'VALUE_INVALID: a schedule that is not one',
    { 'pipelines/clerk-payments.yaml': ['"*/15 6-20 * * 1-5"', '"*/15 25 * * *"'] },
    [
      'pipelines/clerk-payments.yaml:2:11 schedule: "*/15 25 * * *" is not a schedule. Five parts: minute, hour, day, month, weekday; */15 6-20 * * 1-5 is every 15 minutes from 6 am to 8:45 pm, Monday to Friday. [VALUE_INVALID]',
    ],
  ],
  [
    'VALUE_INVALID: pipelines that wait for each other',
    { 'pipelines/clerk-payments.yaml': ['mappings:', 'after: [clerk-check]\nmappings:'] },
    [
      'pipelines/clerk-check.yaml:2:9 after[0]: these pipelines wait for each other: clerk-check after clerk-payments after clerk-check. Remove one of them from after. [VALUE_INVALID]',
      'pipelines/clerk-payments.yaml:4:9 after[0]: these pipelines wait for each other: clerk-payments after clerk-check after clerk-payments. Remove one of them from after. [VALUE_INVALID]',
    ],
  ],
  [
    'VALUE_INVALID: fixed-width fields that lie over each other',
    { [MANIFEST]: ['paid: { from: 10, to: 17 }', 'paid: { from: 9, to: 17 }'] },
    [
      `${MANIFEST}:22:15 streams.payments.decoder.fixed_width.record_types.D.fields.paid: the field paid (9-17) overlaps the field number, which ends at 9. Check the columns against the layout. [VALUE_INVALID]`,
    ],
  ],
  [
    'VALUE_INVALID: a pattern that is not one',
    { [MAPPING]: ['    from: paid\n', '    from: paid\n    match: { pattern: "([0-9]{8}" }\n'] },
    [`${MAPPING}:8:23 fields.received_on.match.pattern: "([0-9]{8}" is not a regular expression (unterminated group). [VALUE_INVALID]`],
  ],
  [
    'VALUE_INVALID: a date format that is not one',
    { [MAPPING]: ['parse: { date: MMDDYYYY }', 'parse: { date: mmddyyyy }'] },
    [`${MAPPING}:8:20 fields.received_on.parse.date: "mmddyyyy" has "dd", which is not part of a date; write DD. [VALUE_INVALID]`],
  ],
  [
    'VALUE_INVALID: a lookup that gives a code which the model does not have',
    { 'mappings/lookups/tenders.csv': ['2,check', '2,cheque'] },
    [
      `${MAPPING}:14:22 fields.tender.lookup.table: the lookup tenders gives "cheque", which receipt.tender does not have. Known: cash, check, card. [VALUE_INVALID]`,
    ],
  ],
  [
    'VALUE_INVALID: an amount that is not money',
    {
      'pipelines/clerk-check.yaml': [
        'left: { name: clerk, entity: receipt, amount: amount',
        'left: { name: clerk, entity: receipt, amount: received_on',
      ],
    },
    [
      'pipelines/clerk-check.yaml:4:49 reconcile.left.amount: must be a money field, but received_on of receipt is date. Money fields: amount. [VALUE_INVALID]',
    ],
  ],
  [
    'VALUE_INVALID: a reference where no secret belongs',
    { 'config/connections.yaml': ['files.example.org', '${env:CLERK_HOST}'] },
    [
      'config/connections.yaml:6:13 connections.clerk.options.host: a reference such as ${env:NAME} works only in options of type secret. Write the value itself; what differs between machines goes into config/connections.local.yaml. [VALUE_INVALID]',
    ],
  ],
  [
    'VALUE_INVALID: a reference in a manifest',
    { [MANIFEST]: ['pattern: payments-*.txt', 'pattern: "${env:PATTERN}"'] },
    [
      `${MANIFEST}:14:18 streams.payments.retriever.files.pattern: a reference such as \${env:NAME} works only in secret options in config/connections.yaml and in store.url. Make it an option of the connector and use {{ options.NAME }}, or write the value itself. [VALUE_INVALID]`,
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a connector',
    { 'config/connections.yaml': ['clerk-files', 'clerk-file'] },
    [
      'config/connections.yaml:3:16 connections.clerk.connector: there is no connector "clerk-file". Did you mean clerk-files? [REFERENCE_UNKNOWN]',
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a connection and a stream',
    { 'pipelines/clerk-payments.yaml': ['connection: clerk,', 'connection: clrek,'] },
    ['pipelines/clerk-payments.yaml:3:23 source.connection: there is no connection "clrek". Did you mean clerk? [REFERENCE_UNKNOWN]'],
  ],
  [
    'REFERENCE_UNKNOWN: a stream that the connector does not have',
    { 'pipelines/clerk-payments.yaml': ['stream: payments', 'stream: payment'] },
    [
      'pipelines/clerk-payments.yaml:3:38 source.stream: the connector clerk-files has no stream "payment". Did you mean payments? [REFERENCE_UNKNOWN]',
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a mapping',
    { 'pipelines/clerk-payments.yaml': ['[receipt.from-clerk-files]', '[receipt.from-clerk-file]'] },
    [
      'pipelines/clerk-payments.yaml:4:12 mappings[0]: there is no mapping "receipt.from-clerk-file". Did you mean receipt.from-clerk-files? [REFERENCE_UNKNOWN]',
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a source field',
    { [MAPPING]: ['from: paid', 'from: payed'] },
    [
      `${MAPPING}:7:11 fields.received_on.from: "payed" is not a field of the stream. Known: number, paid, amount, tender. [REFERENCE_UNKNOWN]`,
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a canonical field, and not that the right one is missing',
    { [MAPPING]: ['  amount:\n', '  amuont:\n'] },
    [`${MAPPING}:9:3 fields.amuont: the entity receipt has no field "amuont". Did you mean amount? [REFERENCE_UNKNOWN]`],
  ],
  [
    'REFERENCE_UNKNOWN: a field of the primary key',
    { [MANIFEST]: ['primary_key: [number]', 'primary_key: [nummer]'] },
    [
      `${MANIFEST}:42:19 streams.payments.primary_key[0]: "nummer" is not a field in this stream's schema. Did you mean number? [REFERENCE_UNKNOWN]`,
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a record type and a control field',
    { [MANIFEST]: ['        count: count\n', '        count: counts\n'] },
    [
      `${MANIFEST}:34:16 streams.payments.control[0].count: the record type T has no field "counts". Did you mean count? [REFERENCE_UNKNOWN]`,
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a field that the decoder does not give',
    { [MANIFEST]: ['        tender: {}', '        tender: {}\n        clerk: {}'] },
    [
      `${MANIFEST}:42:9 streams.payments.schema.fields.clerk: the decoder gives no field "clerk". Known: number, paid, amount, tender. [REFERENCE_UNKNOWN]`,
    ],
  ],
  [
    'REFERENCE_UNKNOWN: an option in a template',
    { [MANIFEST]: ['{{ options.office }}', '{{ options.ofice }}'] },
    [
      `${MANIFEST}:13:17 streams.payments.retriever.files.folder: {{ options.ofice }} is not known here. Did you mean options.office? [REFERENCE_UNKNOWN]`,
    ],
  ],
  [
    'REFERENCE_UNKNOWN: a connection that only this machine knows',
    { 'config/connections.local.yaml': 'connections:\n  clrek:\n    options: { host: localhost }\n' },
    [
      'config/connections.local.yaml:2:3 connections.clrek: there is no connection "clrek" in config/connections.yaml. Did you mean clerk? [REFERENCE_UNKNOWN]',
    ],
  ],
  [
    'LOOKUP_MISSING: the file that is not there',
    { [MAPPING]: ['table: tenders', 'table: tender'] },
    [
      `${MAPPING}:14:22 fields.tender.lookup.table: there is no lookup "tender" (mappings/lookups/tender.csv). Did you mean tenders? [LOOKUP_MISSING]`,
    ],
  ],
  [
    'LOOKUP_OVERLAP: two rows for one code on one day',
    { 'mappings/lookups/tenders.csv': 'from,to,valid_from,valid_to\n1,cash,,2024-02-27\n1,check,2024-02-27,\n2,check,,\n3,card,,\n' },
    [
      'mappings/lookups/tenders.csv:3:1 from: the code "1" has a row for the same days in line 2. Set valid_to of the earlier row to the day before valid_from of the later one: both days are included. [LOOKUP_OVERLAP]',
    ],
  ],
  [
    'NAME_MISMATCH: a file that calls itself otherwise',
    { 'pipelines/clerk-check.yaml': ['pipeline: clerk-check', 'pipeline: clerk-checks'] },
    [
      'pipelines/clerk-check.yaml:1:11 pipeline: is "clerk-checks", but the file is named "clerk-check". Write pipeline: clerk-check, or rename the file. [NAME_MISMATCH]',
    ],
  ],
  [
    'NAME_MISMATCH: a connector whose folder is called otherwise',
    { [MANIFEST]: ['connector: clerk-files', 'connector: clerk'] },
    [
      `${MANIFEST}:1:12 connector: is "clerk", but the folder is named "clerk-files". Write connector: clerk-files, or rename the folder. [NAME_MISMATCH]`,
    ],
  ],
  [
    'NAME_MISMATCH: an ending that is not read',
    { 'pipelines/more.yml': 'pipeline: more\n' },
    ['pipelines/more.yml: This file is not read, because its name ends in .yml. Rename it to more.yaml. [NAME_MISMATCH]'],
  ],
];

describe('what the files say of each other', () => {
  it.each(CASES)('%s', async (_, change, problems) => {
    expect(await problemsOf(changed(change))).toEqual(problems);
  });
});
