import type { XmlOptions } from '../../config/schema/connector.ts';
import type { Value, Values } from '../../core/record.ts';
import { refuseRecord } from '../refuse.ts';
import { encoderOf } from '../text/encoding.ts';

const NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_.\-\u00b7]*$/u;

/**
 * Records to an XML document: the row element as the options name it (the root is `Records` when they name no path).
 * Fields are child elements; with attributes_prefix, fields whose name begins so are attributes; with scalars: attributes, all
 * that are text. null and '' are empty elements. Throws RecordError for what would not read back as it is: a list of one that `lists` does not name.
 */
export async function* encodeXml(
  records: AsyncIterable<Values[]> | Iterable<Values[]>,
  options: XmlOptions,
  context: { file: string },
): AsyncGenerator<Uint8Array, void, void> {
  const encoding = options.encoding === 'declared' ? 'utf-8' : options.encoding;
  const encode = await encoderOf(encoding, context.file);
  const named = options.row.replace(/^\//, '').split('/');
  const row = named.at(-1)!;
  const around = named.length > 1 ? named.slice(0, -1) : ['Records'];
  const write = elementWriter(options, context.file, /^utf/.test(encoding));
  let number = 0;
  yield encode(
    `<?xml version="1.0" encoding="${encoding.replace('-16le', '-16').replace('-16be', '-16')}"?>\n${around.map((name) => `<${name}>`).join('')}\n`,
  );
  for await (const list of records) {
    let text = '';
    for (const values of list) text += `${write(row, values, '', ++number)}\n`;
    if (text) yield encode(text);
  }
  yield encode(
    `${around
      .toReversed()
      .map((name) => `</${name}>`)
      .join('')}\n`,
  );
}

function elementWriter(
  options: XmlOptions,
  file: string,
  unicode: boolean,
): (name: string, value: Value, path: string, record: number) => string {
  const lists = new Set(options.lists.map((path) => path.replaceAll('/', '.')));
  const prefix = options.attributes_prefix;
  const asAttributes = options.scalars === 'attributes';

  function element(name: string, value: Value, path: string, record: number): string {
    if (!NAME.test(name))
      throw refuseRecord(
        'VALUE_NOT_WRITABLE',
        file,
        { record, path },
        `${JSON.stringify(name)} cannot be the name of an XML element.`,
        'Give the field another name in the mapping.',
      );
    if (value === null || value === '') return `<${name}/>`;
    if (typeof value === 'string') return `<${name}>${escaped(value, record, path)}</${name}>`;
    if (Array.isArray(value))
      throw refuseRecord('VALUE_NOT_WRITABLE', file, { record, path }, 'A list directly within a list cannot be written as XML.');
    let attributes = '';
    let children = '';
    for (const [field, inner] of Object.entries(value)) {
      const below = path ? `${path}.${field}` : field;
      if (asAttributes && (inner === null || typeof inner === 'string')) {
        if (!NAME.test(field))
          throw refuseRecord(
            'VALUE_NOT_WRITABLE',
            file,
            { record, path: below },
            `${JSON.stringify(field)} cannot be the name of an XML attribute.`,
            'Give the field another name in the mapping.',
          );
        // An absent value is an absent attribute; an empty one is empty.
        if (inner !== null) attributes += ` ${field}="${escaped(inner, record, below)}"`;
      } else if (prefix && field.startsWith(prefix) && field.length > prefix.length) {
        const attribute = field.slice(prefix.length);
        if (typeof inner !== 'string' || !NAME.test(attribute))
          throw refuseRecord('VALUE_NOT_WRITABLE', file, { record, path: below }, 'An attribute must have a name and be text.');
        attributes += ` ${attribute}="${escaped(inner, record, below)}"`;
      } else if (Array.isArray(inner)) children += listOf(field, inner, below, record);
      else children += element(field, inner, below, record);
    }
    return children ? `<${name}${attributes}>${children}</${name}>` : `<${name}${attributes}/>`;
  }

  function listOf(name: string, items: Value[], path: string, record: number): string {
    if (items.length < 2 && !lists.has(path))
      throw refuseRecord(
        'VALUE_NOT_WRITABLE',
        file,
        { record, path },
        `A list of ${items.length} would not be read as a list again.`,
        `Add ${path} to lists in the options of the file.`,
      );
    return items.map((item) => element(name, item, path, record)).join('');
  }

  function escaped(text: string, record: number, path: string): string {
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text) || !text.isWellFormed())
      throw refuseRecord(
        'CHARACTER_NOT_WRITABLE',
        file,
        { record, path },
        'The value has a control character in it that is not allowed in XML.',
        'Remove it in the mapping.',
      );
    // White space is written as references where reading would change it.
    const marked = text.replace(/[&<>"\t\n\r]/g, (c) => MARKED[c]!);
    return unicode ? marked : marked.replace(/[^\x00-\x7f]/gu, (c) => `&#${c.codePointAt(0)};`);
  }

  return element;
}

const MARKED: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
