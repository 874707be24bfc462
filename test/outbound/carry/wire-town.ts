import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sampleTownHostKey, SFTP_HOST_KEY_FINGERPRINT } from '../../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer } from '../../../scripts/sample-town/servers/sftp/server.ts';
import { ownerOptions, startServer } from '../../transports/sqlserver/server.ts';
import { type Files, makeTown, type TestTown } from '../../engine/town.ts';
import { carryFiles, type Kept } from './town.ts';
import { startPeopleService } from '../people-service/node-server.ts';

type SystemName = 'clerk' | 'pool' | 'bank';
const COLUMNS = ['id', 'first', 'last', 'birth', 'street', 'zip', 'phone', 'email', 'changed'] as const;
const SOAP = {
  id: 'PersonNo',
  first: 'First',
  last: 'Last',
  birth: 'Birth',
  street: 'Street',
  zip: 'Zip',
  phone: 'Phone',
  email: 'Email',
  changed: 'Changed',
} as const;
const CORRECTABLE = ['first', 'last', 'street', 'zip', 'phone', 'email'] as const;

/** Three real servers that know the same people: the clerk over SOAP, the pool over SFTP, the bank in tables of SQL Server. */
export interface Wire {
  /** Empties the systems and fills them; `makes` a town over them. */
  fill(people: Record<SystemName, Kept[]>): void;
  town(options?: { carry?: string; model?: string }): Promise<TestTown>;
  edit(system: SystemName, id: string, change: Partial<Kept>): void;
  read(town: TestTown): Promise<void>;
  carry(town: TestTown): Promise<void>;
  /** The pool's system takes the files that it got. */
  take(): void;
  /** What came in at each end since the last call, sorted: `P1 street=40 Oak Ave`. */
  received(): Record<SystemName, string[]>;
  /** Everything that a system has of a person now. */
  has(system: SystemName, id: string): Kept | undefined;
  close(): Promise<void>;
}

export async function startWire(): Promise<Wire> {
  let clock = 0;
  const now = (): string => new Date(Date.UTC(2026, 2, 1) + ++clock * 3_600_000).toISOString().slice(0, 19);
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'interlocal-carry-')));
  for (const folder of ['out', 'in', 'taken']) mkdirSync(join(root, folder));
  const sftp = await startSftpServer({
    root,
    port: 0,
    users: [{ name: 'town', password: 'pool-Password-1' }],
    hostKeys: [sampleTownHostKey()],
  });
  const clerk = await startPeopleService('clerk-Password-1', now);
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, name === 'id' ? 'varchar(20) NOT NULL PRIMARY KEY' : 'varchar(80)']));
  const bank = await startServer([{ name: 'people', columns, rows: [] }]);
  const sql = new DatabaseSync(bank.file!);
  sql.exec(`CREATE TABLE came_in (line TEXT);
    ${CORRECTABLE.map(
      (name) => `CREATE TRIGGER log_${name} AFTER UPDATE OF "${name}" ON people WHEN new.changed = old.changed BEGIN
        INSERT INTO came_in VALUES (new.id || ' ${name}=' || coalesce(new."${name}", '(NULL)')); END;`,
    ).join('\n')}`);
  let pool = new Map<string, Kept>();
  let poolGot: string[] = [];
  let exported = 0;
  const wire: Wire = {
    fill(people) {
      clerk.people.clear();
      clerk.answered.clear();
      for (const one of people.clerk) clerk.people.set(one.id, soapOf(one));
      pool = new Map(people.pool.map((one) => [one.id, { ...one }]));
      for (const folder of ['out', 'in', 'taken'])
        for (const name of readdirSync(join(root, folder))) rmSync(join(root, folder, name), { recursive: true });
      sql.exec('DELETE FROM people');
      const insert = sql.prepare(`INSERT INTO people (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`);
      for (const one of people.bank) insert.run(...COLUMNS.map((name) => one[name]));
      wire.received();
    },
    town: ({ carry = '', model = '' } = {}) => makeTown(files({ carry, model, soapUrl: clerk.url, sftpPort: sftp.port, bank }), {}),
    edit(system, id, change) {
      const changed = { changed: now(), ...change };
      if (system === 'clerk') clerk.people.set(id, { ...clerk.people.get(id), ...soapOf(changed), PersonNo: id });
      else if (system === 'pool') pool.set(id, { ...pool.get(id)!, ...changed, id });
      else
        for (const [name, value] of [['changed', changed.changed], ...Object.entries(change)] as [string, string][])
          sql.prepare(`UPDATE people SET "${name}" = ?, changed = ? || '' WHERE id = ?`).run(value, changed.changed, id);
      if (system === 'bank') sql.exec('DELETE FROM came_in');
    },
    async read(town) {
      const file = join(root, 'out', 'people.csv');
      writeFileSync(
        file,
        [COLUMNS.join(','), ...[...pool.values()].map((one) => COLUMNS.map((name) => one[name]).join(','))].join('\n') + '\n',
      );
      const then = Math.floor(Date.now() / 1000) - 3600 + ++exported;
      utimesSync(file, then, then);
      for (const name of ['clerk', 'pool', 'bank']) await ran(town, `${name}-people`);
    },
    async carry(town) {
      for (const name of ['clerk', 'pool', 'bank']) await ran(town, `to-${name}`);
      wire.take();
    },
    take() {
      for (const name of readdirSync(join(root, 'in')).filter((one) => one.endsWith('.csv') && !one.startsWith('.'))) {
        const [head, ...lines] = readFileSync(join(root, 'in', name), 'utf8')
          .trim()
          .split(/\r?\n/);
        const names = head!.split(',') as (keyof Kept)[];
        for (const line of lines) {
          const values = line.split(',');
          const given = Object.fromEntries(names.flatMap((field, i) => (values[i] ? [[field, values[i]]] : []))) as unknown as Kept;
          for (const field of names) if (field !== 'id' && given[field] !== undefined) poolGot.push(`${given.id} ${field}=${given[field]}`);
          for (const field of names) if (given[field] === '*CLEAR*') given[field] = '';
          pool.set(given.id, { ...pool.get(given.id)!, ...given, changed: now() });
        }
        renameSync(join(root, 'in', name), join(root, 'taken', `${exported}-${name}`));
      }
    },
    received() {
      const names = Object.fromEntries(Object.entries(SOAP).map(([ours, theirs]) => [theirs, ours]));
      const rows = sql.prepare('SELECT line FROM came_in').all() as { line: string }[];
      sql.exec('DELETE FROM came_in');
      const got = {
        clerk: clerk.got.splice(0).map((line) => line.replace(/ (\w+)=/, (_, name: string) => ` ${names[name]}=`)),
        pool: poolGot,
        bank: rows.map(({ line }) => line),
      };
      poolGot = [];
      for (const list of Object.values(got)) list.sort();
      return got;
    },
    has(system, id) {
      if (system === 'pool') return pool.get(id);
      if (system === 'bank') return sql.prepare('SELECT * FROM people WHERE id = ?').get(id) as unknown as Kept | undefined;
      const person = clerk.people.get(id);
      return person && (Object.fromEntries(COLUMNS.map((name) => [name, person[SOAP[name]] ?? ''])) as unknown as Kept);
    },
    async close() {
      sql.close();
      await sftp.close();
      await clerk.close();
      await bank.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return wire;
}

function soapOf(one: Partial<Kept>): Record<string, string> {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [SOAP[name as keyof Kept], value]));
}

async function ran(town: TestTown, pipeline: string): Promise<void> {
  const run = await town.run(pipeline);
  if (run.outcome !== 'succeeded') throw new Error(`${pipeline} ${run.outcome}: ${JSON.stringify(run.problems)} ${run.notes.join(' ')}`);
}

interface Reached {
  carry: string;
  model: string;
  soapUrl: string;
  sftpPort: number;
  bank: Awaited<ReturnType<typeof startServer>>;
}

/** The configuration of the CSV town, with its systems behind their own protocols. */
function files({ carry, model, soapUrl, sftpPort, bank }: Reached): Files {
  const all = carryFiles({ people: { clerk: [], pool: [], bank: [] }, carry, model, emptied: '*CLEAR*' }) as Record<string, string>;
  const inbound = all['mappings/party.from-desk.yaml']!;
  const desk = all['connectors/desk/connector.yaml']!;
  const own: Files = {
    'secrets/pool': 'pool-Password-1',
    'secrets/clerk': 'clerk-Password-1',
    'secrets/bank': 'owner-Password-1',
    'config/connections.yaml': `connections:
  clerk: { connector: clerk-soap, options: { endpoint: '${soapUrl}', username_token: { username: town, password: '\${file:secrets/clerk}' } } }
  pool: { connector: desk, options: { host: 127.0.0.1, port: ${sftpPort}, username: town, password: '\${file:secrets/pool}', host_key: '${SFTP_HOST_KEY_FINGERPRINT}' } }
  bank: { connector: bank-sql, options: ${JSON.stringify({ ...ownerOptions(bank), password: '${file:secrets/bank}' })} }
`,
    'connectors/desk/connector.yaml': desk.replace('transport: folder', 'transport: sftp'),
    'connectors/clerk-soap/connector.yaml': `connector: clerk-soap
version: 1.0.0
title: The clerk's system
transport: soap
streams:
  people:
    retriever: { request: { operation: GetPeople, body: { All: 'yes' } } }
    record_selector: { path: Person }
    schema: { fields: { ${Object.values(SOAP)
      .map((name) => `${name}: { optional: true }`)
      .join(', ')} } }
    primary_key: [PersonNo]
sinks:
  changes:
    corrections: changed
    emptied: ''
    target:
      request:
        operation: ChangePerson
        idempotent: true
        body: { RequestKey: '{{ idempotency_key }}', Person: ${soapBody()} }
    creates:
      request: { operation: AddPerson, body: { RequestKey: '{{ idempotency_key }}', Person: ${soapBody()} } }
      key: [PersonNo]
    acknowledgment: { response: { path: Status, accepted: [ok] } }
    schema: { fields: { ${COLUMNS.slice(0, 8)
      .map((name) => `${name}: {}`)
      .join(', ')} } }
    idempotency_key: [id]
`,
    'connectors/bank-sql/connector.yaml': `connector: bank-sql
version: 1.0.0
title: The bank
transport: sqlserver
streams:
  people:
    retriever: { query: { tables: [people] } }
    schema: { fields: { ${COLUMNS.map((name) => `${name}: {}`).join(', ')} } }
    primary_key: [id]
sinks:
  changes:
    target: { table: { name: people, write: update } }
    schema: { fields: { ${COLUMNS.slice(0, 8)
      .map((name) => `${name}: {}`)
      .join(', ')} } }
    idempotency_key: [id]
    acknowledgment: { read_back: true }
`,
    'mappings/party.from-clerk-soap.yaml': Object.entries(SOAP).reduce(
      (text, [ours, theirs]) => text.replaceAll(new RegExp(`(: |from: )${ours}(?=$|,)`, 'gm'), `$1${theirs}`),
      inbound.replace('party.from-desk', 'party.from-clerk-soap').replace('connector: desk', 'connector: clerk-soap'),
    ),
    'mappings/party.from-bank-sql.yaml': inbound
      .replace('party.from-desk', 'party.from-bank-sql')
      .replace('connector: desk', 'connector: bank-sql'),
  };
  for (const [name, connector] of [
    ['clerk', 'clerk-soap'],
    ['bank', 'bank-sql'],
  ] as const) {
    own[`mappings/changes.from-party-${name}.yaml`] = all['mappings/changes.from-party.yaml']!.replace(
      'mapping: changes.from-party',
      `mapping: changes.from-party-${name}`,
    ).replace('connector: desk', `connector: ${connector}`);
    own[`pipelines/${name}-people.yaml`] = all[`pipelines/${name}-people.yaml`]!.replace('party.from-desk', `party.from-${connector}`);
    own[`pipelines/to-${name}.yaml`] = all[`pipelines/to-${name}.yaml`]!.replace('changes.from-party', `changes.from-party-${name}`);
  }
  // Only the clerk's system takes new people here.
  for (const name of ['pool', 'bank']) {
    const path = `pipelines/to-${name}.yaml`;
    own[path] = String(own[path] ?? all[path]).replace(' create: true ', '');
  }
  return { ...all, ...own };
}

function soapBody(): string {
  return `{ ${COLUMNS.slice(0, 8)
    .map((name) => `${SOAP[name]}: '{{ record.${name} }}'`)
    .join(', ')} }`;
}
