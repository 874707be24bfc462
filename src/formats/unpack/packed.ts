/** Bytes that can be read again from their beginning and, for archives, from any place in them. */
export interface Packed {
  size: number;
  read(): AsyncIterable<Uint8Array>;
  at: { path: string } | { bytes: Buffer };
}
