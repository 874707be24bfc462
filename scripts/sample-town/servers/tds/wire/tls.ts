// TLS inside TDS: up to TDS 7.4 the handshake travels in PRELOGIN packets, and after it plain TLS records follow on the
// same socket (MS-TDS 3.3.5.1 "TLS/SSL negotiation"). With `encrypt: 'strict'` (TDS 8.0) TLS comes first and wraps everything.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';

import { headerLength, packetTypes } from './packets.ts';

export interface TlsIdentity {
  key: string;
  cert: string;
}

/** Serves TLS below 1.3 whose handshake is wrapped: with 1.3 the moment to unwrap would differ between clients. */
export function secureAfterPrelogin(socket: Socket, context: SecureContext): TLSSocket {
  return new TLSSocket(new PreloginChannel(socket), { isServer: true, secureContext: context });
}

export function secureFromTheStart(socket: Socket, context: SecureContext): TLSSocket {
  return new TLSSocket(socket, { isServer: true, secureContext: context, ALPNProtocols: ['tds/8.0'] });
}

/** `old`: as a server that nobody has updated since 2008, TLS 1.0 and no more. */
export function contextFor(identity: TlsIdentity, wrapped: boolean, old = false): SecureContext {
  return createSecureContext({
    key: identity.key,
    cert: identity.cert,
    ...(wrapped ? { maxVersion: 'TLSv1.2' as const } : {}),
    ...(old ? { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1' as const, ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
  });
}

/** A self-signed identity for clients that trust any server certificate, as on a SQL Server nobody gave one. */
export async function selfSignedIdentity(): Promise<TlsIdentity> {
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'SSL_Self_Signed_Fallback' }], { keySize: 2048 });
  return { key: made.private, cert: made.cert };
}

class PreloginChannel extends Duplex {
  readonly #socket: Socket;
  #wrapped = true;
  #incoming: Buffer = Buffer.alloc(0);
  #outgoing: Buffer[] = [];

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.#wrapped) {
      this.#socket.write(chunk, done);
      return;
    }
    // The client reads exactly one message per handshake message it sent: a whole flight has to leave as one.
    if (this.#outgoing.length === 0) setImmediate(() => this.#sendFlight());
    this.#outgoing.push(Buffer.from(chunk));
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sendFlight();
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #sendFlight(): void {
    const flight = Buffer.concat(this.#outgoing);
    this.#outgoing = [];
    const room = 4096 - headerLength;
    for (let at = 0; at < flight.length; at += room) {
      const part = flight.subarray(at, at + room);
      const header = Buffer.from([packetTypes.prelogin, at + room >= flight.length ? 1 : 0, 0, 0, 0, 0, 1, 0]);
      header.writeUInt16BE(part.length + headerLength, 2);
      this.#socket.write(Buffer.concat([header, part]));
    }
  }

  #receive(chunk: Buffer): void {
    if (!this.#wrapped) {
      if (!this.push(chunk)) this.#socket.pause();
      return;
    }
    this.#incoming = Buffer.concat([this.#incoming, chunk]);
    while (this.#incoming.length >= headerLength) {
      // TLS records start with 0x14-0x17: the first byte tells when the client has left the wrapping.
      if (this.#incoming[0] !== packetTypes.prelogin) {
        this.#wrapped = false;
        const rest = this.#incoming;
        this.#incoming = Buffer.alloc(0);
        this.push(rest);
        return;
      }
      const length = this.#incoming.readUInt16BE(2);
      if (this.#incoming.length < length) return;
      this.push(this.#incoming.subarray(headerLength, length));
      this.#incoming = this.#incoming.subarray(length);
    }
  }
}
