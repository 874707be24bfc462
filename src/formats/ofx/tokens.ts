import { refuseFile } from '../refuse.ts';

export interface OfxHandlers {
  /** An element with a text in it; its end tag may be there or not. */
  value(name: string, text: string, line: number): void;
  open(name: string, line: number): void;
  close(name: string, line: number): void;
}

export interface OfxTokens {
  push(text: string): void;
  /** What comes before the first element: the header of OFX 1. */
  header(): string;
  /** true: nothing is left over. */
  end(): boolean;
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', nbsp: ' ', apos: "'", quot: '"' };
const NAME = /^[A-Za-z][\w.]*$/;
const LONGEST = 1_048_576;

/**
 * The elements of OFX, of version 1 (SGML, in which the end tag of a value is left out) and of version 2 (XML). What follows a
 * tag tells which it is: a text makes it a value, another tag a group. Comments, processing instructions and CDATA are known;
 * document types are refused.
 */
export function ofxTokens(file: string, handlers: OfxHandlers): OfxTokens {
  let text = '';
  let header = '';
  let begun = false;
  let line = 1;
  /** The tag that is open, and the text behind it so far. */
  let tag: { name: string; line: number } | undefined;
  let value = '';
  /** The value that was told last: its end tag may follow. */
  let told = '';

  function malformed(message: string): never {
    throw refuseFile('OFX_STRUCTURE', file, { line }, message, 'The file is damaged or not OFX: have it sent again.');
  }

  function settle(closes: string | undefined): void {
    if (!tag) return;
    const { name, line: at } = tag;
    tag = undefined;
    const said = decoded(value).trim();
    value = '';
    if (said !== '') {
      handlers.value(name, said, at);
      told = name;
    } else if (closes === name) {
      handlers.value(name, '', at);
      told = name;
    } else handlers.open(name, at);
  }

  function element(inside: string): void {
    if (inside.startsWith('/')) {
      const name = inside.slice(1).trim().toUpperCase();
      settle(name);
      if (told !== name) handlers.close(name, line);
      told = '';
      return;
    }
    const isEmpty = inside.endsWith('/');
    const name = (isEmpty ? inside.slice(0, -1) : inside).trim().split(/\s/, 1)[0]!.toUpperCase();
    if (!NAME.test(name)) malformed(`<${inside.slice(0, 20)}> is not an OFX element.`);
    settle(undefined);
    told = '';
    if (isEmpty) handlers.value(name, '', line);
    else tag = { name, line };
  }

  function characters(piece: string): void {
    if (!begun) header += piece;
    else if (tag) value += piece;
    else if (piece.trimStart().startsWith('OFXHEADER')) malformed('A second OFX file begins here: two files may have been joined.');
    else if (piece.trim() !== '') malformed(`The text ${JSON.stringify(piece.trim().slice(0, 20))} belongs to no element.`);
    if (value.length > LONGEST || header.length > LONGEST) malformed('An element is longer than a megabyte.');
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) line++;
  }

  /** Takes one piece of markup from the front; false: it is not whole yet. */
  function markup(at: number): number | undefined {
    for (const [start, end] of [
      ['<!--', '-->'],
      ['<![CDATA[', ']]>'],
      ['<?', '?>'],
      ['<', '>'],
    ] as const) {
      if (!text.startsWith(start, at)) {
        if (start !== '<' && start.startsWith(text.slice(at, at + start.length))) return undefined;
        continue;
      }
      const close = text.indexOf(end, at + start.length);
      if (close < 0) return undefined;
      const inside = text.slice(at + start.length, close);
      if (start === '<![CDATA[') {
        if (tag) value += inside.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
        else malformed('A CDATA section belongs to no element.');
      } else if (start === '<') {
        if (inside.startsWith('!')) malformed('The file has a document type, which OFX does not have.');
        begun = true;
        element(inside);
      }
      for (let i = text.indexOf('\n', at); i >= 0 && i < close; i = text.indexOf('\n', i + 1)) line++;
      return close + end.length;
    }
    return undefined;
  }

  return {
    push(more) {
      text += more;
      let at = 0;
      for (;;) {
        const next = text.indexOf('<', at);
        const until = next < 0 ? text.length : next;
        if (until > at) characters(text.slice(at, until));
        at = until;
        const after = next < 0 ? undefined : markup(at);
        if (after === undefined) break;
        at = after;
      }
      text = text.slice(at);
      if (text.length > LONGEST) malformed('A tag is longer than a megabyte.');
    },
    header: () => header,
    end: () => text === '' && tag === undefined,
  };
}

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,5});/gi, (whole, name: string) => {
    if (name.startsWith('#')) {
      const code = name[1] === 'x' || name[1] === 'X' ? parseInt(name.slice(2), 16) : Number(name.slice(1));
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
    }
    return ENTITIES[name.toLowerCase()] ?? whole;
  });
}
