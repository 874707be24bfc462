import { counted } from '../../core/text/counted.ts';
import { decoderSchema } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import { decodeWith } from '../../formats/formats.ts';
import { parseXml, type XmlElement } from '../../transports/xml.ts';
import { type PlainMap, type ProposedStream, streamName } from './proposal.ts';
import { patternOf } from './csv.ts';
import { proposeFields, proposeKeys } from './fields.ts';

interface RowElement {
  path: string;
  count: number;
  lists: Map<string, number>;
}

/** A stream for an XML document: the element that repeats, and what repeats within it. Throws XmlProblem for what is not XML. */
export async function discoverXml(file: string, bytes: Uint8Array, text: string): Promise<ProposedStream> {
  const row = rowElement(parseXml(text));
  const lists = [...row.lists.keys()];
  const xml = { row: row.path, ...(lists.length ? { lists } : {}) };
  return proposal(file, bytes, { xml }, [
    `<${row.path}> comes ${row.count} times`,
    ...[...row.lists].map(([path, most]) => `${path} comes up to ${most} times within it: a list`),
  ]);
}

/** The element that comes most often among those with parts of their own, nearest the root. */
function rowElement(root: XmlElement): RowElement {
  const found = new Map<string, { elements: XmlElement[]; depth: number }>();
  const visit = (element: XmlElement, path: string, depth: number): void => {
    if (element.children.length > 0 || Object.keys(element.attributes).length > 0) {
      const here = found.get(path);
      if (here) here.elements.push(element);
      else found.set(path, { elements: [element], depth });
    }
    for (const child of element.children) visit(child, `${path}/${child.name}`, depth + 1);
  };
  visit(root, root.name, 0);
  const candidates = [...found]
    .filter(([, { depth }]) => depth > 0)
    .sort(
      (a, b) =>
        Number(b[1].elements.length > 1) - Number(a[1].elements.length > 1) ||
        a[1].depth - b[1].depth ||
        b[1].elements.length - a[1].elements.length,
    );
  const [path, { elements }] = candidates[0] ?? [root.name, { elements: [root] }];
  return { path, count: elements.length, lists: listsIn(elements) };
}

/** Dotted paths below a row that come more than once under one parent in some row, with the most there were. */
function listsIn(rows: readonly XmlElement[]): Map<string, number> {
  const lists = new Map<string, number>();
  const visit = (element: XmlElement, path: string): void => {
    for (const [name, same] of Map.groupBy(element.children, (child) => child.name)) {
      const here = path ? `${path}.${name}` : name;
      if (same.length > 1) lists.set(here, Math.max(lists.get(here) ?? 0, same.length));
      for (const child of same) visit(child, here);
    }
  };
  for (const row of rows) visit(row, '');
  return new Map([...lists].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A stream for a JSON document, or for one document a line. Throws SyntaxError for what is not JSON. */
export async function discoverJson(file: string, bytes: Uint8Array, text: string): Promise<ProposedStream> {
  const lines = text.trim().split('\n');
  const perLine = lines.length > 1 && lines.every((line) => isObject(line));
  const document = perLine ? undefined : (JSON.parse(text) as unknown);
  const found = perLine ? { path: '', said: `${lines.length} lines, each a JSON document` } : rowsPath(document);
  if (!found)
    throw new FatalError({
      code: 'SAMPLE_UNREADABLE',
      place: { file },
      message: `There is no list of records in it${topOf(document)}.`,
      hint: 'Give a sample with at least a few records; an answer without any may be an error message, or may want parameters.',
    });
  const { path, said } = found;
  const json: PlainMap = { ...(perLine ? { lines: true } : {}), ...(path ? { rows: path } : {}) };
  return proposal(file, bytes, { json }, [said]);
}

/** The stream that this decoder makes of the sample, with what its records look like. */
async function proposal(file: string, bytes: Uint8Array, decoder: PlainMap, evidence: string[]): Promise<ProposedStream> {
  const sample: Values[] = [];
  for await (const list of decodeWith(decoderSchema.parse(decoder), one(bytes), { file }))
    for (const record of list) if (!record.problem) sample.push(record.values);
  const fields = proposeFields(sample);
  return {
    name: streamName(file),
    description: `Read from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder,
    fields,
    keys: proposeKeys(sample, fields),
    evidence,
  };
}

/** The longest list of objects in a document. */
function rowsPath(document: unknown): { path: string; said: string } | undefined {
  const lists: { path: string; n: number }[] = [];
  const visit = (value: unknown, path: string, depth: number): void => {
    if (Array.isArray(value)) {
      if (value.length && value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item)))
        lists.push({ path, n: value.length });
      return;
    }
    if (typeof value === 'object' && value !== null && depth < 5)
      for (const [name, inner] of Object.entries(value)) visit(inner, path ? `${path}.${name}` : name, depth + 1);
  };
  visit(document, '', 0);
  const best = lists.reduce<{ path: string; n: number } | undefined>((a, b) => (a && a.n >= b.n ? a : b), undefined);
  return best && { path: best.path, said: `${best.path || 'the document'} is a list of ${counted(best.n, 'object')}` };
}

/** What a document has at its top, in words that end a sentence. */
function topOf(document: unknown): string {
  if (Array.isArray(document)) return document.length ? ': its items are not objects' : ': it is an empty list';
  return `: it has ${
    Object.keys(document as object)
      .slice(0, 12)
      .join(', ') || 'nothing'
  }`;
}

function isObject(line: string): boolean {
  try {
    const value = JSON.parse(line) as Value;
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
