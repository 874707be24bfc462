import { Anchors, isNotPlain, keyAt, MAX_DEPTH, notPlain, openBrackets, readFlow } from './flow.ts';

/**
 * Reads the plain part of YAML in which nearly every file is written: block maps and lists, flow collections, quoted texts
 * on one line, texts after | and >, anchors and references to them. Gives undefined for everything else, wrong or only unusual: the YAML library then reads
 * the file and says what is wrong. Whatever is read here, the library reads the same (a test compares the two). It is here
 * because every command begins with loading, and 40 manifests of 80 lines take the library 150 ms in a fresh process.
 */
export function readPlainYaml(text: string): { value: unknown } | undefined {
  // Tabs, and the spaces and control characters beyond ASCII, which JavaScript and YAML take for different things.
  if (/[^\S\r\n ]|[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]/.test(text) || /^(?:---|\.\.\.|%)/m.test(text)) return undefined;
  const lines = text.split(text.includes('\r') ? '\r\n' : '\n');
  // With both kinds of line break one would stay inside a value.
  if (text.includes('\r') && lines.some((line) => /[\r\n]/.test(line))) return undefined;
  try {
    return { value: readBlocks(lines) };
  } catch (error) {
    if (isNotPlain(error)) return undefined;
    throw error;
  }
}

/** Goes over the lines; a line is looked at from `column` on, so `- key: value` is a list whose item begins in the middle of it. */
function readBlocks(lines: readonly string[]): unknown {
  let at = 0;
  let column = 0;
  const anchors = new Anchors();
  skip();
  const value = block(0, 0);
  anchors.checkUnfolded();
  return atEnd() && value !== null ? value : notPlain();

  /** A map or list whose entries begin in this column or further right; null when there is none. */
  function block(atLeast: number, depth: number): unknown {
    if (depth > MAX_DEPTH) notPlain();
    if (atEnd() || column < atLeast) return null;
    if (atLeast > 0 && /[[{]/.test(lines[at]![column]!)) return single(lines[at]!.slice(column), atLeast - 1);
    return isItem() ? list(column, depth) : map(column, depth);
  }

  function list(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    while (!atEnd() && column === indent && isItem()) {
      const line = lines[at]!;
      let next = indent + 1;
      while (line[next] === ' ') next++;
      if (next >= line.length || line[next] === '#') {
        nextLine();
        items.push(block(indent + 1, depth + 1));
      } else if (line[next] === '-' && (line[next + 1] === ' ' || next + 1 === line.length)) notPlain();
      else if (keyAt(line, next)) {
        column = next;
        items.push(map(next, depth + 1));
      } else items.push(single(line.slice(next), indent));
    }
    if (!atEnd() && column > indent) notPlain();
    return items;
  }

  function map(indent: number, depth: number): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    while (!atEnd() && column === indent && !isItem()) {
      const line = lines[at]!;
      const { key, end } = keyAt(line, indent) ?? notPlain();
      if (Object.hasOwn(entries, key)) notPlain();
      const rest = line.slice(end);
      const mark = /^([&*])([\w-]+)(?: +|$)/.exec(rest);
      if (mark?.[1] === '*') entries[key] = reference(mark[2]!, rest.slice(mark[0].length), indent);
      else if (mark) entries[key] = anchors.define(mark[2]!, () => entry(rest.slice(mark[0].length), indent, depth));
      else entries[key] = entry(rest, indent, depth);
    }
    if (!atEnd() && column > indent) notPlain();
    return entries;
  }

  /** What belongs to a key: what follows it in its line, or what is further in. */
  function entry(rest: string, indent: number, depth: number): unknown {
    if (/^[|>]-? *$/.test(rest)) return lineText(indent, rest[0] === '>', rest[1] === '-');
    if (rest !== '' && !rest.startsWith('#')) return single(rest, indent);
    nextLine();
    const mark = !atEnd() && column > indent ? /^&([\w-]+) +(?=[[{])/.exec(lines[at]!.slice(column)) : null;
    if (mark) return anchors.define(mark[1]!, () => entry(lines[at]!.slice(column + mark[0].length), indent, depth + 1));
    // A list may be in the column of the key that it belongs to.
    return !atEnd() && column === indent && isItem() ? list(indent, depth + 1) : block(indent + 1, depth + 1);
  }

  /** `key: *name` of an anchor that is complete. */
  function reference(name: string, rest: string, indent: number): unknown {
    if (rest !== '') notPlain();
    nextLine();
    if (!atEnd() && column > indent) notPlain();
    return anchors.refer(name);
  }

  /** A value that ends with its line, or with the line that closes its brackets. */
  function single(first: string, indent: number): unknown {
    let text = first;
    if (first[0] === '[' || first[0] === '{')
      while (openBrackets(text) > 0) {
        const line = lines[++at] ?? notPlain();
        if (line.trim() === '' || line.search(/\S/) <= indent) notPlain();
        text = `${text.trimEnd()} ${line.trim()}`;
      }
    const value = readFlow(text, anchors);
    nextLine();
    // A text that goes on in the next line.
    if (!atEnd() && column > indent) notPlain();
    return value;
  }

  /** The text after | or >; what is folded has no line that is empty or further in. */
  function lineText(parent: number, folded: boolean, strip: boolean): string {
    const first = lines[++at] ?? notPlain();
    const indent = first.search(/\S/);
    if (indent <= parent) notPlain();
    const taken: string[] = [];
    for (; at < lines.length; at++) {
      const line = lines[at]!;
      if (line.trim() === '') {
        if (line.length > 0) notPlain();
        taken.push('');
      } else if (line.search(/\S/) >= indent) taken.push(line.slice(indent));
      else break;
    }
    while (taken.at(-1) === '') taken.pop();
    if (folded && taken.some((line) => line === '' || line.startsWith(' '))) notPlain();
    skip();
    if (!atEnd() && column > parent) notPlain();
    // Without a line break at the end of the file there is none to keep.
    if (!strip && at === lines.length && lines.at(-1) !== '') notPlain();
    return taken.join(folded ? ' ' : '\n') + (strip ? '' : '\n');
  }

  function isItem(): boolean {
    const line = lines[at]!;
    return line[column] === '-' && (line[column + 1] === ' ' || line.length === column + 1);
  }

  function atEnd(): boolean {
    return at >= lines.length;
  }

  function nextLine(): void {
    at++;
    skip();
  }

  /** To the next line that says something. */
  function skip(): void {
    for (; at < lines.length; at++) {
      const first = lines[at]!.search(/[^ ]/);
      if (first < 0 || lines[at]![first] === '#') continue;
      column = first;
      return;
    }
  }
}
