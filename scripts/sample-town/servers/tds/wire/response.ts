// One response message being written: result sets, counts, messages; and the DONE token that says whether more follows.
import { setImmediate as yieldToOthers } from 'node:timers/promises';

import type { MessageWriter } from './packets.ts';
import type { SqlServerError } from '../execute/sql-errors.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import { doneStatus, writeBytesChange, writeDone, writeError, writeInfo, writeReturnStatus, writeTextChange } from './tokens.ts';
import { TokenBuffer } from './tokens.ts';
import { writeColumns } from './columns.ts';
import { encoderFor } from './values.ts';
import type { ResultColumn } from './columns.ts';
import { Canceled } from '../execute/write-lock.ts';

export class Response {
  readonly #writer: MessageWriter;
  readonly out = new TokenBuffer();
  readonly #procedure: boolean;
  /** Whether the next DONE is the last is known only when something follows it, or nothing. */
  #pending: { status: number; rows: number } | undefined;
  #failed = false;

  constructor(writer: MessageWriter, kind: 'batch' | 'procedure') {
    this.#writer = writer;
    this.#procedure = kind === 'procedure';
  }

  info(number: number, message: string): void {
    this.#flushPending(true);
    writeInfo(this.out, number, message);
  }

  error(error: SqlServerError, line: number): void {
    this.#flushPending(true);
    writeError(this.out, error, line);
    this.#failed = true;
  }

  transactionChange(what: 'begin' | 'commit' | 'rollback', descriptor: Buffer): void {
    this.#flushPending(true);
    const none = Buffer.alloc(0);
    writeBytesChange(this.out, what, what === 'begin' ? descriptor : none, what === 'begin' ? none : descriptor);
  }

  connectionReset(): void {
    writeBytesChange(this.out, 'reset', Buffer.alloc(0), Buffer.alloc(0));
  }

  databaseChange(name: string): void {
    this.#flushPending(true);
    writeTextChange(this.out, 'database', name, name);
  }

  /** A statement is over. `rows` is left out where SQL Server counts nothing, and under NOCOUNT. */
  done(rows?: number, failed = false): void {
    this.#flushPending(true);
    this.#pending = { status: (rows === undefined ? 0 : doneStatus.count) | (failed ? doneStatus.error : 0), rows: rows ?? 0 };
  }

  /** Sends a result set as it is read, no faster than the client takes it. Gives the number of rows. */
  async rows(columns: readonly ResultColumn[], rows: Iterable<SqliteValue[]>, signal: AbortSignal): Promise<number> {
    this.#flushPending(true);
    writeColumns(this.out, columns);
    const encoders = columns.map(encoderFor);
    const { out } = this;
    let count = 0;
    for (const row of rows) {
      const start = out.length;
      try {
        out.u8(0xd1);
        for (let at = 0; at < encoders.length; at++) (encoders[at] as (typeof encoders)[number])(out, row[at] as SqliteValue);
      } catch (error) {
        out.truncate(start);
        throw error;
      }
      count++;
      if (out.length >= 16384 && !this.#writer.write(out.take())) await this.#writer.drained();
      // Others have their turn too, and so has an ATTENTION of this client.
      if (count % 500 === 0) await yieldToOthers();
      if (signal.aborted) throw new Canceled();
    }
    return count;
  }

  /** Ends the message. In a procedure the return status and the output parameters come before the last token. */
  end(beforeLast?: (out: TokenBuffer) => void): void {
    if (this.#procedure) {
      this.#flushPending(true);
      writeReturnStatus(this.out, this.#failed ? 1 : 0);
      beforeLast?.(this.out);
      writeDone(this.out, 'procedure', this.#failed ? doneStatus.error : 0, 0);
    } else if (this.#pending === undefined) writeDone(this.out, 'done', this.#failed ? doneStatus.error : 0, 0);
    else this.#flushPending(false);
    this.#writer.write(this.out.take());
    this.#writer.end();
  }

  #flushPending(more: boolean): void {
    if (this.#pending === undefined) return;
    const { status, rows } = this.#pending;
    this.#pending = undefined;
    writeDone(this.out, this.#procedure ? 'in procedure' : 'done', status | (more ? doneStatus.more : 0), rows);
  }
}
