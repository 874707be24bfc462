import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fails, holds, type Verdict } from '../../connector/certify.ts';
import { lineStarts } from '../../connector/certify-changes.ts';
import { decodeWith } from '../../formats/formats.ts';
import { openBench } from './bench.ts';
import type { FileCheck, FileContext } from './file-context.ts';
import { goodOf } from './reading.ts';
import { CANARY_REFERENCE, secretsAbsent } from './secrets.ts';
import { secretsOverSsh } from './ssh-login.ts';

/** What a file may cost, and what must never be written down. */
export const FILE_LIMITS: readonly FileCheck[] = [
  { check: 'memory', title: 'Memory does not grow with the file', run: memory },
  { check: 'secrets', title: 'No secret reaches messages or the store', run: secrets },
];

const LARGE_BYTES = 30_000_000;
/** The formats' own suites allow the same: what a collector leaves and lists in hand, far below the file. */
const MOST_GROWTH = 12_000_000;

/** Reads the recording repeated to 30 MB and measures what stays in use. */
async function memory(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading, main } = context;
  const parts = recorded && repeatable(context);
  if (!parts || goodOf(reading).length === 0) return undefined;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const encoded = parts.map((part) => recorded!.bytes(part));
  const block = Buffer.concat(Array.from({ length: Math.max(1, Math.ceil(60_000 / Math.max(1, encoded[1]!.length))) }, () => encoded[1]!));
  let sent = 0;
  async function* large(): AsyncGenerator<Uint8Array> {
    yield encoded[0]!;
    for (; sent < LARGE_BYTES; sent += block.length) yield block;
    yield encoded[2]!;
  }
  let early: number | undefined;
  let most = 0;
  let next = 4_000_000;
  let records = 0;
  const started = performance.now();
  for await (const list of decodeWith(stream.decoder!, large(), { file: main.name })) {
    records += list.length;
    if (sent < next) continue;
    next += 6_000_000;
    const now = used();
    early ??= now;
    most = Math.max(most, now);
  }
  const growth = most - (early ?? most);
  const seconds = (performance.now() - started) / 1000;
  const detail = `${(sent / 1e6).toFixed(0)} MB, ${records.toLocaleString('en-US')} records in ${seconds.toFixed(1)} s; the heap grew by ${(growth / 1e6).toFixed(1)} MB.`;
  return growth < MOST_GROWTH ? holds(detail) : fails(detail, 'Report this: large files must be read as a stream.');
}

/** After a good run, and for SFTP after ones over SSH; without an SSH server, after one in which there was none. */
async function secrets(context: FileContext): Promise<Verdict> {
  const good = await context.withBench(async (bench) => {
    await bench.put(context.main.name, context.main.bytes);
    return secretsAbsent(bench, [await bench.run()]);
  });
  if (good?.state !== 'ok' || context.connector.transport !== 'sftp') return good;
  if (context.startSsh) return secretsOverSsh(context, context.startSsh);
  const nobody = {
    host: '127.0.0.1',
    port: await closedPort(),
    username: 'certify',
    password: CANARY_REFERENCE,
    host_key: `SHA256:${'A'.repeat(43)}`,
    timeout: '5s',
  };
  const { path: _, ...options } = context.setup.options;
  const away = await openBench({
    ...context.setup,
    connector: { ...context.connector, transport_options: {} },
    options: { ...options, ...nobody },
  });
  try {
    return await secretsAbsent(away, [await away.run()]);
  } finally {
    await away.close();
  }
}

/** Where nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Beginning, what may be repeated, and end of the recording. undefined where a format is read in one piece, or says how much it holds. */
function repeatable({ recorded, stream }: FileContext): [string, string, string] | undefined {
  const { csv, fixed_width: fixed, xml, json } = stream.decoder!;
  const text = recorded!.text;
  const starts = lineStarts(text);
  const linesFrom = (skip: number): [string, string, string] | undefined => {
    const from = starts[skip];
    if (from === undefined || from >= text.length || !text.endsWith('\n')) return undefined;
    return [text.slice(0, from), text.slice(from), ''];
  };
  if (csv) return csv.footer_lines > 0 ? undefined : linesFrom(csv.skip_lines + (csv.header === true && !csv.record_types ? 1 : 0));
  if (fixed) return fixed.line_breaks ? linesFrom(fixed.skip_lines) : ['', text, ''];
  if (json?.lines) return linesFrom(0);
  if (!xml) return undefined;
  const row = xml.row.split('/').at(-1)!.replace(/[.-]/g, '\\$&');
  const rows = [...text.matchAll(new RegExp(`<((?:[\\w.-]+:)?${row})(?=[\\s/>])(?:[^>]*/>|[\\s\\S]*?</\\1>)`, 'g'))];
  const first = rows[0];
  const last = rows.at(-1);
  if (!first || !last) return undefined;
  const end = last.index + last[0].length;
  return [text.slice(0, first.index), text.slice(first.index, end), text.slice(end)];
}
