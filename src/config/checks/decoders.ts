import type { Problem } from '../../core/errors.ts';
import { problemAt } from '../draft.ts';
import type { Part } from '../draft.ts';
import type { CsvOptions, DecoderConfig, FixedWidthOptions, StreamConfig } from '../schema/connector.ts';
import { quoted } from '../words.ts';
import { suggestion } from './references.ts';
import { recordTypesOf } from './source-fields.ts';

type Path = (string | number)[];
export type Add = (path: Path, code: string, message: string, hint?: string) => void;

/** A decoder's layout in itself, and that it gives the fields which the stream's schema lists. */
export function checkDecoder(part: Part<unknown>, base: Path, stream: StreamConfig, decoder: DecoderConfig): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (path, code, message, hint) => void problems.push(problemAt(part, [...base, ...path], code, message, hint));
  checkLayout(decoder, ['decoder'], add);
  checkSchemaFields(stream, decoder, add);
  return problems;
}

/** The layout of a decoder or an encoder in itself. */
export function checkLayout({ csv, fixed_width, xlsx }: Pick<DecoderConfig, 'csv' | 'fixed_width' | 'xlsx'>, at: Path, add: Add): void {
  if (csv) checkCsv(csv, [...at, 'csv'], add);
  for (const [name, count, has] of [
    ['csv', csv?.footer_lines, csv?.footer_has],
    ['xlsx', xlsx?.footer_rows, xlsx?.footer_has],
  ] as const)
    if (has !== undefined && count === 0)
      add(
        [...at, name, 'footer_has'],
        'VALUE_INVALID',
        'is looked for in a footer, but the decoder declares no footer.',
        `Say how many rows it has: ${name === 'csv' ? 'footer_lines' : 'footer_rows'}: 1.`,
      );
  if (xlsx && Array.isArray(xlsx.header)) checkColumnList(xlsx.header, [...at, 'xlsx', 'header'], add);
  if (fixed_width) checkFixedWidth(fixed_width, [...at, 'fixed_width'], add);
}

function checkCsv(csv: CsvOptions, at: Path, add: Add): void {
  if (csv.record_types && csv.header !== false)
    add([...at, 'header'], 'VALUE_INVALID', 'must be false, because record_types declares the columns.', 'Write header: false.');
  if (csv.row_end !== undefined && csv.quote !== null)
    add(
      [...at, 'row_end'],
      'VALUE_INVALID',
      'needs a file without quotes: in a quoted value the character would end the row.',
      'Add quote: null.',
    );
  if (csv.row_end !== undefined && csv.delimiter.includes(csv.row_end))
    add([...at, 'row_end'], 'VALUE_INVALID', 'is the same as the delimiter.');
  if (csv.quote !== null && csv.quote === csv.delimiter) add([...at, 'quote'], 'VALUE_INVALID', 'is the same as the delimiter.');
  const lists = [
    ...(Array.isArray(csv.header) ? [{ columns: csv.header, path: ['header'] }] : []),
    ...Object.entries(csv.record_types ?? {}).map(([type, columns]) => ({ columns, path: ['record_types', type] })),
  ];
  for (const { columns, path } of lists) checkColumnList(columns, [...at, ...path], add);
}

function checkColumnList(columns: readonly string[], at: Path, add: Add): void {
  columns.forEach((column, i) => {
    if (column !== '' && columns.indexOf(column) !== i)
      add([...at, i], 'KEY_DUPLICATE', `the column "${column}" is in this list twice.`, 'Give each column its own name.');
  });
}

function checkFixedWidth(layout: FixedWidthOptions, at: Path, add: Add): void {
  const length = layout.record_length;
  if (layout.line_breaks !== true && length === undefined)
    add(
      [...at, 'record_length'],
      'KEY_MISSING',
      'the key "record_length" is missing: without line breaks, only the length shows where a record ends.',
    );
  const types = Object.entries(layout.record_types);
  const anyRecord = types.filter(([, type]) => !type.when);
  for (const [name] of anyRecord.slice(1))
    add(
      [...at, 'record_types', name],
      'VALUE_INVALID',
      `has no "when", and neither has ${anyRecord[0]![0]}: the two cannot be distinguished.`,
      'Add when: { from, to, is }.',
    );
  for (const [name, type] of types) {
    const path = [...at, 'record_types', name];
    const { when } = type;
    if (when) {
      checkMark(when, [...path, 'when'], add);
      when.and?.forEach((also, i) => checkMark(also, [...path, 'when', 'and', i], add));
    }
    const { continues } = type;
    if (continues && !Object.hasOwn(type.fields, continues.text))
      add(
        [...path, 'continues', 'text'],
        'REFERENCE_UNKNOWN',
        `${quoted(continues.text)} is not a field of ${name}.`,
        suggestion(continues.text, Object.keys(type.fields)),
      );
    if (continues && !types.some(([other, { fields }]) => other !== name && Object.hasOwn(fields, continues.field)))
      add(
        [...path, 'continues', 'field'],
        'REFERENCE_UNKNOWN',
        `${quoted(continues.field)} is not a field of any other record type.`,
        suggestion(
          continues.field,
          types.flatMap(([other, { fields }]) => (other === name ? [] : Object.keys(fields))),
        ),
      );
    checkPositions(type.fields, [...path, 'fields'], length, 'a record', add);
    const { segments } = type;
    if (!segments) continue;
    checkPositions(segments.fields, [...path, 'segments', 'fields'], segments.length, 'a segment', add);
    const end = segments.from - 1 + segments.length * segments.count;
    if (length !== undefined && end > length)
      add(
        [...path, 'segments'],
        'VALUE_INVALID',
        `${segments.count} segments of ${segments.length} from ${segments.from} end at ${end}, but a record is ${length} long.`,
      );
    for (const [field, { to }] of Object.entries(type.fields))
      if (to >= segments.from)
        add(
          [...path, 'fields', field],
          'VALUE_INVALID',
          `ends at ${to}, but the segments begin at ${segments.from}.`,
          'Fields of a segment belong in segments.fields.',
        );
    for (const field of [...Object.keys(segments.fields), ...(segments.number_field ? [segments.number_field] : [])])
      if (Object.hasOwn(type.fields, field))
        add([...path, 'segments'], 'KEY_DUPLICATE', `has a field ${field}, and so have the fields that the segments share.`);
  }
}

function checkMark(mark: { from: number; to: number; is: string; or?: string[] | undefined }, path: Path, add: Add): void {
  const width = mark.to - mark.from + 1;
  for (const [key, is] of [['is', mark.is] as const, ...(mark.or ?? []).map((other, i) => [i, other] as const)])
    if (is.length !== width)
      add(
        key === 'is' ? [...path, 'is'] : [...path, 'or', key],
        'VALUE_INVALID',
        width < 1
          ? `from ${mark.from} to ${mark.to} is outside the record.`
          : `has ${is.length} characters, but from ${mark.from} to ${mark.to} are ${width}.`,
      );
}

function checkPositions(
  fields: FixedWidthOptions['record_types'][string]['fields'],
  path: Path,
  length: number | undefined,
  whole: string,
  add: Add,
): void {
  // The field that reaches furthest so far: the one that a later field can run into.
  let before: { name: string; to: number } | undefined;
  for (const [field, { from, to, literal, sign, decimals }] of Object.entries(fields).sort((a, b) => a[1].from - b[1].from)) {
    const here = [...path, field];
    if (to < from) add([...here, 'to'], 'VALUE_INVALID', `ends at ${to}, before it begins at ${from}.`);
    else if (before && from <= before.to)
      add(
        here,
        'VALUE_INVALID',
        `the field ${field} (${from}-${to}) overlaps the field ${before.name}, which ends at ${before.to}.`,
        'Check the columns against the layout.',
      );
    if (length !== undefined && to > length) add([...here, 'to'], 'VALUE_INVALID', `ends at ${to}, but ${whole} is ${length} long.`);
    if (literal !== undefined && literal.length > to - from + 1)
      add([...here, 'literal'], 'VALUE_INVALID', `is longer than the field, which has ${to - from + 1} characters.`);
    if (sign !== undefined && decimals === undefined)
      add([...here, 'sign'], 'VALUE_INVALID', 'is for numbers, but the field has no decimals.', 'Add decimals: 2, or 0 for whole numbers.');
    if (!before || to > before.to) before = { name: field, to };
  }
}

/** A field that no record type gives would be empty in every record, and no one would know. */
function checkSchemaFields(stream: StreamConfig, decoder: DecoderConfig, add: Add): void {
  const types = recordTypesOf(decoder);
  const wanted = stream.record_selector?.types;
  if (wanted && types && !wanted.every((type) => types.has(type))) return;
  const header = decoder.csv?.header ?? decoder.xlsx?.header;
  const given = Array.isArray(header)
    ? header
    : types && [...types].flatMap(([type, fields]) => (!wanted || wanted.includes(type) ? fields : []));
  if (!given) return;
  for (const [name, field] of Object.entries(stream.schema.fields))
    if (!field.optional && !given.includes(name) && !name.includes('.'))
      add(['schema', 'fields', name], 'REFERENCE_UNKNOWN', `the decoder gives no field "${name}".`, suggestion(name, given));
}
