/** A passage has at least so many lines, and at most. */
const MIN_LINES = 8;
const MAX_LINES = 64;
/** With this many characters it ends with its line. */
const MAX_CHARACTERS = 8192;
/** Behind one line of so many it ends, so that most passages are found again where lines were put in or taken out before them. */
const ONE_LINE_OF = 32;
/** So many characters at the beginning of a line are looked at, and about as many of its rest. */
const LOOKED_AT = 16;

/**
 * Where the passage ends that begins there, behind a line break: a few lines, cut by what they say. The same lines are cut the same way
 * wherever they stand. -1: its end is not in this text.
 */
export function passageEnd(text: string, from: number): number {
  let at = from;
  for (let lines = 1; ; lines++) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0) return -1;
    if (lines >= MAX_LINES || lineEnd - from >= MAX_CHARACTERS || (lines >= MIN_LINES && cutsBehind(text, at, lineEnd))) return lineEnd + 1;
    at = lineEnd + 1;
  }
}

function cutsBehind(text: string, from: number, to: number): boolean {
  let sum = 0;
  const head = Math.min(to, from + LOOKED_AT);
  for (let i = from; i < head; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  const step = 1 + Math.floor((to - head) / LOOKED_AT);
  for (let i = head; i < to; i += step) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  // Multiplied by the golden ratio, all bits of the sum have a part in the upper ones.
  return (Math.imul(sum, 0x9e3779b1) >>> 16) % ONE_LINE_OF === 0;
}
