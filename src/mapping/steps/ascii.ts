import { Fault } from '../fault.ts';

/**
 * A text in ASCII, as banks take names: `Zoé` is Zoe, `“Ørsted” – Straße` is "Orsted" - Strasse. Accents go, a letter or a sign
 * with a usual counterpart is written as that; anything else is a fault: nothing is left out that somebody would miss.
 */
export function toAscii(text: string): string | Fault {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  let written = '';
  for (const character of text.normalize('NFD')) {
    if (character < '\x80') written += character;
    else if (ACCENT.test(character)) continue;
    else if (COUNTERPARTS.has(character)) written += COUNTERPARTS.get(character)!;
    else return withoutCounterpart(character);
  }
  return written;
}

/** Accents come after their letter once a text is decomposed. */
const ACCENT = /[\u0300-\u036f]/;

const COUNTERPARTS = new Map<string, string>([
  ['ß', 'ss'],
  ['ẞ', 'SS'],
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['ð', 'd'],
  ['Ð', 'D'],
  ['þ', 'th'],
  ['Þ', 'Th'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['ħ', 'h'],
  ['Ħ', 'H'],
  ['ŧ', 't'],
  ['Ŧ', 'T'],
  ['ı', 'i'],
  ['ª', 'a'],
  ['º', 'o'],
  ['ﬁ', 'fi'],
  ['ﬂ', 'fl'],
  ['…', '...'],
  ['•', '*'],
  ['×', 'x'],
  ...each("'", '‘’‚‛′ʹʻʼ´`‹›'),
  ...each('"', '“”„‟″«»'),
  ...each('-', '\u2010\u2011\u2012–—―−'),
  ...each(' ', '\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f'),
  // Invisible: a place where a word may be parted, and none.
  ...each('', '\u00ad\u200b\u2060\ufeff'),
]);

function each(counterpart: string, characters: string): [string, string][] {
  return [...characters].map((character) => [character, counterpart]);
}

function withoutCounterpart(character: string): Fault {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return new Fault('CHARACTER_NOT_WRITABLE', 'has a character without a counterpart in ASCII', {
    detail: `U+${code}`,
    hint: 'In the mapping, say with replace: what to write in place of this character.',
  });
}
