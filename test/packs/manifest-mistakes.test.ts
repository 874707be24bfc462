import { expect, test } from 'vitest';
import { problemsOf, TOWN } from '../config/town.ts';

/** A town with one more connector; the lines of what is wrong in it, without its path. */
async function mistakes(manifest: string): Promise<string[]> {
  const text = `connector: bank\nversion: 1.0.0\ntitle: Bank\ntransport: sftp\noptions:\n  box: { default: out }\n${manifest}`;
  return (await problemsOf({ ...TOWN, 'connectors/bank/connector.yaml': text })).map((line) =>
    line.replace('connectors/bank/connector.yaml:', ''),
  );
}

const SINK = `sinks:
  pay:
    target: { file: { folder: "{{ options.box }}", name: "pay-{{ date }}-{{ sequence }}.txt" } }
    encoder: { csv: { header: [a, b] } }
    rows:
      header: [{ a: "{{ date }} {{ record.day }} {{ total.amount }}" }]
      each: [{ a: "{{ record.GL Account }}", b: "{{ number }}" }]
      trailer: [{ a: "{{ count }}" }]
    schema: { fields: { GL Account: {}, day: { type: date, format: MMDDYYYY }, amount: { type: decimal } } }
    idempotency_key: [GL Account]
    totals: [amount]
    file_per: [day]
`;

test('a sink in which everything is right', async () => {
  expect(await mistakes(SINK)).toEqual([]);
});

test('a sink whose names lead nowhere is found before anything is sent', async () => {
  const wrong = SINK.replace('options.box', 'options.bocks')
    .replace('{{ record.day }}', '{{ record.GL Account }}')
    .replace('{{ number }}', '{{ record.amout }}')
    .replace('{{ count }}', '{{ number }}')
    .replace('totals: [amount]', 'totals: [amount, day]')
    .replace('file_per: [day]', 'file_per: [days]')
    .replace('idempotency_key: [GL Account]', 'idempotency_key: [GL Acount]');
  const found = (await mistakes(wrong)).map((line) => line.replace(/^\d+:\d+ /, ''));
  expect(found).toEqual([
    'sinks.pay.target.file.folder: {{ options.bocks }} is not known here. Did you mean options.box? [REFERENCE_UNKNOWN]',
    expect.stringMatching(/^sinks\.pay\.rows\.header\[0\]\.a: \{\{ record\.GL Account \}\} is not known here\./),
    'sinks.pay.rows.each[0].b: {{ record.amout }} is not known here. Did you mean record.amount? [REFERENCE_UNKNOWN]',
    expect.stringMatching(/^sinks\.pay\.rows\.trailer\[0\]\.a: \{\{ number \}\} is not known here\./),
    'sinks.pay.idempotency_key[0]: "GL Acount" is not a field in this sink\'s schema. Did you mean GL Account? [REFERENCE_UNKNOWN]',
    'sinks.pay.totals[1]: "day" is not a decimal field, so it cannot be summed. [VALUE_INVALID]',
    'sinks.pay.file_per[0]: "days" is not a field in this sink\'s schema. Did you mean day? [REFERENCE_UNKNOWN]',
  ]);
});

test('a column of a row that its layout does not have is found, in the layout that the row is of', async () => {
  const layout = `encoder:
      fixed_width:
        record_types:
          H: { when: { from: 1, to: 1, is: H }, fields: { kind: { from: 1, to: 1 }, made_on: { from: 2, to: 9 } } }
          D: { when: { from: 1, to: 1, is: D }, fields: { kind: { from: 1, to: 1 }, payee: { from: 2, to: 9 } } }
    rows: { header: [{ kind: H, made_no: "{{ date }}" }], each: [{ kind: D, paye: "{{ record.GL Account }}" }] }`;
  const fixed = SINK.replace(/encoder:[^]*?trailer.*/, layout);
  expect(await mistakes(fixed)).toEqual([
    '15:42 sinks.pay.rows.header[0].made_no: the record type H has no field "made_no". Did you mean made_on? [REFERENCE_UNKNOWN]',
    '15:83 sinks.pay.rows.each[0].paye: the record type D has no field "paye". Did you mean payee? [REFERENCE_UNKNOWN]',
  ]);
  const types = SINK.replace('header: [a, b]', 'header: false, record_types: { H: [kind, made_on], D: [kind, payee] }').replace(
    /rows:[^]*?trailer.*/,
    'rows: { each: [{ kind: D, made_on: "{{ date }}" }] }',
  );
  expect((await mistakes(types))[0]).toMatch(/rows\.each\[0\]\.made_on: the record type D has no field "made_on"\. Known: kind, payee\./);
  expect((await mistakes(SINK.replace('b: "{{ number }}"', 'bb: "{{ number }}"')))[0]).toMatch(
    /rows\.each\[0\]\.bb: the file has no column "bb"\. Known: a, b\./,
  );
  expect((await mistakes(SINK.replace(/ {4}rows:[^]*?trailer.*\n/, '').replace('[a, b]', '[GL Account, day, amout]')))[0]).toMatch(
    /schema\.fields\.amount: the file has no column "amount"\. Did you mean amout\?/,
  );
});

test('a folder outside that of the connection is told before anything is read or sent', async () => {
  const folder = (text: string): string => SINK.replace('"{{ options.box }}"', text);
  expect((await mistakes(folder('/srv/in'))).join()).toMatch(/target\.file\.folder: "\/srv\/in" is absolute; .*Write it relative/);
  expect((await mistakes(folder('in/../../x'))).join()).toMatch(/target\.file\.folder: "in\/\.\.\/\.\.\/x" leads upwards/);
  expect(await mistakes(folder('in/..x'))).toEqual([]);
});

test('a batch has its own fields, and only what it is made by', async () => {
  const batches = (group: string): string => SINK.replace('      each:', `      group: ${group}\n      each:`);
  expect(await mistakes(batches('{ by: [day], header: [{ a: "{{ record.day }} {{ batch }}", b: "{{ total.amount }}" }] }'))).toEqual([]);
  const wrong = batches('{ by: [dya], header: [{ a: "{{ record.GL Account }}", c: "{{ batches }}" }] }').replace(
    '"{{ count }}"',
    '"{{ batch }}"',
  );
  expect((await mistakes(wrong)).map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual([
    'sinks.pay.rows.group.by[0]: "dya" is not a field in this sink\'s schema. Did you mean day? [REFERENCE_UNKNOWN]',
    expect.stringMatching(/^sinks\.pay\.rows\.group\.header\[0\]\.a: \{\{ record\.GL Account \}\} is not known here\./),
    'sinks.pay.rows.group.header[0].c: {{ batches }} is not known here. Did you mean batch? [REFERENCE_UNKNOWN]',
    'sinks.pay.rows.group.header[0].c: the file has no column "c". Known: a, b. [REFERENCE_UNKNOWN]',
    expect.stringMatching(/^sinks\.pay\.rows\.trailer\[0\]\.a: \{\{ batch \}\} is not known here\..* batches/),
  ]);
});

test('sums that nothing could be added up for are found before anything is sent', async () => {
  const sums = SINK.replace('{{ count }}', '{{ count.Void }} {{ total.Voids }} {{ hash.Rows }}')
    .replace(
      'totals: [amount]',
      'totals: [amount, { name: Voids, of: amount, where: { knd: V } }, { name: Voids, of: day, where: { kind: [V, W], Lines.Account: x } }]\n    hash_totals: { Rows: { of: amount, digits: 10 }, Accounts: { of: GL Acount }, Lines: { of: Lines.Account } }',
    )
    .replace('GL Account: {}', 'GL Account: {}, Lines: { type: list }, Lines.Account: {}, kind: { values: [V, I] }');
  expect((await mistakes(sums)).map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual([
    'sinks.pay.rows.trailer[0].a: {{ count.Void }} is not known here. Did you mean count.Voids? [REFERENCE_UNKNOWN]',
    'sinks.pay.totals[1].where.knd: "knd" is not a field in this sink\'s schema. Did you mean kind? [REFERENCE_UNKNOWN]',
    'sinks.pay.totals[2].name: there is already a total "Voids". Give each its own name. [KEY_DUPLICATE]',
    'sinks.pay.totals[2].of: "day" is not a decimal field, so it cannot be summed. [VALUE_INVALID]',
    'sinks.pay.totals[2].where.kind: "W" is not a value of kind, so no record would count. Known: V, I. [VALUE_INVALID]',
    'sinks.pay.totals[2].where.Lines.Account: "Lines.Account" is in the list Lines, but only a field of the record itself can say which records count. [VALUE_INVALID]',
    'sinks.pay.hash_totals.Rows.of: "amount" is decimal, but a hash total needs digits only. Sum a field of type text or integer. [VALUE_INVALID]',
    'sinks.pay.hash_totals.Accounts.of: "GL Acount" is not a field in this sink\'s schema. Did you mean GL Account? [REFERENCE_UNKNOWN]',
    'sinks.pay.hash_totals.Lines.of: "Lines.Account" is in the list Lines, but only a field of the record itself can be summed. [VALUE_INVALID]',
  ]);
});

test('a sign is for numbers', async () => {
  const found = await mistakes(STREAM.replace('class: { from: 2, to: 4 }', 'class: { from: 2, to: 4, sign: overpunch }'));
  expect(found.join('\n')).toMatch(/fields\.class\.sign: is for numbers, but the field has no decimals\./);
});

test('a sink that its transport cannot write, and a date that cannot be written', async () => {
  const found = await mistakes(SINK.replace('format: MMDDYYYY', 'format: MMM D').replace(/target: .*/, 'target: { table: { name: pay } }'));
  expect(found.join('\n')).toContain('over the transport sftp a sink writes to target.file, not table.');
  expect(found.join('\n')).toContain('which cannot be written');
});

test('an error rule that could fit no error of its transport is found', async () => {
  const stream = (rules: string): string =>
    `streams:\n  entries:\n    retriever: { files: { pattern: "*.csv" } }\n    decoder: { csv: {} }\n    schema: { fields: { a: {} } }\n    primary_key: [a]\n    error_handler: { rules: ${rules} }\n`;
  expect(await mistakes(stream('[{ status: [4], action: retry }, { fault: locked, action: ignore }]'))).toEqual([]);
  const found = (await mistakes(stream('[{ action: retry }, { status: [4, 503], action: retry }, { status: [4], action: login }]'))).map(
    (line) => line.replace(/^\d+:\d+ /, ''),
  );
  expect(found).toEqual([
    'streams.entries.error_handler.rules: a rule logs in again, but the stream has no login. Add retriever.request.login. [VALUE_INVALID]',
    'streams.entries.error_handler.rules[0]: this rule does not say which errors it covers. Add status (a number such as 503), fault (a text in the error), or both. [VALUE_INVALID]',
    'streams.entries.error_handler.rules[1].status[1]: 503 is not a SFTP status: those go from 1 to 31. 2 no such file, 3 permission denied, 4 failure, 8 not supported. [VALUE_INVALID]',
  ]);
  expect((await mistakes(stream('[{ status: [4], actoin: retry }]'))).join()).toContain('Did you mean action?');
});

const STREAM = `streams:
  entries:
    retriever: { files: { pattern: "*.ach" } }
    decoder:
      fixed_width:
        record_length: 22
        record_types:
          "5": { when: { from: 1, to: 1, is: "5" }, fields: { class: { from: 2, to: 4 } } }
          "6":
            when: { from: 1, to: 1, is: "6" }
            fields: { line: { from: 2, to: 4 } }
            segments: { from: 5, length: 6, count: 3, number_field: segment, fields: { bank: { from: 1, to: 2 }, amount: { from: 3, to: 6, decimals: 2 } } }
          "8": { when: { from: 1, to: 1, is: "8" }, fields: { count: { from: 2, to: 4 }, hash: { from: 5, to: 8 } } }
    record_selector: { types: ["6"], parents: ["5"], where: [{ field: 5.class, not_in: [IAT] }] }
    schema: { fields: { line: {}, segment: {}, bank: {}, amount: { type: decimal } } }
    primary_key: [line, segment]
    control: [{ type: "8", per: "5", records: ["6"], count: count, hash: { field: hash, of: bank, digits: 4 } }]
`;

test('segments and figures of each batch in which everything is right', async () => {
  expect(await mistakes(STREAM)).toEqual([]);
});

test.each([
  ['per: "5"', 'per: "4"', 'there is no record type "4" in the decoder.'],
  ['records: ["6"]', 'records: ["7"]', 'there is no record type "7" in the decoder.'],
  ['of: bank', 'of: banks', 'the record type 6 has no field "banks".'],
  ['{ field: hash', '{ field: hsh', 'the record type 8 has no field "hsh".'],
  ['5.class, not_in', '5.clas, not_in', '"5.clas" is not a field in this stream\'s schema.'],
  ['count: 3', 'count: 4', '4 segments of 6 from 5 end at 28, but a record is 22 long.'],
  ['to: 6, decimals', 'to: 7, decimals', 'ends at 7, but a segment is 6 long.'],
  ['line: { from: 2, to: 4 }', 'line: { from: 2, to: 5 }', 'ends at 5, but the segments begin at 5.'],
  ['number_field: segment', 'number_field: line', 'has a field line, and so have the fields that the segments share.'],
])('%s written as %s is found', async (right, wrong, message) => {
  expect((await mistakes(STREAM.replace(right, wrong))).join('\n')).toContain(message);
});

const CHANGES = `streams:
  permits:
    retriever: { query: { tables: [Permits] } }
    incremental: { kind: change_tracking }
    schema: { fields: { No: { required: true }, Holder: {} } }
    primary_key: [No]
`;
const sqlMistakes = async (stream: string): Promise<string[]> =>
  (
    await problemsOf({
      ...TOWN,
      'connectors/clerk/connector.yaml': `connector: clerk\nversion: 1.0.0\ntitle: Clerk\ntransport: sqlserver\n${stream}`,
    })
  ).map((line) => line.replace(/^connectors\/clerk\/connector.yaml:\d+:\d+ streams\.permits\./, ''));

test('a stream of changes has one table with its primary key, and nothing that a cursor would need', async () => {
  expect(await sqlMistakes(CHANGES)).toEqual([]);
  const wrong = CHANGES.replace('[Permits]', '[Permits, OldPermits]')
    .replace('kind: change_tracking', 'kind: change_tracking, cursor: No, lookback: 1h')
    .replace('primary_key: [No]', 'primary_key: { fields: [No], repeats: number }\n    deletes: { when_absent: true }');
  expect(await sqlMistakes(wrong)).toEqual([
    expect.stringContaining('retriever.query.tables: the server tracks the changes of each table separately, but there are 2 tables.'),
    expect.stringMatching(/^incremental\.cursor: has no effect with kind: change_tracking/),
    expect.stringMatching(/^incremental\.lookback: has no effect/),
    expect.stringMatching(/^primary_key: must be the primary key of the table/),
    expect.stringMatching(/^deletes\.when_absent: is not needed/),
  ]);
  expect((await sqlMistakes(CHANGES.replace('tables: [Permits]', 'sql: SELECT 1 AS No'))).join()).toContain('not those of a SELECT');
});

test('any other kind needs a cursor, and a row version no ties', async () => {
  expect((await sqlMistakes(CHANGES.replace('change_tracking', 'sequence'))).join()).toContain('the key "cursor" is missing');
  expect((await sqlMistakes(CHANGES.replace('kind: change_tracking', 'kind: rowversion, cursor: No, lookback: 1h'))).join()).toContain(
    'has no effect with kind: rowversion',
  );
});

const PACKED = `streams:
  payments:
    retriever:
      files:
        pattern: "*.pgp"
        unpack:
          - pgp: { private_key: "{{ options.key }}", passphrase: "{{ options.pass }}", signed_by: "{{ options.sender }}" }
          - zip: { entry: "*.xlsx" }
    decoder: { xlsx: { sheet: Payments, header: [number, amount] } }
    schema: { fields: { number: {}, amount: {} } }
    primary_key: [number]
`;

test('packed files take their keys from options that are secrets, and from nowhere else', async () => {
  const options = '  key: { type: secret }\n  pass: { type: secret }\n  sender: {}\n';
  expect(await mistakes(options + PACKED)).toEqual([]);
  expect((await mistakes(options + PACKED.replace('entry:', 'entries:')))[0]).toContain('"entries" is not a known key here.');
  const found = await mistakes(
    options.replace('pass: { type: secret }', 'pass: {}') +
      PACKED.replace('"{{ options.key }}"', '"-----BEGIN PGP PRIVATE KEY BLOCK-----"')
        .replace('options.sender', 'options.sendr')
        .replace('[number, amount]', '[number, number]'),
  );
  expect(found).toHaveLength(5);
  expect(found.join('\n')).toMatch(
    /private_key: must be exactly \{\{ options\.NAME \}\}[\s\S]*passphrase: must be an option of type secret, but pass is text[\s\S]*signed_by: this connector has no option "sendr"[\s\S]*Did you mean sender/,
  );
  expect(found.join('\n')).toContain('the column "number" is in this list twice.');
  expect(found.join('\n')).toContain('the decoder gives no field "amount".');
});
