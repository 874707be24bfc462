import type { FixedField, FixedWidthOptions } from '../config/schema/connector.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import { excerpt, problemIn, refuseFile } from './refuse.ts';

type RecordType = FixedWidthOptions['record_types'][string];

interface Layout {
  type: string;
  when: RecordType['when'];
  fields: [name: string, field: FixedField][];
  /** The last character that a field takes. */
  width: number;
  template: Values;
}

export interface FixedLayouts {
  /** One line to a record. Throws FileError RECORD_LENGTH, RECORD_TYPE_UNKNOWN, FILE_TRUNCATED. */
  read(line: string, number: number, at: number, isCutOff: boolean): SourceRecord;
}

export function fixedLayouts(options: FixedWidthOptions, file: string): FixedLayouts {
  const { record_length: length, pad_short_lines: pad } = options;
  const layouts = Object.entries(options.record_types).map(([type, { when, fields }]): Layout => {
    const entries = Object.entries(fields);
    const template = JSON.parse(`{${entries.map(([name]) => `${JSON.stringify(name)}:""`).join(',')}}`) as Values;
    return { type, when, fields: entries, width: Math.max(0, ...entries.map(([, field]) => field.to)), template };
  });
  // A type without `when` takes what no other takes.
  const ordered = [...layouts.filter((l) => l.when), ...layouts.filter((l) => !l.when)];

  return {
    read(line, number, at, isCutOff) {
      const characters = charactersOf(line);
      const { cut } = characters;
      const layout = ordered.find(({ when }) => !when || matches(cut(when.from, when.to), when.is));
      const place = options.line_breaks ? { line: at } : { record: number };
      const wanted = length ?? layout?.width ?? 0;
      if (characters.length < wanted && isCutOff)
        throw refuseFile('FILE_TRUNCATED', file, place, `The last line has ${characters.length} characters instead of ${wanted} and no line break: the file was probably cut off.`, 'Have it sent again.');
      if (!layout) throw unknownType(line, characters, place);
      if ((characters.length < wanted && !pad) || (length !== undefined && characters.length > length))
        throw refuseFile('RECORD_LENGTH', file, place, `The line has ${characters.length} characters; records of this file have ${wanted}${length === undefined ? ' or more' : ''}.`, 'The file is damaged, or its layout was changed: compare it with the description of the system.');
      const values: Values = { ...layout.template };
      for (const [name, field] of layout.fields) {
        const read = fieldValue(cut(field.from, field.to), field);
        if (read.problem !== undefined) {
          const problem = problemIn(read.code, file, { ...place, column: field.from, path: name }, read.problem, 'Correct it in the system that exported it; if many lines have this, the layout in the connector is not right.');
          return { values: {}, number, line: at, type: layout.type, problem, raw: line };
        }
        values[name] = read.value;
      }
      return { values, number, line: at, type: layout.type };
    },
  };

  function unknownType(line: string, { cut }: Characters, place: object): Error {
    const types = layouts.map((l) => `${l.type} (${l.when!.is} at ${l.when!.from}-${l.when!.to})`).join(', ');
    const at = layouts[0]?.when;
    const found = at ? `has ${JSON.stringify(cut(at.from, at.to))} at ${at.from}-${at.to}` : `begins ${JSON.stringify(excerpt(line, 10))}`;
    return refuseFile('RECORD_TYPE_UNKNOWN', file, place, `The line ${found}, which is the mark of no record type; the connector knows ${types}.`, 'Add the type to record_types, or have the file sent again if it is damaged.');
  }
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
    return { code: 'LITERAL_WRONG', problem: `Here stands ${JSON.stringify(excerpt(raw))} where the layout always has ${JSON.stringify(field.literal)}.` };
  if (field.decimals === undefined) return { value: text === '' ? null : text };
  const digits = stripSpaces(raw);
  if (digits === '') return { value: null };
  const parts = /^([-+]?)(\d+)([-+]?)$/.exec(digits);
  if (!parts || (parts[1] && parts[3])) return { code: 'VALUE_NOT_NUMERIC', problem: `${JSON.stringify(excerpt(digits))} is not a number without a decimal point, as the layout has it here.` };
  return { value: withPoint(parts[2]!, field.decimals, parts[1] === '-' || parts[3] === '-') };
}

/** `0001250` with two implied decimals is 12.50. */
function withPoint(digits: string, decimals: number, negative: boolean): string {
  const padded = digits.padStart(decimals + 1, '0');
  const whole = padded.slice(0, padded.length - decimals).replace(/^0+(?=\d)/, '');
  return `${negative ? '-' : ''}${whole}${decimals ? `.${padded.slice(-decimals)}` : ''}`;
}

function stripSpaces(text: string): string {
  return text.replace(/^ +| +$/g, '');
}
