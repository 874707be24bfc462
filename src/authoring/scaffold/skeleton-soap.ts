import { basename, dirname, extname, resolve } from 'node:path';
import { isAddress } from '../../transports/soap/documents.ts';
import { ENVELOPES, XSI } from '../../transports/soap/request-envelope.ts';
import type { ElementDeclaration, SimpleType } from '../../transports/soap/schema.ts';
import { escapeXml } from '../../transports/xml.ts';
import type { Plain, PlainMap, ProposedStream } from '../discover/proposal.ts';
import type { ReadWsdl } from '../discover/wsdl.ts';
import { namesIdentifier } from '../../connector/stream/field-names.ts';

/** Records in an invented answer: two, since one alone would not show what a list is. */
const RECORDS = 2;
/** A schema may hold itself: what may be left out at this depth is, and an answer has so many elements at most. */
const DEEPEST = 8;
const MAX_ELEMENTS = 2000;

/** A recording of a stream that a WSDL proposes: what is asked, and answers invented from the declared types. Name in its folder → text. */
export function soapRecording(wsdl: ReadWsdl, stream: ProposedStream): Record<string, string> {
  const request = stream.retriever['request'] as PlainMap;
  const login = request['login'] as PlainMap | undefined;
  const logout = login?.['logout'] as PlainMap | undefined;
  const list = String(stream.record_selector!['path']);
  const success = (request['success'] as PlainMap[] | undefined)?.[0];
  const total = stream.paginator?.['total'];
  // One page is made up: it is the last.
  const more = stream.paginator?.['more'];
  const told: Record<string, string> = {
    ...(success ? { [String(success['path'])]: String((success['in'] as Plain[])[0]) } : {}),
    ...(total === undefined ? {} : { [String(total)]: String(RECORDS) }),
    ...(more === undefined ? {} : { [String(more)]: 'false' }),
  };
  const files: Record<string, string> = {};
  const exchanges: PlainMap[] = [];
  const record = (operation: Plain, body: Plain, file: string, values: Record<string, string>): void => {
    const { output, headers } = wsdl.service.operation(String(operation));
    files[file] = answerText(wsdl.version, output, headers.output, list, values);
    exchanges.push({ request: { operation, body: bodyAsked(body) }, answer: { file } });
  };
  if (login) record(login['operation']!, login['body']!, 'login.xml', { [String(login['token'])]: 'invented-session' });
  record(request['operation']!, request['body']!, 'page1.xml', told);
  if (logout) record(logout['operation']!, logout['body']!, 'logout.xml', {});
  return { ...files, 'exchanges.json': `${JSON.stringify(exchanges, null, 2)}\n` };
}

/** Parameters that turn pages as they are asked first, any value for the others. */
function bodyAsked(body: Plain): PlainMap {
  const first: Record<string, string> = { '{{ page }}': '1', '{{ size }}': '200', '{{ offset }}': '0' };
  return Object.fromEntries(Object.entries(body as PlainMap).map(([name, template]) => [name, first[String(template)] ?? '*']));
}

function answerText(
  version: ReadWsdl['version'],
  output: ElementDeclaration | undefined,
  headers: readonly ElementDeclaration[],
  list: string,
  told: Readonly<Record<string, string>>,
): string {
  let left = MAX_ELEMENTS;
  const content = output ? written(output, [], '', 0, '  ') : '';
  // Some services hand the session out there.
  const header = headers.map((element) => written(element, ['header', element.name], '', 0, '  ')).join('');
  return `<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="${ENVELOPES[version]}" xmlns:xsi="${XSI}">${header ? `<soap:Header>\n${header}</soap:Header>` : ''}<soap:Body>\n${content}</soap:Body></soap:Envelope>\n`;

  /** `path` is that of a manifest: below the element of the answer. `n` counts records. */
  function written(element: ElementDeclaration, path: string[], around: string, n: number, indent: string): string {
    const namespace = element.namespace === around ? '' : ` xmlns="${escapeXml(element.namespace)}"`;
    const begin = `${indent}<${element.name}${namespace}`;
    const type = element.type();
    if (!type || type.fields.length === 0) {
      const attributes = (type?.attributes ?? []).map((name) => ` ${name}="x"`).join('');
      const value = told[path.join('.')] ?? inventedValue(element.name, element.simple(), n);
      return `${begin}${attributes}>${escapeXml(value)}</${element.name}>\n`;
    }
    const fields = type.fields.flatMap((field): string[] => {
      const inner = [...path, field.name];
      if (inner.length > DEEPEST && field.optional) return [];
      if (inner.length > 2 * DEEPEST || left-- <= 0) return [];
      const times = inner.join('.') === list ? RECORDS : 1;
      return Array.from({ length: times }, (_, i) => written(field, inner, element.namespace, times > 1 ? i : n, `${indent}  `));
    });
    return `${begin}>\n${fields.join('')}${indent}</${element.name}>\n`;
  }
}

/** A value of the declared type that is nobody's; another for each record. */
function inventedValue(name: string, simple: SimpleType | undefined, n: number): string {
  if (simple?.values.length) return simple.values[n % simple.values.length]!;
  switch (simple?.base) {
    case 'decimal':
    case 'double':
    case 'float':
      return `${24 + n}.50`;
    case 'date':
      return `2026-03-0${2 + n}`;
    case 'dateTime':
      return `2026-03-0${2 + n}T09:30:00`;
    case 'time':
      return '09:30:00';
    case 'gYear':
      return '2026';
    case 'boolean':
      return n === 0 ? 'true' : 'false';
    case 'base64Binary':
      return 'AA==';
  }
  const longest = simple?.longest ?? 40;
  const running = String(101 + n);
  if (simple && /int|long|short|byte/i.test(simple.base)) return namesIdentifier(name) ? running : String(1 + n);
  if (namesIdentifier(name)) return running.padStart(7, '0').slice(-longest);
  const text = `${name} ${n + 1}`;
  return text.length <= longest ? text : running.slice(-longest);
}

/**
 * The documents of a WSDL as they are in fixtures/: next to one another, with imports that say so. Name → text, the WSDL first.
 * What it imports does not end in .wsdl, since each file that does is taken for a service.
 */
export function wsdlFiles({ texts }: Pick<ReadWsdl, 'texts'>): Record<string, string> {
  const names = new Map<string, string>();
  for (const at of texts.keys()) {
    const plain =
      basename(at)
        .replace(/[^\w.-]+/g, '-')
        .replace(/^[.-]+/, '') || 'document';
    const stem = names.size === 0 ? plain.replace(/\.wsdl$|-(single)?wsdl$/i, '') : plain.replace(/\.xsd$/i, '');
    const ending = names.size === 0 ? '.wsdl' : extname(plain) === '.xsd' || !plain.endsWith('.wsdl') ? '.xsd' : '.xml';
    const taken = new Set(names.values());
    let name = `${stem}${ending}`;
    for (let n = 2; taken.has(name); n++) name = `${stem}-${n}${ending}`;
    names.set(at, name);
  }
  const moved = (at: string, text: string): string =>
    text.replace(/\b((?:schemaLocation|location)\s*=\s*)(["'])([^"']*)\2/g, (whole, lead: string, quote: string, to: string) => {
      const name = names.get(leadsTo(at, to.replaceAll('&amp;', '&')));
      return name === undefined ? whole : `${lead}${quote}${name}${quote}`;
    });
  return Object.fromEntries([...texts].map(([at, text]) => [names.get(at)!, moved(at, text)]));
}

function leadsTo(from: string, to: string): string {
  if (!isAddress(from)) return resolve(dirname(from), to);
  return URL.canParse(to, from) ? new URL(to, from).href : to;
}
