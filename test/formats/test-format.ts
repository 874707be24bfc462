import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InterlocalError } from '../../src/core/errors.ts';
import type { Values } from '../../src/core/record.ts';
import { decodeWith } from '../../src/formats/formats.ts';
import { TRY_ALL } from '../effort.ts';
import { decoder, readAll, refusal, valuesOf, written } from './reading.ts';
import { RUNS } from './runs.ts';

export interface FormatSpec {
  /** The decoder as a connector writes it. */
  decoder: { [format: string]: object };
  /** A small file with lines ending LF, with an é, a leading zero, and whatever the format finds hard. Bytes: it is not text. */
  sample: string | Buffer;
  /** What it reads as. */
  values: Values[];
  /** false: the sample loses its meaning when line endings change. */
  lineEndings?: boolean;
  /** Encodings that the decoder can be told; none for what is not text. */
  encodings: string[];
  /** The file itself says what its encoding is. */
  findsEncoding?: boolean;
  /** false: the format needs its file in one piece, within a limit. */
  streams?: boolean;
  /** Pieces of a large file: the beginning, then `row(i)` as often as needed, then the end, given the number of rows; or a file of so many rows. */
  large: { begin: string; row: (i: number) => string; end: (rows: number) => string } | ((rows: number) => Buffer);
  /** Records that can be written, for write → read. */
  records?: { decoder: { [format: string]: object }; arbitrary: fc.Arbitrary<Values> };
}

const LARGE_BYTES = TRY_ALL ? 30_000_000 : 12_000_000;
/** Of a file that is made in one piece: about as much, unpacked. */
const LARGE_ROWS = LARGE_BYTES / 300;
/** Far less than what is read between the looks at the heap: a file that is kept, as it came or as records, is seen. */
const MAX_GROWTH = TRY_ALL ? 12_000_000 : 7_000_000;
/** Every n-th place of a file that is packed is tried: each costs milliseconds. */
const EVERY = TRY_ALL ? 1 : 15;

/** What every format must hold: the same suite for each. */
export function testFormat(name: string, spec: FormatSpec): void {
  const config = decoder(spec.decoder);
  const bytes = Buffer.from(spec.sample);
  const text = typeof spec.sample === 'string' ? spec.sample : undefined;
  const every = text === undefined ? EVERY : 1;
  const { large } = spec;
  const fileOf = (rows: number): string | Buffer =>
    typeof large === 'function'
      ? large(rows)
      : large.begin + Array.from({ length: rows }, (_, i) => large.row(i)).join('') + large.end(rows);
  const key = Object.keys(spec.decoder)[0]!;
  const withEncoding = (encoding: string) => decoder({ [key]: { ...spec.decoder[key], encoding } });

  describe(name, () => {
    test('reads its sample', async () => {
      expect(await valuesOf(config, bytes)).toEqual(spec.values);
    });

    test('numbers records from 1 and gives their lines in order', async () => {
      const records = await readAll(config, bytes);
      expect(records.map((r) => r.number)).toEqual(records.map((_, i) => i + 1));
      const lines = records.map((r) => r.line!);
      expect(lines).toEqual(lines.toSorted((a, b) => a - b));
      expect(lines.every((line) => line >= 1 && (text === undefined || line <= text.split('\n').length))).toBe(true);
    });

    test('reads the same wherever the bytes are cut into pieces', async () => {
      const whole = await readAll(config, bytes);
      expect(
        await readAll(
          config,
          [...bytes].map((byte) => Uint8Array.of(byte)),
        ),
      ).toEqual(whole);
      for (let at = 0; at <= bytes.length; at += every)
        expect(await readAll(config, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    });

    test('never takes a file that was cut off for a whole one with other records', async () => {
      const whole = await readAll(config, bytes);
      for (let at = 1; at < bytes.length; at++) {
        try {
          const records = await readAll(config, bytes.subarray(0, at));
          expect(records).toEqual(whole.slice(0, records.length));
        } catch (error) {
          if (!(error instanceof InterlocalError)) throw error;
          expect(`${at}: ${error.code}`).toMatch(/: FILE_(TRUNCATED|EMPTY)$/);
        }
      }
    });

    test('reads on when a file has grown', async () => {
      const first = await readAll(config, fileOf(2));
      const all = await readAll(config, fileOf(3));
      expect(all.length).toBe(first.length + 1);
      expect(all.slice(0, first.length).map((r) => r.values)).toEqual(first.map((r) => r.values));
    });

    test('says of an empty file that it is empty', async () => {
      expect(await refusal(config, '')).toContain('[FILE_EMPTY]');
    });

    if (text !== undefined) textTests(text);
    else
      test('never takes a file in which a byte was altered for another one', async () => {
        const whole = await readAll(config, bytes);
        for (let at = 0; at < bytes.length; at += every) {
          const altered = Buffer.from(bytes);
          altered[at]! ^= 0x10;
          try {
            expect(await readAll(config, altered)).toEqual(whole);
          } catch (error) {
            if (!(error instanceof InterlocalError)) throw error;
          }
        }
      });

    if (spec.streams !== false)
      test('keeps memory the same however large the file is', async () => {
        const heap = await heapWhileReading();
        expect(heap.records).toBeGreaterThan(10_000);
        expect(heap.growth).toBeLessThan(MAX_GROWTH);
      });

    test('reads or refuses damaged files, and never fails otherwise', async () => {
      await fc.assert(
        fc.asyncProperty(damaged(bytes), async (content) => {
          await refusal(config, content);
        }),
        { numRuns: RUNS },
      );
    });

    test('reads or refuses random bytes and random mark-up, and never fails otherwise', async () => {
      const alphabet = [...new Set(bytes.toString(text === undefined ? 'latin1' : 'utf8'))];
      const markup = fc.array(fc.constantFrom(...alphabet), { maxLength: 200 }).map((parts) => Buffer.from(parts.join('')));
      const random = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
      await fc.assert(
        fc.asyncProperty(fc.oneof(markup, random), async (content) => {
          await refusal(config, content);
        }),
        { numRuns: RUNS },
      );
    });

    if (spec.records) {
      const { decoder: given, arbitrary } = spec.records;
      const there = decoder(given);
      test('reads back what it wrote', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(fc.array(arbitrary, { maxLength: 5 }), { maxLength: 3 }), async (lists) => {
            const bytesWritten = await written(there, lists);
            if (lists.flat().length === 0 && bytesWritten.length === 0) return;
            expect(await valuesOf(there, bytesWritten)).toEqual(lists.flat());
          }),
          { numRuns: RUNS },
        );
      });
    }
  });

  function textTests(text: string): void {
    test('does not let a byte order mark into the first field', async () => {
      expect(await valuesOf(config, Buffer.from(`\ufeff${text}`))).toEqual(spec.values);
    });

    if (spec.lineEndings !== false)
      test('reads CRLF as it reads LF', async () => {
        expect(await valuesOf(config, text.replaceAll('\n', '\r\n'))).toEqual(spec.values);
      });

    for (const encoding of spec.encodings)
      test(`reads ${encoding}, cut anywhere`, async () => {
        const encoded = encodedAs(text, encoding);
        const there = withEncoding(encoding);
        expect(await valuesOf(there, encoded)).toEqual(spec.values);
        const whole = await readAll(there, encoded);
        for (let at = 0; at <= encoded.length; at += 3)
          expect(await readAll(there, [encoded.subarray(0, at), encoded.subarray(at)])).toEqual(whole);
      });

    test('refuses a byte that is not a character, with its line and column', async () => {
      const broken = Buffer.concat([bytes.subarray(0, -8), Buffer.from([0xff]), bytes.subarray(-8)]);
      const line = text.slice(0, -8).split('\n').length;
      expect(await refusal(config, broken)).toMatch(
        new RegExp(`^file:${line}:\\d+: The byte 0xFF here is not UTF-8.*\\[FILE_ENCODING\\]$`),
      );
    });

    test(
      spec.findsEncoding ? 'knows UTF-16 by its byte order mark' : 'says that a file is UTF-16 instead of reading nonsense',
      async () => {
        if (spec.findsEncoding) return expect(await valuesOf(config, Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual(spec.values);
        expect(await refusal(config, Buffer.from(`\ufeff${text}`, 'utf16le'))).toMatch(/The file is UTF-16LE.*\[FILE_ENCODING\]/);
      },
    );
  }

  /** Heap that stays in use, measured after collecting, early in the file and at its end. */
  async function heapWhileReading(): Promise<{ growth: number; records: number }> {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = () => {
      collect();
      return process.memoryUsage().heapUsed + process.memoryUsage().external;
    };
    let early: number | undefined;
    let most = 0;
    let sent = 0;
    let records = 0;
    let next = LARGE_BYTES / 6;
    async function* pieces(): AsyncGenerator<Uint8Array, void, void> {
      if (typeof large === 'function') {
        yield large(LARGE_ROWS);
        return;
      }
      yield Buffer.from(large.begin);
      let rows = 0;
      while (sent < LARGE_BYTES) {
        let piece = '';
        while (piece.length < 60_000) piece += large.row(rows++);
        sent += piece.length;
        yield Buffer.from(piece);
      }
      yield Buffer.from(large.end(rows));
    }
    for await (const list of decodeWith(config, pieces(), { file: 'large' })) {
      records += list.length;
      // Of a file in one piece, by the share of its rows that came.
      if (typeof large === 'function') sent = (records / LARGE_ROWS) * LARGE_BYTES;
      if (sent < next) continue;
      next += LARGE_BYTES / 5;
      const now = used();
      early ??= now;
      most = Math.max(most, now);
    }
    return { growth: most - (early ?? 0), records };
  }
}

function encodedAs(text: string, encoding: string): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  return Buffer.from(text, 'latin1');
}

/** A file with a bit turned over, a stretch cut out, doubled, or moved, or other bytes put in. */
function damaged(bytes: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat(bytes.length - 1);
  const flip = fc.record({ at, bit: fc.nat(7) }).map((d) => (content: Buffer) => {
    const copy = Buffer.from(content);
    if (d.at < copy.length) copy[d.at]! ^= 1 << d.bit;
    return copy;
  });
  const cut = fc
    .record({ at, length: fc.nat(30) })
    .map((d) => (content: Buffer) => Buffer.concat([content.subarray(0, d.at), content.subarray(d.at + d.length)]));
  const double = fc
    .record({ at, length: fc.nat(60) })
    .map((d) => (content: Buffer) => Buffer.concat([content.subarray(0, d.at + d.length), content.subarray(d.at)]));
  const insert = fc
    .record({ at, bytes: fc.uint8Array({ maxLength: 6 }) })
    .map((d) => (content: Buffer) => Buffer.concat([content.subarray(0, d.at), d.bytes, content.subarray(d.at)]));
  const end = at.map((to) => (content: Buffer) => content.subarray(0, to));
  return fc
    .array(fc.oneof(flip, flip, cut, double, insert, end), { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((content, change) => change(content), bytes));
}
