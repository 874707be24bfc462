import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { plainLine } from '../../src/cli/operate/serve-log.ts';
import { makeTown, TOWN } from './town.ts';

const clean: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of clean.splice(0).reverse()) await end();
});

interface Served {
  child: ChildProcess;
  /** Everything on stdout so far, by line. */
  lines(): string[];
  err(): string;
  exit: Promise<number | null>;
}

function serve(args: string[] = [], files = TOWN, env: Record<string, string> = {}): Served {
  const town = makeTown(files);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'serve', '--project', town.folder, ...args], {
    env: { ...process.env, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  clean.push(
    () => town.remove(),
    async () => {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exit;
    },
  );
  return { child, lines: () => out.split('\n').filter((line) => line !== ''), err: () => err, exit };
}

async function urlOf(served: Served): Promise<string> {
  await expect.poll(() => served.lines()[0]).toMatch(/^Interlocal serves Maple Falls on http:\/\/127\.0\.0\.1:\d+$/);
  return /http\S+/.exec(served.lines()[0]!)![0];
}

const logOf = (served: Served): Record<string, unknown>[] =>
  served
    .lines()
    .slice(1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('the first line says where the page is, and Ctrl-C ends it in order', async () => {
  const served = serve(['--port', '0']);
  const url = await urlOf(served);
  expect((await fetch(url)).status).toBe(200);
  served.child.kill('SIGINT');
  expect(await served.exit).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
  const messages = logOf(served).map((line) => line.msg);
  expect(messages.filter((m) => m === 'scheduled')).toHaveLength(5);
  expect(messages.at(-1)).toBe('stopped');
});

test('--no-schedule serves the page and runs nothing', async () => {
  const served = serve(['--port', '0', '--no-schedule']);
  const url = await urlOf(served);
  const { pipelines } = (await (await fetch(`${url}/api/status`)).json()) as { pipelines: { last_run: unknown }[] };
  expect(pipelines.every((p) => p.last_run === null)).toBe(true);
  served.child.kill('SIGTERM');
  expect(await served.exit).toBe(0);
  expect(logOf(served).map((line) => line.msg)).not.toContain('scheduled');
});

test('what is scheduled runs, is seen on the page, and is one line of JSON in the log', async () => {
  const every = { ...TOWN, 'pipelines/bank-deposits.yaml': TOWN['pipelines/bank-deposits.yaml']!.replace('30 6 * * 1-5', '"* * * * * *"') };
  const served = serve(['--port', '0'], every);
  const url = await urlOf(served);
  await expect
    .poll(() => logOf(served).find((line) => line.msg === 'run: succeeded'))
    .toMatchObject({ level: 'info', pipeline: 'bank-deposits', read: 35, created: 35, problems: [] });
  expect(await (await fetch(`${url}/pipelines/bank-deposits`)).text()).toContain('succeeded');
  served.child.kill('SIGINT');
  expect(await served.exit).toBe(0);
  // Each run that began has ended.
  const messages = logOf(served).map((line) => String(line.msg));
  expect(messages.filter((m) => m === 'run: began').length).toBe(
    messages.filter((m) => m.startsWith('run: ') && m !== 'run: began').length,
  );
});

test('a port that is taken is said in plain words, and nothing is run', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  clean.push(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const served = serve([], TOWN, { PORT: String(port) });
  expect(await served.exit).toBe(1);
  expect(served.err()).toContain(`port ${port} on 127.0.0.1 is in use by another program`);
  expect(served.err()).toContain(`interlocal serve --port ${port + 1}`);
  expect(served.err()).not.toContain('    at ');
  expect(served.lines()).toEqual([]);
});

test('PORT in the environment goes before the configuration, and --port before both', async () => {
  const files = { ...TOWN, 'config/interlocal.yaml': `${TOWN['config/interlocal.yaml']}server: { port: 1 }\n` };
  const served = serve(['--no-schedule'], files, { PORT: '0' });
  await urlOf(served);
  const both = serve(['--no-schedule', '--port', '0'], files, { PORT: '1' });
  await urlOf(both);
});

test.each(['x', '70000', '-1', '80.5'])('--port %s is refused', async (port) => {
  const served = serve([`--port=${port}`]);
  expect(await served.exit).toBe(2);
  expect(served.err()).toContain(`--port: "${port}" is not a port.`);
});

test('an address that this machine does not have is said', async () => {
  const served = serve(['--port', '0'], {
    ...TOWN,
    'config/interlocal.yaml': `${TOWN['config/interlocal.yaml']}server: { host: 192.0.2.1 }\n`,
  });
  expect(await served.exit).toBe(1);
  expect(served.err()).toContain('The pages cannot be served at 192.0.2.1, because this machine has no such address.');
});

test('someone who never finishes a request holds up the end for seconds, and a second Ctrl-C not at all', async () => {
  const served = serve(['--port', '0', '--no-schedule']);
  const { port } = new URL(await urlOf(served));
  const slow = connect(Number(port), '127.0.0.1').on('error', () => {});
  clean.push(() => void slow.destroy());
  slow.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
  await once(slow, 'connect').catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 300));
  served.child.kill('SIGINT');
  await expect.poll(() => logOf(served).map((line) => line.msg)).toContain('stopping: no new requests, no new runs');
  // Ended by the second one: who waits until all has stopped ends with another code.
  served.child.kill('SIGINT');
  expect(await served.exit).toBe(130);
});

test("at a terminal the log is for people, in the town's time, and no file name begins a line", () => {
  const time = '2026-06-30T10:00:00.000Z';
  expect(
    plainLine(
      JSON.stringify({ level: 'warn', time, pipeline: 'bank', read: 35, problems: ['a\n.csv:3: wrong'], notes: [], msg: 'run: ended' }),
      'America/New_York',
    ),
  ).toBe('06:00:00 EDT warn  run: ended  pipeline=bank read=35\n         problems: a\\n.csv:3: wrong\n');
});
