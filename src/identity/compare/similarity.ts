const matchedA = new Uint8Array(256);
const matchedB = new Uint8Array(256);

/** By character code, the places in the first text that hold it; codes beyond are kept in a map. */
const places = new Int32Array(256);

/** Notes where each character of a short text stands; false when it is too long, or has other characters. */
function notePlaces(text: string, length: number): boolean {
  if (length > 31) return false;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c > 255) {
      forgetPlaces(text, i);
      return false;
    }
    places[c]! |= 1 << i;
  }
  return true;
}

function forgetPlaces(text: string, length: number): void {
  for (let i = 0; i < length; i++) places[text.charCodeAt(i)] = 0;
}

/** Jaro-Winkler, 0 to 1, with the usual prefix of four and weight of 0.1. Texts beyond 255 characters are cut. */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1;
  const n = Math.min(a.length, 255);
  const m = Math.min(b.length, 255);
  if (n === 0 || m === 0) return 0;
  if (n > 31 || !notePlaces(b, m)) return jaroWinklerOfLong(a, b);
  const reach = Math.max(0, (Math.max(n, m) >> 1) - 1);
  let first = 0;
  let second = 0;
  let matches = 0;
  for (let i = 0; i < n; i++) {
    const c = a.charCodeAt(i);
    if (c > 255) continue;
    const from = i > reach ? i - reach : 0;
    // Bits from `from` to i + reach; what lies beyond the text is in no place.
    const open = places[c]! & ~second & (-1 << from) & (i + reach >= 31 ? -1 : (1 << (i + reach + 1)) - 1);
    if (open === 0) continue;
    second |= open & -open;
    first |= 1 << i;
    matches++;
  }
  forgetPlaces(b, m);
  if (matches === 0) return 0;
  let moved = 0;
  for (let left = first, right = second; left !== 0; left &= left - 1, right &= right - 1)
    if (a.charCodeAt(31 - Math.clz32(left & -left)) !== b.charCodeAt(31 - Math.clz32(right & -right))) moved++;
  return winkler(a, b, (matches / n + matches / m + (matches - moved / 2) / matches) / 3);
}

function winkler(a: string, b: string, jaro: number): number {
  let prefix = 0;
  while (prefix < 4 && prefix < a.length && prefix < b.length && a.charCodeAt(prefix) === b.charCodeAt(prefix)) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}

/** The same for texts that do not fit into the bits of a number. */
export function jaroWinklerOfLong(a: string, b: string): number {
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
  return winkler(a, b, (matches / n + matches / m + (matches - moved / 2) / matches) / 3);
}

/**
 * Typing errors between two texts: characters put in, left out, mistaken, or two neighbors exchanged (optimal string
 * alignment). Never more than `most` + 1, which stands for "more"; texts are cut at 64 characters.
 */
export function edits(a: string, b: string, most: number): number {
  if (a === b) return 0;
  let n = Math.min(a.length, 64);
  let m = Math.min(b.length, 64);
  if (Math.abs(n - m) > most) return most + 1;
  // What both begin and end with takes no part.
  let from = 0;
  const least = Math.min(n, m);
  while (from < least && a.charCodeAt(from) === b.charCodeAt(from)) from++;
  while (n > from && m > from && a.charCodeAt(n - 1) === b.charCodeAt(m - 1)) {
    n--;
    m--;
  }
  if (n === from || m === from) return Math.min(Math.max(n, m) - from, most + 1);
  if (most === 1) {
    if (n - from === 1 && m - from === 1) return 1;
    const exchanged =
      n - from === 2 && m - from === 2 && a.charCodeAt(from) === b.charCodeAt(from + 1) && a.charCodeAt(from + 1) === b.charCodeAt(from);
    return exchanged ? 1 : 2;
  }
  if (from > 0 || n < a.length || m < b.length) {
    a = a.slice(from, n);
    b = b.slice(from, m);
  }
  if (!notePlaces(a, a.length)) return editsOfLong(a, b, most);
  const errors = byBits(b, b.length, a.length);
  forgetPlaces(a, a.length);
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

/** The typing errors between two numbers of eight decimal digits, four bits each; what `edits` counts of their texts. */
export function digitErrors(a: number, b: number): number {
  for (let i = 0; i < 8; i++) places[(a >>> (28 - 4 * i)) & 15]! |= 1 << i;
  let up = -1;
  let down = 0;
  let diagonal = 0;
  let last = 0;
  let errors = 8;
  for (let shift = 28; shift >= 0; shift -= 4) {
    const equal = places[(b >>> shift) & 15]!;
    const exchanged = ((~diagonal & equal) << 1) & last;
    diagonal = (((equal & up) + up) ^ up) | equal | down | exchanged;
    let right = down | ~(diagonal | up);
    const left = diagonal & up;
    if ((right & 0x80) !== 0) errors++;
    if ((left & 0x80) !== 0) errors--;
    right = (right << 1) | 1;
    up = (left << 1) | ~(diagonal | right);
    down = right & diagonal;
    last = equal;
  }
  for (let digit = 0; digit < 10; digit++) places[digit] = 0;
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
