const matchedA = new Uint8Array(256);
const matchedB = new Uint8Array(256);

/** Jaro-Winkler, 0 to 1, with the usual prefix of four and weight of 0.1. Texts beyond 255 characters are cut. */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1;
  const n = Math.min(a.length, 255);
  const m = Math.min(b.length, 255);
  if (n === 0 || m === 0) return 0;
  const reach = Math.max(0, (Math.max(n, m) >> 1) - 1);
  matchedA.fill(0, 0, n);
  matchedB.fill(0, 0, m);
  let matches = 0;
  for (let i = 0; i < n; i++) {
    const c = a.charCodeAt(i);
    const to = Math.min(m, i + reach + 1);
    for (let j = Math.max(0, i - reach); j < to; j++) {
      if (matchedB[j] === 0 && b.charCodeAt(j) === c) {
        matchedA[i] = 1;
        matchedB[j] = 1;
        matches++;
        break;
      }
    }
  }
  if (matches === 0) return 0;
  let moved = 0;
  for (let i = 0, j = 0; i < n; i++) {
    if (matchedA[i] === 0) continue;
    while (matchedB[j] === 0) j++;
    if (a.charCodeAt(i) !== b.charCodeAt(j)) moved++;
    j++;
  }
  const jaro = (matches / n + matches / m + (matches - moved / 2) / matches) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < n && prefix < m && a.charCodeAt(prefix) === b.charCodeAt(prefix)) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}

/** By character code, the places in the first text that hold it; codes beyond are kept in a map. */
const places = new Int32Array(256);

/**
 * Typing errors between two texts: characters put in, left out, mistaken, or two neighbors exchanged (optimal string
 * alignment). Never more than `most` + 1, which stands for "more"; texts are cut at 64 characters.
 */
export function edits(a: string, b: string, most: number): number {
  if (a === b) return 0;
  const n = Math.min(a.length, 64);
  const m = Math.min(b.length, 64);
  if (Math.abs(n - m) > most) return most + 1;
  if (n > 31 || n === 0 || m === 0) return editsOfLong(a, b, most);
  for (let i = 0; i < n; i++) {
    const c = a.charCodeAt(i);
    if (c > 255) {
      for (let k = 0; k < i; k++) places[a.charCodeAt(k)] = 0;
      return editsOfLong(a, b, most);
    }
    places[c]! |= 1 << i;
  }
  const errors = byBits(b, m, n);
  for (let i = 0; i < n; i++) places[a.charCodeAt(i)] = 0;
  return Math.min(errors, most + 1);
}

/** One column of the table of distances at a time, as the bits of a number (Hyyrö 2003). `places` holds the first text. */
function byBits(b: string, m: number, n: number): number {
  const top = 1 << (n - 1);
  let up = -1;
  let down = 0;
  let diagonal = 0;
  let last = 0;
  let errors = n;
  for (let j = 0; j < m; j++) {
    const c = b.charCodeAt(j);
    const equal = c > 255 ? 0 : places[c]!;
    const exchanged = ((~diagonal & equal) << 1) & last;
    diagonal = (((equal & up) + up) ^ up) | equal | down | exchanged;
    let right = down | ~(diagonal | up);
    const left = diagonal & up;
    if ((right & top) !== 0) errors++;
    if ((left & top) !== 0) errors--;
    right = (right << 1) | 1;
    up = (left << 1) | ~(diagonal | right);
    down = right & diagonal;
    last = equal;
  }
  return errors;
}

let before = new Uint8Array(65);
let last = new Uint8Array(65);
let row = new Uint8Array(65);

/** The same for texts that do not fit into the bits of a number, cell by cell. */
export function editsOfLong(a: string, b: string, most: number): number {
  const n = Math.min(a.length, 64);
  const m = Math.min(b.length, 64);
  if (Math.abs(n - m) > most) return most + 1;
  for (let j = 0; j <= m; j++) last[j] = j;
  for (let i = 1; i <= n; i++) {
    row[0] = i;
    let least = i;
    let left = i;
    const c = a.charCodeAt(i - 1);
    for (let j = 1; j <= m; j++) {
      const d = b.charCodeAt(j - 1);
      let best = last[j - 1]! + (c === d ? 0 : 1);
      if (last[j]! + 1 < best) best = last[j]! + 1;
      if (left + 1 < best) best = left + 1;
      if (c !== d && i > 1 && j > 1 && c === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === d && before[j - 2]! + 1 < best)
        best = before[j - 2]! + 1;
      row[j] = best;
      left = best;
      if (best < least) least = best;
    }
    if (least > most) return most + 1;
    // The oldest row is written over next.
    const free = before;
    before = last;
    last = row;
    row = free;
  }
  return Math.min(last[m]!, most + 1);
}
