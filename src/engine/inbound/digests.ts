/** Digests of 22 characters (base64) in 17 bytes each: a million of them take 35 MB, where texts in a Map take 120. */
export interface Digests {
  /** Adds the digest that begins there in the text. false: it was there before. */
  add(text: string, from?: number): boolean;
  /** Where it is; -1 when it is not there. */
  find(digest: string): number;
  /** Notes that this one was met; false: it was met before. */
  meet(at: number): boolean;
  met(at: number): boolean;
  /** From now on it is not there. */
  forget(at: number): void;
}

const WORDS = 4;
const CHARACTERS_OF_WORD = 5;
const BITS_OF_CHARACTER = 6;
const FILLED = 1;
const MET = 2;
const FORGOTTEN = 4;

const VALUES = new Uint8Array(128);
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  VALUES[character.charCodeAt(0)] = value;

/** `most`: how many will be added. 120 of the 132 bits are compared. Throws RangeError when more are added. */
export function digestsFor(most: number): Digests {
  const size = 2 ** Math.ceil(Math.log2(Math.max(8, most * 1.4)));
  const mask = size - 1;
  const words = new Uint32Array(size * WORDS);
  const states = new Uint8Array(size);
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

  return {
    add(text, from = 0) {
      read(text, from);
      const at = place();
      if (states[at] !== 0) return false;
      if (++added > most) throw new RangeError(`More than ${most} digests.`);
      states[at] = FILLED;
      words.set(wanted, at * WORDS);
      return true;
    },
    find(digest) {
      read(digest, 0);
      const at = place();
      return states[at] === 0 || states[at]! & FORGOTTEN ? -1 : at;
    },
    meet(at) {
      if (states[at]! & MET) return false;
      states[at]! |= MET;
      return true;
    },
    met: (at) => (states[at]! & MET) !== 0,
    forget: (at) => void (states[at]! |= FORGOTTEN),
  };
}
