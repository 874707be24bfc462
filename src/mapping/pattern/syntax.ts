/** A regular expression as a tree, as far as its running time depends on it. */
export type PatternNode =
  | { kind: 'chars'; ranges: Ranges }
  /** Anchors and word boundaries; `start` is ^. */
  | { kind: 'empty'; start: boolean }
  | { kind: 'sequence'; items: PatternNode[] }
  | { kind: 'choice'; items: PatternNode[] }
  | { kind: 'repeat'; item: PatternNode; min: number; max: number };

/** Code points from-to, inclusive, sorted, not touching. */
export type Ranges = readonly (readonly [number, number])[];

const LAST = 0x10ffff;
const DIGIT: Ranges = [[48, 57]];
const WORD: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
export const ANY: Ranges = [[0, LAST]];

/** Parses what `new RegExp(pattern, 'u')` accepted; says in words which part has no bound on its running time that we know. */
export function parsePattern(pattern: string): PatternNode | string {
  try {
    return new Parser(pattern).choice();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

class Refused extends Error {}

class Parser {
  private at = 0;
  private readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  choice(): PatternNode {
    const items = [this.sequence()];
    while (this.take('|')) items.push(this.sequence());
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  }

  private sequence(): PatternNode {
    const items: PatternNode[] = [];
    while (this.at < this.text.length && this.text[this.at] !== '|' && this.text[this.at] !== ')') items.push(this.repeated(this.atom()));
    return { kind: 'sequence', items };
  }

  private repeated(item: PatternNode): PatternNode {
    const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.text.slice(this.at));
    if (!match) return item;
    this.at += match[0].length;
    if (match[1]) return { kind: 'repeat', item, min: match[1] === '+' ? 1 : 0, max: match[1] === '?' ? 1 : Infinity };
    const min = Number(match[2]);
    return { kind: 'repeat', item, min, max: match[4] ? Number(match[4]) : match[3] ? Infinity : min };
  }

  private atom(): PatternNode {
    const c = this.text[this.at]!;
    if (c === '(') return this.group();
    if (c === '[') return { kind: 'chars', ranges: this.set() };
    if (c === '^' || c === '$') {
      this.at++;
      return { kind: 'empty', start: c === '^' };
    }
    if (c === '.') {
      this.at++;
      return { kind: 'chars', ranges: ANY };
    }
    if (c === '\\' && /[bB]/.test(this.text[this.at + 1]!)) {
      this.at += 2;
      return { kind: 'empty', start: false };
    }
    return { kind: 'chars', ranges: this.character(false) };
  }

  private group(): PatternNode {
    const opening = /^\((?:\?(?::|<[^=!][^>]*>))?/.exec(this.text.slice(this.at))![0];
    this.at += opening.length;
    if (opening === '(' && this.text[this.at] === '?') throw new Refused('looks ahead or behind, or changes flags, with (?…)');
    const inside = this.choice();
    this.at++; // )
    return inside;
  }

  private set(): Ranges {
    this.at++; // [
    const negated = this.take('^');
    const ranges: [number, number][] = [];
    while (!this.take(']')) {
      const from = this.character(true);
      const isRange = this.text[this.at] === '-' && this.text[this.at + 1] !== ']' && from.length === 1 && from[0]![0] === from[0]![1];
      if (!isRange) {
        ranges.push(...from.map(([a, b]) => [a, b] as [number, number]));
        continue;
      }
      this.at++; // -
      ranges.push([from[0]![0], this.character(true)[0]![1]]);
    }
    return negated ? complement(ranges) : normal(ranges);
  }

  private character(inSet: boolean): Ranges {
    const code = this.text.codePointAt(this.at)!;
    this.at += code > 0xffff ? 2 : 1;
    if (code !== 92) return [[code, code]];
    const rest = this.text.slice(this.at);
    const known =
      /^(?:([dDwWsS])|[pP]\{[^}]*\}|x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]+)\}|c([a-zA-Z])|([nrtvf0])|([1-9]|k<)|(.))/su.exec(
        rest,
      )!;
    this.at += known[0].length;
    const [, set, hex2, hex4, hexAny, control, named, back, plain] = known;
    if (back) throw new Refused('refers back to a group, with \\1 or \\k<name>');
    if (set) return { d: DIGIT, D: complement(DIGIT), w: WORD, W: complement(WORD), s: SPACE, S: complement(SPACE) }[set as 'd']!;
    const hex = hex2 ?? hex4 ?? hexAny;
    if (hex) return one(Number.parseInt(hex, 16));
    if (control) return one(control.charCodeAt(0) % 32);
    if (named) return one({ n: 10, r: 13, t: 9, v: 11, f: 12, 0: 0 }[named as 'n']!);
    if (plain) return one(inSet && plain === 'b' ? 8 : plain.codePointAt(0)!);
    return ANY; // \p{…}: a property may hold any character
  }

  private take(c: string): boolean {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }
}

function one(code: number): Ranges {
  return [[code, code]];
}

function normal(ranges: [number, number][]): Ranges {
  const out: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

function complement(ranges: Ranges): Ranges {
  const out: [number, number][] = [];
  let next = 0;
  for (const [from, to] of normal(ranges.map(([a, b]) => [a, b]))) {
    if (from > next) out.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) out.push([next, LAST]);
  return out;
}

export function union(sets: readonly Ranges[]): Ranges {
  return normal(sets.flat().map(([a, b]) => [a, b]));
}

export function common(a: Ranges, b: Ranges): Ranges {
  const out: [number, number][] = [];
  for (const [from, to] of a)
    for (const [otherFrom, otherTo] of b) {
      const [low, high] = [Math.max(from, otherFrom), Math.min(to, otherTo)];
      if (low <= high) out.push([low, high]);
    }
  return normal(out);
}
