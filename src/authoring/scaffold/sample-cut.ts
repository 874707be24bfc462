import type { PlainMap, ProposedStream } from '../discover/proposal.ts';
import { figureOf } from '../discover/columns.ts';
import { openSample } from '../discover/packed.ts';
import { cutWorkbook } from '../discover/xlsx.ts';
import { writeSigned } from '../../formats/fixed-width/sign.ts';
import { unscaled } from '../../connector/stream/figures.ts';

const MAX_LINES = 20;

/** The beginning of a sample as a recording, packed as the sample is; what else is in its archive or workbook is left out. */
export async function cutSample(file: string, bytes: Buffer, stream: ProposedStream): Promise<Buffer> {
  const sample = await openSample(file, bytes);
  const xlsx = stream.decoder?.['xlsx'] as PlainMap | undefined;
  return sample.pack(xlsx ? await cutWorkbook(sample.bytes, file, xlsx) : cutText(sample.bytes, stream));
}

/**
 * The beginning of a text: at most 20 lines, with what is at its end (a trailer, closing tags) kept, and
 * a trailer's figures made those of what was kept. Bytes that are kept are not changed otherwise.
 */
function cutText(bytes: Buffer, stream: ProposedStream): Buffer {
  // One character for each byte (or UTF-16 unit would be split: such samples are kept whole when short, else cut by lines of two bytes).
  const wide = bytes[0] === 0xff || bytes[0] === 0xfe;
  if (wide) return bytes;
  const text = bytes.toString('latin1');
  const { csv, fixed_width: fixed, xml, json } = (stream.decoder ?? {}) as Record<string, PlainMap | undefined>;
  const pieces = fixed?.['line_breaks'] === false ? new RegExp(`[^]{1,${Number(fixed['record_length'])}}`, 'g') : undefined;
  const all = pieces ? (text.match(pieces) ?? []) : text.split(/(?<=\n)/);
  // A last line without a line break, in a system whose files end with one, was cut off: it is not part of a recording.
  const cutOff = csv !== undefined && csv['final_newline'] !== 'optional' && !/[\n\x1a]$/.test(all.at(-1) ?? '');
  const lines = cutOff ? all.slice(0, -1) : all;
  if (lines.length <= MAX_LINES) return cutOff ? Buffer.from(lines.join(''), 'latin1') : bytes;
  if (csv?.['record_types'] && stream.control)
    return lines.some((line) => line.includes('"')) ? bytes : Buffer.from(cutTyped(lines, stream, csv), 'latin1');
  if (csv)
    return Buffer.from(
      csv['footer_lines']
        ? [...lines.slice(0, MAX_LINES - Number(csv['footer_lines'])), ...lines.slice(-Number(csv['footer_lines']))].join('')
        : wholeRows(lines),
      'latin1',
    );
  if (fixed) return Buffer.from(cutFixed(lines, stream), 'latin1');
  if (json?.['lines']) return Buffer.from(lines.slice(0, MAX_LINES).join(''), 'latin1');
  if (json) return Buffer.from(cutJson(bytes.toString('utf8'), String(json['rows'] ?? '')));
  if (xml) return Buffer.from(cutXml(text, String(xml['row'])), 'latin1');
  return bytes;
}

/** Not within quotes that go over several lines. */
function wholeRows(lines: readonly string[]): string {
  let end = 0;
  let quotes = 0;
  for (let i = 0; i < lines.length && i < MAX_LINES; i++) {
    quotes += lines[i]!.split('"').length - 1;
    if (quotes % 2 === 0) end = i + 1;
  }
  return lines.slice(0, end).join('');
}

function cutFixed(lines: readonly string[], stream: ProposedStream): string {
  const [control] = stream.control ?? [];
  const details = (stream.record_selector?.['types'] as string[] | undefined) ?? [];
  if (!control || details.length === 0) return lines.slice(0, MAX_LINES).join('');
  const isDetail = (line: string): boolean => details.some((type) => line.startsWith(type));
  const lastDetail = lines.findLastIndex(isDetail);
  const end = lines.slice(lastDetail + 1);
  const kept = [...lines.slice(0, Math.max(1, MAX_LINES - end.length)), ...end];
  const own = kept.filter(isDetail);
  const spanOf = (name: unknown): [number, number] =>
    (/^at_(\d+)_(\d+)$/.exec(String(name))?.slice(1).map(Number) ?? [0, 0]) as [number, number];
  const total = control['total'] as PlainMap | undefined;
  return kept
    .map((line) => {
      if (!line.startsWith(String(control['type']))) return line;
      let changed = line;
      if (control['count'] !== undefined) changed = put(changed, spanOf(control['count']), BigInt(own.length));
      if (total) {
        const [from, to] = spanOf(total['of']);
        changed = put(
          changed,
          spanOf(total['field']),
          own.reduce((sum, d) => sum + figureOf(d.slice(from - 1, to)), 0n),
          isZoned(stream, String(control['type']), String(total['field'])),
        );
      }
      return changed;
    })
    .join('');
}

/** Rows of several kinds with a trailer: it is made to say what is true of the rows that are kept. */
function cutTyped(lines: readonly string[], stream: ProposedStream, csv: PlainMap): string {
  const [control] = stream.control!;
  const delimiter = String(csv['delimiter'] ?? ',').replace('\\t', '\t');
  const details = stream.record_selector!['types'] as string[];
  const isDetail = (line: string): boolean => details.some((type) => line.startsWith(type + delimiter));
  const end = lines.slice(lines.findLastIndex(isDetail) + 1);
  const kept = [...lines.slice(0, Math.max(1, MAX_LINES - end.length)), ...end];
  const own = kept.filter(isDetail).map((line) => line.trimEnd().split(delimiter));
  const at = (name: unknown): number => Number(/(?<!\d)\d+$/.exec(String(name))![0]) - 1;
  const total = control!['total'] as PlainMap | undefined;
  return kept
    .map((line) => {
      if (!line.startsWith(String(control!['type']) + delimiter)) return line;
      const [text, lineEnd] = [line.trimEnd(), line.slice(line.trimEnd().length)];
      const cells = text.split(delimiter);
      if (control!['count'] !== undefined) cells[at(control!['count'])] = String(own.length);
      if (total) {
        const sum = own.reduce((all, row) => all + BigInt(row[at(total['of'])]!.replace('.', '')), 0n);
        cells[at(total['field'])] = unscaled(sum, 2);
      }
      return cells.join(delimiter) + lineEnd;
    })
    .join('');
}

function isZoned(stream: ProposedStream, type: string, field: string): boolean {
  const types = (stream.decoder!['fixed_width'] as { record_types: Record<string, { fields: Record<string, PlainMap> }> }).record_types;
  return types[type]?.fields[field]?.['sign'] === 'overpunch';
}

function put(line: string, [from, to]: [number, number], value: bigint, zoned = false): string {
  const width = to - from + 1;
  const text = zoned
    ? writeSigned({ digits: String(value < 0n ? -value : value), negative: value < 0n }, 'overpunch', width, '0')
    : value < 0n
      ? `${String(-value).padStart(width - 1, '0')}-`
      : String(value).padStart(width, '0');
  return line.slice(0, from - 1) + text + line.slice(to);
}

function cutXml(text: string, row: string): string {
  const name = row.split('/').at(-1)!.replace(/[.-]/g, '\\$&');
  const rows = [...text.matchAll(new RegExp(`<((?:[\\w.-]+:)?${name})(?=[\\s/>])(?:[^>]*/>|[\\s\\S]*?</\\1>)`, 'g'))];
  if (rows.length <= 4) return text;
  const last = rows.at(-1)!;
  return text.slice(0, rows[3]!.index + rows[3]![0].length) + text.slice(last.index + last[0].length);
}

/** The list with its first four objects; figures are kept digit by digit. */
function cutJson(text: string, rows: string): string {
  const raw = JSON as unknown as { rawJSON(text: string): unknown };
  const document = (
    JSON.parse as (text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown) => unknown
  )(text, (_, value, context) => (typeof value === 'number' ? raw.rawJSON(context.source) : value));
  const list =
    rows === '' ? document : rows.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], document);
  if (Array.isArray(list) && list.length > 4) list.length = 4;
  return `${JSON.stringify(document, null, 2)}\n`;
}
