import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Files, makeTown, type TestTown } from '../../engine/town.ts';

/** What a system keeps of one person. */
export interface Kept {
  id: string;
  first: string;
  last: string;
  birth: string;
  street: string;
  zip: string;
  phone: string;
  email: string;
  changed: string;
}
export type SystemName = 'clerk' | 'pool' | 'bank';
const SYSTEMS: readonly SystemName[] = ['clerk', 'pool', 'bank'];
const FIELDS = ['id', 'first', 'last', 'birth', 'street', 'zip', 'phone', 'email', 'changed'] as const;

/** One system of the town: its people, and every correction that it got. */
export interface System {
  people: Map<string, Kept>;
  /** What it was sent: `id field=value`, one for each field with a value. */
  got: string[];
}

export interface CarryTown {
  town: TestTown;
  systems: Record<SystemName, System>;
  /** A person at the desk of a system changes a record. */
  edit(system: SystemName, id: string, change: Partial<Kept>): void;
  /** Every system exports, and all that is read is read. */
  read(): Promise<void>;
  /** Everything is carried, and every system takes what it got. */
  carry(): Promise<void>;
  /** A night: reading, then carrying. */
  night(): Promise<void>;
  /** Each system takes what is in its folder. */
  take(): void;
  /** What each system got since the last call. */
  received(): Record<SystemName, string[]>;
}

export interface CarryOptions {
  people: Record<SystemName, Kept[]>;
  /** Keys below carry of every pipeline. */
  carry?: string;
  /** The pipelines' mode. */
  mode?: string;
  /** Further keys of the model: owners. */
  model?: string;
  /** What a correction holds, in every sink. */
  corrections?: 'changed' | 'whole';
  /** How a system writes what it is sent. */
  writes?: (value: string) => string;
  /** What a file says for a field that is emptied. */
  emptied?: string;
  files?: Files;
}

/** Three systems that keep the same people in CSV files, in both directions, and the pipelines between them. */
export async function carryTown(options: CarryOptions): Promise<CarryTown> {
  const town = await makeTown(carryFiles(options), {});
  const systems = Object.fromEntries(
    SYSTEMS.map((name) => [name, { people: new Map(options.people[name].map((one) => [one.id, { ...one }])), got: [] }]),
  ) as unknown as Record<SystemName, System>;
  let clock = 0;
  const now = (): string => new Date(Date.UTC(2026, 2, 1) + ++clock * 3_600_000).toISOString().slice(0, 19);
  let exported = 0;
  const made: CarryTown = {
    town,
    systems,
    edit(name, id, change) {
      const { people } = systems[name];
      const before = people.get(id) ?? { id, first: '', last: '', birth: '', street: '', zip: '', phone: '', email: '', changed: '' };
      people.set(id, { ...before, changed: now(), ...change });
    },
    async read() {
      exported++;
      for (const name of SYSTEMS) town.write({ [`${name}/out/people.csv`]: csv([...systems[name].people.values()]) }, exported);
      for (const name of SYSTEMS) await ran(town, `${name}-people`);
    },
    async carry() {
      for (const name of SYSTEMS) await ran(town, `to-${name}`);
      made.take();
    },
    async night() {
      await made.read();
      await made.carry();
    },
    take() {
      for (const name of SYSTEMS) {
        const folder = join(town.folder, name, 'in');
        mkdirSync(join(folder, 'taken'), { recursive: true });
        for (const file of readdirSync(folder)
          .filter((one) => one.endsWith('.csv') && !one.startsWith('.'))
          .sort()) {
          takeFile(systems[name], readFileSync(join(folder, file), 'utf8'), now(), options.writes ?? ((value) => value), options.emptied);
          renameSync(join(folder, file), join(folder, 'taken', file));
        }
      }
    },
    received() {
      const got = Object.fromEntries(SYSTEMS.map((name) => [name, systems[name].got.splice(0).sort()]));
      return got as Record<SystemName, string[]>;
    },
  };
  return made;
}

async function ran(town: TestTown, pipeline: string): Promise<void> {
  const run = await town.run(pipeline);
  if (run.outcome === 'failed') throw new Error(`${pipeline}: ${JSON.stringify(run.problems)}`);
}

function takeFile(system: System, text: string, at: string, writes: (value: string) => string, emptied: string | undefined): void {
  const [head, ...lines] = text.trim().split(/\r?\n/);
  const names = head!.split(',') as (keyof Kept)[];
  for (const line of lines) {
    const values = Object.fromEntries(line.split(',').map((value, i) => [names[i]!, value])) as unknown as Kept;
    const id = values.id === '' ? `N${system.people.size + 1}` : values.id;
    const before = system.people.get(id) ?? { id, first: '', last: '', birth: '', street: '', zip: '', phone: '', email: '', changed: '' };
    const after = { ...before, changed: at };
    for (const name of names)
      if (name !== 'id' && values[name] !== '') {
        after[name] = values[name] === emptied ? '' : writes(values[name]);
        system.got.push(`${values.id || 'new'} ${name}=${values[name]}`);
      }
    system.people.set(id, after);
  }
}

function csv(people: readonly Kept[]): string {
  return [FIELDS.join(','), ...people.map((one) => FIELDS.map((name) => one[name]).join(','))].join('\n') + '\n';
}

/** The configuration of the town alone. */
export function carryFiles({ carry = '', mode = 'live', model = '', corrections = 'changed', emptied, files = {} }: CarryOptions): Files {
  const party = readFileSync(join(import.meta.dirname, '../../../config/model/party.yaml'), 'utf8');
  const recent = ['address_line1', 'postal_code', 'phone', 'email', 'first_name', 'last_name'];
  const owned = [...model.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
  const fields = recent.filter((name) => !owned.includes(name)).map((name) => `${name}: { by: most_recent }`);
  return {
    'config/interlocal.yaml': 'town: { name: Maplewood, time_zone: America/New_York, currency: USD }\n',
    'config/model/party.yaml':
      party.replace(/^survivorship:\n( .*\n)+/m, `survivorship: { latest_by: changed_at, fields: { ${fields.join(', ')} } }\n`) + model,
    'config/connections.yaml': `connections:\n${SYSTEMS.map((name) => `  ${name}: { connector: desk, options: { path: ${name} } }\n`).join('')}`,
    'connectors/desk/connector.yaml': `connector: desk
version: 1.0.0
title: A desk that exports and imports people
transport: folder
streams:
  people:
    retriever: { files: { folder: out, pattern: people.csv, content: snapshot } }
    decoder: { csv: {} }
    schema: { fields: { ${FIELDS.map((name) => `${name}: {}`).join(', ')} } }
    primary_key: [id]
    deletes: { when_absent: true, max_percent: 60 }
sinks:
  changes:
    target: { file: { folder: in, name: 'changes-{{ date }}-{{ sequence }}.csv' } }
    encoder: { csv: {} }
    corrections: ${corrections}${emptied === undefined ? '' : `\n    emptied: '${emptied}'`}
    creates: {}
    sequence_digits: 4
    schema:
      fields:
        id: {}
        first: {}
        last: {}
        birth: {}
        street: {}
        zip: {}
        phone: { class: personal }
        email: { class: personal }
    idempotency_key: [id]
`,
    'mappings/party.from-desk.yaml': `mapping: party.from-desk
entity: party
from: { connector: desk, stream: people }
fields:
  source: '@connection'
  party_key: id
  kind: { const: person }
  first_name: first
  last_name: last
  birth_date: birth
  address_line1: street
  postal_code: zip
  phone: phone
  email: email
  changed_at: { from: changed, parse: { datetime: 'YYYY-MM-DDTHH:mm:ss' } }
`,
    'mappings/changes.from-party.yaml': `mapping: changes.from-party
sink: { connector: desk, sink: changes }
from: { entity: party }
fields:
  id: party_key
  first: first_name
  last: last_name
  birth: birth_date
  street: address_line1
  zip: postal_code
  phone: phone
  email: email
`,
    ...Object.fromEntries(
      SYSTEMS.flatMap((name) => [
        [`${name}/out/.keep`, ''],
        [`${name}/in/.keep`, ''],
        [
          `pipelines/${name}-people.yaml`,
          `pipeline: ${name}-people\nsource: { connection: ${name}, stream: people }\nmappings: [party.from-desk]\n`,
        ],
        [
          `pipelines/to-${name}.yaml`,
          `pipeline: to-${name}\nmode: ${mode}\ndeliver:\n  mapping: changes.from-party\n  connection: ${name}\n  carry: {${carry}}\n`,
        ],
      ]),
    ),
    ...files,
  };
}

/** A person as one system keeps them. */
export function kept(id: string, given: Partial<Kept> = {}): Kept {
  return {
    id,
    first: 'Emma',
    last: 'Carter',
    birth: '1985-03-12',
    street: '12 Elm St',
    zip: '14586',
    phone: '585-555-0101',
    email: 'emma@example.com',
    changed: '2026-01-01T00:00:00',
    ...given,
  };
}
