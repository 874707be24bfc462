/** What a digest has: 132 bits as base64. */
export const LENGTH_OF_DIGEST = 22;

/** Digests of 22 characters (base64) in 17 bytes each: a million of them take 35 MB, where texts in a Map take 120. */
export interface Digests {
  /** What it was made for, for another thread that adds to it. */
  readonly memory: DigestMemory;
  /** Adds the digest that begins there in the text. false: it was there before. */
  add(text: string, from?: number): boolean;
  /** Adds digests that stand one behind the other. false: one of them was there before, or is one too many; those behind it are not added. */
  addAll(text: string): boolean;
  /** Where the digest is that begins there in the text; -1 when it is not there. */
  find(text: string, from?: number): number;
  /** Notes that this one was met; false: it was met before. */
  meet(at: number): boolean;
  met(at: number): boolean;
  /** None was met. */
  forgetMet(): void;
}

/**
 * The table itself. One thread may add to it while another looks into it: a digest is then found from some moment on, and none is found that
 * was not added, since its words are compared whole.
 */
export interface DigestMemory {
  most: number;
  words: SharedArrayBuffer;
  states: SharedArrayBuffer;
}

const WORDS = 4;
const CHARACTERS_OF_WORD = 5;
const BITS_OF_CHARACTER = 6;
const FILLED = 1;
const MET = 2;

const VALUES = new Uint8Array(128);
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  VALUES[character.charCodeAt(0)] = value;

/** `most`: how many will be added. 120 of the 132 bits are compared. Throws RangeError when more are added. */
export function digestsFor(most: number): Digests {
  const size = 2 ** Math.ceil(Math.log2(Math.max(8, most * 1.4)));
  return digestsIn({ most, words: new SharedArrayBuffer(size * WORDS * 4), states: new SharedArrayBuffer(size) });
}

/** The same table, seen by the thread that adds to it: one alone does. */
export function digestsIn(memory: DigestMemory): Digests {
  const { most } = memory;
  const words = new Uint32Array(memory.words);
  const states = new Uint8Array(memory.states);
  const mask = states.length - 1;
  const wanted = new Uint32Array(WORDS);
  let added = 0;

  function read(text: string, from: number): void {
    for (let word = 0, i = from; word < WORDS; word++) {
      let value = 0;
      for (let n = 0; n < CHARACTERS_OF_WORD; n++) value = (value << BITS_OF_CHARACTER) | VALUES[text.charCodeAt(i++) & 127]!;
      wanted[word] = value;
    }
  }

  /** Where the digest that was read is, or the free place where it would be. */
  function place(): number {
    for (let at = wanted[0]! & mask; ; at = (at + 1) & mask) {
      if (states[at] === 0) return at;
      const i = at * WORDS;
      if (words[i] === wanted[0] && words[i + 1] === wanted[1] && words[i + 2] === wanted[2] && words[i + 3] === wanted[3]) return at;
    }
  }

  function add(text: string, from = 0): boolean {
    read(text, from);
    const at = place();
    if (states[at] !== 0) return false;
    if (++added > most) throw new RangeError(`More than ${most} digests.`);
    words.set(wanted, at * WORDS);
    states[at] = FILLED;
    return true;
  }

  return {
    memory,
    add,
    addAll(text) {
      for (let at = 0; at < text.length; at += LENGTH_OF_DIGEST) if (added === most || !add(text, at)) return false;
      return true;
    },
    find(text, from = 0) {
      read(text, from);
      const at = place();
      return states[at] === 0 ? -1 : at;
    },
    meet(at) {
      if (states[at]! & MET) return false;
      states[at]! |= MET;
      return true;
    },
    met: (at) => (states[at]! & MET) !== 0,
    forgetMet() {
      for (let at = 0; at < states.length; at++) states[at]! &= ~MET;
    },
  };
}
