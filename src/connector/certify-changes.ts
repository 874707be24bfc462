import type { DecoderConfig } from '../config/schema/connector.ts';
import type { SourceRecord, Values } from '../core/record.ts';

/** A recorded file as text whose every byte (or UTF-16 unit) is one character, so that what is not changed stays byte for byte. */
export interface RecordedText {
  text: string;
  /** Bytes again, in the file's own encoding. */
  bytes(changed: string): Buffer;
  newline: '\n' | '\r\n';
  /** utf-8 and single-byte encodings: ASCII characters are the same bytes in all of them. */
  singleBytes: boolean;
}

/** undefined for what is no text: spreadsheets, archives, encrypted files. */
export function recordedText(decoder: DecoderConfig, bytes: Buffer): RecordedText | undefined {
  const kind = Object.keys(decoder).find((name) => decoder[name as keyof DecoderConfig] !== undefined);
  if (kind === undefined || !['csv', 'fixed_width', 'xml', 'json', 'bai2', 'mt940', 'ofx', 'camt053'].includes(kind)) return undefined;
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf16be'
        : encodingOf(decoder).startsWith('utf-16')
          ? encodingOf(decoder).replace('-', '')
          : undefined;
  if (!wide && (bytes.includes(0) || (bytes[0] === 0x1f && bytes[1] === 0x8b))) return undefined;
  const swap = wide === 'utf16be';
  const text = wide ? Buffer.from(swap ? Buffer.from(bytes).swap16() : bytes).toString('utf16le') : bytes.toString('latin1');
  return {
    text,
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    singleBytes: !wide,
    bytes: (changed) =>
      wide ? (swap ? Buffer.from(changed, 'utf16le').swap16() : Buffer.from(changed, 'utf16le')) : Buffer.from(changed, 'latin1'),
  };
}

export function encodingOf(decoder: DecoderConfig): string {
  return (Object.values(decoder) as ({ encoding?: string } | undefined)[]).find((options) => options !== undefined)?.encoding ?? 'utf-8';
}

/** Where a value of a record stands in the file. */
export interface Spot {
  record: number;
  field: string;
  value: string;
  from: number;
  to: number;
}

/** Places of plain values that can be found for certain: once in their record, ASCII. `wanted` says which are looked for. */
export function* spots(
  recorded: RecordedText,
  decoder: DecoderConfig,
  records: readonly SourceRecord[],
  wanted: (field: string, value: string) => boolean,
): Generator<Spot> {
  const starts = lineStarts(recorded.text);
  for (const [i, record] of records.entries()) {
    const layout = decoder.fixed_width;
    const from =
      layout && !layout.line_breaks
        ? (record.number - 1) * (layout.record_length ?? 0)
        : record.line === undefined
          ? undefined
          : starts[record.line - 1];
    if (from === undefined || record.problem) continue;
    const to = regionEnd(recorded.text, starts, records, i, from, layout?.line_breaks === false ? layout.record_length : undefined);
    for (const [field, value] of textsIn(record.values)) {
      if (!/^[ -~]+$/.test(value) || !wanted(field, value)) continue;
      const found = layout ? fixedSpot(decoder, record, field, value, from) : onlyPlace(recorded.text, value, from, to);
      if (found !== undefined) yield { record: i, field, value, from: found, to: found + value.length };
    }
  }
}

/** Every text of a record by its path, through groups and lists: `dog.name`, `lines.amount`. */
function* textsIn(values: Values, before = ''): Generator<[path: string, text: string]> {
  for (const [name, value] of Object.entries(values))
    for (const one of Array.isArray(value) ? value.flat() : [value])
      if (typeof one === 'string') yield [before + name, one];
      else if (one !== null) yield* textsIn(one as Values, `${before}${name}.`);
}

/** The text with something else at a spot. */
export function changedAt(text: string, spot: { from: number; to: number }, by: string): string {
  return text.slice(0, spot.from) + by + text.slice(spot.to);
}

/** Another value of the same length and kind: the last letter or digit is another. */
export function alike(value: string): string {
  const at = value.search(/[A-Za-z0-9](?=[^A-Za-z0-9]*$)/);
  if (at < 0) return value;
  const c = value[at]!;
  const other = /\d/.test(c) ? String((Number(c) + 1) % 10) : c === 'q' || c === 'Q' ? 'x' : /[a-z]/.test(c) ? 'q' : 'Q';
  return value.slice(0, at) + other + value.slice(at + 1);
}

/** Offsets of line starts. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** From the start of a record's line to the start of the next record's, where records begin on lines of their own. */
export function regionOf(text: string, records: readonly SourceRecord[], index: number): { from: number; to: number } | undefined {
  const starts = lineStarts(text);
  const line = records[index]?.line;
  if (line === undefined || records.some((r, i) => i !== index && r.line === line)) return undefined;
  const from = starts[line - 1]!;
  return { from, to: starts[line] ?? text.length };
}

function regionEnd(
  text: string,
  starts: readonly number[],
  records: readonly SourceRecord[],
  index: number,
  from: number,
  length: number | undefined,
): number {
  if (length !== undefined) return from + length;
  const line = records[index]!.line!;
  const next = records.slice(index + 1).find((r) => r.line !== undefined && r.line > line)?.line;
  if (records.some((r, i) => i !== index && r.line === line)) return from;
  return next === undefined ? text.length : starts[next - 1]!;
}

function fixedSpot(decoder: DecoderConfig, record: SourceRecord, field: string, value: string, from: number): number | undefined {
  const types = decoder.fixed_width!.record_types;
  const layout = (record.type === undefined ? Object.values(types)[0] : types[record.type])?.fields[field];
  if (!layout || layout.decimals !== undefined) return undefined;
  const width = layout.to - layout.from + 1;
  if (value.length !== width) return undefined;
  return from + layout.from - 1;
}

/** Where this value stands in this stretch, when it stands there once and nothing of the like touches it. */
function onlyPlace(text: string, value: string, from: number, to: number): number | undefined {
  let found: number | undefined;
  for (let at = text.indexOf(value, from); at >= 0 && at + value.length <= to; at = text.indexOf(value, at + 1)) {
    const touches =
      /[\w.-]/.test(text[at - 1] ?? '') ||
      /[\w.-]/.test(text[at + value.length] ?? '') ||
      text[at - 1] === '<' ||
      text[at - 1] === '/' ||
      text[at + value.length] === '=';
    if (touches) continue;
    if (found !== undefined) return undefined;
    found = at;
  }
  return found;
}
