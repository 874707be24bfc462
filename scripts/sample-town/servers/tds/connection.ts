// One client connection from its first byte to its last: encryption, login, then request after request.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { readBatch, readProcedureCall, readTransactionRequest } from './wire/client-requests.ts';
import { executeBatch, beginTransaction, endTransaction } from './execute/batch.ts';
import type { Run } from './execute/batch.ts';
import { executeProcedure } from './execute/procedure.ts';
import { agreePacketSize, readLogin } from './wire/login.ts';
import type { Login } from './wire/login.ts';
import { buildChallenge, isNegotiate, readProof } from './wire/ntlm.ts';
import type { WindowsLogin } from './wire/ntlm.ts';
import { MessageWriter, createMessageReader, packetTypes } from './wire/packets.ts';
import type { ClientMessage } from './wire/packets.ts';
import { agreeEncryption, buildPrelogin, encryption, readPreloginEncryption } from './wire/prelogin.ts';
import { Response } from './wire/response.ts';
import { Session } from './execute/session.ts';
import type { Instance, SessionLogin } from './execute/session.ts';
import { SqlServerError, asSqlServerError, unsupported } from './execute/sql-errors.ts';
import { contextFor, secureAfterPrelogin, secureFromTheStart } from './wire/tls.ts';
import type { TlsIdentity } from './wire/tls.ts';
import {
  TokenBuffer,
  collation,
  doneStatus,
  writeBytesChange,
  writeDone,
  writeError,
  writeInfo,
  writeLoginAck,
  writeSspi,
  writeTextChange,
} from './wire/tokens.ts';
import { Canceled } from './execute/write-lock.ts';

export interface ConnectionOptions {
  spid: number;
  instance: Instance;
  logins: readonly { user: string; password: string; domain?: string; readOnly?: boolean }[];
  onLogin?: ((login: Login) => void) | undefined;
  oldTls?: boolean | undefined;
  identity: () => Promise<TlsIdentity>;
}

/** Resolves when the connection is over and its session closed. Never rejects: a broken client ends its connection, nothing else. */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  const first = await firstChunk(socket);
  if (first === undefined) return;
  let stream: Duplex = socket;
  if (first[0] === 0x16) {
    // TDS 8.0, `encrypt: 'strict'`: TLS comes before anything else.
    socket.unshift(first);
    stream = secureFromTheStart(socket, contextFor(await options.identity(), false));
  } else socket.unshift(first);
  const channel = new Channel(stream, options.spid);
  let session: Session | undefined;
  try {
    session = await logIn(channel, socket, options);
    if (session !== undefined) await serveRequests(channel, session);
  } catch {
    // The client broke off or spoke something else than TDS.
  } finally {
    session?.close();
    channel.stream.destroy();
    socket.destroy();
  }
}

function firstChunk(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const onData = (chunk: Buffer): void => {
      socket.pause();
      socket.off('close', onClose);
      resolve(chunk);
    };
    const onClose = (): void => resolve(undefined);
    socket.once('data', onData);
    socket.once('close', onClose);
  });
}

/** Messages in, messages out, over whatever stream carries them at the moment. */
class Channel {
  stream: Duplex;
  writer: MessageWriter;
  readonly #spid: number;
  readonly #messages: ClientMessage[] = [];
  #waiting: ((message: ClientMessage | undefined) => void) | undefined;
  #closed = false;
  onAttention: (() => void) | undefined;
  onClose: (() => void) | undefined;
  #feed: (chunk: Buffer) => void = () => undefined;

  constructor(stream: Duplex, spid: number) {
    this.#spid = spid;
    this.stream = stream;
    this.writer = new MessageWriter(stream, spid);
    this.#attach();
  }

  /** Goes on over TLS; the old stream now belongs to it. */
  replace(make: () => Duplex): void {
    this.stream.off('data', this.#feed);
    this.stream = make();
    this.writer = new MessageWriter(this.stream, this.#spid);
    this.#attach();
  }

  #attach(): void {
    const { stream } = this;
    const reader = createMessageReader((message) => this.#receive(message));
    this.#feed = (chunk) => {
      try {
        reader.push(chunk);
      } catch {
        stream.destroy();
      }
    };
    const close = (): void => {
      if (stream !== this.stream) return;
      this.#closed = true;
      this.#waiting?.(undefined);
      this.onClose?.();
    };
    stream.on('data', this.#feed);
    stream.on('error', () => stream.destroy());
    stream.on('close', close);
    stream.on('end', close);
    stream.resume();
  }

  #receive(message: ClientMessage): void {
    if (message.type === packetTypes.attention) {
      this.onAttention?.();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#messages.push(message);
    else waiting(message);
  }

  next(): Promise<ClientMessage | undefined> {
    const message = this.#messages.shift();
    if (message !== undefined || this.#closed) return Promise.resolve(message);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

async function logIn(channel: Channel, socket: Socket, options: ConnectionOptions): Promise<Session | undefined> {
  const prelogin = await channel.next();
  if (prelogin?.type !== packetTypes.prelogin) return undefined;
  const strict = channel.stream !== socket;
  const agreed = strict ? encryption.notSupported : agreeEncryption(readPreloginEncryption(prelogin.payload));
  const identity = agreed === encryption.notSupported ? undefined : await options.identity();
  channel.writer.write(buildPrelogin(agreed));
  channel.writer.end();
  if (identity !== undefined) channel.replace(() => secureAfterPrelogin(socket, contextFor(identity, true, options.oldTls)));
  const message = await channel.next();
  if (message?.type !== packetTypes.login7) return undefined;
  const login = readLogin(message.payload);
  options.onLogin?.(login);
  const out = new TokenBuffer();
  try {
    if (login.integrated) await askForProof(channel, login, options);
    const session = new Session(options.spid, options.instance, admit(login, options));
    acknowledge(out, login, options.instance.databaseName, channel);
    return session;
  } catch (error) {
    for (const each of error instanceof AggregateError ? error.errors : [error]) writeError(out, asSqlServerError(each));
    writeDone(out, 'done', doneStatus.error, 0);
    channel.writer.write(out.take());
    channel.writer.end();
    channel.stream.end();
    return undefined;
  }
}

/** NTLM: sends a challenge, and puts the account into the login that proves its password. Throws 18452 as SQL Server does. */
async function askForProof(channel: Channel, login: Login, options: ConnectionOptions): Promise<void> {
  const untrusted = new SqlServerError({
    number: 18452,
    class: 14,
    message: 'Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.',
  });
  const accounts = options.logins.filter((each) => each.domain !== undefined);
  if (accounts.length === 0 || !isNegotiate(login.sspi)) throw untrusted;
  const { message, challenge } = buildChallenge(accounts[0]!.domain!);
  const out = new TokenBuffer();
  writeSspi(out, message);
  channel.writer.write(out.take());
  channel.writer.end();
  const answer = await channel.next();
  if (answer?.type !== packetTypes.sspi) throw untrusted;
  const passwordOf = ({ domain, user }: WindowsLogin): string | undefined =>
    accounts.find((each) => nameOf(each).toLowerCase() === `${domain}\\${user}`.toLowerCase())?.password;
  const proof = readProof(answer.payload, challenge, passwordOf);
  if (!proof?.proven) throw untrusted;
  login.user = `${proof.domain}\\${proof.user}`;
}

function nameOf({ user, domain }: { user: string; domain?: string }): string {
  return domain === undefined ? user : `${domain}\\${user}`;
}

/** Throws what SQL Server sends: 18456 for the login, 4060 and then 18456 for the database. */
function admit(login: Login, options: ConnectionOptions): SessionLogin {
  const failed = (state: number): SqlServerError =>
    new SqlServerError({ number: 18456, class: 14, state, message: `Login failed for user '${login.user}'.` });
  const known = options.logins.find((each) => nameOf(each).toLowerCase() === login.user.toLowerCase());
  if (known === undefined || (!login.integrated && known.password !== login.password)) throw failed(1);
  const wanted = login.database;
  if (wanted !== '' && wanted.toLowerCase() !== options.instance.databaseName.toLowerCase()) {
    const missing = new SqlServerError({
      number: 4060,
      class: 11,
      message: `Cannot open database "${wanted}" requested by the login. The login failed.`,
    });
    throw new AggregateError([missing, failed(38)]);
  }
  return { user: nameOf(known), readOnly: known.readOnly === true, hostName: login.hostName, appName: login.appName };
}

function acknowledge(out: TokenBuffer, login: Login, databaseName: string, channel: Channel): void {
  const packetSize = agreePacketSize(login.packetSize);
  writeTextChange(out, 'database', databaseName, 'master');
  writeInfo(out, 5701, `Changed database context to '${databaseName}'.`);
  writeBytesChange(out, 'collation', collation, Buffer.alloc(0));
  writeTextChange(out, 'language', 'us_english', '');
  writeInfo(out, 5703, 'Changed language setting to us_english.');
  writeLoginAck(out, login.tdsVersion);
  writeTextChange(out, 'packetSize', String(packetSize), '4096');
  writeDone(out, 'done', 0, 0);
  channel.writer.write(out.take());
  channel.writer.end();
  channel.writer.packetSize = packetSize;
}

async function serveRequests(channel: Channel, session: Session): Promise<void> {
  let running: AbortController | undefined;
  let attention = false;
  channel.onClose = () => running?.abort();
  channel.onAttention = () => {
    if (running === undefined) acknowledgeAttention(channel);
    else {
      attention = true;
      running.abort();
    }
  };
  for (let message = await channel.next(); message !== undefined; message = await channel.next()) {
    running = new AbortController();
    try {
      await answer(channel, session, message, running.signal);
    } finally {
      running = undefined;
      // The interrupted response is closed first; the acknowledgment is a message of its own (MS-TDS 3.3.5.7).
      if (attention) acknowledgeAttention(channel);
      attention = false;
    }
  }
}

function acknowledgeAttention(channel: Channel): void {
  const out = new TokenBuffer();
  writeDone(out, 'done', doneStatus.attention, 0);
  channel.writer.write(out.take());
  channel.writer.end();
}

async function answer(channel: Channel, session: Session, message: ClientMessage, signal: AbortSignal): Promise<void> {
  const response = new Response(channel.writer, message.type === packetTypes.rpc ? 'procedure' : 'batch');
  if (message.reset !== 'no') {
    session.reset(message.reset === 'keep transaction');
    response.connectionReset();
  }
  const run: Run = { session, response, variables: new Map(), signal };
  let beforeLast: ((out: TokenBuffer) => void) | undefined;
  let fatal: unknown;
  try {
    if (!message.ignored) beforeLast = await perform(run, message);
  } catch (error) {
    if (error instanceof Canceled) {
      if (session.abortOnError && session.transactions.depth > 0) endTransaction(run, 'rollback');
    } else if (error instanceof SqlServerError && error.class >= 20) fatal = error;
    else {
      response.error(asSqlServerError(error), 1);
      response.done(undefined, true);
    }
  }
  if (session.transactions.depth === 0) session.transactions.abandon();
  response.end(beforeLast);
  if (fatal !== undefined) {
    channel.stream.end();
    throw fatal;
  }
}

async function perform(run: Run, message: ClientMessage): Promise<((out: TokenBuffer) => void) | undefined> {
  switch (message.type) {
    case packetTypes.sqlBatch:
      await executeBatch(run, readBatch(message.payload));
      return undefined;
    case packetTypes.rpc:
      return executeProcedure(run, readProcedureCall(message.payload));
    case packetTypes.transactionManager:
      performTransaction(run, message.payload);
      return undefined;
    case packetTypes.bulkLoad:
      throw unsupported('bulk load');
    default:
      throw unsupported(`a request of type 0x${message.type.toString(16)}`);
  }
}

function performTransaction(run: Run, payload: Buffer): void {
  const { session, response } = run;
  const request = readTransactionRequest(payload);
  const words = {
    begin: 'BEGIN TRANSACTION',
    commit: 'COMMIT TRANSACTION',
    rollback: 'ROLLBACK TRANSACTION',
    save: 'SAVE TRANSACTION',
    unsupported: '',
  };
  if (request.kind === 'unsupported')
    throw unsupported(`the transaction manager request ${request.type}; distributed transactions are not served`);
  try {
    session.instance.onStatement(words[request.kind]);
  } catch (error) {
    if (session.transactions.depth > 0) endTransaction(run, 'rollback');
    throw error;
  }
  switch (request.kind) {
    case 'begin':
      if (request.isolation !== undefined) session.transactions.isolation = request.isolation;
      beginTransaction(run);
      break;
    case 'save':
      session.transactions.save(request.name);
      break;
    case 'commit':
    case 'rollback':
      if (request.kind === 'rollback' && request.name !== '' && session.transactions.hasSavepoint(request.name))
        session.transactions.rollbackTo(request.name);
      else endTransaction(run, request.kind);
      if (request.beginNext) beginTransaction(run);
      break;
  }
  response.done();
}
