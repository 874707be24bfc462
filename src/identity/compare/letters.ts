/** What is known of the letters of a list of values: it settles most questions of likeness without looking at the texts. */
export interface Letters {
  /** Longer values have one more than LONGEST. */
  lengths: Uint8Array;
  /** Which letters a value has. */
  masks: Int32Array;
  /** Its first four characters, the first one lowest. */
  starts: Int32Array;
}

/** Of longer values nothing is said. */
export const LONGEST = 31;

export function lettersOf(values: readonly string[]): Letters {
  return {
    lengths: Uint8Array.from(values, (value) => Math.min(value.length, LONGEST + 1)),
    masks: Int32Array.from(values, maskOf),
    starts: Int32Array.from(values, startOf),
  };
}

/** A bit for each letter that a text has; other characters share six. */
export function maskOf(text: string): number {
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    letters |= 1 << (c >= 97 && c <= 122 ? c - 97 : 26 + (c % 6));
  }
  return letters;
}

function startOf(text: string): number {
  let start = 0;
  for (let i = 0; i < 4 && i < text.length; i++) start |= (text.charCodeAt(i) & 0xff) << (8 * i);
  return start;
}

export function bitsIn(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** By common start, and by both lengths, how many letters must match. */
export type Least = readonly Uint8Array[];

/** How many letters must match for a Jaro-Winkler of `similarity`, with none to four characters of common start. */
export function leastMatches(similarity: number): Least {
  return [0, 1, 2, 3, 4].map((start) => {
    const jaro = (similarity - 0.1 * start) / (1 - 0.1 * start) - 1e-9;
    const least = new Uint8Array((LONGEST + 1) ** 2);
    for (let n = 1; n <= LONGEST; n++)
      for (let m = 1; m <= LONGEST; m++) {
        let matches = 0;
        while ((matches / n + matches / m + 1) / 3 < jaro) matches++;
        least[n * (LONGEST + 1) + m] = matches;
      }
    return least;
  });
}

/**
 * Can two values be as alike as `least` was made for? Each letter that only one of them has is not a match. Never says no of two that are.
 */
export function mayBeAlike(first: Letters, x: number, second: Letters, y: number, least: Least): boolean {
  const n = first.lengths[x]!;
  const m = second.lengths[y]!;
  if (n > LONGEST || m > LONGEST) return true;
  const d = first.starts[x]! ^ second.starts[y]!;
  const start = d === 0 ? 4 : (31 - Math.clz32(d & -d)) >> 3;
  const p = first.masks[x]!;
  const q = second.masks[y]!;
  const needed = least[start]![n * (LONGEST + 1) + m]!;
  return n - bitsIn(p & ~q) >= needed && m - bitsIn(q & ~p) >= needed;
}
