/**
 * Text of several lines as it may be shown on a terminal or written to a log: control characters, marks that turn the direction
 * of writing or cannot be seen, and characters that break a line in some programs and not in others (U+2028), which a hostile
 * file could move the cursor or hide words with, are written out (`\x1b`). Line breaks and tabs stay: they are ours.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => (c === '\n' || c === '\t' ? c : writtenOut(c)));
}

/** The same for what must stay on one line, such as a value or the name of a file: line breaks and tabs are written out too (`\n`). */
export function visibleLine(text: string): string {
  return text.replace(HIDDEN, writtenOut);
}

/** JSON on one line of a terminal or a log. What `visible` writes out is escaped, so a program reads the same value. */
export function jsonLine(value: unknown): string {
  return escapedJson(JSON.stringify(value));
}

/** The same for text that is JSON already. */
export function escapedJson(json: string): string {
  return json.replace(HIDDEN, (c) =>
    c === '\n' || c === '\t' || c === '\r' ? c : c.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/**
 * C0 and C1 controls, delete; soft hyphen; Arabic letter mark; Hangul fillers; Mongolian vowel separator; zero width space, direction
 * marks, separators, embeddings, isolates, invisible operators; byte order mark; interlinear marks; tags. The joiners U+200C and U+200D
 * stay: names of people need them.
 */
const HIDDEN =
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udc7f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function writtenOut(c: string): string {
  if (c === '\n') return '\\n';
  if (c === '\r') return '\\r';
  if (c === '\t') return '\\t';
  const code = c.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
