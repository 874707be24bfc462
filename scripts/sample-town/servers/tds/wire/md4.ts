// MD4 (RFC 1320), which NTLM makes of a password and which today's OpenSSL does not offer anymore. For nothing else.

/** The 16 bytes of MD4 of these bytes. */
export function md4(message: Buffer): Buffer {
  const padded = Buffer.alloc(((message.length + 8) >> 6) * 64 + 64);
  message.copy(padded);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, padded.length - 8);
  let [a, b, c, d] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) {
    const x = Array.from({ length: 16 }, (_, i) => padded.readUInt32LE(at + i * 4));
    const [a0, b0, c0, d0] = [a, b, c, d];
    for (const { mix, add, order, shifts } of ROUNDS)
      for (let i = 0; i < 16; i++) {
        const sum = (a + mix(b, c, d) + x[order[i]!]! + add) >>> 0;
        const shift = shifts[i % 4]!;
        [a, d, c, b] = [d, c, b, ((sum << shift) | (sum >>> (32 - shift))) >>> 0];
      }
    [a, b, c, d] = [(a + a0) >>> 0, (b + b0) >>> 0, (c + c0) >>> 0, (d + d0) >>> 0];
  }
  const digest = Buffer.alloc(16);
  [a, b, c, d].forEach((word, i) => digest.writeUInt32LE(word, i * 4));
  return digest;
}

const ROUNDS = [
  {
    mix: (x: number, y: number, z: number) => ((x & y) | (~x & z)) >>> 0,
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x: number, y: number, z: number) => ((x & y) | (x & z) | (y & z)) >>> 0,
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x: number, y: number, z: number) => (x ^ y ^ z) >>> 0,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
];
