import type { DecoderConfig, StreamConfig } from '../../../config/schema/connector.ts';
import { FatalError } from '../../../core/errors.ts';
import { nameList } from '../../../core/text/name-list.ts';
import { valueAt, type Values } from '../../../core/record.ts';
import { JsonDefect, readJson } from '../../../formats/json/scan.ts';
import { valuesOfXml } from './xml-answer.ts';

/** The document in a text of the answer; undefined where there is none. */
export function textIn(value: Values, path: string, { decoder }: StreamConfig, name: string): string | undefined {
  const found = valueAt(value, path);
  if (found === null || (typeof found === 'string' && found.trim() === '')) return undefined;
  if (typeof found === 'string') return decoder?.xml ? found.trimStart() : found;
  throw new FatalError({
    code: 'ANSWER_UNREADABLE',
    place: { system: name, path },
    message:
      found === undefined
        ? `The answer has no text at ${path}; it has ${nameList(Object.keys(value)) || 'nothing'}.`
        : `The answer has no text at ${path} but ${Array.isArray(found) ? 'a list' : 'a group of fields'}.`,
    hint: 'Correct retriever.request.text in the connector; if the records are elements of the answer itself, remove it and set record_selector.path.',
  });
}

/** The answer with the fields of the document in place of its text, where these can be read; what cannot, the decoder refuses. */
export function withInside(value: Values, path: string, text: string, { xml, json }: DecoderConfig): Values {
  const inside = xml ? valuesOfXml(text) : json && !json.lines ? jsonObject(text) : undefined;
  if (inside === undefined) return value;
  const [first = '', ...rest] = Object.hasOwn(value, path) ? [path] : path.split('.');
  const inner = value[first];
  if (rest.length === 0) return { ...value, [first]: inside };
  if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return value;
  return { ...value, [first]: withInside(inner, rest.join('.'), text, { xml, json }) };
}

/** Text of ours: what a document says of its encoding was true where it was written. */
export function inUtf8(decoder: DecoderConfig): DecoderConfig {
  return Object.fromEntries(
    Object.entries(decoder).map(([format, options]) => [format, options && { ...options, encoding: 'utf-8' }]),
  ) as DecoderConfig;
}

/** A file that is in an answer of SOAP: xs:base64Binary, in which white space means nothing. */
export function fileIn(value: Values, path: string, name: string): Uint8Array {
  const found = valueAt(value, path);
  const text = typeof found === 'string' ? found.replace(/\s+/g, '') : undefined;
  if (text === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new FatalError({
      code: 'ANSWER_UNREADABLE',
      place: { system: name, path },
      message: text === undefined ? `The answer has no file at ${path}.` : `The content of the answer at ${path} is not a file in Base64.`,
      hint: 'Correct retriever.request.file in the connector.',
    });
  return Buffer.from(text, 'base64');
}

/** undefined: no JSON, or no object. Numbers are the text that was written. */
export function jsonObject(text: string): Values | undefined {
  try {
    const value = readJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof JsonDefect) return undefined;
    throw error;
  }
}
