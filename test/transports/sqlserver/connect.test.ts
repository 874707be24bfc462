import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AbortedError, ConfigError, InterlocalError, RetriableError } from '../../../src/core/errors.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import type { QuerySpec, QueryTransport } from '../../../src/transports/transport.ts';
import { TRY_ALL } from '../../effort.ts';
import { startServer } from './server.ts';
import type { TestServer } from './server.ts';

const ROWS = 100_000;
function* manyRows(): Generator<string[]> {
  for (let i = 1; i <= ROWS; i++) yield [String(i), `receipt ${i}`, `${i}.25`];
}
const LARGE: QuerySpec = { tables: ['large'], columns: ['id', 'note', 'amount'].map((name) => ({ name, type: 'text' })), orderBy: ['id'] };

let server: TestServer;
const opened: QueryTransport[] = [];
beforeAll(async () => {
  server = await startServer([
    { name: 'large', columns: { id: 'int NOT NULL PRIMARY KEY', note: 'char(200)', amount: 'numeric(19,5)' }, rows: manyRows() },
  ]);
});
afterEach(async () => {
  server.onStatement = () => undefined;
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});
afterAll(() => server?.stop());

function open(changes: Record<string, unknown> = {}, signal?: AbortSignal): QueryTransport {
  const options = Object.fromEntries(Object.entries({ ...server.options, ...changes }).filter(([, value]) => value !== undefined));
  const transport = openSqlServer(options, { connection: 'finance', projectFolder: server.folder, ...(signal ? { signal } : {}) });
  opened.push(transport);
  return transport;
}

async function failure(transport: QueryTransport): Promise<InterlocalError> {
  const error = await transport.scalar('SELECT 1').then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InterlocalError);
  expect((error as Error).message).not.toContain('Password-1');
  return error as InterlocalError;
}

/** A server of a few lines for what a sound one never does; gives its port. */
const servers: Server[] = [];
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const listening = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  servers.push(listening);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return (listening.address() as AddressInfo).port;
}
afterAll(() => servers.forEach((listening) => listening.close()));

describe('100,000 rows', () => {
  it('arrive complete and in order, in lists, while memory stays flat', async () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const used: number[] = [];
    let count = 0;
    let lists = 0;
    for await (const list of open().query(LARGE)) {
      expect(list.length).toBeLessThanOrEqual(1000);
      for (const record of list)
        if (record.number !== ++count || record.values['id'] !== String(count))
          throw new Error(`row ${count} is ${JSON.stringify(record)}`);
      expect(list.at(-1)!.values).toEqual({ id: String(count), note: `receipt ${count}`, amount: `${count}.25000` });
      if (lists++ % 10 === 0) {
        // A reader much slower than the server, at first: what it has not taken must wait there and not here.
        await new Promise((resolve) => setTimeout(resolve, lists === 1 ? 1500 : 20));
        collect();
        used.push(process.memoryUsage().heapUsed);
      }
    }
    expect(count).toBe(ROWS);
    expect(Math.max(...used) - Math.min(...used)).toBeLessThan(15_000_000);
  });

  it('stop when the signal says so, and the connection can be used again', async () => {
    const abort = new AbortController();
    const transport = open({}, abort.signal);
    let count = 0;
    const reading = (async () => {
      for await (const list of transport.query(LARGE)) {
        count += list.length;
        if (count >= 5000) abort.abort();
      }
    })();
    await expect(reading).rejects.toBeInstanceOf(AbortedError);
    expect(count).toBeLessThan(10_000);
    expect(await transport.scalar('SELECT COUNT(*) FROM large')).toBe(String(ROWS));
    await expect(transport.query(LARGE)[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(AbortedError);
  });

  it('are left at the server when the loop is left, as often as one likes', async () => {
    const transport = open();
    for (let i = 0; i < 5; i++) {
      for await (const list of transport.query(LARGE)) {
        expect(list[0]!.values['id']).toBe('1');
        break;
      }
    }
    expect(await transport.scalar('SELECT COUNT(*) FROM large')).toBe(String(ROWS));
  });

  it('can be read twice at the same time on one transport', async () => {
    const transport = open();
    const counts = await Promise.all(
      [1, 2].map(async () => {
        let count = 0;
        for await (const list of transport.query({ ...LARGE, where: [{ column: 'id', is: '<=', value: '20000' }] })) count += list.length;
        return count;
      }),
    );
    expect(counts).toEqual([20_000, 20_000]);
  });
});

describe('a login that does not succeed says which step failed and what to do', () => {
  it('wrong password', async () => {
    const error = await failure(open({ password: 'wrong-Password-1' }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/refused the login reader: name or password is wrong.*SQL error 18456.*Check username and password/s);
  });

  it('wrong database', async () => {
    const error = await failure(open({ database: 'TWON' }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/database TWON at .* cannot be opened.*SQL error 4060/s);
  });

  it('a certificate that nobody vouches for', async () => {
    const error = await failure(open({ ca_file: undefined, trust_server_certificate: false }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/certificate .* is self-signed.*export the certificate.*ca_file.*\[TLS_UNTRUSTED\]/s);
  });

  it('a certificate other than the one in ca_file', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    await writeFile(join(server.folder, 'other.pem'), cert);
    expect((await failure(open({ ca_file: 'other.pem', trust_server_certificate: false }))).code).toBe('TLS_UNTRUSTED');
  });

  it('a ca_file that is missing or holds no certificate', async () => {
    expect((await failure(open({ ca_file: 'missing.pem' }))).message).toMatch(/missing\.pem cannot be read: there is no such file/);
    await writeFile(join(server.folder, 'binary.cer'), Buffer.from([0x30, 0x82]));
    expect((await failure(open({ ca_file: 'binary.cer' }))).message).toMatch(/no certificate in PEM form.*Base-64/s);
  });

  it('a host that is not known, a port where nothing listens', async () => {
    const unknown = await failure(open({ host: 'no-such-host.invalid' }));
    expect(unknown).toBeInstanceOf(RetriableError);
    expect(unknown.code).toBe('HOST_UNKNOWN');
    const closed = await listen(() => undefined);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    expect(await failure(open({ host: '127.0.0.1', port: closed }))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  it('a server that accepts and never answers', async () => {
    const port = await listen(() => undefined);
    const error = await failure(open({ host: '127.0.0.1', port, timeout: '500ms' }));
    expect(error).toBeInstanceOf(RetriableError);
    expect(error.message).toMatch(/did not answer in time.*raise timeout/s);
  });

  it('something that is not SQL Server', async () => {
    const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await failure(open({ host: '127.0.0.1', port, timeout: '2s' }))).toBeInstanceOf(RetriableError);
  });

  it('a server that claims to have no encryption is sent neither name nor password', async () => {
    let received = 0;
    const port = await listen((socket) =>
      socket.on('data', (data: Buffer) => {
        if (received++ > 0) return;
        // PRELOGIN: version, and encryption not supported (0x02).
        const payload = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]);
        expect(data[0]).toBe(0x12);
        socket.write(Buffer.concat([Buffer.from([0x04, 1, 0, 8 + payload.length, 0, 0, 1, 0]), payload]));
      }),
    );
    const error = await failure(open({ host: '127.0.0.1', port, timeout: '3s' }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/offers no encryption, so nothing was sent to it/);
    expect(received).toBe(1);
  });

  it('a transport that could not log in can be used once it can', async () => {
    const real = server.options['port'] as number;
    let broken = true;
    const port = await listen((socket) => {
      if (broken) return void socket.destroy();
      const onward = connect(real, '127.0.0.1');
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const transport = open({ port, host: server.options['host'] === 'localhost' ? 'localhost' : '127.0.0.1' });
    expect(await failure(transport)).toBeInstanceOf(RetriableError);
    broken = false;
    expect(await transport.scalar('SELECT 1')).toBe('1');
  });

  it('options that are wrong are told without the secret', () => {
    expect(() => open({ port: 99_999, password: '', allow_legacy: ['ssl3'] })).toThrow(/port.*password.*allow_legacy/s);
  });
});

describe('a connection that breaks while rows are read', () => {
  async function breaking(how: (onward: Socket, socket: Socket) => void, changes: Record<string, unknown>): Promise<unknown> {
    const port = await listen((socket) => {
      const onward = connect(server.options['port'] as number, '127.0.0.1');
      let passed = 0;
      let broken = false;
      socket.on('data', (data) => void (broken || onward.write(data)));
      onward.on('data', (data) => {
        if (broken) return;
        passed += data.length;
        if (passed > 2_000_000) {
          broken = true;
          how(onward, socket);
        } else socket.write(data);
      });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    });
    let count = 0;
    try {
      for await (const list of open({ port, ...changes }).query(LARGE)) count += list.length;
    } catch (error) {
      expect(count).toBeGreaterThan(0);
      return error;
    }
    return new Error(`it was not noticed: ${count} rows`);
  }

  it('is noticed, and the run may try again', async () => {
    const error = await breaking((onward, socket) => [onward, socket].forEach((each) => each.destroy()), {});
    expect(error).toBeInstanceOf(RetriableError);
    expect((error as RetriableError).code).toBe('CONNECTION_LOST');
  });

  // Silence can only be waited for: twelve seconds that `npm test` leaves out.
  if (TRY_ALL)
    it('is noticed even when it only falls silent', async () => {
      const error = await breaking(() => undefined, { request_timeout: '1s' });
      expect(error).toBeInstanceOf(RetriableError);
      expect((error as Error).message).toMatch(/sent nothing more for \d+ seconds, after \d+ rows/);
    });
});

describe('what the server answers to a statement decides what happens next', () => {
  const answers = (number: number, message: string, severity = 16): void => {
    server.onStatement = (sql) => {
      if (sql.includes('large')) throw Object.assign(new Error(message), { number, class: severity, state: 1 });
    };
  };
  const read = async (): Promise<unknown> => {
    try {
      for await (const list of open().query(LARGE)) expect(list.length).toBeGreaterThan(0);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it.runIf(!process.env['MSSQL_URL'])('a deadlock is tried again', async () => {
    answers(
      1205,
      'Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
      13,
    );
    expect(await read()).toBeInstanceOf(RetriableError);
  });

  it.runIf(!process.env['MSSQL_URL'])('a missing right names the table and whom to ask', async () => {
    answers(229, "The SELECT permission was denied on the object 'large', database 'TOWN', schema 'dbo'.", 14);
    const error = await read();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/login reader may not do this.*'large'.*229.*grant it SELECT/s);
  });

  it.runIf(!process.env['MSSQL_URL'])('a fault that ends the connection is tried again', async () => {
    answers(3624, 'A system assertion check has failed.', 20);
    expect(await read()).toBeInstanceOf(RetriableError);
  });
});

describe('check', () => {
  it('tells every step, with what can be read', async () => {
    const results = await open().check();
    expect(results.filter((result) => !result.ok)).toEqual([]);
    expect(results.map((result) => result.name)).toEqual([
      'reachable',
      'encryption',
      'credentials',
      'database',
      'tables',
      'rights',
      'server version',
    ]);
    expect(results.find((result) => result.name === 'tables')!.detail).toContain('dbo.large');
    expect(results.find((result) => result.name === 'server version')!.detail).toMatch(/^SQL Server \d+\.\d+/);
  });

  it('warns of what is weaker than it need be, and goes on', async () => {
    const results = await open({ trust_server_certificate: true, ca_file: undefined, allow_legacy: ['tls1.0', 'weak_ciphers'] }).check();
    expect(results.every((result) => result.ok)).toBe(true);
    expect(results.filter((result) => result.warning).map((result) => result.detail)).toEqual(
      expect.arrayContaining([expect.stringContaining('any certificate is accepted'), expect.stringContaining('tls1.0, weak_ciphers')]),
    );
  });

  it('warns of a login that may write', async () => {
    const changes = server.real ? {} : { username: 'owner', password: 'owner-Password-1' };
    expect(await open(changes).check()).toContainEqual(
      expect.objectContaining({ name: 'rights', warning: true, detail: 'the login may also write in this database' }),
    );
  });

  it('stops at the step that failed, those before it being well', async () => {
    const steps = async (changes: Record<string, unknown>) =>
      (await open(changes).check()).map(({ name, ok }) => `${name} ${ok ? 'ok' : 'failed'}`);
    expect(await steps({ host: 'no-such-host.invalid' })).toEqual(['reachable failed']);
    expect(await steps({ ca_file: undefined, trust_server_certificate: false })).toEqual(['reachable ok', 'encryption failed']);
    expect(await steps({ password: 'wrong-Password-1' })).toEqual(['reachable ok', 'encryption ok', 'credentials failed']);
    expect(await steps({ database: 'TWON' })).toEqual(['reachable ok', 'encryption ok', 'credentials ok', 'database failed']);
  });
});
