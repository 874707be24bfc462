/**
 * Reads the plain part of YAML in which nearly every file is written: block maps and lists, flow collections and quoted texts
 * on one line, literal texts (|). Gives undefined for everything else, wrong or only unusual: the YAML library then reads
 * the file and says what is wrong. Whatever is read here, the library reads the same (a test compares the two). It is here
 * because the library takes 150 ms for 40 manifests when it is cold, and every command begins with that; this takes 15.
 */
export function readPlainYaml(text: string): { value: unknown } | undefined {
  // Tabs, and the spaces and control characters beyond ASCII, which JavaScript and YAML take for different things.
  if (/[^\S\r\n ]|[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]/.test(text) || /^(?:---|\.\.\.|%)/m.test(text) || /\r(?!\n)/.test(text)) return undefined;
  const lines = text.includes('\r') ? text.split('\r\n') : text.split('\n');
  // A file with both kinds of line break would leave one inside a value.
  if (text.includes('\r') && lines.some((line) => line.includes('\n'))) return undefined;
  try {
    const reader = new Reader(lines);
    const value = reader.block(0);
    return reader.atEnd() && value !== null && typeof value === 'object' ? { value } : undefined;
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}

const NOT_PLAIN = Symbol('not plain');

function notPlain(): never {
  throw NOT_PLAIN;
}

const KEY = /(?:([A-Za-z_][\w.@/-]*|[1-9]\d{0,8}|0)|"([^"\\]+)"|'([^']+)'):(?: +|$)/y;
const WORDS_WITH_A_MEANING = new Set(['null', 'Null', 'NULL', 'true', 'True', 'TRUE', 'false', 'False', 'FALSE', '__proto__']);
const NUMBER = /^(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** Goes over the lines; a line is looked at from `column` on, so that `- key: value` is a list whose item begins in the middle of it. */
class Reader {
  private readonly lines: readonly string[];
  private line = 0;
  private column = 0;

  constructor(lines: readonly string[]) {
    this.lines = lines;
    this.skip();
  }

  atEnd(): boolean {
    return this.line >= this.lines.length;
  }

  /** A map or list whose entries begin in this column or, when nothing stands before them, further right. */
  block(atLeast: number): unknown {
    if (this.atEnd() || this.column < atLeast) return null;
    return this.isItem() ? this.list(this.column) : this.map(this.column);
  }

  private list(indent: number): unknown[] {
    const items: unknown[] = [];
    while (!this.atEnd() && this.column === indent && this.isItem()) {
      const line = this.lines[this.line]!;
      let next = indent + 1;
      while (line[next] === ' ') next++;
      if (next >= line.length || line[next] === '#') {
        this.nextLine();
        items.push(this.block(indent + 1));
      } else if (line[next] === '-' && (line[next + 1] === ' ' || next + 1 === line.length)) notPlain();
      else {
        KEY.lastIndex = next;
        if (KEY.test(line)) {
          this.column = next;
          items.push(this.map(next));
        } else items.push(this.single(line.slice(next), indent));
      }
    }
    if (!this.atEnd() && this.column > indent) notPlain();
    return items;
  }

  private map(indent: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    while (!this.atEnd() && this.column === indent && !this.isItem()) {
      const line = this.lines[this.line]!;
      KEY.lastIndex = indent;
      const found = KEY.exec(line) ?? notPlain();
      const key = found[1] ?? found[2] ?? found[3]!;
      if ((found[1] !== undefined && WORDS_WITH_A_MEANING.has(key)) || key === '__proto__' || Object.hasOwn(map, key)) notPlain();
      const rest = line.slice(indent + found[0].length);
      if (rest === '' || rest.startsWith('#')) {
        this.nextLine();
        // A list may stand in the column of the key that it belongs to.
        map[key] = !this.atEnd() && this.column === indent && this.isItem() ? this.list(indent) : this.block(indent + 1);
      } else map[key] = /^[|>]-? *$/.test(rest) ? this.literal(indent, rest[0] === '>', rest[1] === '-') : this.single(rest, indent);
    }
    if (!this.atEnd() && this.column > indent) notPlain();
    return map;
  }

  /** A value that ends with its line, or with the line that closes its brackets. */
  private single(first: string, indent: number): unknown {
    let text = first;
    if (first[0] === '[' || first[0] === '{')
      while (openBrackets(text) > 0) {
        const line = this.lines[++this.line] ?? notPlain();
        const inner = line.trim();
        if (inner === '' || line.search(/\S/) <= indent) notPlain();
        text = `${text.trimEnd()} ${inner}`;
      }
    const flow = new Flow(text);
    const value = flow.value(false);
    flow.end();
    this.nextLine();
    // A text that goes on in the next line.
    if (!this.atEnd() && this.column > indent) notPlain();
    return value;
  }

  /** A text after | or >, which is folded only where no line is empty or further in. */
  private literal(parent: number, folded: boolean, strip: boolean): string {
    const first = this.lines[++this.line] ?? notPlain();
    const indent = first.length - first.trimStart().length;
    if (indent <= parent || first.trim() === '') notPlain();
    const taken: string[] = [];
    for (; this.line < this.lines.length; this.line++) {
      const line = this.lines[this.line]!;
      if (line.trim() === '') {
        if (line.length > 0) notPlain();
        taken.push('');
      } else if (line.length - line.trimStart().length >= indent) taken.push(line.slice(indent));
      else break;
    }
    while (taken.at(-1) === '') taken.pop();
    if (folded && taken.some((line) => line === '' || line.startsWith(' '))) notPlain();
    this.skip();
    if (!this.atEnd() && this.column > parent) notPlain();
    // Without a line break at the end of the file there is none to keep.
    if (!strip && this.line === this.lines.length && this.lines.at(-1) !== '') notPlain();
    return taken.join(folded ? ' ' : '\n') + (strip ? '' : '\n');
  }

  private isItem(): boolean {
    const line = this.lines[this.line]!;
    return line[this.column] === '-' && (line[this.column + 1] === ' ' || line.length === this.column + 1);
  }

  private nextLine(): void {
    this.line++;
    this.skip();
  }

  /** To the next line that says something. */
  private skip(): void {
    for (; this.line < this.lines.length; this.line++) {
      const line = this.lines[this.line]!;
      let i = 0;
      while (line.charCodeAt(i) === 32) i++;
      if (i === line.length || line[i] === '#') continue;
      this.column = i;
      return;
    }
  }
}

/** How many [ and { are not closed; texts in quotes end in their line. */
function openBrackets(text: string): number {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '[' || c === '{') open++;
    else if (c === ']' || c === '}') open--;
    else if ((c === '"' || c === "'") && /[[{,:\s]/.test(text[i - 1] ?? ' ')) {
      i = text.indexOf(c, i + 1);
      if (i < 0) notPlain();
    } else if (c === '#') notPlain();
    if (open === 0 && i > 0) return 0;
  }
  return open;
}

/** Values on one line: plain and quoted texts, [a, b], {a: b}. */
class Flow {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(inside: boolean): unknown {
    const c = this.text[this.at];
    if (c === '[') return this.list();
    if (c === '{') return this.map();
    if (c === '"' || c === "'") return this.quoted(c);
    return scalar(this.plain(inside));
  }

  /** Nothing but a comment may follow. */
  end(): void {
    const rest = this.text.slice(this.at);
    if (rest.trimEnd() !== '' && !/^ +#/.test(rest)) notPlain();
  }

  private list(): unknown[] {
    const items: unknown[] = [];
    this.skip(1);
    if (this.text[this.at] === ']') return (this.at++, items);
    for (;;) {
      items.push(this.value(true));
      this.skip(0);
      const c = this.text[this.at];
      if (c === ']') return (this.at++, items);
      if (c !== ',') notPlain();
      this.skip(1);
      if (this.text[this.at] === ']') return (this.at++, items);
    }
  }

  private map(): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    this.skip(1);
    if (this.text[this.at] === '}') return (this.at++, map);
    for (;;) {
      KEY.lastIndex = this.at;
      const found = KEY.exec(this.text) ?? notPlain();
      const key = found[1] ?? found[2] ?? found[3]!;
      if ((found[1] !== undefined && WORDS_WITH_A_MEANING.has(key)) || key === '__proto__' || Object.hasOwn(map, key)) notPlain();
      this.at += found[0].length;
      map[key] = this.value(true);
      this.skip(0);
      const c = this.text[this.at];
      if (c === '}') return (this.at++, map);
      if (c !== ',') notPlain();
      this.skip(1);
      if (this.text[this.at] === '}') return (this.at++, map);
    }
  }

  private quoted(quote: string): string {
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) notPlain();
    const inner = this.text.slice(this.at + 1, end);
    // '' and escapes are left to the library.
    if (this.text[end + 1] === quote || (quote === '"' && inner.includes('\\'))) notPlain();
    this.at = end + 1;
    return inner;
  }

  private plain(inside: boolean): string {
    const rest = this.text.slice(this.at);
    const comment = / #/.exec(rest);
    const end = inside ? /[,[\]{}#:]|$/.exec(rest)!.index : (comment?.index ?? rest.length);
    const text = rest.slice(0, end).trimEnd();
    if (text === '' || /^(?:-(?![\w.])|[?:,[\]{}#&*!|>'"%@`])/.test(text) || /: |:$/.test(text)) notPlain();
    if (inside && (rest[end] === '#' || rest[end] === ':' || rest[end] === '[' || rest[end] === '{' || end === rest.length)) notPlain();
    this.at += end;
    return text;
  }

  private skip(more: number): void {
    this.at += more;
    while (this.text[this.at] === ' ') this.at++;
  }
}

/** The core schema of YAML 1.2; a number that would not be written the same again is left to the library, which reports it. */
function scalar(text: string): unknown {
  const c = text.charCodeAt(0);
  if ((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46) {
    if (!NUMBER.test(text)) return text;
    const number = Number(text);
    return String(number) === text ? number : notPlain();
  }
  switch (text) {
    case 'null':
    case 'Null':
    case 'NULL':
    case '~':
      return null;
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    default:
      return text;
  }
}
