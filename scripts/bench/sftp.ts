import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ssh2 from 'ssh2';
import { startOpenSsh } from '../../test/transports/openssh.ts';
import { fingerprint } from '../sample-town/servers/sftp/host-key.ts';
import { generateReceipts } from './generate.ts';
import { type Measured, measure, NODE_FLAGS, median } from './measure.ts';
import { ed25519Key } from '../sample-town/servers/sftp/user-key.ts';

/**
 * `npm run bench:sftp [-- --mb 1000 --rounds 5 --run]`: a CSV file over SFTP on the loopback, from OpenSSH's own server, with
 * OpenSSH's own client and with our transport into the spool, in turn, as whole processes. `--run`: also a whole run of the file.
 */
const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    run: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
});
const ROW_BYTES = 266;
const rows = Math.ceil((Number(values.mb) * 1e6) / ROW_BYTES);
// As bin/interlocal.js starts a run: compiled code is kept, for its threads too.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'interlocal-bench-sftp-'));
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const hostKey = ed25519Key();
const userKey = ed25519Key();
const server = await startOpenSsh({ hostKeys: [hostKey.private], authorizedKeys: [userKey.public] });
try {
  await compare();
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function compare(): Promise<void> {
  const outgoing = join(folder, 'outgoing');
  mkdirSync(outgoing);
  const csv = join(outgoing, 'receipts.csv');
  await generateReceipts(csv, rows, 0, 'Swimming lessons, session 2 '.replace(',', ';').repeat(7).trim());
  const { size } = statSync(csv);
  console.log(`${(size / 1e6).toFixed(0)} MB, ${rows.toLocaleString('en-US')} rows, ${values.rounds} rounds; Node ${process.version}`);

  const key = join(folder, 'key');
  writeFileSync(key, userKey.private, { mode: 0o600 });
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${server.port} ${hostKey.public}\n`);
  writeFileSync(join(folder, 'batch'), `get ${csv} ${join(folder, 'got.csv')}\n`);
  const theirs = ['-q', '-b', join(folder, 'batch'), '-i', key, '-P', String(server.port)];
  theirs.push('-o', `UserKnownHostsFile=${join(folder, 'known_hosts')}`, '-F', 'none', `${server.username}@127.0.0.1`);
  const options = join(folder, 'options.json');
  const parsed = ssh2.utils.parseKey(hostKey.public);
  if (parsed instanceof Error) throw parsed;
  const connection = {
    host: '127.0.0.1',
    port: server.port,
    username: server.username,
    host_key: fingerprint(parsed.getPublicSSH()),
    root: outgoing,
  };
  writeFileSync(options, JSON.stringify({ ...connection, private_key: userKey.private }));
  const profiled = values['cpu-prof'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`];

  const rounds: { theirs: Measured; ours: Measured }[] = [];
  for (let i = 0; i < Number(values.rounds); i++) {
    // Who goes first changes: the other may find a busier or an idler machine.
    const sftp = async () => {
      const measured = await measure(theirs, 'sftp');
      if (statSync(join(folder, 'got.csv')).size !== size) throw new Error('sftp did not fetch it all.');
      rmSync(join(folder, 'got.csv'));
      return measured;
    };
    const fetch = async () => {
      const measured = await measure([...profiled, ...NODE_FLAGS, here('sftp-fetch.ts'), options, 'receipts.csv', folder]);
      if ((JSON.parse(measured.out) as { size: number }).size !== size) throw new Error('We did not fetch it all.');
      return measured;
    };
    const [first, second] = i % 2 ? [await sftp(), await fetch()] : [await fetch(), await sftp()];
    rounds.push(i % 2 ? { theirs: first, ours: second } : { ours: first, theirs: second });
    const { theirs: a, ours: b } = rounds.at(-1)!;
    console.log(
      `round ${i + 1}: sftp ${a.seconds.toFixed(2)} s (processor ${a.cpuSeconds.toFixed(2)}), Interlocal ${b.seconds.toFixed(2)} s (${b.cpuSeconds.toFixed(2)}), ratio ${(a.seconds / b.seconds).toFixed(2)}, peak ${b.peakMb.toFixed(0)} MB`,
    );
  }
  const mbs = (of: (r: (typeof rounds)[number]) => Measured) => (size / 1e6 / median(rounds.map((r) => of(r).seconds))).toFixed(0);
  const cpu = (of: (r: (typeof rounds)[number]) => Measured) => median(rounds.map((r) => of(r).cpuSeconds)).toFixed(2);
  const ratios = rounds.map((r) => r.theirs.seconds / r.ours.seconds);
  console.log(
    `medians: OpenSSH's sftp ${mbs((r) => r.theirs)} MB/s, Interlocal into the spool with SHA-256 ${mbs((r) => r.ours)} MB/s; ratio ${median(ratios).toFixed(2)} (least ${Math.min(...ratios).toFixed(2)}); processor ${cpu((r) => r.theirs)} and ${cpu((r) => r.ours)} s; peak ${Math.max(...rounds.map((r) => r.ours.peakMb)).toFixed(0)} MB`,
  );
  if (values.run) await wholeRun(connection, key, size);
}

async function wholeRun(connection: object, key: string, size: number): Promise<void> {
  const town = join(folder, 'town');
  cpSync(here('town'), town, { recursive: true });
  const manifest = join(town, 'connectors/till/connector.yaml');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('transport: folder', 'transport: sftp'));
  const options = { ...connection, private_key: `\${file:${key}}` };
  writeFileSync(join(town, 'config/connections.yaml'), `connections:\n  till: { connector: till, options: ${JSON.stringify(options)} }\n`);
  const { seconds, peakMb, out } = await measure([here('../../bin/interlocal.js'), 'run', 'receipts', '--json', '--project', town]);
  const { runs } = JSON.parse(out) as { runs: { created: number }[] };
  if (runs[0]!.created !== rows) throw new Error(`${runs[0]!.created} receipts were created, not ${rows}.`);
  console.log(
    `a whole run: ${seconds.toFixed(0)} s, ${Math.round(rows / seconds).toLocaleString('en-US')} rows/s, ${(size / 1e6 / seconds).toFixed(1)} MB/s; peak ${peakMb.toFixed(0)} MB`,
  );
}
