// The token stream of a response (MS-TDS 2.2.7), written into a buffer that grows and is reused.
import type { SqlServerError } from '../execute/sql-errors.ts';

export const doneStatus = { more: 0x01, error: 0x02, inTransaction: 0x04, count: 0x10, attention: 0x20 } as const;
/** SQL_Latin1_General_CP1_CI_AS: LCID 0x0409, ignore case, kana and width, sort order 52, code page 1252. */
export const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);
const serverName = 'SAMPLETOWN';

export class TokenBuffer {
  #bytes: Buffer = Buffer.allocUnsafe(16384);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far; they are overwritten by what is written next. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Drops what was written after a length that `length` gave earlier. */
  truncate(length: number): void {
    this.#length = length;
  }

  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#bytes.writeUInt16LE(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value >>> 0, at);
  }

  i16(value: number): void {
    const at = this.#room(2);
    this.#bytes.writeInt16LE(value, at);
  }

  i32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeInt32LE(value, at);
  }

  i64(value: bigint): void {
    const at = this.#room(8);
    this.#bytes.writeBigInt64LE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64LE(value, at);
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  float(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeFloatLE(value, at);
  }

  uint(value: number, size: number): void {
    const at = this.#room(size);
    this.#bytes.writeUIntLE(value, at, size);
  }

  bytes(value: Buffer): void {
    const at = this.#room(value.length);
    value.copy(this.#bytes, at);
  }

  ucs2(text: string): void {
    const at = this.#room(text.length * 2);
    this.#bytes.write(text, at, 'ucs2');
  }

  latin1(text: string, paddedTo = text.length): void {
    const at = this.#room(paddedTo);
    this.#bytes.write(text, at, 'latin1');
    if (paddedTo > text.length) this.#bytes.fill(0x20, at + text.length, at + paddedTo);
  }

  fill(value: number, size: number): void {
    const at = this.#room(size);
    this.#bytes.fill(value, at, at + size);
  }

  /** B_VARCHAR: the count of characters in one byte. */
  shortText(text: string): void {
    this.u8(text.length);
    this.ucs2(text);
  }

  /** US_VARCHAR: the count of characters in two bytes. */
  longText(text: string): void {
    this.u16(text.length);
    this.ucs2(text);
  }
}

export function writeDone(out: TokenBuffer, kind: 'done' | 'in procedure' | 'procedure', status: number, rows: number): void {
  out.u8(kind === 'done' ? 0xfd : kind === 'in procedure' ? 0xff : 0xfe);
  out.u16(status);
  out.u16(0);
  out.u64(BigInt(rows));
}

export function writeError(out: TokenBuffer, error: SqlServerError, line = 1): void {
  writeMessage(out, 0xaa, error.number, error.state, error.class, error.message, line);
}

export function writeInfo(out: TokenBuffer, number: number, message: string): void {
  writeMessage(out, 0xab, number, 1, 0, message, 1);
}

function writeMessage(
  out: TokenBuffer,
  token: number,
  number: number,
  state: number,
  severity: number,
  message: string,
  line: number,
): void {
  const text = message.slice(0, 4000);
  out.u8(token);
  out.u16(4 + 1 + 1 + 2 + text.length * 2 + 1 + serverName.length * 2 + 1 + 4);
  out.u32(number);
  out.u8(state);
  out.u8(severity);
  out.longText(text);
  out.shortText(serverName);
  out.shortText('');
  out.u32(line);
}

const environment = { database: 1, language: 2, packetSize: 4, collation: 7, begin: 8, commit: 9, rollback: 10, reset: 18 } as const;

export function writeTextChange(out: TokenBuffer, what: 'database' | 'language' | 'packetSize', next: string, previous: string): void {
  out.u8(0xe3);
  out.u16(1 + 1 + next.length * 2 + 1 + previous.length * 2);
  out.u8(environment[what]);
  out.shortText(next);
  out.shortText(previous);
}

export function writeBytesChange(
  out: TokenBuffer,
  what: 'collation' | 'begin' | 'commit' | 'rollback' | 'reset',
  next: Buffer,
  previous: Buffer,
): void {
  out.u8(0xe3);
  out.u16(1 + 1 + next.length + 1 + previous.length);
  out.u8(environment[what]);
  out.u8(next.length);
  out.bytes(next);
  out.u8(previous.length);
  out.bytes(previous);
}

/** As a server of that age would: no newer than the client asked for. `tdsVersion` as LOGIN7 has it: 0x74000004. */
export function writeLoginAck(out: TokenBuffer, tdsVersion: number): void {
  const program = 'Microsoft SQL Server';
  out.u8(0xad);
  out.u16(1 + 4 + 1 + program.length * 2 + 4);
  out.u8(1);
  const version = Buffer.alloc(4);
  version.writeUInt32BE(Math.min(tdsVersion, 0x74000004));
  out.bytes(version);
  out.shortText(program);
  out.bytes(Buffer.from([16, 0, 0x10, 0x3b]));
}

/** The server's message of a Windows login (MS-TDS 2.2.7.22). */
export function writeSspi(out: TokenBuffer, message: Buffer): void {
  out.u8(0xed);
  out.u16(message.length);
  out.bytes(message);
}

export function writeReturnStatus(out: TokenBuffer, status: number): void {
  out.u8(0x79);
  out.i32(status);
}

/** The handle that sp_prepare gives back: an INTN output parameter. */
export function writeHandle(out: TokenBuffer, name: string, handle: number): void {
  out.u8(0xac);
  out.u16(0);
  out.shortText(name);
  out.u8(0x01);
  out.u32(0);
  out.u16(0);
  out.u8(0x26);
  out.u8(4);
  out.u8(4);
  out.i32(handle);
}
