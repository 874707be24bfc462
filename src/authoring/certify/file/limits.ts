import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fails, holds, type Verdict } from '../finding.ts';
import { lineStarts } from '../recordings/changes.ts';
import { decodeWith } from '../../../formats/formats.ts';
import { rawSheet } from '../../../formats/xlsx/raw.ts';
import type { RawRow } from '../../../formats/xlsx/sheet.ts';
import { workbookOf } from '../../../formats/xlsx/write.ts';
import { openBench } from '../bench.ts';
import type { FileCheck, FileContext } from './context.ts';
import { goodOf } from '../reading.ts';
import { CANARY_REFERENCE, secretsAbsent } from '../secrets.ts';
import { secretsOverSsh } from '../ssh-login.ts';
import { transportOf } from '../../../transports/transports.ts';

/** What a file may cost, and what must never be written down. */
export const FILE_LIMITS: readonly FileCheck[] = [
  { check: 'memory', title: 'Memory does not grow with the file', run: memory },
  { check: 'secrets', title: 'No secret reaches messages or the store', run: secrets },
];

const LARGE_BYTES = 30_000_000;
const LARGE_ROWS = 50_000;
/** The formats' own suites allow the same: what a collector leaves and lists in hand, far below the file. */
const MAX_GROWTH = 12_000_000;

/** Reads the recording repeated to 30 MB and measures what stays in use. */
async function memory(context: FileContext): Promise<Verdict> {
  const { recorded, stream, reading, plain } = context;
  if (plain || goodOf(reading).length === 0) return undefined;
  if (stream.decoder!.xlsx) return growthWhileReading(context, workbook(context));
  const parts = recorded && repeatable(context);
  if (!parts) return undefined;
  const encoded = parts.map((part) => recorded!.bytes(part));
  const block = Buffer.concat(Array.from({ length: Math.max(1, Math.ceil(60_000 / Math.max(1, encoded[1]!.length))) }, () => encoded[1]!));
  async function* large(): AsyncGenerator<Large> {
    yield { bytes: encoded[0]! };
    for (let sent = 0; sent < LARGE_BYTES; sent += block.length) yield { bytes: block, sent };
    yield { bytes: encoded[2]!, sent: LARGE_BYTES };
  }
  return growthWhileReading(context, large());
}

interface Large {
  bytes: Buffer;
  /** How much was sent before. */
  sent?: number;
}

async function growthWhileReading({ stream, main }: FileContext, large: AsyncIterable<Large>): Promise<Verdict> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  let sent = 0;
  let inOnePiece = true;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of large) {
      inOnePiece = piece.sent === undefined;
      sent = piece.sent ?? 0;
      yield piece.bytes;
    }
  }
  let early: number | undefined;
  let most = 0;
  let next = 4_000_000;
  let records = 0;
  const started = performance.now();
  for await (const list of decodeWith(stream.decoder!, pieces(), { file: main.name })) {
    records += list.length;
    // Of a workbook, which is taken in one piece, by its rows.
    const done = inOnePiece ? (records / LARGE_ROWS) * LARGE_BYTES : sent;
    if (done < next) continue;
    next += 6_000_000;
    const now = used();
    early ??= now;
    most = Math.max(most, now);
  }
  const growth = most - (early ?? most);
  const seconds = (performance.now() - started) / 1000;
  const size = inOnePiece ? '' : `${(LARGE_BYTES / 1e6).toFixed(0)} MB, `;
  const detail = `${size}${records.toLocaleString('en-US')} records in ${seconds.toFixed(1)} s; the heap grew by ${(growth / 1e6).toFixed(1)} MB.`;
  return growth < MAX_GROWTH
    ? holds(detail)
    : fails(
        detail,
        'This is a bug in Interlocal, since memory must not grow with the size of a file: please report it with the recording.',
      );
}

/** The recorded workbook with its records repeated, cell by cell. */
async function* workbook({ stream, main, reading }: FileContext): AsyncGenerator<Large> {
  const { rows, styles, name, date1904 } = await rawSheet(main.bytes, stream.decoder!.xlsx!, main.name);
  const lines = new Set(goodOf(reading).map(({ line }) => line));
  const records = rows.filter(({ number }) => lines.has(number));
  const before = rows.filter(({ number }) => number < records[0]!.number);
  const after = rows.filter(({ number }) => number > records.at(-1)!.number);
  const from = records[0]!.number;
  function* all(): Generator<RawRow> {
    yield* before;
    for (let i = 0; i < LARGE_ROWS; i++) yield { ...records[i % records.length]!, number: from + i };
    yield* after.map((row, i) => ({ ...row, number: from + LARGE_ROWS + i }));
  }
  yield { bytes: workbookOf({ sheets: [{ name, rows: all() }], ...(styles === undefined ? {} : { styles }), date1904 }) };
}

/** After a good run, and where there is a login after ones with it; without a server for them, after one that reaches nobody. */
async function secrets(context: FileContext): Promise<Verdict> {
  const good = await context.withBench(async (bench) => {
    await bench.put(context.main.name, context.main.bytes);
    return secretsAbsent(bench, [await bench.run()], [], Object.values(context.setup.secrets ?? {}));
  });
  const declared = transportOf(context.connector.transport);
  const login = declared.reads === 'files' ? declared.login : undefined;
  if (good?.state !== 'ok' || !login) return good;
  if (login.server === 'ssh' && context.startSsh) return secretsOverSsh(context, context.startSsh);
  const { path: _, ...options } = context.setup.options;
  const away = await openBench({
    ...context.setup,
    connector: { ...context.connector, transport_options: {} },
    options: { ...options, ...login.nowhere(await closedPort(), CANARY_REFERENCE) },
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
  const { text, newline } = recorded!;
  const starts = lineStarts(text);
  const linesFrom = (skip: number): [string, string, string] | undefined => {
    const from = starts[skip];
    if (from === undefined || from >= text.length) return undefined;
    // The last line may be without a line break: repeated as it is, it would be one with the first.
    return [text.slice(0, from), text.endsWith('\n') ? text.slice(from) : text.slice(from) + newline, ''];
  };
  if (csv) return csv.footer_lines > 0 ? undefined : linesFrom(csv.skip_lines + (csv.header === true && !csv.record_types ? 1 : 0));
  const isUnbroken = fixed?.line_breaks === false || (fixed?.line_breaks === 'detect' && !text.includes('\n'));
  if (fixed) return isUnbroken ? ['', text, ''] : linesFrom(fixed.skip_lines);
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
