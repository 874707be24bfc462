import { CTRL_Z } from '../../formats/text/end-mark.ts';
import { isUtf8 } from 'node:buffer';
import { decoderSchema } from '../../config/schema/connector.ts';
import { FatalError, FileError } from '../../core/errors.ts';
import { decodeWith } from '../../formats/formats.ts';
import { packingOf } from '../../formats/unpack/packing-kinds.ts';
import { decodeText } from '../../formats/text/decoding.ts';
import { mistakenFor } from './mistaken.ts';
import { MAX_FIELDS, type PlainMap, type ProposedStream } from './proposal.ts';
import { discoverCsv, guessCsv, oneColumn, patternOf } from './csv.ts';
import { discoverFixed, recordLength } from './fixed.ts';
import { discoverJson, discoverXml } from './nested.ts';
import { openSample } from './packed.ts';
import { discoverXlsx } from './xlsx.ts';
import { XmlProblem } from '../../transports/xml.ts';

type Encoding = Parameters<typeof decodeText>[1];

/** No system names a field at such length; a file that is damaged seems to. */
const MAX_NAME_LENGTH = 200;
/** The longest records of fixed length that are known have 1464 characters. */
const MAX_LINE_LENGTH = 16_384;

/**
 * Looks at a sample file, unpacked where it is packed, and proposes a stream for it. `cut`: the bytes are only its beginning.
 * Throws FatalError SAMPLE_UNREADABLE for what is none of the formats that can be told by looking.
 */
export async function discoverFile(file: string, bytes: Buffer, cut = false): Promise<ProposedStream> {
  if (bytes.length === 0) throw unreadable(file, 'The file is empty.', 'Give a sample with at least a few records.');
  const sample = await openSample(file, bytes, cut);
  const proposed = await discoverPlain(sample.file, sample.bytes, sample.cut);
  if (sample.unpack.length === 0) return proposed;
  proposed.description = `Read from files such as ${file}.`;
  proposed.retriever = { files: { pattern: patternOf(file), unpack: sample.unpack } };
  proposed.evidence.unshift(...sample.evidence);
  return proposed;
}

async function discoverPlain(file: string, bytes: Buffer, cut: boolean): Promise<ProposedStream> {
  if (bytes.length === 0) throw unreadable(file, 'There is nothing in the file.', 'Give a sample with at least a few records.');
  if (packingOf(bytes) === 'zip') return discoverXlsx(file, bytes);
  const mistaken = mistakenFor(bytes);
  if (mistaken) throw unreadable(file, mistaken.message, mistaken.hint);
  const { encoding, said } = encodingOf(bytes);
  let text = '';
  for await (const piece of decodeText(whole(bytes), encoding, { file })) text += piece;
  if (cut) text = text.slice(0, text.lastIndexOf('\n') + 1);
  const proposed = await byContent(file, bytes, text, encoding);
  if (proposed.fields.length === 0) throw unreadable(file, 'No record was found in it.', 'Give a sample with at least a few records.');
  if (proposed.fields.length > MAX_FIELDS) throw tooManyFields(file);
  if (proposed.fields.some(({ name }) => name.length > MAX_NAME_LENGTH))
    throw unreadable(
      file,
      `A field name would be longer than ${MAX_NAME_LENGTH} characters.`,
      'Give a whole, correct sample; if it has no header, its first line is a record like the others.',
    );
  proposed.evidence.unshift(said);
  return proposed;
}

async function byContent(file: string, bytes: Buffer, text: string, encoding: Encoding): Promise<ProposedStream> {
  const start = text.trimStart();
  const bank = bankFormat(start);
  if (bank)
    throw unreadable(
      file,
      `It is a bank statement in ${bank.title}.`,
      `The shipped connector ${bank.pack} reads it: use that one, or copy it.`,
    );
  try {
    if (start.startsWith('<')) return await discoverXml(file, bytes, text);
    if (/^[[{]/.test(start)) return await discoverJson(file, bytes, text);
  } catch (error) {
    if (!(error instanceof XmlProblem) && !(error instanceof SyntaxError)) throw error;
    const { message } = error;
    // The decoder that would read it says where and how it is damaged.
    const refused = await refusedAs(start.startsWith('<') ? { xml: { row: 'record' } } : { json: {} }, file, bytes);
    if (refused) throw refused;
    throw unreadable(
      file,
      `It begins like ${start.startsWith('<') ? 'XML' : 'JSON'}, but ${error instanceof SyntaxError ? `is none: ${message}` : message}.`,
      'Give a whole, correct sample.',
    );
  }
  if (/^01,[^\n]*\/\s*(\n|$)/.test(start)) return bai2(file);
  return byLines(file, withoutEndMark(text), encoding);
}

/** Delimited text, or columns of a fixed width. */
function byLines(file: string, text: string, encoding: Encoding): ProposedStream {
  const guess = guessCsv(text);
  if (guess && guess.width > MAX_FIELDS) throw tooManyFields(file);
  if (guess) return discoverCsv(file, text, encoding, guess);
  if (text.trim() === '') throw unreadable(file, 'There is nothing but blank lines in it.', 'Give a sample with at least a few records.');
  if (recordLength(text) === undefined && text.split('\n').some((line) => line.length > MAX_LINE_LENGTH))
    throw unreadable(
      file,
      `No delimiter could be recognized, and a line is longer than ${MAX_LINE_LENGTH} characters.`,
      'Give a whole, correct sample, or write the decoder by hand.',
    );
  // A list of numbers is a CSV file too, of one column.
  const single = /\.csv$/i.test(file) ? oneColumn(text) : undefined;
  return single ? discoverCsv(file, text, encoding, single) : discoverFixed(file, text, encoding);
}

/** What a decoder refuses a damaged file with; undefined where it only does not find its records. */
async function refusedAs(decoder: PlainMap, file: string, bytes: Buffer): Promise<FileError | undefined> {
  try {
    for await (const records of decodeWith(decoderSchema.parse(decoder), whole(bytes), { file })) void records;
  } catch (error) {
    if (error instanceof FileError && !['XML_ROW_MISSING', 'JSON_ROWS_MISSING'].includes(error.problems[0]?.code ?? '')) return error;
    if (!(error instanceof FileError)) throw error;
  }
  return undefined;
}

/** Without the end mark of DOS (^Z), which the decoders skip and which proves that the last line is whole. */
function withoutEndMark(text: string): string {
  const given = text.trimEnd();
  let end = given.length;
  while (given[end - 1] === CTRL_Z) end--;
  if (end === given.length) return text;
  const lines = text.slice(0, end);
  return lines.endsWith('\n') ? lines : `${lines}\n`;
}

/** Formats of statements that are known as a whole: nothing is to be found out about them. */
function bankFormat(start: string): { title: string; pack: string } | undefined {
  const head = start.slice(0, 4096);
  if (/^:20:|^\{1:F01/.test(head)) return { title: 'MT940', pack: 'bank-mt940' };
  if (head.startsWith('OFXHEADER:') || /<OFX>|<\?OFX\s/.test(head)) return { title: 'OFX', pack: 'bank-ofx' };
  if (/<(?:\w{1,40}:)?BkToCstmrStmt[\s>]/.test(head)) return { title: 'CAMT.053', pack: 'bank-camt053' };
  return undefined;
}

function tooManyFields(file: string): FatalError {
  return unreadable(file, `Its records would have more than ${MAX_FIELDS} fields.`, 'Give a whole, correct sample.');
}

function bai2(file: string): ProposedStream {
  const field = (name: string, more: Partial<ProposedStream['fields'][number]> = {}) => ({
    name,
    type: 'text' as const,
    evidence: 'of the format',
    ...more,
  });
  return {
    name: 'entries',
    description: `Bank statements, from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder: { bai2: {} },
    record_selector: { types: ['16'] },
    fields: [
      field('account', { required: true }),
      field('date', { type: 'date', format: 'YYMMDD', required: true }),
      field('type_code', { required: true }),
      field('amount', { type: 'decimal' }),
      field('bank_reference'),
      field('customer_reference'),
      field('text'),
    ],
    keys: [
      { fields: ['account', 'date', 'type_code', 'amount'], repeats: 'number', evidence: 'banks leave references empty or use one twice' },
    ],
    evidence: ['the first line is a file header of BAI2 (01, ended by /)'],
  };
}

/** By mark, then by whether it can be UTF-8; what cannot is taken for the code page of Windows. */
function encodingOf(bytes: Buffer): { encoding: Encoding; said: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', said: 'UTF-16 (little end first), by its byte order mark' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', said: 'UTF-16 (big end first), by its byte order mark' };
  // A file that begins so and is no UTF-8 is refused by the decoder, which says where.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf-8', said: 'UTF-8, by its byte order mark' };
  const above = bytes.reduce((n, byte) => n + Number(byte > 127), 0);
  if (above === 0)
    return { encoding: 'utf-8', said: 'nothing but ASCII in the sample: taken for UTF-8; ask the vendor, or give a sample with an accent' };
  // A sample may be cut within a character.
  if (isUtf8(bytes) || isUtf8(bytes.subarray(0, bytes.lastIndexOf(10) + 1)))
    return { encoding: 'utf-8', said: `UTF-8: ${above.toLocaleString('en-US')} bytes above ASCII, all of them parts of UTF-8 characters` };
  const at = bytes.findIndex((byte, i) => byte > 127 && !isUtf8(bytes.subarray(i, i + 2)) && !isUtf8(bytes.subarray(i, i + 3)));
  const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
  return {
    encoding: 'windows-1252',
    said: `not UTF-8 (line ${line} has the byte 0x${bytes[at]?.toString(16).toUpperCase()}): taken for Windows-1252`,
  };
}

function unreadable(file: string, message: string, hint: string): FatalError {
  return new FatalError({ code: 'SAMPLE_UNREADABLE', place: { file }, message, hint });
}

async function* whole(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
