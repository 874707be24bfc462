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

const KEY = /(?:([A-Za-z_][\w.@/-]*|[1-9]\d{0,8}|0)|"([^"\\]+)"|'([^']+)'):(?: +|$)/y;
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

/** A value written on one line: a plain or quoted text, [a, b], {a: b}; nothing but a comment may follow it. */
export function readFlow(text: string): unknown {
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
    // '' and escapes are left to the library.
    if (text[end + 1] === quote || (quote === '"' && inner.includes('\\'))) notPlain();
    at = end + 1;
    return inner;
  }

  function plain(inside: boolean): string {
    const here = text.slice(at);
    const end = inside ? /[,[\]{}#:]|$/.exec(here)!.index : (/ #/.exec(here)?.index ?? here.length);
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
