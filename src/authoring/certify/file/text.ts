import { delimiterOf } from '../../../formats/csv/delimiter.ts';
import { counted } from '../../../core/text/counted.ts';
import { fails, holds, type Verdict } from '../finding.ts';
import { changedAt, encodingOf, regionOf, type Spot, spots } from '../recordings/changes.ts';
import type { SourceRecord, Values } from '../../../core/record.ts';
import type { FileCheck, FileContext } from './context.ts';
import { goodOf, type Reading, sameValues, saidOf } from '../reading.ts';

/** What happens to text on its way through editors, spreadsheets and other systems. */
export const FILE_TEXT: readonly FileCheck[] = [
  { check: 'byte_order_mark', title: 'A byte order mark is not part of the first field', run: byteOrderMark },
  { check: 'utf_16', title: 'UTF-16 where it is not expected is named', run: utf16 },
  { check: 'windows_1252', title: 'Windows-1252 where UTF-8 is expected is named, not garbled', run: windows1252 },
  { check: 'line_endings', title: 'CRLF and LF read the same', run: lineEndings },
  { check: 'quoted_newline', title: 'A line break within quotes is part of the value', run: quotedNewline },
  { check: 'ragged_row', title: 'A row with an extra column is rejected, and the others are read', run: raggedRow },
  { check: 'leading_zeros', title: 'Leading zeros stay', run: leadingZeros },
  { check: 'entity_bomb', title: 'An XML document that declares entities is refused at once', run: entityBomb },
  { check: 'one_or_many', title: 'A single element reads the same as several', run: oneOrMany },
  { check: 'namespaces', title: 'Namespaces and prefixes do not change what is read', run: namespaces },
];

async function byteOrderMark(context: FileContext): Promise<Verdict> {
  const { recorded, main, stream } = context;
  const encoding = encodingOf(stream.decoder!);
  if (!recorded?.singleBytes || !['utf-8', 'declared'].includes(encoding)) return undefined;
  const marked = main.bytes[0] === 0xef ? main.bytes.subarray(3) : Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), main.bytes]);
  return same(
    context,
    await context.read(marked),
    main.bytes[0] === 0xef ? 'without its mark' : 'with a mark',
    'This is a bug in Interlocal: please report it with the recording.',
  );
}

async function utf16(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  if (!recorded?.singleBytes) return undefined;
  const read = await context.read(Buffer.from(`\ufeff${recorded.text}`, 'utf16le'));
  if (read.refused?.some((p) => p.code === 'FILE_ENCODING')) return holds('Refused as UTF-16.');
  if (encodingOf(stream.decoder!) === 'declared' && (read.refused || sameGood(context, read))) return holds('Recognized by its mark.');
  return fails(
    read.refused ? `Refused, but with ${saidOf(read.refused)}` : `Read as ${counted(read.records.length, 'record')}.`,
    'In the connector, set encoding in the decoder.',
  );
}

async function windows1252(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  if (
    !recorded?.singleBytes ||
    !['utf-8', 'declared', 'ascii'].includes(encodingOf(stream.decoder!)) ||
    !/^[\0-\x7f]*$|Ã|Â/.test(recorded.text)
  )
    return undefined;
  if (/encoding=["'](?!utf-8)|CHARSET:\s*(?!NONE)\w/i.test(recorded.text.slice(0, 200))) return undefined;
  const spot = await textSpot(context, 2);
  if (!spot) return undefined;
  const read = await context.read(recorded.bytes(changedAt(recorded.text, spot, `\u00e9${spot.value.slice(1)}`)));
  if (read.refused?.some((p) => p.code === 'FILE_ENCODING'))
    return holds(`An é in Windows-1252 in ${spot.field} is refused with its line.`);
  return fails(
    read.refused
      ? `Refused, but with ${saidOf(read.refused)}`
      : 'A file in Windows-1252 was read with wrong letters, as if it was in the declared encoding.',
    'In the connector, set encoding in the decoder to what the system really writes.',
  );
}

async function lineEndings(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  if (!recorded || !/\n/.test(recorded.text)) return undefined;
  if (stream.decoder!.fixed_width?.line_breaks === false) return undefined;
  const other = recorded.newline === '\n' ? '\r\n' : '\n';
  const read = await context.read(recorded.bytes(recorded.text.replace(/\r?\n/g, other)));
  const unbroken = (values: Values): Values => JSON.parse(JSON.stringify(values).replaceAll('\\r\\n', '\\n')) as Values;
  const good = goodOf(read);
  const before = goodOf(context.reading);
  if (!read.refused && good.length === before.length && good.every((r, i) => sameValues(unbroken(r.values), unbroken(before[i]!.values))))
    return holds(`The same with ${other === '\n' ? 'LF' : 'CRLF'}.`);
  return fails(
    read.refused ? `With ${other === '\n' ? 'LF' : 'CRLF'} it is refused: ${saidOf(read.refused)}` : 'Values differ.',
    'Leave the line break out of the layout.',
  );
}

async function quotedNewline(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  const csv = stream.decoder!.csv;
  if (!recorded || !csv?.quote) return undefined;
  return withValue(
    context,
    (value) => `${csv.quote}${value}${recorded.newline}${value}${csv.quote}`,
    (value) => `${value}${recorded.newline}${value}`,
    'A value with a line break in it',
  );
}

async function leadingZeros(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  if (!recorded) return undefined;
  const plain = await withValue(
    context,
    (value) => '0042'.padStart(value.length, '0').slice(-Math.max(value.length, stream.decoder!.fixed_width ? value.length : 4)),
    undefined,
    'A value of zeros and digits',
    stream.decoder!.fixed_width ? 3 : 2,
  );
  if (plain?.state === 'failed' || !stream.decoder!.csv?.excel_text) return plain;
  return (
    (await withValue(
      context,
      () => '="00042"',
      () => '00042',
      'Zeros, also as a spreadsheet keeps them (="00042"),',
    )) ?? plain
  );
}

async function raggedRow(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading } = context;
  const csv = stream.decoder!.csv;
  if (!recorded || !csv) return undefined;
  const index = reading.records.findIndex(
    (r, i) =>
      !r.problem &&
      regionOf(recorded.text, reading.records, i) !== undefined &&
      !Object.values(r.values).some((v) => typeof v === 'string' && v.includes('\n')),
  );
  const region = index < 0 ? undefined : regionOf(recorded.text, reading.records, index);
  if (!region) return undefined;
  const end = recorded.text.slice(region.from, region.to).replace(/\r?\n$/, '').length + region.from;
  const delimiter = delimiterOf(csv);
  const read = await context.read(recorded.bytes(`${recorded.text.slice(0, end)}${delimiter}x${recorded.text.slice(end)}`));
  if (read.refused) {
    if (stream.control)
      return holds(`The file is refused as a whole, since its control figures no longer agree (${saidOf(read.refused)}).`);
    return fails(
      `The whole file is refused: ${saidOf(read.refused)}`,
      'This is a bug in Interlocal, since one bad row must not stop the others: please report it with the recording.',
    );
  }
  const others = goodOf(reading).filter((r) => r !== reading.records[index]);
  const good = goodOf(read);
  if (read.records[index]?.problem && good.length === others.length && good.every((r, i) => sameValues(r.values, others[i]!.values)))
    return holds(`Rejected (${read.records[index]!.problem!.code}); ${counted(good.length, 'other')} read as before.`);
  return fails(
    'A row with an extra column was read as if nothing was wrong, or other rows changed.',
    'In the connector, declare the columns (header) in the decoder.',
  );
}

const BOMB =
  '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>';

/** An XML text with entities declared that grow to a hundred million characters, used in its first element. */
export function withBomb(text: string): string {
  const root = text.search(/<[A-Za-z_]/);
  const inside = text.indexOf('>', root) + 1;
  return `${text.slice(0, root)}${BOMB}${text.slice(root, inside)}&f;${text.slice(inside)}`;
}

async function entityBomb(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  const { xml, ofx, camt053 } = stream.decoder!;
  if (!recorded || !(xml ?? ofx ?? camt053)) return undefined;
  const started = performance.now();
  const read = await context.read(recorded.bytes(withBomb(recorded.text)));
  const took = Math.round(performance.now() - started);
  if (read.refused && took < 2000) return holds(`Refused in ${took} ms (${read.refused[0]!.code}).`);
  return fails(
    read.refused ? `Refused only after ${took} ms.` : 'An XML document that declares entities was read.',
    'This is a bug in Interlocal: please report it with the recording.',
  );
}

async function oneOrMany(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading } = context;
  const good = goodOf(reading);
  const lists = Object.entries(stream.schema.fields)
    .filter(([, f]) => f.type === 'list')
    .map(([name]) => name);
  const wrong = lists.find((name) =>
    good.some((r) => r.values[name] !== undefined && r.values[name] !== null && !Array.isArray(r.values[name])),
  );
  if (wrong !== undefined)
    return fails(`${wrong} is declared as a list but is not a list in some record.`, 'In the connector, add it to decoder.xml.lists.');
  const row = stream.decoder!.xml?.row.split('/').at(-1);
  if (!recorded || row === undefined || stream.control)
    return lists.length ? holds(`${lists.join(', ')}: a list in every record.`) : undefined;
  const elements = [
    ...recorded.text.matchAll(new RegExp(`<((?:[\\w.-]+:)?${row.replace(/[.-]/g, '\\$&')})(?=[\\s/>])(?:[^>]*/>|[\\s\\S]*?</\\1>)`, 'g')),
  ];
  if (elements.length < 2) return lists.length ? holds(`${lists.join(', ')}: a list in every record.`) : undefined;
  const first = elements[0]!;
  const last = elements.at(-1)!;
  const one = recorded.text.slice(0, first.index + first[0].length) + recorded.text.slice(last.index + last[0].length);
  const read = await context.read(recorded.bytes(one));
  const wanted = reading.records[0]!;
  if (!read.refused && read.records.length === 1 && sameValues(read.records[0]!.values, wanted.values))
    return holds(`A file with one <${row}> gives one record${lists.length ? `; ${lists.join(', ')} are lists in every record` : ''}.`);
  return fails(
    read.refused
      ? `A file with one <${row}> is refused: ${saidOf(read.refused)}`
      : `A file with one <${row}> gives ${counted(read.records.length, 'record')} or other values.`,
    'In the connector, add each element that may repeat to decoder.xml.lists.',
  );
}

async function namespaces(context: FileContext): Promise<Verdict> {
  const { recorded, stream } = context;
  if (!recorded || !stream.decoder!.xml || /\sxmlns\s*=/.test(recorded.text)) return undefined;
  const named = recorded.text.replace(/<([A-Za-z_][\w.:-]*)/, '<$1 xmlns="urn:certify" xmlns:certify="urn:certify-more"');
  return same(context, await context.read(recorded.bytes(named)), 'with a default namespace', 'Use local names in row and lists.');
}

/** Puts something else in the place of a plain text value and wants exactly that read back in this one field. */
async function withValue(
  context: FileContext,
  write: (value: string) => string,
  read: ((value: string) => string) | undefined,
  what: string,
  longest = 1,
): Promise<Verdict> {
  const spot = await textSpot(context, longest);
  if (!spot) return undefined;
  const written = write(spot.value);
  const wanted = read ? read(spot.value) : written;
  const changed = await context.read(context.recorded!.bytes(changedAt(context.recorded!.text, spot, written)));
  const record = changed.records[spot.record];
  if (
    !changed.refused &&
    record &&
    !record.problem &&
    record.values[spot.field] === wanted &&
    changed.records.length === context.reading.records.length
  )
    return holds(`${what} in ${spot.field} is read exactly.`);
  return fails(
    changed.refused
      ? `The file is refused: ${saidOf(changed.refused)}`
      : `${spot.field} is read as ${JSON.stringify(record?.problem ? record.problem.message : record?.values[spot.field])} instead of ${JSON.stringify(wanted)}.`,
    'In the connector, check quote and trim of the decoder and the types in schema.fields: what is not an amount or a count must be text.',
  );
}

/** A value of a text field that is in no key and that can be exchanged for certain: proven by reading it back. */
async function textSpot(context: FileContext, shortest = 1): Promise<Spot | undefined> {
  const { recorded, stream, reading } = context;
  const { fields } = stream.schema;
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  const special = new Set([
    ...keys,
    ...(stream.record_selector?.where ?? []).map((w) => w.field),
    stream.deletes?.field,
    ...(stream.control ?? []).map((c) => c.total?.of),
  ]);
  let tries = 0;
  for (const spot of spots(
    recorded!,
    stream.decoder!,
    reading.records,
    (field, value) => fields[field]?.type === 'text' && !special.has(field) && value.length >= shortest && /^[\w ]+$/.test(value),
  )) {
    if (++tries > 30) return undefined;
    const other = 'Q'.repeat(spot.value.length);
    const read = await context.read(recorded!.bytes(changedAt(recorded!.text, spot, other)));
    if (!read.refused && read.records[spot.record]?.values[spot.field] === other && !quotedAt(context, spot)) return spot;
  }
  return undefined;
}

/** Within quotes a value with quotes of its own would be written otherwise. */
function quotedAt({ recorded, stream }: FileContext, spot: Spot): boolean {
  return stream.decoder!.csv?.quote !== undefined && recorded!.text[spot.from - 1] === stream.decoder!.csv.quote;
}

function same(context: FileContext, read: Reading, how: string, hint: string): Verdict {
  if (sameGood(context, read)) return holds(`The same records ${how}.`);
  return fails(read.refused ? `The file ${how} is refused: ${saidOf(read.refused)}` : `The records ${how} are others.`, hint);
}

function sameGood(context: FileContext, read: Reading): boolean {
  const before: SourceRecord[] = goodOf(context.reading);
  const now = goodOf(read);
  return !read.refused && now.length === before.length && now.every((r, i) => sameValues(r.values, before[i]!.values));
}
