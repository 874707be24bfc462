import type { Value, Values } from '../../core/record.ts';
import { XSI } from './request-envelope.ts';
import type { ComplexType, ElementDeclaration, Schema } from './schema.ts';
import { qualifiedName, XmlProblem } from '../xml.ts';
import type { XmlElement } from '../xml.ts';

/** SOAP 1.2 part 2 section 4.2.1: in rpc style rpc:result names the element that holds the result, and is none itself. */
const RPC = 'http://www.w3.org/2003/05/soap-rpc';

/**
 * An element of an answer as values, by the rules of the xml format: attributes and elements are fields by local name, text is
 * text, nothing and nil are null, text next to attributes is under `text`. What the schema lets occur more than once is a
 * list, also when it occurs once or not at all; what the schema does not know is a list when it occurs more than once.
 */
export function elementValue(element: XmlElement, type: ComplexType | undefined, schema: Schema): Value {
  const nil = element.qualifiedAttributes[`{${XSI}}nil`];
  if (nil === 'true' || nil === '1') return null;
  const actual = derivedType(element, schema) ?? type;
  const attributes = Object.entries(element.attributes);
  const plain = !element.children.length && !attributes.length;
  const text = element.text.trim() === '' && (element.children.length > 0 || element.text.includes('\n')) ? '' : element.text;
  if (plain && (!actual?.fields.length || text !== '')) return text === '' ? (actual && isGroup(actual) ? {} : null) : text;
  return groupValue(element, actual, attributes, text, schema);
}

function groupValue(
  element: XmlElement,
  type: ComplexType | undefined,
  attributes: [string, string][],
  text: string,
  schema: Schema,
): Values {
  // A Map, since the names are the remote system's: __proto__ is one like any other.
  const values = new Map<string, Value>(attributes);
  const declared = new Map<string, ElementDeclaration>(type?.fields.map((field) => [field.name, field]));
  for (const field of declared.values()) if (field.many) values.set(field.name, []);
  for (const child of element.children) {
    if (child.namespace === RPC) continue;
    const field = declared.get(child.name);
    const value = elementValue(child, field?.type(), schema);
    if (Object.hasOwn(element.attributes, child.name))
      throw new XmlProblem(`has ${child.name} as an attribute and as an element of ${element.name}`);
    const before = values.get(child.name);
    if (Array.isArray(before)) before.push(value);
    else values.set(child.name, before === undefined ? value : [before, value]);
  }
  if (text !== '') values.set('text', text);
  return Object.fromEntries(values);
}

function derivedType(element: XmlElement, schema: Schema): ComplexType | undefined {
  const name = element.qualifiedAttributes[`{${XSI}}type`];
  return name ? schema.type(qualifiedName(name, element)) : undefined;
}

function isGroup(type: ComplexType): boolean {
  return type.fields.length > 0 || type.open;
}
