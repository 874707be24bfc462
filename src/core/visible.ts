/**
 * Text as it may be shown on a terminal: control characters and marks that turn the direction of writing, which a hostile file
 * could move the cursor or hide words with, are written out (`\x1b`). Line breaks and tabs stay.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
