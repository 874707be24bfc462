const NOT_PLAIN = Symbol('not plain');
/** Deeper than any configuration; protects the stack. */
export const MAX_DEPTH = 60;

/** Leaves the file to the YAML library. */
export function notPlain(): never {
  throw NOT_PLAIN;
}

export function isNotPlain(error: unknown): boolean {
  return error === NOT_PLAIN;
}

const KEY = /(?:([A-Za-z_][\w.@/-]*(?: (?:[\w.@/-]+|\([\w.@/-]+\)))*|\d+-[A-Za-z][\w-]*|[1-9]\d{0,8}|0)|"([^"\\]+)"|'([^']+)'):(?: +|$)/y;
const ESCAPES_OF_JSON = /^(?:[^\\]|\\(?:[nrt\\]|u[0-9a-cA-C][\da-fA-F]{3}))*$/;
const WORDS_WITH_A_MEANING = new Set(['null', 'Null', 'NULL', 'true', 'True', 'TRUE', 'false', 'False', 'FALSE']);

/** The key at this place, with its colon, and where what follows begins; undefined when there is none. */
export function keyAt(line: string, at: number): { key: string; end: number } | undefined {
  KEY.lastIndex = at;
  const found = KEY.exec(line);
  if (!found) return undefined;
  const key = found[1] ?? found[2] ?? found[3]!;
  if ((found[1] !== undefined && WORDS_WITH_A_MEANING.has(key)) || key === '__proto__') notPlain();
  return { key, end: at + found[0].length };
}

/** How many [ and { are not closed; texts in quotes end in their line. */
export function openBrackets(text: string): number {
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

/** The library refuses more, as a few anchors can unfold to millions of values. */
const MAX_UNFOLDED = 100;

/** The anchors of a file: of lists and maps alone, each name once. */
export class Anchors {
  private readonly values = new Map<string, unknown>();
  private readonly references: string[] = [];
  private readonly inside = new Map<string, readonly string[]>();

  /** `&name` and the value that `read` gives. */
  define(name: string, read: () => unknown): unknown {
    const before = this.references.length;
    const value = read();
    if (this.values.has(name) || typeof value !== 'object' || value === null) notPlain();
    this.values.set(name, value);
    this.inside.set(name, this.references.slice(before));
    return value;
  }

  /** `*name`, of an anchor that is complete. */
  refer(name: string): unknown {
    if (!this.values.has(name) || this.references.push(name) > MAX_UNFOLDED) notPlain();
    return this.values.get(name);
  }

  /** At the end of the file: leaves it to the library when that might refuse it. */
  checkUnfolded(): void {
    const unfolded = new Map<string, number>();
    // Anchors are in the map in the order in which they were complete: those inside of one before it.
    for (const [name, inside] of this.inside) {
      const count = 1 + this.references.filter((reference) => reference === name).length;
      unfolded.set(name, count * Math.max(1, ...inside.map((other) => unfolded.get(other) ?? 1)));
      if (unfolded.get(name)! > MAX_UNFOLDED) notPlain();
    }
  }
}

/** A value written on one line: a plain or quoted text, [a, b], {a: b}; nothing but a comment may follow it. */
export function readFlow(text: string, anchors: Anchors): unknown {
  let at = 0;
  const read = value(false, 0);
  const rest = text.slice(at);
  if (rest.trimEnd() !== '' && !/^ +#/.test(rest)) notPlain();
  return read;

  function value(inside: boolean, depth: number): unknown {
    if (depth > MAX_DEPTH) notPlain();
    const c = text[at];
    if (c === '[') return list(depth);
    if (c === '{') return map(depth);
    if (c === '"' || c === "'") return quoted(c);
    if (inside && (c === '&' || c === '*')) return marked(c, depth);
    return scalar(plain(inside));
  }

  function list(depth: number): unknown[] {
    const items: unknown[] = [];
    skip(1);
    while (text[at] !== ']') {
      items.push(value(true, depth + 1));
      comma(']');
    }
    at++;
    return items;
  }

  function map(depth: number): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    skip(1);
    while (text[at] !== '}') {
      const { key, end } = keyAt(text, at) ?? notPlain();
      if (Object.hasOwn(entries, key)) notPlain();
      at = end;
      entries[key] = value(true, depth + 1);
      comma('}');
    }
    at++;
    return entries;
  }

  function marked(mark: string, depth: number): unknown {
    const name = (mark === '&' ? /[\w-]+ +(?=[[{])/y : /[\w-]+(?= *[,\]}])/y).exec(text.slice(at + 1))?.[0] ?? notPlain();
    at += 1 + name.length;
    return mark === '&' ? anchors.define(name.trimEnd(), () => value(true, depth)) : anchors.refer(name);
  }

  /** To the next entry, or to the bracket that closes. */
  function comma(closing: string): void {
    skip(0);
    if (text[at] === ',') skip(1);
    else if (text[at] !== closing) notPlain();
  }

  function quoted(quote: string): string {
    const end = text.indexOf(quote, at + 1);
    if (end < 0) notPlain();
    const inner = text.slice(at + 1, end);
    // '' and all but the escapes that JSON has as well are left to the library.
    const escaped = quote === '"' && inner.includes('\\');
    if (text[end + 1] === quote || (escaped && !ESCAPES_OF_JSON.test(inner))) notPlain();
    at = end + 1;
    return escaped ? (JSON.parse(`"${inner}"`) as string) : inner;
  }

  function plain(inside: boolean): string {
    const here = text.slice(at);
    // A colon within a word, as in HH:mm, is part of it.
    const end = inside ? /[,[\]{}#]|:(?![\w.])|$/.exec(here)!.index : (/ #/.exec(here)?.index ?? here.length);
    const word = here.slice(0, end).trimEnd();
    if (word === '' || /^(?:-(?![\w.])|[?:,[\]{}#&*!|>'"%@`])/.test(word) || /: |:$/.test(word)) notPlain();
    if (inside && !/[,\]}]/.test(here[end] ?? '')) notPlain();
    at += end;
    return word;
  }

  function skip(more: number): void {
    at += more;
    while (text[at] === ' ') at++;
  }
}

const NUMBER = /^(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** The core schema of YAML 1.2; a number that would not be written the same again is left to the library, which reports it. */
function scalar(text: string): unknown {
  if (/^[-+.\d]/.test(text)) {
    if (!NUMBER.test(text)) return text;
    const number = Number(text);
    return String(number) === text ? number : notPlain();
  }
  if (/^(?:null|Null|NULL|~)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  return /^(?:false|False|FALSE)$/.test(text) ? false : text;
}
