import type { Client, Connection, Submittable } from 'pg';

/** First byte of the protocol's messages. */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** The length that a message says counts itself. */
const LENGTH_BYTES = 4;

/** What `pg` tells whoever submitted a query. */
interface Answers {
  handleCopyInResponse(): void;
  handleCommandComplete(): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

/** A COPY … FROM STDIN, and its text. */
export interface Copy {
  statement: string;
  pieces: readonly Uint8Array[];
}

/**
 * Runs statements, each a COPY with text that is all there already. Everything is sent at once without waiting for the server's go-ahead, so a
 * busy process does not hold up the server; a server that refuses a statement, or fails in the middle of it, drops the rest. `first`: a
 * statement that is run before them. Throws what the server says. Once it resolves, the server has read the pieces.
 */
export async function copyIn(client: Client, copies: readonly Copy[], first?: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const query: Submittable & Answers = {
      submit(connection: Connection) {
        const { stream } = connection;
        stream.cork();
        connection.query([...(first === undefined ? [] : [first]), ...copies.map(({ statement }) => statement)].join('; '));
        for (const { pieces } of copies) {
          for (const piece of pieces) {
            stream.write(message(COPY_DATA, piece.length));
            stream.write(piece);
          }
          stream.write(message(COPY_DONE, 0));
        }
        stream.uncork();
      },
      handleCopyInResponse() {},
      handleCommandComplete() {},
      handleReadyForQuery: resolve,
      handleError: reject,
    };
    // Where a connection is known to be dead, what is submitted is answered by a promise.
    Promise.resolve(client.query(query) as unknown).catch(reject);
  });
}

/** The beginning of a message with so many bytes of content. */
function message(type: number, bytes: number): Uint8Array {
  const head = Buffer.allocUnsafe(1 + LENGTH_BYTES);
  head[0] = type;
  head.writeUInt32BE(bytes + LENGTH_BYTES, 1);
  return head;
}
