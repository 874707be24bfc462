import { type ChildProcess, fork } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connector, peopleFile, receipts } from '../../test/engine/base-town.ts';
import { type Files, makeTown, type TestTown } from '../../test/engine/town.ts';
import { ledger } from '../../test/outbound/base-outbound.ts';
import { SFTP_HOST_KEY_FINGERPRINT } from '../sample-town/servers/sftp/host-key.ts';
import { type FaultLine, faultLine } from './line.ts';

export const WHATS = ['sftp-source', 'http-source', 'sqlserver-source', 'sftp-sink', 'http-sink', 'serve'] as const;
export type What = (typeof WHATS)[number];

/** A small town, one remote system in a process of its own, and the line between them. The pipeline `clerk` has nothing to do with it. */
export interface Scene {
  town: TestTown;
  /** The pipeline that uses the line. */
  pipeline: string;
  line: FaultLine;
  server: ChildProcess;
  /** Folder of the remote system. */
  root: string;
  /** What is at the remote system, or was booked there, in the order of the text. */
  received(): string[];
  close(): Promise<void>;
}

const SERVER = fileURLToPath(new URL('server-process.ts', import.meta.url));
const COUNT = 60;
/** Records for a sink: where nothing is answered, each may take its whole time. */
const SENT = 5;
const ROWS = Array.from({ length: COUNT }, (_, i) => ({
  number: String(i + 1).padStart(4, '0'),
  received_on: '2026-01-05',
  amount: `${i + 1}.25`,
  tender: i % 3 === 0 ? 'CK' : 'CA',
  note: `${'paid at the window '.repeat(2)}${i + 1}`,
}));
const asFile = (rows: typeof ROWS): string => receipts(rows.map(({ received_on, ...row }) => ({ ...row, date: received_on })));

const SCHEMA = '    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }\n';
/** Small limits, so a test is fast; a loaded machine still connects within them. */
const LIMITS = { timeout: '3s', total_timeout: '6s' };

/** How each remote system is reached, and what is read from it or sent to it. */
const SYSTEMS: Record<What, { server: 'sftp' | 'http' | 'tds'; prepare(root: string): void; files(port: number): Files }> = {
  'sftp-source': { server: 'sftp', prepare: putFiles, files: (port) => sftpSource(port) },
  'http-source': { server: 'http', prepare: putRows, files: httpSource },
  'sqlserver-source': { server: 'tds', prepare: putRows, files: sqlServerSource },
  'sftp-sink': { server: 'sftp', prepare: () => {}, files: sftpSink },
  'http-sink': { server: 'http', prepare: () => {}, files: httpSink },
  serve: { server: 'sftp', prepare: putFiles, files: (port) => sftpSource(port, "schedule: '*/2 * * * * *'\n") },
};

/** Makes the town and its remote system. A sink's records are in the store already, and nothing was sent. */
export async function makeScene(what: What): Promise<Scene> {
  const { server: kind, prepare, files } = SYSTEMS[what];
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'interlocal-fault-')));
  prepare(root);
  const server = fork(SERVER, [kind, root]);
  const port = await new Promise<number>((resolve, reject) => {
    server.once('message', (message) => resolve(Number(message)));
    server.once('exit', (code) => reject(new Error(`The ${kind} server ended with ${code}.`)));
  });
  const line = await faultLine(port);
  const sink = what.endsWith('-sink');
  const people = peopleFile([['1', 'ann@town.example', 'Ann', '555', '2026-01-05']]);
  const town = await makeTown({
    ...files(line.port),
    secret: 'plain',
    'inbox/clerk.csv': people,
    ...(sink ? { 'inbox/receipts.csv': asFile(ROWS.slice(0, SENT)) } : {}),
  });
  // Doctor looks a minute after serve has started, and would remark on it.
  chmodSync(join(town.folder, 'secret'), 0o600);
  // Nothing of these two is of any use here, and --all would run them.
  for (const name of ['orders', 'pool']) town.remove(`pipelines/${name}.yaml`);
  await town.reopen();
  if (sink) await town.run('receipts');
  return {
    town,
    line,
    server,
    root,
    pipeline: sink ? 'to-ledger' : 'receipts',
    received: () => receivedBy(root),
    async close() {
      server.kill('SIGCONT');
      server.kill('SIGKILL');
      await line.close();
      await town.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Names with the day of the run as DAY; what a person or another run has to do with, the parts of an upload, too. */
function receivedBy(root: string): string[] {
  const booked = join(root, 'booked.jsonl');
  if (existsSync(booked)) return readFileSync(booked, 'utf8').trimEnd().split('\n').sort();
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(rows\.json|town\.db.*|filler)$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path.slice(root.length + 1).replace(/\d{4}-\d{2}-\d{2}/, 'DAY')}: ${readFileSync(path, 'utf8')}`;
    })
    .sort();
}

function putRows(root: string): void {
  writeFileSync(join(root, 'rows.json'), JSON.stringify(ROWS));
}

function putFiles(root: string): void {
  mkdirSync(join(root, 'done'));
  const then = Math.floor(Date.now() / 1000) - 1800;
  for (const [i, half] of [ROWS.slice(0, COUNT / 2), ROWS.slice(COUNT / 2)].entries()) {
    const path = join(root, `receipts-${i + 1}.csv`);
    writeFileSync(path, asFile(half));
    utimesSync(path, then + i, then + i);
  }
}

function till(transport: string, options: object, stream: string, pipeline = ''): Files {
  return {
    'config/connections.yaml': `connections:
  till: { connector: till, options: ${optionsText(options)} }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
    'connectors/till/connector.yaml': connector('till', transport, { receipts: `${stream}${SCHEMA}    primary_key: [number]\n` }),
    'pipelines/receipts.yaml': `pipeline: receipts\n${pipeline}source: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 7\n`,
    'pipelines/clerk.yaml': `pipeline: clerk\n${pipeline}source: { connection: clerk, stream: clerk }\nmappings: [person.from-office-clerk]\n`,
  };
}

const optionsText = (options: object): string => JSON.stringify(options);
const PASSWORD = { username: 'town', password: '${file:secret}' };
const sftpOptions = (port: number): object => ({ host: '127.0.0.1', port, host_key: SFTP_HOST_KEY_FINGERPRINT, ...PASSWORD, ...LIMITS });
const RETRY = '    error_handler: { max_retries: 1 }\n';

function sftpSource(port: number, pipeline = ''): Files {
  const files = '    retriever: { files: { pattern: "receipts*.csv", after: { archive: done } } }\n    decoder: { csv: {} }\n';
  return till('sftp', sftpOptions(port), `${files}${RETRY}`, pipeline);
}

function httpSource(port: number): Files {
  const stream = `    retriever: { request: { path: /receipts, query: { offset: '{{ offset }}', size: '{{ size }}' } } }
    decoder: { json: { rows: rows } }
    paginator: { kind: offset, size: 20, total: total }
`;
  return till('http', { base_url: `http://127.0.0.1:${port}`, ...LIMITS }, `${stream}${RETRY}`);
}

function sqlServerSource(port: number): Files {
  const options = { host: '127.0.0.1', port, database: 'TOWN', ...PASSWORD, trust_server_certificate: true };
  const limits = { timeout: '5s', request_timeout: '3s', total_timeout: '6s' };
  return till('sqlserver', { ...options, ...limits }, `    retriever: { query: { tables: [receipts] } }\n${RETRY}`);
}

function sftpSink(port: number): Files {
  const files = ledger({ sink: RETRY });
  return {
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace('{ path: ledger }', optionsText(sftpOptions(port))),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: sftp'),
  };
}

/** The service books what it is sent each time it is sent: what arrives twice is seen. */
function httpSink(port: number): Files {
  const files = ledger({
    sink: `${RETRY}    acknowledgment: { response: { path: status, accepted: [ok], rejected: [no], reason: why } }\n`,
  });
  const target = `    target:
      request:
        path: /receipts
        body: { number: '{{ record.Number }}', amount: '{{ record.Amount }}' }
`;
  const options = optionsText({ base_url: `http://127.0.0.1:${port}`, ...LIMITS });
  return {
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace('{ path: ledger }', options),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: http').replace(
      / {4}target: .*\n {4}encoder: .*\n/,
      target,
    ),
  };
}
