import { didYouMean } from '../../core/errors.ts';
import { nameList, shortName } from '../../core/text/name-list.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import type { XmlOptions } from '../../config/schema/connector.ts';
import { refuseFile } from '../refuse.ts';
import { setField } from '../set-field.ts';
import { xmlTokens } from './tokens.ts';
import type { XmlAttribute } from './tokens.ts';

/** An element of a row while it is read. */
interface Node {
  name: string;
  path: string;
  values: Values | undefined;
  attributes: Set<string> | undefined;
  text: string;
  /** All its text so far was literal white space. */
  blank: boolean;
  nil: boolean;
}

/**
 * Picks the row elements out of an XML document as it streams by, and makes their values: attributes and child
 * elements are fields, repeated elements are lists, an element with text only is that text, one with nothing is null,
 * text next to attributes or elements is under `text`. Names are local names; namespaces are not looked at.
 */
export function xmlRows(options: XmlOptions, file: string): { push(text: string): void; take(): SourceRecord[]; end(): void } {
  const wanted = options.row.replace(/^\//, '').split('/');
  const lists = new Set(options.lists.map((path) => path.replaceAll('/', '.')));
  const listsUnder = new Map<string, string[]>();
  for (const list of lists) {
    const dot = list.lastIndexOf('.');
    const parent = list.slice(0, Math.max(0, dot));
    listsUnder.set(parent, [...(listsUnder.get(parent) ?? []), list.slice(dot + 1)]);
  }
  const path: string[] = [];
  const row: Node[] = [];
  const seen = new Map<string, number>();
  let records: SourceRecord[] = [];
  let number = 0;
  let rowLine = 1;
  let rowStart = 0;
  /** The element around the rows is there; with a row by name alone, which may stand anywhere, nothing but the root is. */
  let listSeen = false;
  let others = 0;

  const tokens = xmlTokens(file, options.max_depth, {
    limit: options.max_row_bytes,
    tooLarge: (line) => tooLarge(row.length ? rowLine : line),
    open(qualified, attributes, line) {
      const name = localName(qualified);
      path.push(name);
      if (row.length === 0) {
        if (!isRow()) return elsewhere(name);
        rowLine = line();
        rowStart = tokens.position();
      }
      const parent = row.at(-1);
      const node: Node = {
        name,
        path: parent ? (parent.path ? `${parent.path}.${name}` : name) : '',
        values: undefined,
        attributes: undefined,
        text: '',
        blank: true,
        nil: false,
      };
      row.push(node);
      for (const attribute of attributes) addAttribute(node, attribute, line);
    },
    text(text, blank) {
      const node = row.at(-1);
      if (!node) {
        if (!blank) others++;
        return;
      }
      node.text += text;
      node.blank &&= blank;
    },
    close() {
      path.pop();
      const node = row.pop();
      if (!node) return;
      if (tokens.position() - rowStart > options.max_row_bytes) tooLarge(rowLine);
      const value = valueOf(node);
      const parent = row.at(-1);
      if (parent) return addChild(parent, node, value);
      records.push({ values: asValues(value), number: ++number, line: rowLine });
    },
  });

  function isRow(): boolean {
    if (wanted.length === 1) return path.at(-1) === wanted[0];
    if (path.length === 1 && path[0] !== wanted[0])
      throw refuseFile(
        'XML_ROW_MISSING',
        file,
        { line: 1 },
        `The root element is <${shortName(path[0]!)}>, but the connector expects <${wanted[0]}>.`,
        'If this is another kind of file, have the right one sent; otherwise correct row in the decoder of the connector.',
      );
    return path.length === wanted.length && path.every((name, i) => name === wanted[i]);
  }

  function elsewhere(name: string): void {
    if (wanted.length > 1) listSeen ||= path.length === wanted.length - 1 && path.every((part, i) => part === wanted[i]);
    else if (path.length > 1) others++;
    if (seen.size < 100 || seen.has(name)) seen.set(name, (seen.get(name) ?? 0) + 1);
  }

  function addAttribute(node: Node, { name, value }: XmlAttribute, line: () => number): void {
    if (name === 'xmlns' || name.startsWith('xmlns:')) return;
    const local = localName(name);
    if (name !== local && local === 'nil' && (value === 'true' || value === '1')) {
      node.nil = true;
      return;
    }
    const field = options.attributes_prefix + local;
    node.values ??= {};
    if (Object.hasOwn(node.values, field)) clash(field, line());
    setField(node.values, field, value);
    (node.attributes ??= new Set()).add(field);
  }

  function addChild(parent: Node, child: Node, value: Value): void {
    parent.values ??= {};
    const before = Object.hasOwn(parent.values, child.name) ? parent.values[child.name] : undefined;
    // An element of the name of an attribute would be taken for a repetition of it.
    if (parent.attributes?.has(child.name)) clash(child.name, rowLine);
    const list = lists.has(child.path);
    if (before === undefined) setField(parent.values, child.name, list ? [value] : value);
    // Values of elements are text, null or groups, so a list here is one that we made.
    else if (Array.isArray(before)) before.push(value);
    else setField(parent.values, child.name, [before, value]);
  }

  function valueOf(node: Node): Value {
    if (node.nil && node.values === undefined) return null;
    // White space with a line break in it is indentation, not a value.
    const empty = node.text === '' || (node.blank && (node.values !== undefined || node.text.includes('\n')));
    const names = listsUnder.get(node.path);
    // An empty row has its lists too; an element below it that is empty stays null.
    if (names && (node.values !== undefined || (empty && row.length === 0))) {
      node.values ??= {};
      for (const name of names) if (!Object.hasOwn(node.values, name)) setField(node.values, name, []);
    }
    if (node.values === undefined) return empty ? null : node.text;
    if (!empty) {
      if (Object.hasOwn(node.values, 'text')) clash('text', rowLine);
      node.values['text'] = node.text;
    }
    return node.values;
  }

  function clash(name: string, line: number): never {
    throw refuseFile(
      'XML_NAME_CLASH',
      file,
      { line },
      `In the row that starts here, ${JSON.stringify(name)} is the name of an attribute and of something else in the same element.`,
      'Set attributes_prefix in the decoder of the connector, for example to @.',
    );
  }

  function tooLarge(line: number): never {
    throw refuseFile(
      'XML_ROW_TOO_LARGE',
      file,
      { line },
      `The row or piece of markup that starts here is larger than ${options.max_row_bytes} bytes.`,
      'If the file is right, row in the decoder of the connector names too large an element, or max_row_bytes is too small. If not, have it sent again.',
    );
  }

  return {
    push(text) {
      tokens.push(text);
      if (row.length && tokens.position() - rowStart > options.max_row_bytes) tooLarge(rowLine);
    },
    take() {
      const taken = records;
      records = [];
      return taken;
    },
    end() {
      tokens.end();
      if (number > 0) return;
      // No row: an empty export, or a row element of another name. Elements that repeat, or are called nearly so, tell.
      const repeated = [...seen].filter(([, times]) => times > 1).map(([name]) => name);
      // The elements around the rows may be called nearly so themselves: Permits.
      const around = wanted.length > 1 ? wanted.slice(0, -1) : others === 0 ? [...seen.keys()] : [];
      const meant = didYouMean(
        wanted.at(-1)!,
        [...seen.keys()].filter((name) => !around.includes(name)),
      );
      if (repeated.length || meant)
        throw refuseFile(
          'XML_ROW_MISSING',
          file,
          {},
          `The file has no element <${wanted.at(-1)}> for the records. It has: ${nameList(seen.keys())}.${meant ? ` Did you mean ${meant}?` : ''}`,
          'Correct row in the decoder of the connector, or have the right file sent.',
        );
      if (options.empty?.includes('no_list') || (wanted.length > 1 ? listSeen : others === 0)) return;
      const inside = wanted.length > 1;
      throw refuseFile(
        'XML_ROW_MISSING',
        file,
        {},
        inside
          ? `The file has neither <${wanted.at(-1)}> for the records nor <${wanted.at(-2)}> around it. It has: ${nameList(seen.keys())}.`
          : `The file has no element <${wanted[0]}> for the records but is not empty. It has: ${nameList(seen.keys())}.`,
        `It may be an error message. If this is how the system reports that there are no records,  ${inside ? '' : `write row with its path from the root (Root/${wanted[0]}), or `}set empty: [no_list] in the decoder of the connector.`,
      );
    },
  };
}

function asValues(value: Value): Values {
  if (value === null) return {};
  if (typeof value === 'string') return { text: value };
  return value as Values;
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
