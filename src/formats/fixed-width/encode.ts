import type { FixedField, FixedWidthOptions } from '../../config/schema/connector.ts';
import { didYouMean } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import { matches } from './layout.ts';
import { type SignedDigits, writeSigned } from './sign.ts';
import { refuseFile, refuseRecord } from '../refuse.ts';
import { encoderOf, LINE_ENDS } from '../text/encoding.ts';

type RecordType = FixedWidthOptions['record_types'][string];

/**
 * Records to fixed-width lines, ending as the options say. The record type is the first whose fields
 * take all values of the record and whose mark then is in the line. Throws RecordError VALUE_TOO_WIDE for a value
 * that does not fit: nothing is ever cut.
 */
export async function* encodeFixedWidth(
  records: AsyncIterable<Values[]> | Iterable<Values[]>,
  options: FixedWidthOptions,
  context: { file: string },
): AsyncGenerator<Uint8Array, void, void> {
  if (Object.values(options.record_types).some(({ segments }) => segments))
    throw refuseFile(
      'FORMAT_READ_ONLY',
      context.file,
      {},
      'Files whose lines have several segments can be read but not written.',
      'Write each record on its own line, if the receiving system allows it.',
    );
  const encode = await encoderOf(options.encoding ?? 'utf-8', context.file);
  const end = options.line_breaks !== false ? LINE_ENDS[options.line_ending] : '';
  let record = 0;
  for await (const list of records) {
    let text = '';
    for (const values of list) text += lineOf(values, options, context.file, ++record) + end;
    if (text) yield encode(text);
  }
}

function lineOf(values: Values, options: FixedWidthOptions, file: string, record: number): string {
  const types = Object.entries(options.record_types);
  const fitting = types.filter(([, { fields }]) => Object.keys(values).every((name) => Object.hasOwn(fields, name)));
  for (const [, { when, fields }] of fitting) {
    const wrong = Object.entries(fields).find(
      ([name, { literal }]) =>
        literal !== undefined && typeof values[name] === 'string' && values[name] !== literal.trim() && values[name] !== literal,
    );
    if (wrong && types.length > 1) continue;
    const width = options.record_length ?? Math.max(when?.to ?? 0, ...Object.values(fields).map((field) => field.to));
    const line: string[] = Array.from({ length: width }, () => ' ');
    if (when) put(line, when.from, [...when.is]);
    for (const [name, field] of Object.entries(fields)) put(line, field.from, fieldText(values[name] ?? null, field, name));
    if (when && !matches(line.slice(when.from - 1, when.to).join(''), when.is)) continue;
    return line.join('');
  }
  if (fitting.length === 0 && types.length > 0) throw unknownField(values, types, file, record);
  throw refuseRecord(
    'RECORD_TYPE_UNKNOWN',
    file,
    { record },
    `The record matches none of the record types ${types.map(([type]) => type).join(', ')}.`,
    'Its fields must be those of one type, and the mark of the type must be among them.',
  );

  function fieldText(value: Value, field: FixedField, name: string): string[] {
    const at = { record, path: name };
    const width = field.to - field.from + 1;
    if (value !== null && typeof value !== 'string')
      throw refuseRecord(
        'VALUE_NOT_TEXT',
        file,
        at,
        'A list or a group of fields cannot be put in one field.',
        'Select one of its fields in the mapping.',
      );
    const given = field.literal ?? value ?? '';
    if (/[\r\n]/.test(given))
      throw refuseRecord(
        'VALUE_NOT_WRITABLE',
        file,
        at,
        'The value has a line break in it, which would break the record in two.',
        'Replace it in the mapping.',
      );
    if (field.strip && field.literal === undefined && /^ | $/.test(given))
      throw refuseRecord(
        'VALUE_NOT_WRITABLE',
        file,
        at,
        'The value begins or ends with a space, which reading strips from this field.',
        'Trim it in the mapping, or set strip: false for the field.',
      );
    // An absent value is spaces, so it does not read back as zeros.
    const pad = given === '' ? ' ' : field.pad;
    const text =
      field.decimals === undefined || given === ''
        ? given
        : writeSigned(withoutPoint(given, field.decimals, file, at), field.sign, field.align === 'left' ? 0 : width, pad);
    const characters = [...text];
    const missing = width - characters.length;
    if (missing < 0)
      throw refuseRecord(
        'VALUE_TOO_WIDE',
        file,
        at,
        `The value has ${characters.length} characters; the field has room for ${width}.`,
        'Shorten it in the mapping: nothing is cut off silently.',
      );
    if (field.align === 'left' && field.decimals !== undefined && missing > 0 && /\d/.test(pad))
      throw refuseRecord(
        'VALUE_NOT_WRITABLE',
        file,
        at,
        'The field is left-aligned and padded with digits, which would change the number.',
        'Set align: right for it.',
      );
    const filler = Array.from({ length: missing }, () => pad);
    return field.align === 'left' ? [...characters, ...filler] : [...filler, ...characters];
  }
}

/** None of the types has all fields of the record: which one the nearest of them does not have. */
function unknownField(values: Values, types: readonly [string, RecordType][], file: string, record: number): Error {
  const strange = ({ fields }: RecordType): string[] => Object.keys(values).filter((name) => !Object.hasOwn(fields, name));
  const [type, layout] = types.reduce((best, one) => (strange(one[1]).length < strange(best[1]).length ? one : best));
  const name = strange(layout)[0]!;
  const meant = didYouMean(name, Object.keys(layout.fields));
  return refuseRecord(
    'COLUMN_UNKNOWN',
    file,
    { record, path: name },
    types.length === 1
      ? `The layout has no field ${JSON.stringify(name)}.`
      : `The record matches none of the record types ${types.map(([other]) => other).join(', ')}: ${type} has no field ${JSON.stringify(name)}.`,
    meant && `Did you mean ${meant}?`,
  );
}

function put(line: string[], from: number, characters: string[]): void {
  for (const [i, character] of characters.entries()) line[from - 1 + i] = character;
}

/** `12.5` with two implied decimals is `1250`. */
function withoutPoint(text: string, decimals: number, file: string, at: { record: number; path: string }): SignedDigits {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const fraction = parts?.[3] ?? '';
  if (!parts || /[1-9]/.test(fraction.slice(decimals)))
    throw refuseRecord(
      'VALUE_NOT_NUMERIC',
      file,
      at,
      `The value must be a number with at most ${decimals} decimals, such as ${decimals ? `12.${'5'.padEnd(decimals, '0')}` : '12'}.`,
    );
  const digits = (parts[2]! + fraction.slice(0, decimals).padEnd(decimals, '0')).replace(/^0+(?=\d)/, '');
  return { digits, negative: parts[1] === '-' };
}
