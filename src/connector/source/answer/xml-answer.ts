import type { Value, Values } from '../../../core/record.ts';
import { parseXml, type XmlElement, XmlProblem } from '../../../transports/xml.ts';

/** An XML answer as values below its root, as the xml decoder reads a row; empty where it is not XML. A DOCTYPE is none. */
export function xmlValues(text: string): Values {
  return valuesOfXml(text) ?? {};
}

/** The same; undefined where it is not XML. */
export function valuesOfXml(text: string): Values | undefined {
  try {
    const value = valueOf(parseXml(text));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch (error) {
    if (error instanceof XmlProblem) return undefined;
    throw error;
  }
}

function valueOf(element: XmlElement): Value {
  const attributes = Object.entries(element.attributes);
  const text = element.text.trim();
  if (element.children.length === 0 && attributes.length === 0) return text === '' ? null : text;
  // A Map, since the names are the remote system's: __proto__ is one like any other.
  const values = new Map<string, Value>(attributes);
  for (const child of element.children) {
    const before = values.get(child.name);
    const value = valueOf(child);
    if (Array.isArray(before)) before.push(value);
    else values.set(child.name, before === undefined ? value : [before, value]);
  }
  if (text !== '') values.set('text', text);
  return Object.fromEntries(values);
}
