/** Which record had a key first, for millions of keys: 12 bytes for each of them, where a map of texts takes a hundred. */
export interface HashIndex {
  /** The first record with this key; the record itself, which is kept as the first one, where there was none. */
  first(hash: number, record: number): number;
  /** undefined: no record has it. */
  find(hash: number): number | undefined;
}

export function hashIndex(): HashIndex {
  let hashes = new Float64Array(1 << 12);
  let records = new Int32Array(hashes.length).fill(FREE);
  let used = 0;
  /** Where a key is, or would be. */
  const place = (hash: number): number => {
    const mask = hashes.length - 1;
    let at = (hash % 4_294_967_296) & mask;
    while (records[at] !== FREE && hashes[at] !== hash) at = (at + 1) & mask;
    return at;
  };
  const put = (hash: number, record: number): void => {
    const at = place(hash);
    hashes[at] = hash;
    records[at] = record;
  };
  const grow = (): void => {
    const [before, of] = [hashes, records];
    hashes = new Float64Array(before.length * 2);
    records = new Int32Array(hashes.length).fill(FREE);
    for (let i = 0; i < before.length; i++) if (of[i] !== FREE) put(before[i]!, of[i]!);
  };
  return {
    first(hash, record) {
      const at = place(hash);
      if (records[at] !== FREE) return records[at]!;
      hashes[at] = hash;
      records[at] = record;
      if (++used * 3 > hashes.length * 2) grow();
      return record;
    },
    find(hash) {
      const record = records[place(hash)]!;
      return record === FREE ? undefined : record;
    },
  };
}

const FREE = -1;

/** 53 bits of a text. Of a billion texts, two that are not equal have the same ones once in ten runs. */
export function hashOf(text: string, seed: number): number {
  let [a, b] = [seed | 0, ~seed];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x85ebca6b);
    a ^= b >>> 13;
    b ^= a >>> 16;
  }
  a = Math.imul(a ^ (a >>> 16), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 13), 0x27d4eb2f);
  return ((a ^ (a >>> 15)) >>> 0) + ((b ^ (b >>> 16)) & 0x1fffff) * 4_294_967_296;
}
