import type { Template } from '../config/schema/connector.ts';
import { RecordError } from '../core/errors.ts';
import type { Value, Values } from '../core/record.ts';
import { escapeXml, forbiddenCharacter } from '../transports/xml-text.ts';

/**
 * What `{{ name }}` stands for: `options.NAME` of the connection, a list where the option is one, and `page`, `size`, `offset`,
 * `cursor`, `from`, `to`, `partition`, `parent.FIELD`, `report`, `session` of the request.
 */
export type Variables = Record<string, string | readonly string[] | undefined>;

/** Fields of a parent may have spaces in their names. */
const NAME = String.raw`[\w.-]+(?: [\w.-]+)*`;
const PLACEHOLDER = new RegExp(String.raw`\{\{\s*(${NAME})\s*\}\}`, 'g');
const WHOLE = new RegExp(String.raw`^\{\{\s*(${NAME})\s*\}\}$`);

/** The names that a text asks for. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((m) => m[1]!);
}

/**
 * Fills a text in. A name without a value gives nothing; which names there are was checked when the configuration was loaded.
 * `write`: how a value is written where it stands.
 */
export function fillText(text: string, variables: Variables, write: WriteValue = (value) => value): string {
  if (!text.includes('{{')) return text;
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = variables[name];
    return write(value === undefined ? '' : typeof value === 'string' ? value : value.join(','), name);
  });
}

/** Fills a request body in; a text that is one placeholder without a value becomes null, and one that is a list a list. */
export function fill(template: Template, variables: Variables): Value {
  if (template === null) return null;
  if (typeof template === 'string') {
    const value = variables[WHOLE.exec(template)?.[1] ?? ''];
    if (Array.isArray(value)) return [...(value as readonly string[])];
    return WHOLE.test(template) ? ((value as string | undefined) ?? null) : fillText(template, variables);
  }
  if (typeof template !== 'object') return String(template);
  if (Array.isArray(template)) return template.map((item) => fill(item, variables));
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, variables)]));
}

/** The header of a SOAP request. */
export function fillHeader(header: Readonly<Record<string, Template>> | undefined, variables: Variables): Values | undefined {
  return header && Object.fromEntries(Object.entries(header).map(([name, of]) => [name, fill(of, variables)]));
}

/**
 * The same for a body that may be a text of the connector's own: values are written into it as its content type wants them, so
 * that no value can change what stands around it. Throws RecordError for a value that XML cannot carry.
 */
export function fillBody(template: Template, variables: Variables, contentType: string | undefined): Value {
  if (typeof template !== 'string' || contentType === undefined) return fill(template, variables);
  return fillText(template, variables, asContent(contentType));
}

/** How a value is written into text. */
export type WriteValue = (value: string, name: string) => string;

/** Into a text of this content type. Throws RecordError for a value that XML cannot carry. */
export function asContent(contentType: string): WriteValue {
  return (value, name) => {
    if (/\bxml\b/i.test(contentType)) return inXml(value, name);
    if (/\bjson\b/i.test(contentType)) return JSON.stringify(value).slice(1, -1);
    return contentType.startsWith('application/x-www-form-urlencoded') ? encodeURIComponent(value) : value;
  };
}

/**
 * A path: what other systems gave is written as data, so it leads nowhere else; options of the connection may have
 * slashes in them. A path that is one placeholder is an address that the service gave.
 */
export function fillPath(text: string, variables: Variables): string {
  return WHOLE.test(text) ? fillText(text, variables) : fillText(text, variables, inPath);
}

/** Into a path. Throws RecordError for a value that would lead elsewhere. */
export const inPath: WriteValue = (value, name) => {
  if (name.startsWith('options.')) return value;
  // A dot segment stays one however it is written, and would lead to the folder above.
  if (/^\.{1,2}$/.test(value)) throw unsendable(name, 'a path');
  return encodeURIComponent(value);
};

export function fillAll(texts: Record<string, string> | undefined, variables: Variables): Record<string, string> | undefined {
  return texts && Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fillText(text, variables)]));
}

/** Query parameters: a list, or one placeholder that stands for one, gives the same parameter several times. */
export function fillQuery(
  query: Readonly<Record<string, string | string[]>> | undefined,
  variables: Variables,
): Record<string, string | string[]> | undefined {
  const filled = (text: string): string | string[] => {
    const value = variables[WHOLE.exec(text)?.[1] ?? ''];
    return Array.isArray(value) ? [...(value as readonly string[])] : fillText(text, variables);
  };
  return (
    query && Object.fromEntries(Object.entries(query).map(([name, of]) => [name, Array.isArray(of) ? of.flatMap(filled) : filled(of)]))
  );
}

/** The connection's options as variables. */
export function optionVariables(options: Record<string, unknown>): Variables {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]): [string, string | readonly string[]][] => {
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [[`options.${name}`, value]];
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[`options.${name}`, String(value)]]
        : [];
    }),
  );
}

function inXml(value: string, name: string): string {
  if (forbiddenCharacter(value) !== undefined) throw unsendable(name, 'XML');
  return escapeXml(value);
}

function unsendable(name: string, where: string): RecordError {
  return new RecordError({
    code: 'VALUE_UNSENDABLE',
    place: { path: name },
    message: `The value of {{ ${name} }} has characters that cannot be written into ${where}, so nothing was sent.`,
    hint: 'Correct the value where it comes from: an option of the connection, the list of partitions, the parent record or the record to be sent.',
  });
}
