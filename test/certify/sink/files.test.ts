import { describe, expect, test } from 'vitest';
import { certified, failures, type Files, finding, packOf, README } from '../packs.ts';

const MANIFEST = `connector: ledger
version: 1.0.0
title: Ledger
transport: sftp
options:
  marker: { default: '{name}.done' }
streams: {}
sinks:
  entries:
    target: { file: { folder: in, name: 'entries-{{ date }}-{{ sequence }}.csv', marker: '{{ options.marker }}' } }
    encoder: { csv: {} }
    schema:
      fields:
        Number: { required: true }
        Amount: { type: decimal, decimals: 2, required: true }
    idempotency_key: [Number]
    acknowledgment:
      file:
        folder: out
        accepted: '{name}.ok'
        rejected: '{stem}.err'
        records:
          name: '{stem}-result.csv'
          decoder: { csv: {} }
          key: [No]
          result: Result
          accepted: [OK]
          rejected: [ERROR]
          reason: Text
`;
const FILES: Files = {
  'connector.yaml': MANIFEST,
  'README.md': README,
  'fixtures/entries/records.json': JSON.stringify({
    context: { date: '2026-03-02', sequence: 7 },
    records: [
      { Number: '00101', Amount: '24.5' },
      { Number: '00102', Amount: '110' },
    ],
  }),
  'fixtures/entries/entries-2026-03-02-7.csv': 'Number,Amount\r\n00101,24.50\r\n00102,110.00\r\n',
  'fixtures/entries/answers/entries-2026-03-02-7-result.csv': 'No,Result,Text\n00101,OK,\n00102,ERROR,Unknown account\n',
  'fixtures/entries/answers/entries-2026-03-02-7.csv.ok': '',
  'fixtures/entries/answers/entries-2026-03-02-7.err': 'Period 9 is closed\n',
  'fixtures/entries/answers.json': JSON.stringify([
    {
      files: ['entries-2026-03-02-7-result.csv'],
      accepted: [['00101']],
      rejected: [{ key: ['00102'], reason: 'Unknown account' }],
    },
    { files: ['entries-2026-03-02-7.csv.ok'], accepted: [['00101'], ['00102']] },
    {
      files: ['entries-2026-03-02-7.err'],
      rejected: [{ key: ['00101'], reason: 'Period 9 is closed' }, { key: ['00102'] }],
    },
  ]),
};
const pack = (changes: Files = {}): string => packOf('ledger', { ...FILES, ...changes });
const manifest = (...changes: [string, string][]): Files => ({
  'connector.yaml': changes.reduce((text, [what, by]) => {
    expect(text).toContain(what);
    return text.replace(what, by);
  }, MANIFEST),
});

describe('a pack whose files are dropped for another system', () => {
  test('that is packed is unpacked as its receiver would, with keys of its own', { timeout: 60_000 }, async () => {
    const options = `  key: { type: text }
  own: { type: secret }`;
    const packed = (steps: string): Files =>
      manifest(
        ["marker: '{{ options.marker }}'", `marker: '{{ options.marker }}', pack: [${steps}]`],
        ['options:', `options:\n${options}`],
      );
    for (const [steps, how] of [
      ["{ zip: { entry: 'entries-{{ date }}.csv' } }", 'zip'],
      ["{ gzip: {} }, { pgp: { public_key: '{{ options.key }}', sign_with: '{{ options.own }}' } }", 'pgp, gzip'],
    ] as const) {
      const certificate = await certified(pack(packed(steps)));
      expect(failures(certificate)).toEqual([]);
      expect(finding(certificate, 'dropped')?.detail).toContain(
        `42 bytes; in/entries-2026-03-02-7.csv.done: 0 bytes, which the receiver unpacks (${how}).`,
      );
    }
    expect(
      failures(await certified(pack(packed("{ pgp: { public_key: '{{ options.kye }}' } }, { zip: { entry: '{{ records }}' } }")))),
    ).toEqual([expect.stringMatching(/no option "kye".*records/s)]);
  });

  test('that has batches in it certifies, killed and cut off as any other', { timeout: 60_000 }, async () => {
    const rows = `rows:
      header: [{ type: FH, a: '{{ date }}' }]
      group:
        by: [Kind]
        header: [{ type: BH, a: '{{ record.Kind }}', b: '{{ batch }}' }]
        trailer: [{ type: BT, a: '{{ count }}', b: '{{ total.Amount }}', c: '{{ hash.Numbers }}' }]
      each: [{ type: D, a: '{{ record.Number }}', b: '{{ record.Amount }}' }]
      trailer: [{ type: FT, a: '{{ batches }}', b: '{{ total.Amount }}', c: '{{ hash.Numbers }}' }]
    totals: [Amount]
    hash_totals: { Numbers: { of: Number, digits: 2 } }
    schema:`;
    const types = '{ FH: [type, a], BH: [type, a, b], BT: [type, a, b, c], D: [type, a, b], FT: [type, a, b, c] }';
    const certificate = await certified(
      pack({
        ...manifest(
          ['encoder: { csv: {} }', `encoder: { csv: { header: false, record_types: ${types} } }`],
          ['schema:', rows],
          ['Number: { required: true }', 'Number: { required: true }\n        Kind: { required: true }'],
        ),
        'fixtures/entries/records.json': JSON.stringify({
          context: { date: '2026-03-02', sequence: 7 },
          records: [
            { Number: '00101', Kind: 'A', Amount: '24.5' },
            { Number: '00102', Kind: 'B', Amount: '110' },
            { Number: '00099', Kind: 'A', Amount: '0.25' },
          ],
        }),
        'fixtures/entries/entries-2026-03-02-7.csv':
          'FH,2026-03-02\r\nBH,A,1\r\nD,00101,24.50\r\nD,00099,0.25\r\nBT,2,24.75,00\r\nBH,B,2\r\nD,00102,110.00\r\nBT,1,110.00,02\r\nFT,2,134.75,02\r\n',
        'fixtures/entries/answers/entries-2026-03-02-7-result.csv': 'No,Result,Text\n00101,OK,\n00102,ERROR,Unknown account\n00099,OK,\n',
        'fixtures/entries/answers.json': JSON.stringify([
          {
            files: ['entries-2026-03-02-7-result.csv'],
            accepted: [['00101'], ['00099']],
            rejected: [{ key: ['00102'], reason: 'Unknown account' }],
          },
          { files: ['entries-2026-03-02-7.csv.ok'], accepted: [['00101'], ['00102'], ['00099']] },
          {
            files: ['entries-2026-03-02-7.err'],
            rejected: [{ key: ['00101'], reason: 'Period 9 is closed' }, { key: ['00102'] }, { key: ['00099'] }],
          },
        ]),
      }),
    );
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'killed')?.detail).toContain('each file got there once');
  });

  test('certifies, with what was found in each check', { timeout: 60_000 }, async () => {
    const certificate = await certified(pack());
    expect(failures(certificate)).toEqual([]);
    const details = Object.fromEntries(certificate.findings.filter((f) => f.sink).map((f) => [f.check, f.detail]));
    expect(details).toMatchObject({
      dropped: 'in/entries-2026-03-02-7.csv: 42 bytes; in/entries-2026-03-02-7.csv.done: 0 bytes.',
      never_half: 'Looked 3 times during the transfer: not there, or complete; the marker after it.',
      killed: expect.stringContaining('each file got there once') as string,
      killed_and_taken: expect.stringContaining('each file got there once') as string,
      other_file: 'TARGET_EXISTS; once the other file was taken away, ours was sent.',
      next_file: 'entries-2026-03-02-7.csv, then entries-2026-03-02-8.csv.',
      sent_again: expect.stringContaining('is taken for the one that was sent') as string,
      answers:
        'entries-2026-03-02-7-result.csv: 1 accepted, 1 rejected; entries-2026-03-02-7.csv.ok: 2 accepted; entries-2026-03-02-7.err: 2 rejected.',
      answer_cut: expect.stringContaining('always that of the complete answer') as string,
      secrets: expect.stringContaining('Not in messages') as string,
    });
    expect(certificate.findings.every((f) => f.stream === undefined)).toBe(true);
  });

  test('without a recorded answer holds with a remark', { timeout: 60_000 }, async () => {
    const bare = Object.fromEntries(Object.entries(FILES).filter(([name]) => !name.includes('answers')));
    const certificate = await certified(packOf('ledger', bare));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'answers')).toMatchObject({ state: 'warning', hint: expect.stringContaining('answers.json') as string });
  });

  const wrong = async (files: Files): Promise<string> => failures(await certified(pack(files))).join('\n');

  test('is found out when its marker writes over the file', { timeout: 60_000 }, async () => {
    const said = await wrong(manifest(["'{name}.done'", "'{name}'"]));
    expect(said).toContain('dropped: After one run in/entries-2026-03-02-7.csv has 0 bytes, and should have 42.');
    expect(said).toContain('never_half: The remote system could have found in/entries-2026-03-02-7.csv with 0 of 42 bytes.');
  });

  test('is found out when every file has the same name', { timeout: 60_000 }, async () => {
    const fixed = {
      'fixtures/entries/entries-2026-03-02-7.csv': '',
      ...manifest(['entries-{{ date }}-{{ sequence }}.csv', 'entries.csv']),
    };
    expect(await wrong(fixed)).toContain('next_file: Every file is called entries.csv');
    const daily = await certified(pack(manifest(['-{{ sequence }}.csv', '.csv'])));
    expect(finding(daily, 'next_file')).toMatchObject({ state: 'warning' });
  });

  test('is found out when its own marker counts as an answer', { timeout: 60_000 }, async () => {
    const said = await wrong(manifest(['folder: out', 'folder: in'], ["accepted: '{name}.ok'", "accepted: '{name}.done'"]));
    expect(said).toContain('early_answer: With no answer there, records became accepted.');
  });

  test('is found out when it reads answers in another way than the system writes them', { timeout: 60_000 }, async () => {
    expect(await wrong(manifest(['rejected: [ERROR]', 'rejected: [FAILED]']))).toContain('The answer says "ERROR" for a record');
    expect(await wrong(manifest(['reason: Text', 'reason: No']))).toContain('"Unknown account"');
    expect(await wrong(manifest(['key: [No]', 'key: [Text]']))).toContain('["00101"] is sent');
    const optional = await wrong(manifest(['decoder: { csv: {} }', 'decoder: { csv: { final_newline: optional } }']));
    expect(optional).toMatch(/^answer_cut: Read when \d+ of its \d+ bytes were there/m);
  });

  test('is found out when a name or a record carries a secret', { timeout: 60_000 }, async () => {
    const secret: [string, string] = [
      "  marker: { default: '{name}.done' }\n",
      "  marker: { default: '{name}.done' }\n  key: { type: secret, required: true }\n",
    ];
    const said = await wrong({
      ...manifest(secret, ['entries-{{ date }}', 'entries-{{ options.key }}-{{ date }}']),
      'fixtures/entries/entries-2026-03-02-7.csv': '',
    });
    expect(said).toMatch(/secrets: The secret appears in|Secret|secret/);
  });
});

test('a recording that is wrong is told where', async () => {
  const answers = JSON.stringify({ files: ['nothing.csv'], accepted: [['1', '2']] });
  const said = failures(await certified(pack({ 'fixtures/entries/answers.json': answers }))).join('\n');
  expect(said).toContain('/answers.json names this file, but it does not exist. Add the file');
  expect(said).toContain('has a different number of values than idempotency_key (Number)');
});
