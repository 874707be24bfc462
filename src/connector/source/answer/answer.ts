import type { DecoderConfig, StreamConfig } from '../../../config/schema/connector.ts';
import { FatalError, FileError, type Problem } from '../../../core/errors.ts';
import { nameList } from '../../../core/text/name-list.ts';
import type { SourceRecord, Value, Values } from '../../../core/record.ts';
import { valueAt } from '../../../core/record.ts';
import { decodeWith } from '../../../formats/formats.ts';
import { CharsetConflict, encodingNamed, textCharset, xmlCharset } from '../../../formats/text/charset.ts';
import { excerpt } from '../../../formats/refuse.ts';
import { decodeText } from '../../../formats/text/decoding.ts';
import { xmlEncoding } from '../../../formats/xml/encoding.ts';
import { webPageError } from '../../../transports/web/web-page.ts';
import type { RequestAnswer } from '../../../transports/transport.ts';
import { emptyAnswer, isWithoutContent } from './status.ts';
import { fileIn, inUtf8, jsonObject, textIn, withInside } from './inside.ts';
import { xmlValues } from './xml-answer.ts';

interface AnswerContext {
  name: string;
  signal?: AbortSignal | undefined;
}

/** What an answer has in it: its records, numbered from 1, and what stands next to them, for figures and cursors. */
export interface Answered {
  records: SourceRecord[];
  envelope: Values;
  headers: Record<string, string>;
  /** HTTP: the address that answered. */
  url?: string;
  /** The answer has nothing in it and means that there are no records: it says nothing of totals either. */
  noContent?: boolean;
  /** Where the list of records should be, JSON has null. */
  nullList?: boolean;
}

/**
 * Reads an answer to its end. Throws FatalError where it says that it is none (ANSWER_REFUSED), not all (ANSWER_INCOMPLETE), or nothing
 * at all (ANSWER_EMPTY), and what decoders throw.
 */
export async function readAnswer(answer: RequestAnswer, stream: StreamConfig, context: AnswerContext): Promise<Answered> {
  const { name } = context;
  const { headers, url } = answer;
  const none = (how: Partial<Answered> = {}): Answered => {
    checkSuccess(stream, {}, name);
    return { records: [], envelope: {}, headers, ...(url === undefined ? {} : { url }), ...how };
  };
  if (isWithoutContent(answer, stream, name)) {
    for await (const _ of answer.bytes ?? []);
    return none({ noContent: true });
  }
  const mayBeEmpty = stream.retriever.request?.empty_body === 'none';
  if (answer.nothing !== undefined) {
    if (mayBeEmpty) return none({ noContent: true });
    throw emptyAnswer(answer.status, answer.nothing, name);
  }
  if (answer.value) return { ...(await valuesRead(answer.value, stream, context)), headers };
  if (!answer.bytes || !stream.decoder) return none();
  // The transport bounds an answer; its own figures stand next to the records, so it is read twice.
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.bytes) chunks.push(Uint8Array.from(chunk));
  if (chunks.every((chunk) => chunk.length === 0)) {
    if (mayBeEmpty) return none({ noContent: true });
    throw emptyAnswer(answer.status, 'an empty body', name);
  }
  const page = answeredPage(Buffer.concat(chunks.slice(0, 2)).subarray(0, 4096).toString('utf8'), headers, stream.decoder, name);
  if (page) throw page;
  const read: Reading = { chunks, ...writtenIn(chunks, headers['content-type'], stream.decoder, name) };
  const envelope = hasFigures(stream) ? await envelopeOf(read, name) : {};
  if (Object.keys(envelope).length > 0) checkSuccess(stream, envelope, name);
  const records = await decoded(read, context);
  checkSuccess(stream, envelope, name);
  return {
    ...{ records, envelope, headers, nullList: records.length === 0 && (await hasNullList(read, name)) },
    ...(url === undefined ? {} : { url }),
  };
}

/** Of a SOAP answer: the records at the selector's path, or those of a file that is in it. */
async function valuesRead(
  value: Values,
  stream: StreamConfig,
  context: AnswerContext,
): Promise<Pick<Answered, 'records' | 'envelope' | 'noContent'>> {
  const { file, text, empty_body: emptyBody } = stream.retriever.request ?? {};
  if (text !== undefined) {
    const found = textIn(value, text, stream, context.name);
    const envelope = found === undefined ? value : withInside(value, text, found, stream.decoder!);
    checkSuccess(stream, envelope, context.name);
    if (found === undefined) {
      if (emptyBody === 'none') return { records: [], envelope, noContent: true };
      throw emptyAnswer(200, `an empty text at ${text}`, context.name);
    }
    const decoder = inUtf8(stream.decoder!);
    return { records: await decoded({ chunks: [Buffer.from(found)], decoder }, context), envelope };
  }
  checkSuccess(stream, value, context.name);
  if (file !== undefined) {
    const bytes = fileIn(value, file, context.name);
    return { records: await decoded({ chunks: [bytes], decoder: stream.decoder! }, context), envelope: value };
  }
  const { path, empty } = stream.record_selector ?? {};
  const found = path ? valueAt(value, path) : value;
  if (found === undefined && !empty?.includes('no_list')) throw withoutList(path!, value, 'nothing', 'no_list', context.name);
  if (found === null && !empty?.includes('null_list')) throw withoutList(path!, value, 'null', 'null_list', context.name);
  const list: Value[] = found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
  const records = list.map((one, i) => ({
    values: typeof one === 'object' && one !== null && !Array.isArray(one) ? one : { value: one },
    number: i + 1,
  }));
  return { records, envelope: value };
}

function withoutList(path: string, value: Values, what: string, form: string, name: string): FatalError {
  return new FatalError({
    code: 'ANSWER_EMPTY',
    place: { system: name, path },
    message: `The answer has ${what} at ${path}, where the list of records should be; it has ${nameList(Object.keys(value)) || 'nothing'}.`,
    hint: `Correct record_selector.path in the connector. If the service means that there are no records, set empty: [${form}] in record_selector.`,
  });
}

/** A web page, or XML that a gateway wrote, in place of a text of another kind. */
function answeredPage(beginning: string, headers: Record<string, string>, decoder: DecoderConfig, name: string): FatalError | undefined {
  const page = webPageError(beginning, name);
  if (page) return page;
  const plain = decoder.csv !== undefined || decoder.fixed_width !== undefined;
  if (!plain || !/^\ufeff?\s*<[a-z!?]/i.test(beginning) || !/\b(?:html|xml)\b/i.test(headers['content-type'] ?? '')) return undefined;
  return webPageError(`<html>${beginning}`, name);
}

/** An answer while it is read: its bytes, and the decoder with the encoding that they are in. */
interface Reading {
  chunks: readonly Uint8Array[];
  decoder: DecoderConfig;
  saidBy?: string | undefined;
}

/** The encoding that an answer says it has; what the connector says comes first. */
function writtenIn(chunks: readonly Uint8Array[], type: string | undefined, decoder: DecoderConfig, name: string): Omit<Reading, 'chunks'> {
  const { xml, json, xlsx, ...texts } = decoder;
  const [format, options] = Object.entries(texts).find(([, given]) => given !== undefined) ?? [];
  if (xlsx || (xml && xml.encoding !== 'declared') || (json ?? options)?.encoding !== undefined) return { decoder };
  const bytes = Buffer.concat(chunks);
  let label: string | undefined;
  try {
    label = xml ? xmlCharset(bytes, type) : textCharset(bytes, type, json !== undefined);
  } catch (error) {
    if (!(error instanceof CharsetConflict)) throw error;
    throw new FatalError({
      code: 'CHARSET_CONFLICT',
      place: { system: name },
      message: `The answer ${error.message}.`,
      hint: 'Ask the owner of the system which is correct, and set encoding in the decoder of the connector accordingly.',
    });
  }
  if (label === undefined || /^utf-?16$/.test(label)) return { decoder };
  const encoding = encodingNamed(label);
  if (!encoding)
    throw new FatalError({
      code: 'ANSWER_UNREADABLE',
      place: { system: name },
      message: `The answer declares the encoding ${excerpt(label)}, which is not known here.`,
      hint: 'Ask the owner of the system for UTF-8, or set encoding in the decoder of the connector.',
    });
  if (xml) {
    const known = encoding === 'ascii' || encoding === 'cp437' || encoding === 'cp850' ? 'declared' : encoding;
    return { decoder: { xml: { ...xml, encoding: known } }, saidBy: 'it' };
  }
  return { decoder: { [format!]: { ...options, encoding } } as DecoderConfig, saidBy: 'its Content-Type' };
}

async function decoded({ chunks, decoder, saidBy }: Reading, { name, signal }: AnswerContext): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  try {
    for await (const list of decodeWith(decoder, again(chunks), { file: name, signal, saidBy })) for (const r of list) records.push(r);
  } catch (error) {
    throw error instanceof FileError ? new FileError(error.problems.map(ofAnswer), { cause: error.cause }) : error;
  }
  return records;
}

/** Nobody sends an answer again. */
function ofAnswer(problem: Problem): Problem {
  if (!problem.hint?.includes('sent again')) return problem;
  return {
    ...problem,
    hint: 'The answer of the system is damaged or of another kind, and nothing of it was used. Run again; if this continues, ask the owner of the system.',
  };
}

/** Does anything of the stream are in the answer next to its records? */
function hasFigures({ paginator, retriever }: StreamConfig): boolean {
  return (
    paginator?.total !== undefined ||
    paginator?.more !== undefined ||
    paginator?.cursor !== undefined ||
    retriever.request?.success !== undefined
  );
}

async function hasNullList(read: Reading, name: string): Promise<boolean> {
  const rows = read.decoder.json?.rows;
  return rows !== undefined && rows !== '' && valueAt(await envelopeOf(read, name), rows) === null;
}

/**
 * A JSON answer as one object, empty where it is a list; an XML answer below its root. What is neither is for the decoder to
 * refuse.
 */
async function envelopeOf({ chunks, decoder: { json, xml } }: Reading, name: string): Promise<Values> {
  if (xml) {
    const { encoding, bytes } = await xmlEncoding(again(chunks), xml.encoding, name);
    return xmlValues(await whole(decodeText(bytes, encoding, { file: name })));
  }
  if (!json || json.lines) return {};
  return jsonObject(await whole(decodeText(again(chunks), json.encoding ?? 'utf-8', { file: name }))) ?? {};
}

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
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
