import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { excerpt } from '../formats/refuse.ts';

export { escapeXml, forbiddenCharacter } from './xml-text.ts';

/** Prefix → namespace, as declared at an element or around it. */
type Scope = Readonly<Record<string, string>>;

export interface XmlElement {
  /** Name without prefix. */
  name: string;
  namespace: string;
  /** Values by local name, for attributes without prefix. */
  attributes: Readonly<Record<string, string>>;
  /** Values by `{namespace}name`, for attributes with one. */
  qualifiedAttributes: Readonly<Record<string, string>>;
  children: XmlElement[];
  /** The element's own text, entities resolved. */
  text: string;
  scope: Scope;
}

/** What cannot be used of a document, in words that end a sentence: "is not XML: …". */
export class XmlProblem extends Error {}

type Ordered = Record<string, unknown>;
const ATTRIBUTES = ':@';
const XML_SCOPE: Scope = Object.assign(Object.create(null) as Record<string, string>, { xml: 'http://www.w3.org/XML/1998/namespace' });

/**
 * A whole XML document as a tree with namespaces. Refuses a document type declaration, and with it every entity that is not
 * XML's own, as SOAP 1.1 section 3 demands: they are how a document reads files of ours or grows without end.
 * Throws XmlProblem.
 */
export function parseXml(text: string, maxDepth = 64): XmlElement {
  if (/<!DOCTYPE/i.test(beforeRoot(text))) throw new XmlProblem('has a document type declaration (DOCTYPE), which is not allowed in SOAP');
  const valid = XMLValidator.validate(text);
  if (valid !== true)
    throw new XmlProblem(`is not well-formed XML: ${excerpt(valid.err.msg, 200).replace(/\.$/, '')} (line ${valid.err.line})`);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false, // done below, exactly: the parser's own limits would refuse long honest texts
    cdataPropName: '#cdata',
    ignoreDeclaration: true,
    ignorePiTags: true,
    jPath: false,
    maxNestedTags: maxDepth,
  });
  let nodes: Ordered[];
  try {
    nodes = parser.parse(text) as Ordered[];
  } catch (error) {
    throw new XmlProblem(
      /nested/i.test((error as Error).message)
        ? `is nested deeper than ${maxDepth} elements`
        : `is not well-formed XML: ${excerpt((error as Error).message, 200)}`,
    );
  }
  const root = nodes.find((node) => nameIn(node) !== '#text');
  if (!root) throw new XmlProblem('is not XML: it contains no element');
  return element(root, XML_SCOPE);
}

/** Comments, declarations and white space before the first element: the only place where a DOCTYPE can stand. */
function beforeRoot(text: string): string {
  const head = withoutComments(text.slice(0, 65_536));
  const at = head.search(/<[A-Za-z_]/);
  if (at < 0 && text.length > 65_536) throw new XmlProblem('is not XML: there is no element in its first 64 kB');
  return at < 0 ? head : head.slice(0, at);
}

/** Comments that do not end stay. Each is looked for once: a pattern would go to the end of the text for each that has none. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('<!--', from);
    const end = start < 0 ? -1 : text.indexOf('-->', start + 4);
    if (end < 0) break;
    parts.push(text.slice(from, start));
    from = end + 3;
  }
  return parts.join('') + text.slice(from);
}

function nameIn(node: Ordered): string {
  for (const name in node) if (name !== ATTRIBUTES) return name;
  return '#text';
}

function element(node: Ordered, around: Scope): XmlElement {
  const tag = nameIn(node);
  const given = node[ATTRIBUTES] as Record<string, string> | undefined;
  const scope = given ? scopeOf(given, around) : around;
  const [attributes, qualifiedAttributes] = given ? attributesOf(given, scope) : [NONE, NONE];
  const at = tag.indexOf(':');
  const children: XmlElement[] = [];
  let text = '';
  for (const child of node[tag] as Ordered[]) {
    const name = nameIn(child);
    if (name === '#text') text += unescape(String(child['#text']));
    else if (name === '#cdata') text += (child['#cdata'] as Ordered[]).map((part) => String(part['#text'])).join('');
    else children.push(element(child, scope));
  }
  return {
    name: at < 0 ? tag : tag.slice(at + 1),
    namespace: at < 0 ? (scope[''] ?? '') : namespaceOf(tag.slice(0, at), scope),
    attributes,
    qualifiedAttributes,
    children,
    text,
    scope,
  };
}

const NONE: Record<string, string> = Object.freeze({});

function scopeOf(given: Record<string, string>, around: Scope): Scope {
  let own: Record<string, string> | undefined;
  for (const name in given)
    if (name === 'xmlns' || name.startsWith('xmlns:')) {
      // What is declared around is found through the prototype: a copy for each element would take the square of their number.
      own ??= Object.create(around) as Record<string, string>;
      own[name === 'xmlns' ? '' : name.slice(6)] = unescape(given[name]!);
    }
  return own ?? around;
}

function attributesOf(given: Record<string, string>, scope: Scope): [plain: Record<string, string>, qualified: Record<string, string>] {
  const plain: Record<string, string> = {};
  const qualified: Record<string, string> = {};
  for (const name in given) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    const at = name.indexOf(':');
    if (at < 0) plain[name] = unescape(given[name]!);
    else qualified[`{${namespaceOf(name.slice(0, at), scope)}}${name.slice(at + 1)}`] = unescape(given[name]!);
  }
  return [plain, qualified];
}

function namespaceOf(prefix: string, scope: Scope): string {
  const namespace = scope[prefix];
  if (namespace === undefined) throw new XmlProblem(`uses the prefix ${prefix} without declaring it`);
  return namespace;
}

/** `{namespace}name` of a value such as `tns:Payment`, in the place where it stands. */
export function qualifiedName(value: string, at: XmlElement): string {
  const colon = value.indexOf(':');
  const prefix = colon < 0 ? '' : value.slice(0, colon);
  return `{${prefix ? namespaceOf(prefix, at.scope) : (at.scope[''] ?? '')}}${value.slice(colon + 1).trim()}`;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;\s&]{0,40});?/g, (whole, name: string) => {
    const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const code = number ? parseInt(number[1] ?? number[2]!, number[1] ? 16 : 10) : undefined;
    if (whole.endsWith(';') && code !== undefined && code > 0 && code <= 0x10ffff) return String.fromCodePoint(code);
    const known = whole.endsWith(';') ? ENTITIES[name] : undefined;
    if (known === undefined) throw new XmlProblem(`uses the entity ${whole}, which XML does not define`);
    return known;
  });
}

export function childrenNamed(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === namespace);
}
