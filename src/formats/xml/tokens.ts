import { excerpt, refuseFile } from '../refuse.ts';

export interface XmlAttribute {
  name: string;
  value: string;
}

export interface XmlHandlers {
  /** `line` is asked for only where it is needed, since counting costs. */
  open(name: string, attributes: XmlAttribute[], line: () => number): void;
  /** Text with references resolved; `blank`: nothing but literal white space. Comes in one piece between two tags, save around comments and CDATA. */
  text(text: string, blank: boolean): void;
  close(name: string): void;
  /** The most characters that one piece of markup or text may have. */
  limit: number;
  tooLarge(line: number): never;
}

export interface XmlTokens {
  push(text: string): void;
  end(): void;
  /** How many characters are done with. */
  position(): number;
}

/** Attributes of one element from which on they are looked up rather than gone through. */
const MANY = 16;
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };
const NAME = /^[\p{L}_:][\p{L}\p{N}\p{M}_:.\-\u00b7]*$/u;
const NAME_START = /[^\s/>=]+/y;
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/**
 * A streaming XML 1.0 tokenizer, without document types: any DOCTYPE or ENTITY is refused (XML_ENTITY), so there is
 * nothing to expand and nothing to fetch. Checks that tags match and that there is one root. Memory is one token.
 */
export function xmlTokens(file: string, maxDepth: number, handlers: XmlHandlers): XmlTokens {
  const open: string[] = [];
  let text = '';
  let waiting = '';
  let at = 0;
  let rooted = false;
  let consumed = 0;
  let countedTo = 0;
  let line = 1;
  let columnsBefore = 0;
  const names = new Set<string>();

  function lineAt(offset: number): number {
    for (let i = text.indexOf('\n', countedTo); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
    countedTo = Math.max(countedTo, offset);
    return line;
  }

  function malformed(
    offset: number,
    message: string,
    code = 'XML_MALFORMED',
    hint = 'The file is damaged, or the program that wrote it does not write correct XML. Have it sent again; if the message stays, send it to the vendor.',
  ): never {
    const lineStart = offset === 0 ? -1 : text.lastIndexOf('\n', offset - 1);
    const column = lineStart < 0 ? columnsBefore + offset + 1 : offset - lineStart;
    throw refuseFile(code, file, { line: lineAt(offset), column }, message, hint);
  }

  function run(last: boolean): void {
    for (;;) {
      const tag = text.indexOf('<', at);
      // Text before nothing was cut off, if an element is still open; end() says so.
      if (tag < 0 && (!last || open.length > 0)) return;
      const end = tag < 0 ? text.length : tag;
      if (end > at) {
        characters(at, end);
        at = end;
      }
      if (tag < 0 || !markup()) return;
    }
  }

  /** Reads the piece of markup at `at`; false when it is not whole yet. */
  function markup(): boolean {
    const next = text[at + 1];
    if (next === undefined) return false;
    if (next === '!') return declaration();
    if (next === '?') return until('?>', (from, to) => instruction(from, to));
    const end = tagEnd();
    if (end < 0) return false;
    if (next === '/') closeTag(end);
    else openTag(end);
    at = end + 1;
    return true;
  }

  function declaration(): boolean {
    if (text.startsWith('<!--', at)) return until('-->', () => undefined, 4);
    if (text.startsWith('<![CDATA[', at))
      return until(
        ']]>',
        (from, to) => {
          if (open.length === 0) malformed(at, 'There is text outside the root element.');
          const content = text.slice(from, to);
          checkCharacters(content, from);
          if (content) handlers.text(content.replace(/\r\n?/g, '\n'), false);
        },
        9,
      );
    if ('<![CDATA['.startsWith(text.slice(at, at + 9)) || '<!--'.startsWith(text.slice(at, at + 4))) return false;
    if (/^<!(?:DOCTYPE|ENTITY)/i.test(text.slice(at, at + 10)))
      malformed(
        at,
        'The file has a document type or entity declaration, which is not accepted: it could pull in other files or grow without limit.',
        'XML_ENTITY',
        'Have it exported without DOCTYPE.',
      );
    if (text.length - at < 10) return false;
    return malformed(at, `"${excerpt(text.slice(at, at + 20))}" is not XML.`);
  }

  function instruction(from: number, to: number): void {
    const content = text.slice(from, to);
    if (/^xml\s/i.test(content) && rooted)
      malformed(at, 'There is an XML declaration in the middle of the file: two files may have been joined.');
  }

  function until(mark: string, take: (from: number, to: number) => void, opening = 2): boolean {
    const end = text.indexOf(mark, at + opening);
    if (end < 0) return false;
    take(at + opening, end);
    at = end + mark.length;
    return true;
  }

  /** The `>` that ends the tag at `at`, quotes heeded; -1 when it is not there yet. */
  function tagEnd(): number {
    let from = at + 1;
    // Both are looked for again only once they are behind: each quote would go through the whole tag.
    let end = from - 1;
    let bracket = from - 1;
    const nextBracket = (position: number): number => {
      if (bracket >= 0 && bracket < position) bracket = text.indexOf('<', position);
      return bracket;
    };
    for (;;) {
      if (end >= 0 && end < from) end = text.indexOf('>', from);
      const stop = end < 0 ? text.length : end;
      const quote = firstQuote(from, stop);
      if (quote < 0) {
        const inner = nextBracket(from);
        if (inner >= 0 && inner < stop) malformed(at, `The tag that begins "${excerpt(text.slice(at, inner))}" is never closed with ">".`);
        return end;
      }
      const close = text.indexOf(text[quote]!, quote + 1);
      const inner = nextBracket(quote);
      if (inner >= 0 && (close < 0 || inner < close))
        malformed(quote, 'The value that begins here has a "<" in it: its closing quote is missing, or the "<" must be written &lt;.');
      if (close < 0) return -1;
      from = close + 1;
    }
  }

  function firstQuote(from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const c = text.charCodeAt(i);
      if (c === 34 || c === 39) return i;
    }
    return -1;
  }

  function openTag(end: number): void {
    const selfClosing = text[end - 1] === '/';
    const to = selfClosing ? end - 1 : end;
    NAME_START.lastIndex = at + 1;
    const name = NAME_START.exec(text)?.[0] ?? '';
    if (!isName(name) || at + 1 + name.length > to) malformed(at, `"${excerpt(text.slice(at, end + 1))}" is not a tag.`);
    if (open.length === 0 && rooted) malformed(at, `There is a second root element, <${excerpt(name)}>: two files may have been joined.`);
    rooted = true;
    if (open.length >= maxDepth)
      malformed(
        at,
        `The elements are nested deeper than ${maxDepth}.`,
        'XML_TOO_DEEP',
        'Raise max_depth in the decoder of the connector if the system really writes such files.',
      );
    const attributes = attributesIn(at + 1 + name.length, to);
    const start = at;
    handlers.open(name, attributes, () => lineAt(start));
    at = end;
    if (selfClosing) handlers.close(name);
    else open.push(name);
  }

  /** Remembers the names it has seen, since a file has few and the test is slow. */
  function isName(name: string): boolean {
    if (names.has(name)) return true;
    if (!NAME.test(name)) return false;
    if (names.size < 1000) names.add(name);
    return true;
  }

  function attributesIn(from: number, to: number): XmlAttribute[] {
    const found: XmlAttribute[] = [];
    // Elements have few attributes, as a rule; a set is made only for one that has many.
    let many: Set<string> | undefined;
    const isThere = (name: string): boolean => (many ? many.has(name) : found.some((other) => other.name === name));
    let i = from;
    for (;;) {
      const before = i;
      while (i < to && isSpace(text.charCodeAt(i))) i++;
      if (i >= to) return found;
      if (i === before) malformed(at, `There is no space before an attribute of "${excerpt(text.slice(at, to))}".`);
      NAME_START.lastIndex = i;
      const name = NAME_START.exec(text)?.[0] ?? '';
      if (!isName(name)) malformed(i, `"${excerpt(text.slice(i, to))}" is not an attribute.`);
      i += name.length;
      while (i < to && isSpace(text.charCodeAt(i))) i++;
      if (text[i] !== '=') malformed(i, `The attribute ${excerpt(name)} has no value.`);
      i++;
      while (i < to && isSpace(text.charCodeAt(i))) i++;
      const quote = text[i];
      const close = quote === '"' || quote === "'" ? text.indexOf(quote, i + 1) : -1;
      if (close < 0 || close >= to) malformed(i, `The value of the attribute ${excerpt(name)} is not in quotes.`);
      const raw = text.slice(i + 1, close);
      if (isThere(name)) malformed(i, `The attribute ${excerpt(name)} appears twice.`);
      checkCharacters(raw, i + 1);
      found.push({ name, value: resolve(raw.replace(/\r\n|[\r\n\t]/g, ' '), i + 1) });
      many?.add(name);
      if (found.length === MANY) many = new Set(found.map((other) => other.name));
      i = close + 1;
    }
  }

  function closeTag(end: number): void {
    const name = text.slice(at + 2, end).trimEnd();
    const expected = open.pop();
    if (expected === undefined) malformed(at, `</${excerpt(name)}> closes an element that was not opened.`);
    if (name !== expected) malformed(at, `</${excerpt(name)}> is where <${excerpt(expected)}> must be closed.`);
    at = end;
    handlers.close(name);
  }

  function characters(from: number, to: number): void {
    const raw = text.slice(from, to);
    const blank = !/[^ \t\r\n]/.test(raw);
    if (open.length === 0) {
      if (!blank)
        malformed(from + raw.search(/[^ \t\r\n]/), rooted ? 'There is text after the root element.' : 'The file does not begin like XML.');
      return;
    }
    checkCharacters(raw, from);
    handlers.text(resolve(raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw, from), blank);
  }

  function checkCharacters(raw: string, from: number): void {
    const bad = raw.search(FORBIDDEN);
    if (bad >= 0)
      malformed(from + bad, `The character U+${raw.charCodeAt(bad).toString(16).toUpperCase().padStart(4, '0')} is not allowed in XML.`);
  }

  function resolve(raw: string, from: number): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&<\s]{0,40};)?/g, (whole, given: string | undefined) => {
      const reference = given?.slice(0, -1);
      if (!reference) return malformed(from, 'There is an "&" that does not begin a reference; it must be written &amp;.');
      const numeric = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference);
      if (numeric) {
        const code = numeric[1] ? parseInt(numeric[1], 16) : Number(numeric[2]);
        const character = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\0';
        if (FORBIDDEN.test(character)) malformed(from, `${excerpt(whole)} is not a character that can be in XML.`);
        return character;
      }
      if (reference.startsWith('#') || !Object.hasOwn(ENTITIES, reference))
        malformed(
          from,
          `${excerpt(whole)} is an entity that the file would have to define, which is not accepted.`,
          'XML_ENTITY',
          'Only &lt; &gt; &amp; &apos; &quot; and numbers such as &#233; are read.',
        );
      return ENTITIES[reference]!;
    });
  }

  /** What came since joins what is left of the text. */
  function take(): void {
    lineAt(at);
    const lineStart = at === 0 ? -1 : text.lastIndexOf('\n', at - 1);
    columnsBefore = lineStart < 0 ? columnsBefore + at : at - lineStart - 1;
    consumed += at;
    text = text.slice(at) + waiting;
    waiting = '';
    countedTo = 0;
    at = 0;
  }

  return {
    push(more) {
      // What is not whole yet is looked at again only once it has grown by half: a long piece in small parts would be gone through
      // from its beginning with each of them.
      waiting += more;
      if (waiting.length < (text.length - at) / 2) {
        if (text.length - at + waiting.length > handlers.limit) handlers.tooLarge(lineAt(at));
        return;
      }
      take();
      run(false);
      if (text.length - at > handlers.limit) handlers.tooLarge(lineAt(at));
    },
    end() {
      take();
      run(true);
      const cut = at < text.length || open.length > 0;
      if (cut && (rooted || text.startsWith('<', at)))
        malformed(
          text.length,
          open.length
            ? `The file ends before <${open[0]}> is closed: it was cut off.`
            : 'The file ends in the middle of a tag: it was cut off.',
          'FILE_TRUNCATED',
          'Have it sent again.',
        );
      if (!rooted)
        malformed(text.length, 'The file ends before its root element: it was cut off.', 'FILE_TRUNCATED', 'Have it sent again.');
    },
    position: () => consumed + at,
  };
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}
