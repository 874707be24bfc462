/** The beginning of a file, at least `size` bytes of it unless it is shorter, and all of its bytes again. */
export interface Head {
  head: Buffer;
  bytes: AsyncIterable<Uint8Array>;
  /** Gives the file up, when its bytes are not read. */
  close(): Promise<void>;
}

/** Reads so much of a file that its encoding can be told. `enough`: stops before `size` bytes are there. */
export async function readHead(
  source: AsyncIterable<Uint8Array>,
  size: number,
  enough: (head: Buffer) => boolean = () => false,
): Promise<Head> {
  const rest = source[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  let head: Buffer = Buffer.alloc(0);
  while (head.length < size && !enough(head)) {
    const next = await rest.next();
    if (next.done) break;
    begun.push(next.value);
    head = Buffer.concat([head, next.value.subarray(0, size)]);
  }
  return { head, bytes: joined(begun, rest), close: async () => void (await rest.return?.()) };
}

async function* joined(begun: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* begun;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
