import type { DecoderConfig, StreamConfig } from '../config/schema/connector.ts';
import { FatalError, FileError, type Problem } from '../core/errors.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import { valueAt } from '../core/record.ts';
import { decodeWith } from '../formats/formats.ts';
import { JsonDefect, jsonScanner } from '../formats/json-scan.ts';
import { decodeText } from '../formats/text-decoding.ts';
import { xmlEncoding } from '../formats/xml-encoding.ts';
import { webPageError } from '../transports/http/web-page.ts';
import type { RequestAnswer } from '../transports/transport.ts';

interface AnswerContext {
  name: string;
  signal?: AbortSignal | undefined;
}

/** What an answer has in it: its records, numbered from 1, and what stands beside them, for figures and cursors. */
export interface Answered {
  records: SourceRecord[];
  envelope: Values;
  headers: Record<string, string>;
  /** Where the list of records should be, JSON has null. */
  nullList?: boolean;
}

/** Reads an answer to its end. Throws FatalError ANSWER_REFUSED where it says that it is none, and what decoders throw. */
export async function readAnswer(answer: RequestAnswer, stream: StreamConfig, context: AnswerContext): Promise<Answered> {
  const { headers } = answer;
  const file = stream.retriever.request?.file;
  if (answer.value && file !== undefined) {
    checkSuccess(stream, answer.value, context.name);
    const records = await decoded([fileIn(answer.value, file, context.name)], stream, context);
    return { records, envelope: answer.value, headers };
  }
  if (answer.value) {
    const path = stream.record_selector?.path;
    checkSuccess(stream, answer.value, context.name);
    const found = path ? valueAt(answer.value, path) : answer.value;
    const list: Value[] = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
    const records = list.map((value, i) => ({
      values: typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value },
      number: i + 1,
    }));
    return { records, envelope: answer.value, headers };
  }
  if (!answer.bytes || !stream.decoder) return { records: [], envelope: {}, headers };
  // The transport bounds an answer; its own figures stand beside the records, so that it is read twice.
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.bytes) chunks.push(Uint8Array.from(chunk));
  const page = webPageError(Buffer.concat(chunks.slice(0, 2)).subarray(0, 4096).toString('utf8'), context.name);
  if (page) throw page;
  const envelope = hasFigures(stream) ? await envelopeOf(chunks, stream.decoder, context.name) : {};
  if (Object.keys(envelope).length > 0) checkSuccess(stream, envelope, context.name);
  const records = await decoded(chunks, stream, context);
  checkSuccess(stream, envelope, context.name);
  return { records, envelope, headers, nullList: records.length === 0 && (await hasNullList(chunks, stream.decoder, context.name)) };
}

async function decoded(chunks: readonly Uint8Array[], stream: StreamConfig, { name, signal }: AnswerContext): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  try {
    for await (const list of decodeWith(stream.decoder!, again(chunks), { file: name, signal })) for (const r of list) records.push(r);
  } catch (error) {
    throw error instanceof FileError ? new FileError(error.problems.map(ofAnswer), { cause: error.cause }) : error;
  }
  return records;
}

/** Nobody sends an answer again. */
function ofAnswer(problem: Problem): Problem {
  if (!problem.hint?.includes('sent again')) return problem;
  return { ...problem, hint: 'What the system answered is damaged or of another kind. Run again; if it stays so, ask its owner.' };
}

/** A file that stands in an answer of SOAP: xs:base64Binary, in which white space means nothing. */
function fileIn(value: Values, path: string, name: string): Uint8Array {
  const found = valueAt(value, path);
  const text = typeof found === 'string' ? found.replace(/\s+/g, '') : undefined;
  if (text === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new FatalError({
      code: 'ANSWER_UNREADABLE',
      place: { system: name, path },
      message: text === undefined ? `The answer has no file at ${path}.` : `What stands in the answer at ${path} is no file in Base64.`,
      hint: 'Correct retriever.request.file in the connector.',
    });
  return Buffer.from(text, 'base64');
}

/** Does anything of the stream stand in the answer beside its records? */
function hasFigures({ paginator, retriever }: StreamConfig): boolean {
  return (
    paginator?.total !== undefined ||
    paginator?.more !== undefined ||
    paginator?.cursor !== undefined ||
    retriever.request?.success !== undefined
  );
}

async function hasNullList(chunks: readonly Uint8Array[], decoder: DecoderConfig, name: string): Promise<boolean> {
  const rows = decoder.json?.rows;
  return rows !== undefined && rows !== '' && valueAt(await envelopeOf(chunks, decoder, name), rows) === null;
}

/**
 * A JSON answer as one object, empty where it is a list; an XML answer below its root. What is neither is for the decoder to
 * refuse.
 */
async function envelopeOf(chunks: readonly Uint8Array[], { json, xml }: DecoderConfig, name: string): Promise<Values> {
  if (xml) {
    const { xmlValues } = await import('./xml-answer.ts');
    const { encoding, bytes } = await xmlEncoding(again(chunks), xml.encoding, name);
    return xmlValues(await whole(decodeText(bytes, encoding, { file: name })));
  }
  if (!json || json.lines) return {};
  return jsonObject(await whole(decodeText(again(chunks), json.encoding, { file: name }))) ?? {};
}

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** undefined: no JSON, or no object. Numbers are the text that was written. */
export function jsonObject(text: string): Values | undefined {
  try {
    const scanner = jsonScanner(text);
    const value = scanner.readValue(scanner.skipSpace(0));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof JsonDefect) return undefined;
    throw error;
  }
}

async function* again(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function checkSuccess(stream: StreamConfig, envelope: Values, name: string): void {
  for (const { path, in: wanted } of stream.retriever.request?.success ?? []) {
    const value = textAt(envelope, path);
    if (value === undefined || !wanted.includes(value))
      throw new FatalError({
        code: 'ANSWER_REFUSED',
        place: { system: name, path },
        message: `The system answered ${path} = ${value === undefined ? 'nothing' : `"${value}"`} where ${wanted.map((w) => `"${w}"`).join(' or ')} means success.`,
        hint: "Look the code up in the vendor's manual; nothing was read.",
      });
  }
}

export function textAt(values: Values, path: string): string | undefined {
  const value = valueAt(values, path);
  return typeof value === 'string' ? value : undefined;
}
