import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SinkConfig, SinkField } from '../../src/config/schema/connector.ts';
import { RecordError } from '../../src/core/errors.ts';
import type { Value, Values } from '../../src/core/record.ts';
import { filesOf, renderSink } from '../../src/connector/sink/sink.ts';
import { rowsOf } from '../../src/connector/sink/sink-rows.ts';
import { writtenValues } from '../../src/connector/sink/sink-values.ts';
import { readAll } from '../formats/reading.ts';
import { packs } from './recordings.ts';

const VARIABLES = { 'options.folder': 'imports' };

interface Case {
  name: string;
  sink: SinkConfig;
  folder: string;
}

/** Those that write text. Tables and SOAP operations are written by certify, which all packs go through. */
const cases: Case[] = packs().flatMap((pack) =>
  Object.entries(pack.connector.sinks)
    .filter(([, sink]) => sink.encoder && (sink.target.file || sink.target.request))
    .map(([id, sink]) => ({ name: `${pack.name} ${id}`, sink, folder: join(pack.fixtures, id) })),
);
const sinkOf = (name: string): SinkConfig => cases.find((c) => c.name === name)!.sink;
const newWorld = sinkOf('new-world-erp receipt-import');
const inputOf = (name: string): Values[] => recorded(cases.find((c) => c.name === name)!.folder).records;

function recorded(folder: string): { context: { date: string; sequence: number }; records: Values[] } {
  return JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8')) as ReturnType<typeof recorded>;
}

async function render(sink: SinkConfig, records: Values[]): Promise<string> {
  return Buffer.from((await renderSink(sink, records, { date: '2026-03-02', sequence: 1, variables: VARIABLES })).bytes).toString();
}

/** Codes and places of what is wrong, as `CODE record path`. */
async function refusals(sink: SinkConfig, records: Values[]): Promise<string[]> {
  try {
    await render(sink, records);
    return [];
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return error.problems.map((p) => `${p.code} ${p.place.record} ${p.place.path}`);
  }
}

describe.each(cases)('$name', ({ sink, folder }) => {
  test('writes its recording, byte for byte', async () => {
    const { context, records } = recorded(folder);
    const { name, bytes, count } = await renderSink(sink, records, { ...context, variables: VARIABLES });
    expect(readdirSync(folder).filter((file) => file !== 'records.json')).toEqual([name]);
    expect(Buffer.from(bytes).toString()).toBe(readFileSync(join(folder, name), 'utf8'));
    expect(count).toBe(records.length);
  });

  test('what is written reads back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(recordsFor(sink), async (records) => {
        const written = records.map((values, i) => writtenValues(sink, values, { file: 'f', record: i + 1 }, []));
        const rows = rowsOf(sink, written, { date: '2026-03-02', sequence: '1' }, 'f');
        const read = await readAll(sink.encoder!, await render(sink, records));
        expect(read.flatMap((r) => r.problem ?? [])).toEqual([]);
        expect(read.map((r) => present(withoutLiterals(r.values, sink)))).toEqual(rows.map(present));
      }),
      { numRuns: 60 },
    );
  });
});

describe('New World receipts (three mistakes of a real script)', () => {
  const name = 'new-world-erp receipt-import';
  const receipt = (): Values => structuredClone(inputOf(name)[0]!);
  const transaction = (values: Values): Values => (values.ReceiptTransactionLevel as Values[])[0]!;
  const distribution = (values: Values): Values => (transaction(values).ReceiptTransactionGLDistributionLevel as Values[])[0]!;

  test('one header for each ledger row doubles the receipt, and is refused', async () => {
    expect(await refusals(newWorld, [receipt(), receipt()])).toEqual(['KEY_REPEATED 2 ReceiptNumber']);
  });

  test('an unknown pay code does not leave DistributionType out', async () => {
    const missing = receipt();
    delete distribution(missing).DistributionType;
    const unknown = receipt();
    distribution(unknown).DistributionType = '9';
    const path = 'ReceiptTransactionLevel.ReceiptTransactionGLDistributionLevel.DistributionType';
    expect(await refusals(newWorld, [missing])).toEqual([`FIELD_REQUIRED 1 ${path}`]);
    expect(await refusals(newWorld, [unknown])).toEqual([`VALUE_UNKNOWN 1 ${path}`]);
  });

  test('a misspelled name is refused, with what was meant', async () => {
    const misspelled = receipt();
    transaction(misspelled).ReceiptTransactionAmout = transaction(misspelled).ReceiptTransactionAmount!;
    delete transaction(misspelled).ReceiptTransactionAmount;
    misspelled.ReceiptPaymentLevl = misspelled.ReceiptPaymentLevel!;
    delete misspelled.ReceiptPaymentLevel;
    expect(await refusals(newWorld, [misspelled])).toEqual([
      'FIELD_UNKNOWN 1 ReceiptTransactionLevel.ReceiptTransactionAmout',
      'FIELD_REQUIRED 1 ReceiptTransactionLevel.ReceiptTransactionAmount',
      'FIELD_UNKNOWN 1 ReceiptPaymentLevl',
      'FIELD_REQUIRED 1 ReceiptPaymentLevel',
    ]);
    await expect(render(newWorld, [misspelled])).rejects.toThrow('Did you mean ReceiptPaymentLevel?');
  });

  test('card numbers are never written', async () => {
    const card = receipt();
    (card.ReceiptPaymentLevel as Values[])[0]!.ReceiptPaymentCreditCardNumber = '4111111111111111';
    expect(await refusals(newWorld, [card])).toEqual(['FIELD_UNKNOWN 1 ReceiptPaymentLevel.ReceiptPaymentCreditCardNumber']);
    await expect(render(newWorld, [card])).rejects.not.toThrow('4111');
  });
});

describe('Munis', () => {
  const journal = sinkOf('munis budget-journal');
  const line = (more: Values): Values => ({ ...inputOf('munis budget-journal')[0]!, ...more });

  test('a journal amount is 13 digits at 108-120 without a point', async () => {
    expect((await render(journal, [line({ amount: '99999999999.99' })])).slice(106, 120)).toBe('D9999999999999');
    expect((await render(journal, [line({ amount: '0.01' })])).slice(106, 120)).toBe('D0000000000001');
    expect(await refusals(journal, [line({ amount: '100000000000.00' })])).toEqual(['VALUE_TOO_WIDE 1 amount']);
    expect(await refusals(journal, [line({ amount: '-1.00' })])).toEqual(['VALUE_NEGATIVE 1 amount']);
    expect(await refusals(journal, [line({ amount: '1.005' })])).toEqual(['VALUE_INVALID 1 amount']);
    expect(await refusals(journal, [line({ amount: '1,000.00' })])).toEqual(['VALUE_INVALID 1 amount']);
  });

  test('a journal line is marked B at 140, and the long account begins at 142', async () => {
    const text = await render(journal, [line({})]);
    expect([text[139], text[140], text.slice(141, 156)]).toEqual(['B', 'E', '0010-410-542000']);
    expect(text.split('\r\n')[0]).toHaveLength(176);
    expect((await render(sinkOf('munis budget-journal-wide'), [line({})])).split('\r\n')[0]).toHaveLength(196);
  });

  test('the two lines of a payment stay together, in the order of the payments', async () => {
    const payments = sinkOf('munis payments');
    const many = Array.from({ length: 50 }, (_, i) => ({ ...inputOf('munis payments')[0]!, record_number: `R${i}` }));
    const lines = (await render(payments, many)).trimEnd().split('\r\n');
    expect(lines.map((text) => text[0]).join('')).toBe('HD'.repeat(50));
    expect(lines.filter((text) => text.startsWith('H')).map((text) => text.split(',')[6])).toEqual(
      many.map((record) => record.record_number),
    );
  });

  test('a payment file has one day and one way of paying', async () => {
    const payments = sinkOf('munis payments');
    const [first, second] = inputOf('munis payments') as [Values, Values];
    expect(await refusals(payments, [first, { ...second, tender: '1' }])).toEqual(['FILE_MIXED 2 tender']);
    expect(filesOf(payments, [first, { ...second, tender: '1' }, { ...first, record_number: 'X' }]).map((file) => file.length)).toEqual([
      2, 1,
    ]);
  });
});

test('NEMRC: the property stands right in its ten characters, the sub-property left, lines end CR LF', async () => {
  const sink = sinkOf('nemrc tax-cash');
  const text = await render(sink, [{ property_number: '1042', sub_property: '1', amount: '1250.4', name: 'EXAMPLE' }]);
  expect([text.slice(0, 10), text.slice(10, 20), text.slice(20, 31), text.slice(37, 44), text.slice(-2), text.length]).toEqual([
    '      1042',
    '1         ',
    '    1250.40',
    'EXAMPLE',
    '\r\n',
    79,
  ]);
  expect(await refusals(sink, [{ property_number: '12345678901', amount: '1' }])).toEqual(['VALUE_TOO_LONG 1 property_number']);
});

describe('Springbrook', () => {
  const entry = (more: Values): Values => ({ ...inputOf('springbrook journal-csv')[0]!, ...more });

  test.each(['springbrook journal-csv', 'springbrook journal-fixed'])(
    '%s: a section that is blank stays blank, and is never 0',
    async (name) => {
      expect(await refusals(sinkOf(name), [entry({ section_5: '0' })])).toEqual(['VALUE_FORBIDDEN 1 section_5']);
      const [read] = await readAll(sinkOf(name).encoder!, await render(sinkOf(name), [entry({ section_5: null, section_6: '' })]));
      expect([read!.values.section_3, read!.values.section_5, read!.values.section_6, read!.values.section_7]).toEqual([
        '0',
        null,
        null,
        null,
      ]);
    },
  );

  test('the account is seven sections, each with its comma', async () => {
    expect(await render(sinkOf('springbrook journal-csv'), [entry({})])).toMatch(/^610,0,0,1043,,,,03\/02\/2026,03\/03\/2026,/);
  });
});

test('CivicRec: a code has fewer than 50 characters and is an asset, a liability or revenue', async () => {
  const sink = sinkOf('civicrec-gl gl-code-template');
  expect(await refusals(sink, [{ 'GL Code': 'x'.repeat(50), Type: 'Expense' }])).toEqual([
    'VALUE_TOO_LONG 1 GL Code',
    'VALUE_UNKNOWN 1 Type',
  ]);
});

/** Records that the sink takes: text without spaces around, amounts, days. */
function recordsFor(sink: SinkConfig): fc.Arbitrary<Values[]> {
  const one = groupFor(sink, '', 1);
  return fc
    .array(one, { minLength: 1, maxLength: 5 })
    .map((list) =>
      list
        .map((values) => ({ ...values, ...Object.fromEntries(sink.file_per.map((field) => [field, list[0]![field]!])) }))
        .filter(
          (values, i, all) =>
            all.findIndex((other) => sink.idempotency_key.every((key) => (other[key] ?? null) === (values[key] ?? null))) === i,
        ),
    );
}

function groupFor(sink: SinkConfig, below: string, depth: number): fc.Arbitrary<Values> {
  const own = Object.entries(sink.schema.fields).filter(([path]) => path.startsWith(below) && !path.slice(below.length).includes('.'));
  return fc
    .record(Object.fromEntries(own.map(([path, field]) => [path.slice(below.length), valueFor(sink, path, field, depth)])))
    .map((values) => present(values) as Values);
}

function valueFor(sink: SinkConfig, path: string, field: SinkField, depth: number): fc.Arbitrary<Value> {
  const widths = Object.values(sink.encoder?.fixed_width?.record_types ?? {}).flatMap((type) =>
    type.fields[path] ? [type.fields[path].to - type.fields[path].from + 1] : [],
  );
  const width = Math.min(field.max_length ?? 12, 12, ...widths);
  const value = (): fc.Arbitrary<Value> => {
    if (field.values) return fc.constantFrom(...field.values);
    if (field.type === 'list') return fc.array(groupFor(sink, `${path}.`, depth + 1), { minLength: 1, maxLength: 3 });
    if (field.type === 'date')
      return fc
        .date({ min: new Date('1990-01-01'), max: new Date('2089-12-31'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10));
    if (field.type === 'decimal')
      return fc
        .integer({ min: field.signed ? -99999 : 0, max: 999999 })
        .map((cents) => `${cents < 0 ? '-' : ''}${Math.trunc(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`);
    return fc
      .string({ minLength: 1, maxLength: width })
      .map((text) => text.trim().slice(0, width) || 'x')
      .filter((text) => !field.never?.includes(text));
  };
  return field.required ? value() : fc.option(value());
}

/** null and missing are the same; deep. */
function present(value: Value): Value {
  if (value === null || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(present);
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, present(inner)]])));
}

function withoutLiterals(values: Values, sink: SinkConfig): Values {
  const literals = Object.values(sink.encoder?.fixed_width?.record_types ?? {}).flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([name, field]) => (field.literal === undefined ? [] : [name])),
  );
  return Object.fromEntries(Object.entries(values).filter(([name]) => !literals.includes(name)));
}
