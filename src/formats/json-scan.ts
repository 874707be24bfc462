/** Where JSON stops being JSON. `ended`: the text ended too early, so that more of it may have been cut off. */
export class JsonDefect extends Error {
  readonly offset: number;
  readonly ended: boolean;
  constructor(message: string, offset: number, ended: boolean) {
    super(message);
    this.offset = offset;
    this.ended = ended;
  }
}

const DEEPEST = 256;

/**
 * Finds the bounds of JSON values without building them, so that a document can be taken apart record by record and
 * every mistake has its place (JSON.parse does not always say where it stopped). Offsets are in the text.
 */
export function jsonScanner(text: string) {
  function fail(message: string, at: number): never {
    throw new JsonDefect(message, Math.min(at, text.length), at >= text.length);
  }

  /** The offset of the next character that is not white space. */
  function skipSpace(at: number): number {
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return at;
    }
    return at;
  }

  /** The end of the value that begins at `at`. */
  function skipValue(at: number, depth = 0): number {
    const c = text[at];
    if (c === '"') return skipString(at);
    if (c === '{') {
      let end = at;
      for (const member of members(at, depth)) end = member.next(skipValue(member.value, depth + 1));
      return end === at ? skipSpace(at + 1) + 1 : end;
    }
    if (c === '[') {
      let end = at;
      for (const item of items(at, depth)) end = item.next(skipValue(item.value, depth + 1));
      return end === at ? skipSpace(at + 1) + 1 : end;
    }
    return skipScalar(at);
  }

  function skipScalar(at: number): number {
    SCALAR.lastIndex = at;
    const word = SCALAR.exec(text)?.[0] ?? '';
    const end = at + word.length;
    if (VALID_SCALAR.test(word)) return end;
    // A number or word that stops with the text may only be its beginning.
    if (end >= text.length && (word === '' || /^-?\d*(?:\.\d*)?(?:[eE][-+]?\d*)?$/.test(word) || ['true', 'false', 'null'].some((whole) => whole.startsWith(word)))) fail('the text ends where a value should stand', text.length);
    return fail(word === '' ? `${JSON.stringify(text[at])} stands where a value should stand` : `${JSON.stringify(word.slice(0, 30))} is not a value`, at);
  }

  function skipString(at: number): number {
    for (let i = at + 1; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === 34) return i + 1;
      if (c < 32) fail('a string has a line break or control character in it, or its closing quote is missing', i);
      if (c !== 92) continue;
      const escape = text[i + 1];
      if (escape === undefined) break;
      if (escape === 'u') {
        const digits = text.slice(i + 2, i + 6);
        if (!/^[0-9a-fA-F]*$/.test(digits)) fail('a \\u in a string is not followed by four hexadecimal digits', i);
        if (digits.length < 4) break;
        i += 5;
      } else if ('"\\/bfnrt'.includes(escape)) i++;
      else fail(`\\${escape} in a string is no escape that JSON has`, i);
    }
    return fail('a string is not closed', text.length);
  }

  /** The members of the object at `at`. The caller says where each value ended and gets the offset after the object, or where the next stands. */
  function* members(at: number, depth = 0): Generator<{ key: string; value: number; next: (end: number) => number }, void, void> {
    if (depth >= DEEPEST) fail(`values are nested deeper than ${DEEPEST}`, at);
    let from = skipSpace(at + 1);
    if (text[from] === '}') return;
    for (;;) {
      if (text[from] !== '"') fail('the name of a field, in quotes, should stand here', from);
      const keyEnd = skipString(from);
      const key = JSON.parse(text.slice(from, keyEnd)) as string;
      const colon = skipSpace(keyEnd);
      if (text[colon] !== ':') fail('a ":" should stand here', colon);
      let after = -1;
      yield { key, value: skipSpace(colon + 1), next: (end) => (after = closing(end, '}')) };
      if (text[after - 1] === '}') return;
      from = skipSpace(after);
    }
  }

  /** The items of the list at `at`; as members(). */
  function* items(at: number, depth = 0): Generator<{ value: number; next: (end: number) => number }, void, void> {
    if (depth >= DEEPEST) fail(`values are nested deeper than ${DEEPEST}`, at);
    let from = skipSpace(at + 1);
    if (text[from] === ']') return;
    for (;;) {
      let after = -1;
      yield { value: from, next: (end) => (after = closing(end, ']')) };
      if (text[after - 1] === ']') return;
      from = skipSpace(after);
    }
  }

  /** The offset after the comma or bracket that follows a value. */
  function closing(end: number, bracket: string): number {
    const at = skipSpace(end);
    if (text[at] !== ',' && text[at] !== bracket) fail(`a "," or "${bracket}" should stand here`, at);
    return at + 1;
  }

  return { skipSpace, skipValue, members, items, fail };
}

const SCALAR = /[-+.\w]*/y;
const VALID_SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)$/;
