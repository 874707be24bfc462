import { createRequire } from 'node:module';
import type { Document, Node, Pair } from 'yaml';
import type { Problem } from '../../core/errors.ts';
import { readPlainYaml } from './plain.ts';
import { syntaxInPlainWords } from './syntax.ts';

export type Path = readonly (string | number)[];
export interface Position {
  file: string;
  line: number;
  column: number;
}

/** One YAML file, read, with the place of everything in it. */
export interface YamlDocument {
  file: string;
  /** undefined when the file could not be read as YAML. */
  value: unknown;
  problems: Problem[];
  /** Plain numbers that lost something when they were read: 00123 is 123. */
  lossy: { path: Path; source: string; key: boolean }[];
  has(path: Path): boolean;
  /** Of a single value its own place, of a list or group the place of its key; of what is absent, its nearest ancestor's. */
  at(path: Path): Position;
  /** The place of the key itself, for what is wrong with the key. */
  keyAt(path: Path): Position;
  /** A single value as it is written in the file. */
  source(path: Path): string | undefined;
}

/** Loaded only for a file that is wrong or unusual: loading it takes longer than reading a town. */
let library: typeof import('yaml') | undefined;
function yaml(): typeof import('yaml') {
  return (library ??= createRequire(import.meta.url)('yaml') as typeof import('yaml'));
}

/** Deeper than anything that the schemas describe; protects the stack. */
const MAX_DEPTH = 60;

/** Larger than any configuration, and as much as the library reads within seconds. */
const MAX_CHARACTERS = 1_000_000;

/** More mistakes in the writing of one file help nobody; the first of them cause the others. */
const MAX_PROBLEMS = 20;

/** Reads YAML 1.2 text. Never throws: what is wrong is in `problems`. */
export function readYaml(file: string, text: string): YamlDocument {
  const plain = readPlainYaml(text);
  if (!plain) return readWithPlaces(file, text);
  // Places are asked for only when something is wrong with what the file says.
  let placed: YamlDocument | undefined;
  const places = (): YamlDocument => (placed ??= readWithPlaces(file, text));
  return {
    file,
    value: plain.value,
    problems: [],
    lossy: [],
    has: (path) => places().has(path),
    at: (path) => places().at(path),
    keyAt: (path) => places().keyAt(path),
    source: (path) => places().source(path),
  };
}

/** Reads any YAML, with the place of everything. */
export function readWithPlaces(file: string, text: string): YamlDocument {
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [];
  const lossy: YamlDocument['lossy'] = [];
  const result = (contents: Node | null, value: unknown): YamlDocument => ({
    file,
    value,
    problems,
    lossy,
    ...locator(contents, position),
  });

  if (text.length > MAX_CHARACTERS) {
    problems.push({
      code: 'YAML_SYNTAX',
      place: { file, line: 1, column: 1 },
      message: `this file is larger than ${MAX_CHARACTERS / 1000} kB, which no configuration is.`,
      hint: 'Put the last version of this file that worked back in its place.',
    });
    return result(null, undefined);
  }
  if (nestedTooDeep(text)) {
    problems.push({
      code: 'YAML_SYNTAX',
      place: { file, line: 1, column: 1 },
      message: 'the brackets in this file are nested too deep to be configuration.',
      hint: 'Look for a bracket [ or { that is not closed, or restore the file from before the last change.',
    });
    return result(null, undefined);
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    keepSourceTokens: false,
    stringKeys: false,
  });
  for (const error of oneEachLine([...document.errors, ...document.warnings], (offset) => position(offset).line).slice(0, MAX_PROBLEMS))
    problems.push({ ...syntaxInPlainWords(error, text), place: position(openingQuote(document, error.pos[0]) ?? error.pos[0]) });
  if (problems.length === 0 && document.contents) inspect(document, problems, lossy, position);
  if (problems.length > 0) return result(document.contents, undefined);
  try {
    return result(document.contents, document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    // The library's guard against a few anchors that unfold to millions of values.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    problems.push({
      code: 'YAML_SYNTAX',
      place: { file, line: 1, column: 1 },
      message: 'the anchors (&name, *name) in this file expand to too much.',
      hint: 'Write the values themselves in place of the references.',
    });
    return result(document.contents, undefined);
  }
}

/** One mistake makes several errors in its line: the first says it, or the tab that is behind the others. */
function oneEachLine<E extends { code: string; pos: [number, number] }>(errors: E[], lineOf: (offset: number) => number): E[] {
  const byLine = Map.groupBy(errors, (error) => lineOf(error.pos[0]));
  return [...byLine.values()].map(
    (same) =>
      same.find((error) => error.code === 'TAB_AS_INDENT') ?? same.reduce((first, error) => (error.pos[0] < first.pos[0] ? error : first)),
  );
}

/** A quote that is not closed is found at the end of the file; it is fixed where it was opened. */
function openingQuote(document: Document, offset: number): number | undefined {
  let opened: number | undefined;
  yaml().visit(document, {
    Scalar(_, node) {
      const [start, end] = node.range ?? [0, 0];
      if (node.type?.startsWith('QUOTE') && start < offset && offset === end) opened = start;
    },
  });
  return opened;
}

/** The parser recurses once for each open bracket; a long run of them would exhaust the stack. */
function nestedTooDeep(text: string): boolean {
  return /(?:[[{]\s*(?:-\s+)*){200}/.test(text) || /(?:- ){200}/.test(text) || /\n {2000}/.test(text);
}

/** What the parser accepts and we do not: keys that are not names, anchors that name themselves, numbers that lose digits. */
function inspect(document: Document, problems: Problem[], lossy: YamlDocument['lossy'], position: (offset: number) => Position): void {
  const { isAlias, isMap, isScalar, isSeq } = yaml();
  const syntax = (node: Node, message: string, hint?: string): void => {
    problems.push({ code: 'YAML_SYNTAX', place: position(node.range?.[0] ?? 0), message, hint });
  };
  const visit = (node: Node | null, path: (string | number)[], open: Node[]): void => {
    if (!node) return;
    if (path.length > MAX_DEPTH) return syntax(node, 'this is nested too deep to be configuration.');
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (!target)
        syntax(
          node,
          'an asterisk begins a reference to an anchor, but there is no such anchor before it.',
          'Write a text that begins with * in quotes.',
        );
      else if (open.includes(target)) syntax(node, 'this reference (*name) is inside of what it refers to.');
    } else if (isScalar(node)) {
      if (loses(node)) lossy.push({ path: [...path], source: node.source ?? '', key: false });
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => visit(item as Node | null, [...path, index], [...open, node]));
    } else if (isMap(node)) {
      for (const pair of node.items as Pair<Node | null, Node | null>[]) {
        const name = nameOf(pair);
        if (name === undefined || name === '' || name === '__proto__') {
          syntax(
            pair.key?.range ? pair.key : node,
            name === '__proto__' ? '__proto__ cannot be a key.' : 'a key must be a single text before a colon.',
          );
          continue;
        }
        if (isScalar(pair.key) && loses(pair.key)) lossy.push({ path: [...path, name], source: pair.key.source ?? '', key: true });
        visit(pair.value, [...path, name], [...open, node]);
      }
    }
  };
  visit(document.contents, [], []);
}

/** The name of a key, when it is a single value. */
function nameOf(pair: Pair<unknown, unknown>): string | undefined {
  if (typeof pair.key === 'string') return pair.key;
  return yaml().isScalar(pair.key) ? String(pair.key.value ?? '') : undefined;
}

/** True for a plain number that reads back as another text: a leading zero, more digits than a number holds, 1.10, 0x1F, 1e3. */
function loses(node: { type?: string | undefined; value: unknown; source?: string | undefined }): boolean {
  return node.type === 'PLAIN' && typeof node.value === 'number' && node.source !== undefined && String(node.value) !== node.source;
}

/** Finds nodes by path. Walks the document only when somebody asks, which is when something is wrong. */
function locator(contents: Node | null, position: (offset: number) => Position): Pick<YamlDocument, 'has' | 'at' | 'keyAt' | 'source'> {
  const { isMap, isScalar, isSeq } = yaml();
  interface Found {
    depth: number;
    key: Node | undefined;
    value: Node | undefined;
  }
  const find = (path: Path): Found => {
    let found: Found = { depth: 0, key: undefined, value: contents ?? undefined };
    for (const part of path) {
      const value: unknown = found.value;
      let next: Omit<Found, 'depth'> | undefined;
      if (isMap(value)) {
        const pair = value.items.find((p) => nameOf(p) === String(part));
        if (pair) next = { key: (pair.key as Node | null) ?? undefined, value: (pair.value as Node | null) ?? undefined };
      } else if (isSeq(value) && typeof part === 'number') {
        const item = value.items[part] as Node | undefined;
        if (item) next = { key: item, value: item };
      }
      if (!next) break;
      found = { depth: found.depth + 1, ...next };
    }
    return found;
  };
  const place = (node: Node | undefined): Position => position(node?.range?.[0] ?? 0);
  return {
    has: (path) => find(path).depth === path.length,
    at(path) {
      const { depth, key, value } = find(path);
      const single = isScalar(value) && value.range && value.range[1] > value.range[0];
      return depth === path.length && single ? place(value) : depth === 0 ? position(0) : place(key ?? value);
    },
    keyAt(path) {
      const { depth, key, value } = find(path);
      return depth === 0 ? position(0) : place(key ?? value);
    },
    source(path) {
      const { depth, value } = find(path);
      return depth === path.length && isScalar(value) ? value.source : undefined;
    },
  };
}
