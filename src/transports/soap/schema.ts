import { qualifiedName } from '../xml.ts';
import type { XmlElement } from '../xml.ts';

export const XSD = 'http://www.w3.org/2001/XMLSchema';

/** One `xsd:schema`, and the namespace its names belong to (an included schema without one takes that of the including). */
export interface SchemaDocument {
  root: XmlElement;
  targetNamespace: string;
}

/** An element as a schema declares it. */
export interface ElementDeclaration {
  name: string;
  /** '' where the schema wants it written without namespace (elementFormDefault, form). */
  namespace: string;
  /** maxOccurs above one: always a list. */
  many: boolean;
  optional: boolean;
  nillable: boolean;
  /** undefined: a text. Asked late, since types contain themselves. */
  type(): ComplexType | undefined;
  /** What its text looks like, as far as the schema says; undefined where it declares nothing, or a group of elements. */
  simple(): SimpleType | undefined;
}

/** What a schema says of a text. */
export interface SimpleType {
  /** The type of XML Schema that it comes down to, without prefix: `decimal`, `string`; `list` and `union` are themselves. */
  base: string;
  /** The name of the service's own type, where it has one. */
  name?: string;
  /** The values that are allowed, where they are enumerated. */
  values: readonly string[];
  /** The most characters. */
  longest?: number;
}

export interface ComplexType {
  /** In the order in which they are to be written. */
  fields: readonly ElementDeclaration[];
  attributes: readonly string[];
  /** xsd:any: other elements may be in it. */
  open: boolean;
}

export interface Schema {
  element(qualified: string): ElementDeclaration | undefined;
  type(qualified: string): ComplexType | undefined;
  /** Also of a complex type whose content is text. */
  simpleType(qualified: string): SimpleType | undefined;
}

/** Types derived from one another further than this are a circle. */
const DEEPEST = 32;

interface Definition {
  node: XmlElement;
  document: SchemaDocument;
}
type Occurs = { many: boolean; optional: boolean };

/** Reads declarations out of schemas as they are asked for. Unknown types and simple ones are texts. */
export function readSchema(documents: readonly SchemaDocument[]): Schema {
  const definitions = new Map<string, Definition>();
  const types = new Map<XmlElement, ComplexType>();
  for (const document of documents)
    for (const node of document.root.children)
      if (node.attributes['name'])
        definitions.set(`${node.name} {${document.targetNamespace}}${node.attributes['name']}`, { node, document });

  function element(qualified: string): ElementDeclaration | undefined {
    const found = definitions.get(`element ${qualified}`);
    return found && declaration(found.node, found.document, { many: false, optional: false }, true);
  }

  function type(qualified: string): ComplexType | undefined {
    const found = definitions.get(`complexType ${qualified}`);
    return found && complexType(found.node, found.document);
  }

  function declaration(node: XmlElement, document: SchemaDocument, around: Occurs, global = false): ElementDeclaration {
    const occurs = global ? around : within(around, occursOf(node));
    const ref = node.attributes['ref'];
    if (ref) {
      const target = element(qualifiedName(ref, node));
      const [, namespace = '', name = ref] = /^\{([^}]*)\}(.*)$/.exec(qualifiedName(ref, node)) ?? [];
      return target
        ? { ...target, ...occurs }
        : { name, namespace, nillable: false, ...occurs, type: () => undefined, simple: () => undefined };
    }
    const form = node.attributes['form'] ?? document.root.attributes['elementFormDefault'] ?? 'unqualified';
    return {
      name: node.attributes['name'] ?? '',
      namespace: global || form === 'qualified' ? document.targetNamespace : '',
      nillable: node.attributes['nillable'] === 'true' || node.attributes['nillable'] === '1',
      ...occurs,
      type: () => {
        const inline = node.children.find((child) => child.name === 'complexType');
        if (inline) return complexType(inline, document);
        return node.attributes['type'] ? type(qualifiedName(node.attributes['type'], node)) : undefined;
      },
      simple: () => {
        const inline = node.children.find((child) => child.name === 'simpleType' || child.name === 'complexType');
        if (inline) return simpleOf(inline, 0);
        return node.attributes['type'] ? simpleType(qualifiedName(node.attributes['type'], node)) : undefined;
      },
    };
  }

  function simpleType(qualified: string, depth = 0): SimpleType | undefined {
    const [, namespace = '', name = ''] = /^\{([^}]*)\}(.*)$/.exec(qualified) ?? [];
    if (namespace === XSD) return { base: name, values: [] };
    const found = definitions.get(`simpleType ${qualified}`) ?? definitions.get(`complexType ${qualified}`);
    const simple = found && depth < DEEPEST ? simpleOf(found.node, depth + 1) : undefined;
    return simple && { ...simple, name };
  }

  /** Of a simpleType, or of a complexType with simpleContent. Facets of a type that restricts another replace those of that one. */
  function simpleOf(node: XmlElement, depth: number): SimpleType | undefined {
    const content = node.name === 'complexType' ? node.children.find((child) => child.name === 'simpleContent') : node;
    const derived = content?.children.find((child) => ['restriction', 'extension', 'list', 'union'].includes(child.name));
    if (!derived) return undefined;
    if (derived.name === 'list' || derived.name === 'union') return { base: derived.name, values: [] };
    const inline = derived.children.find((child) => child.name === 'simpleType');
    const base = inline
      ? simpleOf(inline, depth + 1)
      : derived.attributes['base'] && simpleType(qualifiedName(derived.attributes['base'], derived), depth);
    if (!base) return undefined;
    const facets = (name: string): string[] =>
      derived.children.flatMap((child) => (child.name === name ? [child.attributes['value'] ?? ''] : []));
    const values = facets('enumeration');
    const longest = Number([...facets('maxLength'), ...facets('length')][0] ?? base.longest);
    return { base: base.base, values: values.length ? values : base.values, ...(Number.isNaN(longest) ? {} : { longest }) };
  }

  function complexType(node: XmlElement, document: SchemaDocument): ComplexType {
    const known = types.get(node);
    if (known) return known;
    const fields: ElementDeclaration[] = [];
    const attributes: string[] = [];
    const made: ComplexType = { fields, attributes, open: false };
    types.set(node, made);
    const collect = (at: XmlElement, from: SchemaDocument, around: Occurs): void => {
      for (const child of at.children) {
        switch (child.name) {
          case 'element':
            fields.push(declaration(child, from, around));
            break;
          case 'sequence':
          case 'all':
            collect(child, from, within(around, occursOf(child)));
            break;
          case 'choice':
            collect(child, from, { ...within(around, occursOf(child)), optional: true });
            break;
          case 'any':
            made.open = true;
            break;
          case 'attribute':
            attributes.push(child.attributes['name'] ?? (child.attributes['ref'] ?? '').replace(/^.*:/, ''));
            break;
          case 'anyAttribute':
            made.open = true;
            break;
          case 'group':
          case 'attributeGroup': {
            const group = child.attributes['ref'] && definitions.get(`${child.name} ${qualifiedName(child.attributes['ref'], child)}`);
            if (group) collect(group.node, group.document, within(around, occursOf(child)));
            break;
          }
          case 'complexContent':
          case 'simpleContent':
          case 'restriction':
            collect(child, from, around);
            break;
          case 'extension': {
            const base = child.attributes['base'] ? type(qualifiedName(child.attributes['base'], child)) : undefined;
            if (base) {
              fields.push(...base.fields);
              attributes.push(...base.attributes);
              made.open ||= base.open;
            }
            collect(child, from, around);
          }
        }
      }
    };
    collect(node, document, { many: false, optional: false });
    return made;
  }

  return { element, type, simpleType };
}

function occursOf(node: XmlElement): Occurs {
  const most = node.attributes['maxOccurs'] ?? '1';
  return { many: most === 'unbounded' || Number(most) > 1, optional: node.attributes['minOccurs'] === '0' };
}

function within(outer: Occurs, inner: Occurs): Occurs {
  return { many: outer.many || inner.many, optional: outer.optional || inner.optional };
}
