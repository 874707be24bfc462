import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type DecoderConfig, decoderSchema } from '../../../src/config/schema/connector.ts';
import { encoding as encodings } from '../../../src/config/schema/decoder.ts';
import type { Value, Values } from '../../../src/core/record.ts';
import { decodeWith, encodeWith } from '../../../src/formats/formats.ts';
import { Fault, subject, type Subject } from '../subject.ts';

interface Input {
  decoder: DecoderConfig;
  given: object;
  lists: Values[][];
}

const encoding = fc.constantFrom(...encodings.unwrap().options);
/** Whatever may be in a value; an absent value is null, never the empty text. */
const text = fc
  .oneof(
    fc.string({ minLength: 1, unit: 'binary', maxLength: 12 }),
    fc
      .array(
        fc.constantFrom(
          'a',
          '0',
          ' ',
          ',',
          '"',
          '\n',
          '\r',
          '\t',
          '=',
          '<',
          '&',
          ']]>',
          'é',
          '€',
          '😀',
          ';',
          '||',
          '\\',
          '#',
          '|',
          "'",
          '-',
        ),
        { minLength: 1, maxLength: 8 },
      )
      .map((parts) => parts.join('')),
  )
  .filter((value) => !value.includes('\0') && value.isWellFormed());
const field = fc.option(text, { nil: null });

/** What was written is what is read, or the writer refuses with a code. */
export function roundTripSubjects(weight: number): Subject[] {
  const dialect = fc.record({
    encoding,
    delimiter: fc.constantFrom(',', ';', '\\t', '|', '||', '§'),
    quote: fc.constantFrom('"', "'", null),
    escape: fc.option(fc.constantFrom('\\', '"'), { nil: undefined }),
    trim: fc.boolean(),
    excel_text: fc.boolean(),
    comment: fc.option(fc.constantFrom('#', '//'), { nil: undefined }),
    header: fc.constantFrom<true | string[]>(true, ['a', 'b', 'c']),
    final_newline: fc.constantFrom('required', 'optional'),
    line_ending: fc.constantFrom('crlf', 'lf'),
  });
  const row = fc.record({ a: field, b: field, c: field });
  const typed = fc.oneof(fc.record({ t: fc.constant('H'), a: field }), fc.record({ t: fc.constant('D'), a: field, b: field }));
  const digits = fc
    .integer({ min: -999_999, max: 9_999_999 })
    .map((n) => `${n < 0 ? '-' : ''}${Math.trunc(Math.abs(n) / 100)}.${String(Math.abs(n) % 100).padStart(2, '0')}`);
  const fixed = fc
    .record({
      encoding,
      line_breaks: fc.boolean(),
      pad: fc.constantFrom(' ', '0'),
      sign: fc.constantFrom(undefined, 'leading', 'trailing', 'overpunch'),
    })
    .map(({ encoding, line_breaks, pad, sign }) => ({
      encoding,
      line_breaks,
      record_length: 26,
      record_types: {
        D: {
          when: { from: 1, to: 1, is: 'D' },
          fields: {
            account: { from: 2, to: 8 },
            name: { from: 9, to: 18 },
            amount: { from: 19, to: 26, align: 'right', pad, decimals: 2, sign },
          },
        },
      },
    }));
  const json = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      field,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const group = fc.dictionary(fc.string({ maxLength: 5 }), json, { maxKeys: 4 });
  const element = fc.record({
    a: field,
    '@b': text,
    Line: fc.array(fc.oneof(field, fc.record({ x: field }))),
    group: fc.record({ y: field, list: fc.array(field) }),
  });
  const xml = {
    encoding: fc.constantFrom('declared', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'),
    row: fc.constantFrom('ROOT/Receipt', 'r'),
  };
  return [
    of('round-trip csv', weight, 'csv', dialect, row),
    of(
      'round-trip csv types',
      weight,
      'csv',
      fc.record({
        encoding,
        header: fc.constant(false),
        record_types: fc.constant({ H: ['t', 'a'], D: ['t', 'a', 'b'] }),
        quote: fc.constantFrom('"', "'"),
      }),
      typed,
    ),
    of(
      'round-trip fixed_width',
      weight,
      'fixed_width',
      fixed,
      fc.record({
        account: fc.oneof(fc.stringMatching(/^[0-9A-Z]{1,9}$/), field),
        name: field,
        amount: fc.oneof(fc.option(digits, { nil: null }), text),
      }),
    ),
    of(
      'round-trip xml',
      weight,
      'xml',
      fc.record({ ...xml, lists: fc.constant(['Line', 'group.list']), attributes_prefix: fc.constant('@') }),
      element as fc.Arbitrary<Values>,
    ),
    of('round-trip json', weight, 'json', fc.record({ encoding, rows: fc.constantFrom('', 'a.b') }), group),
    of('round-trip json-lines', weight, 'json', fc.record({ encoding, lines: fc.constant(true) }), group),
  ];
}

function of(name: string, weight: number, format: string, options: fc.Arbitrary<object>, values: fc.Arbitrary<Values>): Subject {
  const inputs = fc
    .record({ options, lists: fc.array(fc.array(values, { maxLength: 5 }), { maxLength: 3 }) })
    .map(({ options, lists }): Input => {
      const given = { [format]: options };
      return { given, decoder: decoderSchema.parse(given), lists };
    });
  return subject<Input>({
    name,
    weight,
    inputs,
    async attempt({ decoder, lists }) {
      const parts: Uint8Array[] = [];
      for await (const part of encodeWith(decoder, lists, { file: 'out' })) parts.push(part);
      const bytes = Buffer.concat(parts);
      const records = lists.flat();
      if (records.length === 0 && bytes.length === 0) return { state: 'read', codes: [] };
      const back: Values[] = [];
      for await (const list of decodeWith(decoder, one(bytes), { file: 'out' }))
        for (const record of list) {
          if (record.problem)
            throw new Fault(`What was written is rejected when it is read: ${record.problem.message}\n${JSON.stringify(bytes.toString())}`);
          back.push(record.values);
        }
      if (!isDeepStrictEqual(plain(back), plain(records)))
        throw new Fault(
          `Written: ${JSON.stringify(records)}\nin bytes: ${JSON.stringify(bytes.toString('latin1'))}\nread: ${JSON.stringify(back)}`,
        );
      return { state: 'read', codes: [] };
    },
    bytesOf: ({ lists, given }) => Buffer.from(`${JSON.stringify({ decoder: given, records: lists.flat() }, null, 1)}\n`),
  });
}

/** Prototypes mean nothing here; neither does an absent field instead of null. */
function plain(value: Value): unknown {
  if (value === null || typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(plain) : new Map(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

async function* one(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
