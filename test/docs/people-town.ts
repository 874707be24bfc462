import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { interlocal } from './follow.ts';

const HEAD = 'number,first,last,born,street,zip\n';
const FILES: Record<string, string> = {
  'config/connections.yaml': `connections:
  clerk: { connector: people, options: { path: clerk } }
  recreation: { connector: people, options: { path: recreation } }
`,
  'connectors/people/connector.yaml': `connector: people
version: 1.0.0
title: People
transport: folder
streams:
  people:
    retriever: { files: { pattern: 'people*.csv', minimum_age: 0s } }
    decoder: { csv: {} }
    schema: { fields: { number: { required: true }, first: {}, last: {}, born: {}, street: {}, zip: {} } }
    primary_key: [number]
`,
  'mappings/party.from-people.yaml': `mapping: party.from-people
entity: party
from: { connector: people, stream: people }
fields:
  source: '@connection'
  party_key: number
  kind: { const: person }
  first_name: first
  last_name: last
  birth_date: { from: born, parse: { date: YYYY-MM-DD }, on_error: 'null' }
  birth_date_typed: born
  address_line1: street
  postal_code: zip
`,
  'pipelines/clerk-people.yaml': 'pipeline: clerk-people\nsource: { connection: clerk, stream: people }\nmappings: [party.from-people]\n',
  'pipelines/recreation-people.yaml':
    'pipeline: recreation-people\nsource: { connection: recreation, stream: people }\nmappings: [party.from-people]\n',
  'clerk/people.csv': `${HEAD}A1,Emma,Carter,2015-03-12,12 Elm Street,14586\nA2,Olivia,Carter,2015-03-12,12 Elm Street,14586\n`,
  'recreation/people.csv': `${HEAD}007,EMMA,CARTER,2015-03-12,12 ELM ST,14586\n`,
};

/** Makes a town that knows twins from two systems, and runs it: party #1 and #2 need review. */
export async function peopleTown(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  await interlocal('init ../my-town', folder);
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  await interlocal('run --all --project ../my-town', folder);
}
