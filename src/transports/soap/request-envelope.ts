import { ConfigError, didYouMean, RecordError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import type { Value, Values } from '../../core/record.ts';
import type { ElementDeclaration } from './schema.ts';
import type { Operation, SoapVersion } from './service.ts';
import { WSU } from './ws-security.ts';
import type { SecurityHeader } from './ws-security.ts';
import { escapeXml, forbiddenCharacter } from '../xml.ts';

export const ENVELOPES: Record<SoapVersion, string> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/**
 * A request as its WSDL wants it: order, names and namespaces come from there. Throws ConfigError with every parameter that is
 * unknown, misspelled or missing, RecordError for a value that XML cannot carry. What the WSDL does not say of the header is
 * written as it is given.
 */
export function requestEnvelope(
  operation: Operation,
  { body, header = {} }: { body?: Value | undefined; header?: Values | undefined },
  { version, security }: { version: SoapVersion; security: SecurityHeader | undefined },
  system: string,
): string {
  const namespaces = new Map<string, string>();
  const problems: Problem[] = [];
  let part: 'body' | 'header' = 'body';
  const content = writeElement(operation.input, body ?? {}, '');
  part = 'header';
  const own = Object.entries(header).map(writeHeader).join('');
  if (problems.length) throw new ConfigError(problems);
  const declared = [...namespaces].map(([namespace, prefix]) => ` xmlns:${prefix}="${escapeXml(namespace)}"`).join('');
  const headers = `${security?.xml ?? ''}${own}`;
  const id = security?.ids.body === undefined ? '' : ` xmlns:wsu="${WSU}" wsu:Id="${security.ids.body}"`;
  return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${ENVELOPES[version]}" xmlns:xsi="${XSI}"${declared}>${headers && `<soap:Header>${headers}</soap:Header>`}<soap:Body${id}>${content}</soap:Body></soap:Envelope>`;

  function writeHeader([name, value]: [string, Value]): string {
    const plain = isGroup(value) && value['xmlns'] !== undefined;
    const declared = operation.headers.input.find((element) => element.name === name);
    if (declared && !plain) return writeElement(declared, value, name);
    if (!plain && operation.headers.input.length > 0) complainOfHeader(name);
    return writePlain(name, value, name);
  }

  /** As it is named, without namespace or in that of the key xmlns, which goes for what is in it too. */
  function writePlain(name: string, value: Value, path: string): string {
    if (!NAME.test(name))
      problems.push(
        wrong(path, `${path} cannot be the name of an element.`, 'Correct the name in header of the request in the connector.'),
      );
    if (Array.isArray(value)) return value.map((one) => writePlain(name, one, path)).join('');
    if (!isGroup(value)) return value === null ? `<${name}/>` : `<${name}>${writeText(value, path)}</${name}>`;
    const { xmlns, ...fields } = value;
    const namespace = typeof xmlns === 'string' ? ` xmlns="${writeAttribute(xmlns, joined(path, 'xmlns'))}"` : '';
    const within = Object.entries(fields).map(([field, one]) => writePlain(field, one, joined(path, field)));
    return `<${name}${namespace}>${within.join('')}</${name}>`;
  }

  function tagOf(declaration: ElementDeclaration): string {
    if (!declaration.namespace) return declaration.name;
    let prefix = namespaces.get(declaration.namespace);
    if (!prefix) namespaces.set(declaration.namespace, (prefix = `n${namespaces.size}`));
    return `${prefix}:${declaration.name}`;
  }

  function writeElement(declaration: ElementDeclaration, value: Value, path: string): string {
    const tag = tagOf(declaration);
    const type = declaration.type();
    if (value === null) return declaration.nillable ? `<${tag} xsi:nil="true"/>` : `<${tag}/>`;
    if (typeof value === 'string') {
      if (type?.fields.length) complain(path, 'is text, but the service expects a group of', type.fields);
      return `<${tag}>${writeText(value, path)}</${tag}>`;
    }
    if (Array.isArray(value)) {
      problems.push(wrong(path, `${path} is a list, but the service expects one value.`, 'Give a single value for it in the connector.'));
      return '';
    }
    if (!type) {
      problems.push(wrong(path, `${path} is a group, but the service takes a single value.`, 'Give a text for it in the connector.'));
      return '';
    }
    return writeGroup(tag, type, value, path);
  }

  function writeGroup(tag: string, type: NonNullable<ReturnType<ElementDeclaration['type']>>, value: Values, path: string): string {
    const known = new Set([...type.fields.map((field) => field.name), ...type.attributes, ...(type.fields.length ? [] : ['text'])]);
    for (const name of Object.keys(value)) {
      if (known.has(name) || type.open) continue;
      const meant = didYouMean(name, known);
      const names = nameList(
        type.fields.map((field) => field.name),
        40,
      );
      problems.push(
        wrong(
          joined(path, name),
          `The ${part === 'header' ? 'header of' : 'operation'} ${operation.name} has no parameter ${joined(path, name)}.`,
          meant ? `Did you mean ${meant}? Names are case-sensitive.` : names ? `It accepts ${names}.` : 'It accepts none.',
          'PARAMETER_UNKNOWN',
        ),
      );
    }
    const attributes = type.attributes
      .map((name) => (typeof value[name] === 'string' ? ` ${name}="${writeAttribute(value[name], joined(path, name))}"` : ''))
      .join('');
    const content = type.fields.map((field) => writeField(field, value[field.name], joined(path, field.name))).join('');
    const text = !type.fields.length && typeof value['text'] === 'string' ? writeText(value['text'], joined(path, 'text')) : '';
    return `<${tag}${attributes}>${content}${text}</${tag}>`;
  }

  function writeField(field: ElementDeclaration, value: Value | undefined, path: string): string {
    if (value === undefined || (value === null && field.optional)) {
      if (value === undefined && !field.optional && !field.nillable)
        problems.push(
          wrong(
            path,
            `The ${part === 'header' ? 'header of' : 'operation'} ${operation.name} needs the parameter ${path}, which is not given.`,
            `Add it to the ${part} in the connector.`,
            'PARAMETER_MISSING',
          ),
        );
      return value === undefined && field.nillable && !field.optional ? writeElement(field, null, path) : '';
    }
    if (field.many)
      return [value]
        .flat()
        .map((one) => writeElement(field, one, path))
        .join('');
    return writeElement(field, value, path);
  }

  function writeText(text: string, path: string): string {
    const forbidden = forbiddenCharacter(text);
    if (forbidden)
      throw new RecordError({
        code: 'XML_CHARACTER',
        place: { system, path },
        message: `${path || 'The value'} contains a character that XML does not allow (${forbidden}, usually not visible), so the record is not sent.`,
        hint: 'Type the value again in the system that it comes from, or take the character out in the mapping of this pipeline. The next run then sends the record.',
      });
    return escapeXml(text);
  }

  /** Line breaks and tabs that are in an attribute as they are would be read as blanks. */
  function writeAttribute(text: string, path: string): string {
    return writeText(text, path).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
  }

  /** It might be misspelled; one that the WSDL keeps to itself says its namespace. */
  function complainOfHeader(name: string): void {
    const names = operation.headers.input.map((element) => element.name);
    const meant = didYouMean(name, names);
    problems.push(
      wrong(
        name,
        `The WSDL declares no header ${name} for ${operation.name}.`,
        meant
          ? `Did you mean ${meant}? Names are case-sensitive.`
          : `It declares ${nameList(names, 40)}. To send one that it does not declare, write its namespace: { xmlns: … }.`,
        'PARAMETER_UNKNOWN',
      ),
    );
  }

  function complain(path: string, what: string, fields: readonly ElementDeclaration[]): void {
    problems.push(
      wrong(
        path,
        `${path || 'The body'} ${what} ${nameList(
          fields.map((field) => field.name),
          40,
        )}.`,
        'Write the parameters as a group in the connector.',
      ),
    );
  }

  function wrong(path: string, message: string, hint: string, code = 'PARAMETER_WRONG'): Problem {
    return { code, place: { system, path: joined(part, path) }, message, hint };
  }
}

/** Of an element, without a prefix. */
const NAME = /^[\p{L}_][\p{L}\p{N}._-]*$/u;

function isGroup(value: Value | undefined): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joined(path: string, name: string): string {
  return path && name ? `${path}.${name}` : path || name;
}
