// TDS messages are cut into packets of the negotiated size, each with an eight-byte header (MS-TDS 2.2.3.1).
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

export const packetTypes = {
  sqlBatch: 0x01,
  rpc: 0x03,
  tabularResult: 0x04,
  attention: 0x06,
  bulkLoad: 0x07,
  federatedToken: 0x08,
  transactionManager: 0x0e,
  login7: 0x10,
  sspi: 0x11,
  prelogin: 0x12,
} as const;

const endOfMessage = 0x01;
const ignoreMessage = 0x02;
const resetConnection = 0x08;
const resetConnectionKeepTransaction = 0x10;
export const headerLength = 8;

/** No request of a middleware comes near this; beyond it a client is broken or hostile. */
const longestMessage = 128 * 1024 * 1024;

export interface ClientMessage {
  type: number;
  payload: Buffer;
  /** The client gave up while sending (MS-TDS 2.2.3.1.2 IGNORE): answer, but do nothing. */
  ignored: boolean;
  reset: 'no' | 'all' | 'keep transaction';
}

/** Collects bytes into whole messages. Throws on a packet that cannot be one. */
export function createMessageReader(onMessage: (message: ClientMessage) => void): { push(chunk: Buffer): void; rest(): Buffer } {
  let pending: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let size = 0;
  let firstStatus = 0;

  function push(chunk: Buffer): void {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= headerLength) {
      const length = pending.readUInt16BE(2);
      if (length < headerLength) throw new Error('not a TDS packet');
      if (pending.length < length) return;
      const [type, status] = [pending.readUInt8(0), pending.readUInt8(1)];
      if (parts.length === 0) firstStatus = status;
      parts.push(pending.subarray(headerLength, length));
      size += length;
      if (size > longestMessage) throw new Error('TDS message too long');
      pending = pending.subarray(length);
      if ((status & endOfMessage) !== 0) finish(type, status);
    }
  }

  function finish(type: number, status: number): void {
    const reset =
      (firstStatus & resetConnection) !== 0 ? 'all' : (firstStatus & resetConnectionKeepTransaction) !== 0 ? 'keep transaction' : 'no';
    const message: ClientMessage = { type, payload: Buffer.concat(parts), ignored: (status & ignoreMessage) !== 0, reset };
    parts = [];
    size = 0;
    onMessage(message);
  }

  return { push, rest: () => pending };
}

/** Writes one response message at a time; full packets leave as soon as more follows, so memory stays constant. */
export class MessageWriter {
  readonly #stream: Duplex;
  readonly #spid: number;
  packetSize = 4096;
  #packet: Buffer = Buffer.alloc(0);
  #position = headerLength;
  #packetId = 1;
  #queue: Buffer[] = [];
  #queued = 0;

  constructor(stream: Duplex, spid: number) {
    this.#stream = stream;
    this.#spid = spid;
  }

  /** Appends token bytes; the bytes are copied. Resolve `drained()` now and then when this returns false. */
  write(data: Buffer): boolean {
    let offset = 0;
    while (offset < data.length) {
      if (this.#packet.length === 0) this.#startPacket();
      if (this.#position === this.#packet.length) {
        this.#closePacket(false);
        this.#startPacket();
      }
      const taken = Math.min(data.length - offset, this.#packet.length - this.#position);
      data.copy(this.#packet, this.#position, offset, offset + taken);
      this.#position += taken;
      offset += taken;
    }
    if (this.#queued >= 65536) this.#flush();
    return !this.#stream.writableNeedDrain;
  }

  /** Closes the message: its last packet carries the end flag, even when it is empty. */
  end(type: number = packetTypes.tabularResult): void {
    if (this.#packet.length === 0) this.#startPacket();
    this.#closePacket(true, type);
    this.#packetId = 1;
    this.#flush();
  }

  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return;
    const stop = new AbortController();
    try {
      await Promise.race([once(this.#stream, 'drain', { signal: stop.signal }), once(this.#stream, 'close', { signal: stop.signal })]);
    } finally {
      stop.abort();
    }
  }

  #startPacket(): void {
    this.#packet = Buffer.allocUnsafe(this.packetSize);
    this.#position = headerLength;
  }

  #closePacket(last: boolean, type: number = packetTypes.tabularResult): void {
    const packet = this.#packet.subarray(0, this.#position);
    packet.writeUInt8(type, 0);
    packet.writeUInt8(last ? endOfMessage : 0, 1);
    packet.writeUInt16BE(packet.length, 2);
    packet.writeUInt16BE(this.#spid, 4);
    packet.writeUInt8(this.#packetId & 0xff, 6);
    packet.writeUInt8(0, 7);
    this.#packetId++;
    this.#queue.push(packet);
    this.#queued += packet.length;
    this.#packet = Buffer.alloc(0);
    this.#position = headerLength;
  }

  #flush(): void {
    if (this.#queued === 0) return;
    const bytes = this.#queue.length === 1 ? (this.#queue[0] as Buffer) : Buffer.concat(this.#queue);
    this.#queue = [];
    this.#queued = 0;
    if (!this.#stream.destroyed) this.#stream.write(bytes);
  }
}
