import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decoder, valuesOf, written } from '../../test/formats/reading.ts';
import { RUNS } from '../../test/formats/runs.ts';
import { RecordError } from '../core/errors.ts';
import type { Values } from '../core/record.ts';

/**
 * What is written reads back as it was, or is refused: whatever the dialect, never anything else. `nothing`: what the dialect
 * cannot tell from no value.
 */
async function readsBack(
  config: object,
  records: Values[],
  nothing: (value: unknown) => boolean = () => false,
): Promise<'same' | 'refused'> {
  const there = decoder(config);
  let bytes: Buffer;
  try {
    bytes = await written(there, [records]);
  } catch (error) {
    if (error instanceof RecordError) return 'refused';
    throw error;
  }
  const plain = (list: Values[]): Values[] =>
    list.map((values) => Object.fromEntries(Object.entries(values).filter(([, value]) => !nothing(value))));
  expect(plain(await valuesOf(there, bytes))).toEqual(plain(records));
  return 'same';
}

const hard = (...more: string[]) =>
  fc.option(
    fc
      .array(
        fc.constantFrom('a', 'b', '0', '1', ' ', ',', ';', '"', "'", '\n', '\r\n', '\t', '=', '|', '~', '#', '\\', '-', 'é', ...more),
        {
          minLength: 1,
          maxLength: 6,
        },
      )
      .map((parts) => parts.join('')),
    { nil: null },
  );

describe('every dialect of', () => {
  test('csv: delimiters of one and more characters, quotes, escapes, comments, headers, encodings', { timeout: 120_000 }, async () => {
    const dialect = fc.record(
      {
        delimiter: fc.constantFrom(',', ';', '\\t', '|', '||', '~|~', '::', '=>', '\\t|'),
        quote: fc.constantFrom('"', "'", null),
        escape: fc.constantFrom('\\', '"'),
        comment: fc.constantFrom('#', '//', '--'),
        header: fc.constantFrom<unknown>(true, ['a', 'b', 'c']),
        trim: fc.boolean(),
        excel_text: fc.boolean(),
        encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252'),
        final_newline: fc.constantFrom('required', 'optional'),
      },
      { requiredKeys: [] },
    );
    const tally = { same: 0, refused: 0 };
    const cell = hard('||', '::', '~|~', '=>');
    const records = fc.array(fc.record({ a: cell, b: cell, c: cell }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(dialect, records, async (csv, list) => {
        fc.pre(!(csv.escape !== undefined && csv.quote === null));
        tally[await readsBack({ csv }, list)]++;
      }),
      { numRuns: RUNS * 3 },
    );
    // Most of what is hard can be written anyway.
    expect(tally.same).toBeGreaterThan(tally.refused);
  });

  test('fixed width: alignments, fills, decimals, signs, segments of lines and lines without breaks', { timeout: 120_000 }, async () => {
    const layout = fc.record({
      align: fc.constantFrom('left', 'right'),
      pad: fc.constantFrom(' ', '0'),
      line_breaks: fc.boolean(),
      decimals: fc.constantFrom(undefined, 2),
      sign: fc.constantFrom(undefined, 'leading', 'trailing', 'overpunch'),
    });
    const text = fc.option(fc.stringMatching(/^[A-Z0-9é*]([A-Z0-9 é*]{0,6}[A-Z0-9é*])?$/), { nil: null });
    const amount = fc.option(
      fc.integer({ min: -99_999, max: 999_999 }).map((n) => (n / 100).toFixed(2)),
      { nil: null },
    );
    const tally = { same: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(layout, fc.array(fc.record({ name: text, amount }), { minLength: 1, maxLength: 4 }), async (given, list) => {
        const { align, pad, line_breaks, decimals, sign } = given;
        const fixed_width = {
          line_breaks,
          record_length: 20,
          record_types: {
            D: {
              fields: {
                name: { from: 1, to: 8, align },
                // Reading strips spaces only: zeros in front are taken off where there are implied decimals.
                amount: { from: 9, to: 20, align: 'right', ...(decimals === undefined ? {} : { decimals, pad, sign }) },
              },
            },
          },
        };
        tally[await readsBack({ fixed_width }, list)]++;
      }),
      { numRuns: RUNS * 2 },
    );
    expect(tally.same).toBeGreaterThan(0);
  });

  test('xml: values as elements and as attributes', { timeout: 120_000 }, async () => {
    const cell = hard('<', '&', ']]>', '>').map((value) => value?.replaceAll('\r\n', '\n') ?? null);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('elements', 'attributes'),
        fc.array(fc.record({ a: cell, b: cell, list: fc.array(cell, { maxLength: 3 }) }), { minLength: 1, maxLength: 3 }),
        async (scalars, list) => {
          await readsBack({ xml: { row: 'Root/Row', lists: ['list'], scalars } }, list, (value) => value === null);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('json: a list at a path, and one document a line, in every encoding', { timeout: 120_000 }, async () => {
    const json = fc.record({
      lines: fc.boolean(),
      rows: fc.constantFrom('', 'data.items'),
      encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be'),
    });
    await fc.assert(
      fc.asyncProperty(
        json,
        fc.array(fc.record({ a: hard('\u2028', '😀'), b: hard() }), { minLength: 1, maxLength: 3 }),
        async (given, list) => {
          expect(await readsBack({ json: given.lines ? { ...given, rows: '' } : given }, list)).toBe('same');
        },
      ),
      { numRuns: RUNS },
    );
  });
});
