import type { FixedField, FixedWidthOptions } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import { readSigned, saidOfSign } from './sign.ts';
import { excerpt, problemIn, refuseFile } from '../refuse.ts';

type RecordType = FixedWidthOptions['record_types'][string];

interface Layout {
  type: string;
  when: RecordType['when'];
  fields: [name: string, field: FixedField][];
  /** The last character that a field takes. */
  width: number;
  template: Values;
  segments: (NonNullable<RecordType['segments']> & { entries: [name: string, field: FixedField][] }) | undefined;
}

export interface FixedLayouts {
  /**
   * One line to a record, or to one for each segment that is not blank, added to the list; `number` is the first one's.
   * Throws FileError RECORD_LENGTH, RECORD_TYPE_UNKNOWN, FILE_TRUNCATED.
   */
  read(line: string, number: number, at: number, isCutOff: boolean, records: SourceRecord[]): void;
}

export function fixedLayouts(options: FixedWidthOptions, file: string): FixedLayouts {
  const { record_length: length, pad_short_lines: pad } = options;
  const layouts = Object.entries(options.record_types).map(([type, { when, fields, segments }]): Layout => {
    const entries = Object.entries(fields);
    const names = [
      ...Object.keys(fields),
      ...(segments?.number_field === undefined ? [] : [segments.number_field]),
      ...Object.keys(segments?.fields ?? {}),
    ];
    const template = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:""`).join(',')}}`) as Values;
    return {
      type,
      when,
      fields: entries,
      width: Math.max(0, segments ? segments.from - 1 + segments.length * segments.count : 0, ...entries.map(([, field]) => field.to)),
      template,
      segments: segments && { ...segments, entries: Object.entries(segments.fields) },
    };
  });
  // 799 is looked for before 7, whatever their order; a type without `when` takes what no other takes.
  const ordered = layouts.toSorted((a, b) => markedBy(b.when) - markedBy(a.when));

  return {
    read(line, number, at, isCutOff, records) {
      const characters = charactersOf(line);
      const { cut } = characters;
      const layout = ordered.find(({ when }) => !when || fits(when, cut));
      const place = options.line_breaks === true ? { line: at } : { record: number };
      const wanted = length ?? layout?.width ?? 0;
      if (characters.length < wanted && isCutOff)
        throw refuseFile(
          'FILE_TRUNCATED',
          file,
          place,
          `The last line has ${characters.length} characters instead of ${wanted} and no line break: the file was probably cut off.`,
          'Have it sent again.',
        );
      if (!layout) throw unknownType(line, characters, place);
      if ((characters.length < wanted && !pad) || (length !== undefined && characters.length > length))
        throw refuseFile(
          'RECORD_LENGTH',
          file,
          place,
          `The line has ${characters.length} characters; records of this file have ${wanted}${length === undefined ? ' or more' : ''}.`,
          'The file is damaged, or the system changed its layout. Ask the sender; if the layout changed, correct the columns in the decoder of the connector.',
        );
      const shared: SourceRecord = { values: { ...layout.template }, number, line: at, type: layout.type };
      if (options.line_breaks === true && line.includes('\r')) reject(shared, line, twoLines(line, at));
      else fill(shared, layout.fields, 0, line, characters, place);
      const { segments } = layout;
      if (!segments) return void records.push(shared);
      const prefix = cut(1, segments.from - 1);
      for (let i = 0, next = number; i < segments.count; i++) {
        const before = segments.from - 1 + i * segments.length;
        const text = cut(before + 1, before + segments.length);
        if (text.trim() === '') continue;
        const record: SourceRecord = { ...shared, values: { ...shared.values }, number: next++ };
        if (segments.number_field !== undefined) record.values[segments.number_field] = String(i + 1);
        // What is wrong with what they share is wrong with each; what is wrong with one is its own.
        if (record.problem) Object.assign(record, { values: {}, raw: prefix + text });
        else fill(record, segments.entries, before, prefix + text, characters, place);
        records.push(record);
      }
    },
  };

  function reject(record: SourceRecord, raw: string, problem: Problem): void {
    Object.assign(record, { problem, values: {}, raw });
  }

  /** Reads fields into the record; a value that cannot be read rejects it with its text. */
  function fill(
    record: SourceRecord,
    fields: Layout['fields'],
    before: number,
    raw: string,
    { cut }: Characters,
    place: { line?: number; record?: number },
  ): void {
    for (const [name, field] of fields) {
      const text = cut(before + field.from, before + field.to);
      if (text === '' && field.literal === undefined) {
        record.values[name] = null;
        continue;
      }
      const read = fieldValue(text, field);
      if (read.problem !== undefined) {
        const at = { ...place, column: before + field.from, path: name };
        const hint =
          'Have it corrected in the system that exported the file. If many lines have this, the columns in the decoder of the connector are wrong.';
        return reject(record, raw, problemIn(read.code, file, at, read.problem, hint));
      }
      record.values[name] = read.value;
    }
  }

  function twoLines(line: string, at: number): Problem {
    return problemIn(
      'LINE_ENDINGS_CR',
      file,
      { line: at, column: line.indexOf('\r') + 1 },
      'There is a CR within this line, without the LF that ends a line: two records are probably in it, of which one would be lost.',
      'Have it exported with the same line ends, CR LF or LF, in every line.',
    );
  }

  function unknownType(line: string, { cut }: Characters, place: object): Error {
    const types = layouts.map((l) => `${l.type} (${l.when!.is} at ${l.when!.from}-${l.when!.to})`).join(', ');
    const at = layouts[0]?.when;
    const found = at ? `has ${JSON.stringify(cut(at.from, at.to))} at ${at.from}-${at.to}` : `begins ${JSON.stringify(excerpt(line, 10))}`;
    return refuseFile(
      'RECORD_TYPE_UNKNOWN',
      file,
      place,
      `The line ${found}, which marks no known record type; the connector knows ${types}.`,
      'Add the type to record_types, or have the file sent again if it is damaged.',
    );
  }
}

type When = NonNullable<RecordType['when']>;

/** How many characters tell the type. */
function markedBy(when: When | undefined): number {
  return when ? when.is.length + (when.and ?? []).reduce((sum, { is }) => sum + is.length, 0) : 0;
}

function fits(when: When, cut: Characters['cut']): boolean {
  return [when, ...(when.and ?? [])].every(({ from, to, is, or }) => {
    const text = cut(from, to);
    return matches(text, is) || (or ?? []).some((other) => matches(text, other));
  });
}

/** Does the text that stands where the mark should stand equal it, spaces behind it aside? */
export function matches(text: string, is: string): boolean {
  return text === is || text.trimEnd() === is.trimEnd();
}

interface Characters {
  length: number;
  /** From and to as in the layout, counted from 1. */
  cut(from: number, to: number): string;
}

/** An emoji or a rare Chinese character is two UTF-16 units, and one character of the layout. */
function charactersOf(line: string): Characters {
  if (!/[\ud800-\udbff]/.test(line)) return { length: line.length, cut: (from, to) => line.slice(from - 1, to) };
  const characters = [...line];
  return { length: characters.length, cut: (from, to) => characters.slice(from - 1, to).join('') };
}

type FieldRead = { value: Value; problem?: undefined } | { problem: string; code: string };

function fieldValue(raw: string, field: FixedField): FieldRead {
  const text = field.strip ? stripSpaces(raw) : raw;
  if (field.literal !== undefined && !matches(raw, field.literal) && text !== field.literal)
    return {
      code: 'LITERAL_WRONG',
      problem: `Found ${JSON.stringify(excerpt(raw))} where the layout always has ${JSON.stringify(field.literal)}.`,
    };
  if (field.decimals === undefined) return { value: text === '' ? null : text };
  const digits = stripSpaces(raw);
  if (digits === '') return { value: null };
  const number = readSigned(digits, field.sign);
  if (!number)
    return {
      code: 'VALUE_NOT_NUMERIC',
      problem: `${JSON.stringify(excerpt(digits))} is not ${saidOfSign(field.sign)}, as the layout requires here.`,
    };
  return { value: withPoint(number.digits, field.decimals, number.negative) };
}

/** `0001250` with two implied decimals is 12.50. */
function withPoint(digits: string, decimals: number, negative: boolean): string {
  const padded = digits.padStart(decimals + 1, '0');
  const whole = padded.slice(0, padded.length - decimals).replace(/^0+(?=\d)/, '');
  return `${negative ? '-' : ''}${whole}${decimals ? `.${padded.slice(-decimals)}` : ''}`;
}

/** A regular expression takes four times as long, and every field of a file passes here. */
function stripSpaces(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text.charCodeAt(from) === SPACE) from++;
  while (to > from && text.charCodeAt(to - 1) === SPACE) to--;
  return text.slice(from, to);
}

const SPACE = 0x20;
