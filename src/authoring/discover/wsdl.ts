import { type NamedBy, type WsdlDocuments, wsdlDocuments } from '../../transports/soap/documents.ts';
import { soapSettings } from '../../transports/soap/options.ts';
import type { ComplexType, ElementDeclaration } from '../../transports/soap/schema.ts';
import { type Operation, readService, type Service } from '../../transports/soap/service.ts';
import { webClient } from '../../transports/web/web-client.ts';
import type { Discovery, Plain, PlainMap, ProposedField, ProposedStream } from './proposal.ts';
import { streamName, withOwnNames } from './proposal.ts';
import { namesIdentifier, namesMoney } from '../../connector/stream/field-names.ts';
import { ConfigError } from '../../core/errors.ts';

/** A service as its WSDL describes it, with the texts of all documents that it is made of. */
export interface ReadWsdl {
  location: string;
  service: Service;
  version: '1.1' | '1.2';
  texts: ReadonlyMap<string, string>;
}

const BY_FLAG: NamedBy = { place: { path: '--wsdl' }, setting: 'what --wsdl names' };

/** Streams for the operations of a SOAP service that give lists. `location`: an address, or a file relative to `folder`. */
export async function discoverWsdl(location: string, folder: string, named = BY_FLAG): Promise<Discovery> {
  return wsdlStreams(await readWsdl(location, folder, named));
}

/** Throws ConfigError, with the place that `named` gives, for what is no WSDL or is not there. */
export async function readWsdl(location: string, folder: string, named = BY_FLAG): Promise<ReadWsdl> {
  const address = /^https?:/i.test(location) ? location : 'http://localhost/';
  const settings = soapSettings.parse({ endpoint: address, timeout: '30s' });
  const client = webClient(settings, { connection: 'wsdl', projectFolder: folder });
  try {
    const documents = await wsdlDocuments(location, { system: 'wsdl', named, projectFolder: folder, client, headersFor: () => ({}) });
    return { location, ...serviceOf(documents), texts: documents.texts };
  } finally {
    client.close();
  }
}

/** SOAP 1.1, or 1.2 where a service has that alone. */
function serviceOf(documents: WsdlDocuments): Pick<ReadWsdl, 'service' | 'version'> {
  try {
    return { service: readService(documents, '1.1', 'wsdl'), version: '1.1' };
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== 'WSDL_UNUSABLE') throw error;
    return { service: readService(documents, '1.2', 'wsdl'), version: '1.2' };
  }
}

/** The same of a service that is described already. */
export function wsdlStreams({ location, service, version }: ReadWsdl): Discovery {
  const operations = service.operationNames.map((name) => service.operation(name));
  const login = operations.find(isLogin);
  const logout = operations.find((o) => /log_?(out|off)|close_?session|end_?session/i.test(o.name));
  const options: Record<string, PlainMap> = {};
  const streams = operations.flatMap((operation) => {
    const list = operation === login ? undefined : listIn(operation.output);
    return list ? [streamOf(operation, list, login, logout, options)] : [];
  });
  const notes = operations.map(
    (o) =>
      `${o.name}(${parameters(o)
        .map((p) => p.name)
        .join(', ')})${o === login ? ': logs in' : listIn(o.output) ? '' : `: ${textIn(o.output) ?? 'gives no list'}`}`,
  );
  return {
    source: location,
    streams: withOwnNames(streams),
    options,
    ...(version === '1.2' ? { transport_options: { version } } : {}),
    notes: [`${operations.length} operations for SOAP ${version}:`, ...notes],
  };
}

interface FoundList {
  path: string[];
  row: ComplexType;
  /** What stands next to the list on its way: totals, codes. */
  beside: { path: string; name: string }[];
}

/** The first list of groups in an answer. */
function listIn(output: ElementDeclaration | undefined): FoundList | undefined {
  const beside: FoundList['beside'] = [];
  const visit = (type: ComplexType | undefined, path: string[]): FoundList | undefined => {
    if (!type || path.length > 6) return undefined;
    for (const field of type.fields)
      if (!field.many && !field.type()) beside.push({ path: [...path, field.name].join('.'), name: field.name });
    for (const field of type.fields) {
      const inner = field.type();
      if (field.many && inner?.fields.length) return { path: [...path, field.name], row: inner, beside };
    }
    for (const field of type.fields) {
      const found = field.many ? undefined : visit(field.type(), [...path, field.name]);
      if (found) return found;
    }
    return undefined;
  };
  return visit(output?.type(), []);
}

/** An answer that is one text and nothing next to it may be a document, with its tags escaped. */
function textIn(output: ElementDeclaration | undefined): string | undefined {
  const fields = output?.type()?.fields ?? [];
  const texts = fields.filter((field) => !field.many && !field.type() && field.simple()?.base === 'string');
  if (texts.length !== 1 || fields.length > 3 || !/result|return|xml|data|response|document|output/i.test(texts[0]!.name)) return undefined;
  return `gives one text; if that is a document, write text: ${texts[0]!.name} in the request, and a decoder for it`;
}

/** What says whether there are more records. */
const MORE = /^(has_?|is_?|any_?)?(more|next)(_?(data|pages?|records|rows|results|items|available))?$/i;

/** What a session is called. */
const SESSION = /session|token|ticket/i;

function parameters(operation: Operation): readonly ElementDeclaration[] {
  return operation.input.type()?.fields ?? [];
}

function isLogin(operation: Operation): boolean {
  return /log_?(in|on)|authenticate|open_?session|start_?session|create_?session/i.test(operation.name) && parameters(operation).length > 0;
}

function streamOf(
  operation: Operation,
  list: FoundList,
  login: Operation | undefined,
  logout: Operation | undefined,
  options: Record<string, PlainMap>,
): ProposedStream {
  const evidence: string[] = [`${operation.name} gives a list: ${list.path.join('.')}`];
  const given = parameters(operation);
  const session = login && given.find((p) => SESSION.test(p.name));
  const header = headerOf(operation, login, options);
  const paged = given.find((p) => /^(page|page_?(no|num|number|index))$/i.test(p.name));
  const offset = given.find((p) => /^(offset|start_?(row|index|record)|skip)$/i.test(p.name));
  const body: PlainMap = {};
  const from = given.find((p) => /(^|[a-z_])(from|since|begin|start)(date|time)?$/i.test(p.name) && !/row|index|record/i.test(p.name));
  // A bound on one date says nothing of another: issuedFrom goes with IssuedOn, not with ClosedOn.
  const about = from?.name.replace(/(from|since|begin|start)(date|time)?$/i, '').replace(/^modified$|^changed$|^updated$/i, '');
  const dated = about ? new RegExp(`^${about}|${about}$`, 'i') : /modif|chang|updat|date/i;
  const cursor = from && list.row.fields.find((f) => dated.test(f.name) && !f.type());
  const to = cursor && given.find((p) => /(^|[a-z_])(to|until|end)(date|time)?$/i.test(p.name));
  const left: string[] = [];
  for (const parameter of given) {
    const { name, optional } = parameter;
    if (session?.name === name) body[name] = '{{ session }}';
    else if (cursor && from.name === name) body[name] = '{{ from }}';
    else if (to?.name === name) body[name] = '{{ to }}';
    else {
      const paging = pagingParameter(name);
      // What may be left out is: an option for each would have to be filled in by every town.
      if (!paging && optional) left.push(name);
      else body[name] = paging ?? optionFor(parameter, options);
    }
  }
  if (left.length) evidence.push(`left out, because they are optional: ${left.join(', ')}`);
  const opened = login && (session || JSON.stringify(header ?? {}).includes('{{ session }}')) ? login : undefined;
  const request: PlainMap = {
    ...(opened ? { login: loginOf(opened, logout, options) } : {}),
    operation: operation.name,
    ...(header ? { header } : {}),
    body,
  };
  const total = list.beside.find(({ name }) => /total/i.test(name) && /count|rec|row|total$/i.test(name));
  const more = total ? undefined : list.beside.find(({ name }) => MORE.test(name));
  const code = list.beside.find(({ name }) => /^(response|result|return|status)?_?code$|^status$/i.test(name));
  if (code) request['success'] = [{ path: code.path, in: ['0'] }];
  if (code) evidence.push(`${code.path} looks like a code of success: ask which values mean that it worked, here "0"`);
  if (session && login) evidence.push(`${session.name} comes from ${login.name}`);
  if (header) evidence.push(`the WSDL wants in the header: ${Object.keys(header).join(', ')}`);
  if (cursor) evidence.push(`${from.name} bounds what is asked for: incremental fills {{ from }} and {{ to }}, by ${cursor.name}`);
  const fields = list.row.fields.map((f): ProposedField => fieldOf(f));
  const key = fields
    .filter((f) => f.type === 'text' && /(^|[a-z_])(id|no|num|number|key)$/i.test(f.name) && !namesMoney(f.name))
    .slice(0, 1)
    .map((f) => f.name);
  const fallback = fields.find((f) => f.type === 'text' && !namesMoney(f.name)) ?? fields[0];
  return {
    name: streamName(operation.name.replace(/^(get|list|find|search|read|fetch)_?/i, '')),
    description: `${operation.name}.`,
    retriever: { request },
    record_selector: { path: list.path.join('.') },
    ...(paged || offset
      ? {
          paginator: {
            kind: paged ? 'page' : 'offset',
            size: 200,
            ...(total ? { total: total.path } : {}),
            ...(more ? { more: more.path } : {}),
          },
        }
      : {}),
    ...(from && cursor
      ? {
          incremental: {
            cursor: cursor.name,
            start: '2000-01-01',
            lookback: '7d',
            format: from.simple()?.base === 'dateTime' ? 'YYYY-MM-DDTHH:mm:ss' : 'YYYY-MM-DD',
          },
        }
      : {}),
    fields,
    keys: [
      {
        fields: key.length ? key : [fallback?.name ?? 'id'],
        evidence: key.length
          ? 'by its name; no records were looked at'
          : 'no field has the name of a key: ask the vendor what identifies a record',
      },
    ],
    evidence,
  };
}

function loginOf(login: Operation, logout: Operation | undefined, options: Record<string, PlainMap>): PlainMap {
  const body: PlainMap = {};
  for (const parameter of parameters(login)) body[parameter.name] = optionFor(parameter, options);
  const token = textPath(login.output, SESSION) ?? tokenInHeader(login) ?? textPath(login.output, /./) ?? 'text';
  const close = logout && parameters(logout);
  const header = headerOf(login, undefined, options);
  const closing = logout && headerOf(logout, login, options);
  return {
    operation: login.name,
    ...(header ? { header } : {}),
    body,
    token,
    ...(close
      ? {
          logout: {
            operation: logout!.name,
            ...(closing ? { header: closing } : {}),
            body: Object.fromEntries(close.map((p) => [p.name, SESSION.test(p.name) ? '{{ session }}' : optionFor(p, options)])),
          },
        }
      : {}),
  };
}

/** The elements that the WSDL declares for the header: the session where its name speaks for it, options of the connection otherwise. */
function headerOf(operation: Operation, login: Operation | undefined, options: Record<string, PlainMap>): PlainMap | undefined {
  const valueFor = (element: ElementDeclaration, around = ''): Plain =>
    login && SESSION.test(`${around} ${element.name}`) ? '{{ session }}' : optionFor(element, options);
  const declared = operation.headers.input.map((element): [string, Plain] => {
    const fields = element.type()?.fields ?? [];
    if (fields.length === 0) return [element.name, valueFor(element)];
    const only = fields.length === 1 ? element.name : '';
    return [element.name, Object.fromEntries(fields.map((field) => [field.name, valueFor(field, only)]))];
  });
  return declared.length ? Object.fromEntries(declared) : undefined;
}

/** Some services hand the session out in the header of the answer. */
function tokenInHeader(login: Operation): string | undefined {
  for (const element of login.headers.output) {
    const within = textPath(element, SESSION);
    if (within) return `header.${element.name}.${within}`;
    if (SESSION.test(element.name) && !element.type()?.fields.length) return `header.${element.name}`;
  }
  return undefined;
}

/** The dotted path of a plain element whose name fits. */
function textPath(output: ElementDeclaration | undefined, name: RegExp): string | undefined {
  const visit = (type: ComplexType | undefined, path: string[]): string | undefined => {
    for (const field of path.length > 4 ? [] : (type?.fields ?? [])) {
      const inner = field.type();
      if (!inner?.fields.length && name.test(field.name)) return [...path, field.name].join('.');
      const found = inner?.fields.length ? visit(inner, [...path, field.name]) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  return visit(output?.type(), []);
}

/** What the engine fills in, by the parameter's name. */
function pagingParameter(name: string): Plain | undefined {
  if (/^page$|page_?(no|num|number|index)$/i.test(name)) return '{{ page }}';
  if (/page_?size|^size$|^limit$|^take$|max_?(rows|records)|count$/i.test(name)) return '{{ size }}';
  if (/^(offset|start_?(row|index|record)|skip)$/i.test(name)) return '{{ offset }}';
  return undefined;
}

/** Everything else is an option of the connection. */
function optionFor({ name, simple }: ElementDeclaration, options: Record<string, PlainMap>): Plain {
  const option = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  const values = simple()?.values ?? [];
  options[option] = {
    ...(/pass|secret|key|token|pin/i.test(name) ? { type: 'secret' } : {}),
    description: `${name} of the service.`,
    required: true,
    ...(values.length ? { choices: [...values] } : {}),
  };
  return `{{ options.${option} }}`;
}

function fieldOf(field: ElementDeclaration): ProposedField {
  const inner = field.type();
  const evidence = `${field.many ? 'may repeat' : field.optional ? 'may be left out' : 'always there'}${inner?.fields.length ? `: ${inner.fields.map((f) => f.name).join(', ')}` : ''}`;
  const isGroup = (inner?.fields.length ?? 0) > 0 || (inner?.attributes.length ?? 0) > 0;
  const declared = field.many || isGroup ? undefined : typeOf(field);
  const attributes = isGroup && inner!.fields.length === 0 ? `; a group: its text and ${inner!.attributes.join(', ')}` : '';
  return {
    name: field.name,
    type: field.many ? 'list' : isGroup ? 'object' : (declared?.type ?? 'text'),
    ...(field.optional ? { optional: true } : {}),
    ...(/name|address|phone|mobile|e-?mail|birth/i.test(field.name) ? { personal: true } : {}),
    evidence: `${evidence}${attributes}${declared ? `; ${declared.said}` : ''}`,
  };
}

const TYPES: Readonly<Record<string, ProposedField['type']>> = {
  decimal: 'decimal',
  double: 'decimal',
  float: 'decimal',
  date: 'date',
  dateTime: 'datetime',
  boolean: 'boolean',
};
const WHOLE_NUMBERS =
  /^(?:integer|int|long|short|byte|(?:non)?(?:Negative|Positive)Integer|(?:negative|positive)Integer|unsigned(?:Long|Int|Short|Byte))$/;

/** A schema declares types: that is evidence, where a sample only lets guess. */
function typeOf(field: ElementDeclaration): { type: ProposedField['type']; said: string } | undefined {
  const simple = field.simple();
  if (!simple) return undefined;
  const own = simple.name === undefined ? '' : ` (${simple.name})`;
  const values = simple.values.length ? `, one of ${simple.values.slice(0, 8).join(', ')}${simple.values.length > 8 ? ' …' : ''}` : '';
  const said = `the WSDL declares ${simple.base === 'list' || simple.base === 'union' ? `a ${simple.base}` : `xs:${simple.base}`}${own}${values}`;
  if (!WHOLE_NUMBERS.test(simple.base)) return { type: TYPES[simple.base] ?? 'text', said };
  // Leading zeros and checks are the vendor's to add one day: what names something is not a figure, whatever it is declared as.
  return namesIdentifier(field.name) ? { type: 'text', said: `${said}, but it names something` } : { type: 'integer', said };
}
