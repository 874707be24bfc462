import { ConfigError, didYouMean } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import { WSDL } from './documents.ts';
import type { WsdlDocuments } from './documents.ts';
import { readSchema } from './schema.ts';
import type { ElementDeclaration, Schema } from './schema.ts';
import { childrenNamed, qualifiedName } from '../xml.ts';
import type { XmlElement } from '../xml.ts';

/** Namespaces of the bindings: WSDL 1.1 section 3, and the W3C note on a binding for SOAP 1.2. */
const BINDINGS = { '1.1': 'http://schemas.xmlsoap.org/wsdl/soap/', '1.2': 'http://schemas.xmlsoap.org/wsdl/soap12/' };
export type SoapVersion = keyof typeof BINDINGS;

export interface Operation {
  name: string;
  soapAction: string;
  /** The element in the body of the request, and of the answer (undefined: nothing comes back). */
  input: ElementDeclaration;
  output: ElementDeclaration | undefined;
  /** Elements that the WSDL declares for the header of the request, and of the answer. */
  headers: { input: readonly ElementDeclaration[]; output: readonly ElementDeclaration[] };
}

export interface Service {
  schema: Schema;
  operationNames: readonly string[];
  /** Throws ConfigError, naming the closest, when there is no such operation. */
  operation(name: string): Operation;
}

/** What a WSDL says about the operations of one SOAP version. Throws ConfigError when it has none of that version. */
export function readService(documents: WsdlDocuments, version: SoapVersion, system: string): Service {
  const schema = readSchema(documents.schemas);
  const soap = BINDINGS[version];
  const named = (kind: string) =>
    new Map(
      documents.definitions.flatMap((root) =>
        childrenNamed(root, WSDL, kind).map((node) => [`{${root.attributes['targetNamespace'] ?? ''}}${node.attributes['name']}`, node]),
      ),
    );
  const messages = named('message');
  const portTypes = named('portType');
  const bound = new Map<string, { node: XmlElement; binding: XmlElement }>();
  for (const binding of named('binding').values())
    if (childrenNamed(binding, soap, 'binding').length)
      for (const node of childrenNamed(binding, WSDL, 'operation'))
        if (!bound.has(node.attributes['name']!)) bound.set(node.attributes['name']!, { node, binding });
  if (!bound.size) {
    const other = version === '1.1' ? '1.2' : '1.1';
    throw problem(
      'WSDL_UNUSABLE',
      `The WSDL describes no operation for SOAP ${version}.`,
      `If it describes SOAP ${other}, set version: '${other}'.`,
    );
  }

  function operation(name: string): Operation {
    const found = bound.get(name);
    if (!found) {
      const meant = didYouMean(name, bound.keys());
      throw new ConfigError({
        code: 'OPERATION_UNKNOWN',
        place: { system, path: 'operation' },
        message: `The service has no operation ${name}.`,
        hint: meant
          ? `Did you mean ${meant}? Correct operation in the connector.`
          : `Correct operation in the connector. The service has ${nameList([...bound.keys()].sort(), 40)}.`,
      });
    }
    const { node, binding } = found;
    const soapOperation = childrenNamed(node, soap, 'operation')[0];
    const style = soapOperation?.attributes['style'] ?? childrenNamed(binding, soap, 'binding')[0]!.attributes['style'] ?? 'document';
    const portType = portTypes.get(qualifiedName(binding.attributes['type'] ?? '', binding));
    const abstract = portType && childrenNamed(portType, WSDL, 'operation').find((candidate) => candidate.attributes['name'] === name);
    if (!abstract)
      throw problem(
        'WSDL_UNUSABLE',
        `The WSDL binds the operation ${name} but does not describe it.`,
        'Ask the vendor for a complete WSDL.',
      );
    const input = wrapper('input', name);
    if (!input)
      throw problem(
        'WSDL_UNUSABLE',
        `The WSDL does not describe the input of the operation ${name}.`,
        'Ask the vendor for a complete WSDL.',
      );
    return {
      name,
      soapAction: soapOperation?.attributes['soapAction'] ?? '',
      input,
      output: wrapper('output', `${name}Response`),
      headers: { input: headersOf('input'), output: headersOf('output') },
    };

    /** WSDL 1.1 section 3.7: each soap:header names a message and a part of it, which need not be a message of the operation. */
    function headersOf(direction: 'input' | 'output'): ElementDeclaration[] {
      const concrete = childrenNamed(node, WSDL, direction)[0];
      return (concrete ? childrenNamed(concrete, soap, 'header') : []).flatMap((header) => {
        const message = messages.get(qualifiedName(header.attributes['message'] ?? '', header));
        const part = message && childrenNamed(message, WSDL, 'part').find((one) => one.attributes['name'] === header.attributes['part']);
        if (!part) return [];
        const { element, type } = part.attributes;
        const declared = element === undefined ? undefined : schema.element(qualifiedName(element, part));
        if (declared) return [declared];
        if (type === undefined) return [];
        const namespace = header.attributes['namespace'] ?? '';
        return [{ ...rpcPart(part), namespace, nillable: false, type: () => schema.type(qualifiedName(type, part)) }];
      });
    }

    function wrapper(direction: 'input' | 'output', rpcName: string): ElementDeclaration | undefined {
      const reference = childrenNamed(abstract!, WSDL, direction)[0];
      if (!reference) return undefined;
      const message = messages.get(qualifiedName(reference.attributes['message'] ?? '', reference));
      const concrete = childrenNamed(node, WSDL, direction)[0];
      const body = concrete && childrenNamed(concrete, soap, 'body')[0];
      if (body?.attributes['use'] === 'encoded')
        throw problem(
          'WSDL_UNUSABLE',
          `The operation ${name} is rpc/encoded, an obsolete form that is not supported.`,
          'Ask the vendor for a document/literal or rpc/literal interface.',
        );
      const wanted = body?.attributes['parts']?.split(/\s+/);
      const parts = (message ? childrenNamed(message, WSDL, 'part') : []).filter(
        (part) => !wanted || wanted.includes(part.attributes['name'] ?? ''),
      );
      if (style === 'rpc') return rpcWrapper(rpcName, body?.attributes['namespace'] ?? '', parts);
      const element = parts[0]?.attributes['element'];
      if (!element)
        return parts.length
          ? undefined
          : {
              name: rpcName,
              namespace: '',
              many: false,
              optional: false,
              nillable: false,
              type: () => ({ fields: [], attributes: [], open: false }),
              simple: () => undefined,
            };
      const declared = schema.element(qualifiedName(element, parts[0]!));
      if (!declared)
        throw problem(
          'WSDL_UNUSABLE',
          `The WSDL does not define the element ${element} that the operation ${name} uses.`,
          'A schema that the WSDL imports may be missing: ask the vendor for a complete WSDL.',
        );
      return declared;
    }
  }

  /** rpc/literal: an element named like the operation, one element without namespace for each part. WS-I Basic Profile 4.4.1. */
  function rpcWrapper(name: string, namespace: string, parts: readonly XmlElement[]): ElementDeclaration {
    const fields = parts.map(rpcPart);
    return {
      name,
      namespace,
      many: false,
      optional: false,
      nillable: false,
      type: () => ({ fields, attributes: [], open: false }),
      simple: () => undefined,
    };
  }

  function rpcPart(part: XmlElement): ElementDeclaration {
    const { element, type } = part.attributes;
    return {
      name: part.attributes['name'] ?? '',
      namespace: '',
      many: false,
      optional: false,
      nillable: true,
      simple: () =>
        type ? schema.simpleType(qualifiedName(type, part)) : element ? schema.element(qualifiedName(element, part))?.simple() : undefined,
      type: () =>
        type ? schema.type(qualifiedName(type, part)) : element ? schema.element(qualifiedName(element, part))?.type() : undefined,
    };
  }

  function problem(code: string, message: string, hint: string): ConfigError {
    return new ConfigError({ code, place: { system, path: 'wsdl' }, message, hint });
  }

  return { schema, operationNames: [...bound.keys()], operation };
}
