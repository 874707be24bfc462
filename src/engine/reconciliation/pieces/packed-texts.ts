/** Texts of many records, outside of the heap. Each is known by a number above 0. */
export interface PackedTexts {
  add(text: string): number;
  get(number: number): string;
}

/** Bytes that are taken at once. */
const CHUNK = 1 << 22;
/** A text begins at a multiple of so many bytes: all numbers together reach eight gigabytes. */
const STEP = 4;
/** Of longer texts there are few. Two bytes say how long all others are, in bytes. */
const LONGEST = 20_000;
/** The numbers of longer ones come down from here. */
const LAST = 2 ** 31 - 1;
const FIRST_LONG = LAST - 2 ** 20;

export function packedTexts(): PackedTexts {
  const chunks: Buffer[] = [];
  const long: string[] = [];
  let at = CHUNK;
  return {
    add(text) {
      if (text.length > LONGEST) return LAST - long.push(text) + 1;
      // As many bytes as a text of this length can have.
      if (at + 2 + text.length * 3 > CHUNK) {
        chunks.push(Buffer.allocUnsafeSlow(CHUNK));
        at = 0;
      }
      const chunk = chunks.at(-1)!;
      const bytes = chunk.write(text, at + 2, 'utf8');
      chunk.writeUInt16LE(bytes, at);
      const number = ((chunks.length - 1) * CHUNK + at) / STEP + 1;
      if (number >= FIRST_LONG) throw new Error('The records have too many texts to be held at once.');
      at += Math.ceil((bytes + 2) / STEP) * STEP;
      return number;
    },
    get(number) {
      if (number > FIRST_LONG) return long[LAST - number]!;
      const place = (number - 1) * STEP;
      const chunk = chunks[Math.floor(place / CHUNK)]!;
      const from = (place % CHUNK) + 2;
      return chunk.toString('utf8', from, from + chunk.readUInt16LE(from - 2));
    },
  };
}
