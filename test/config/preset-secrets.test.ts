import { describe, expect, test } from 'vitest';
import { changed, problemsOf } from './town.ts';
import { certified, failures, packOf, README } from '../certify/packs.ts';

const pack = (value: string, option = 'type: secret', auth = 'api_key: { in: header, name: X-API-Key, value: VALUE }') =>
  packOf('dogs', {
    'connector.yaml': `connector: dogs
version: 1.0.0
title: Dogs
transport: http
options:
  key: { ${option}, required: true }
transport_options:
  auth: { ${auth.replace('VALUE', value)} }
streams:
  dogs:
    retriever: { request: { path: /dogs } }
    decoder: { json: { rows: items } }
    schema: { fields: { id: { required: true } } }
    primary_key: [id]
`,
    'README.md': README,
    'fixtures/dogs/exchanges.json': JSON.stringify([
      { request: { path: '/dogs' }, answer: { headers: { 'content-type': 'application/json' }, body: { items: [{ id: '1' }] } } },
    ]),
    'fixtures/dogs/records.json': JSON.stringify({ records: [{ id: '1' }] }),
  });

describe('a key that every town would get', () => {
  test.each([['sk_live_51Habc123'], ['"Key {{ options.key }}"'], ['12345']])('%s in transport_options does not certify', async (value) => {
    const said = failures(await certified(pack(value)));
    expect(said.map((text) => text.split(':')[0])).toEqual(expect.arrayContaining(['manifest', 'pack_files']));
    expect(said[0]).toMatch(
      /transport_options\.auth\.api_key\.value: a password or key must not be written in this file itself\. Make it an option .* \[SECRET_LITERAL\]/,
    );
    expect(JSON.stringify(said)).not.toContain('sk_live');
  });

  test('nor does an option that a town would write down in plain', async () => {
    expect(failures(await certified(pack('"{{ options.key }}"', 'type: text')))[0]).toContain('Set type: secret in options.key.');
  });

  test('a password within is found as well', async () => {
    const auth = 'session: { path: login, body: {}, secrets: { password: VALUE } }';
    expect(failures(await certified(pack('hunter2', 'type: secret', auth)))[0]).toContain('SECRET_LITERAL');
  });

  test('one that the town gives as a secret certifies', async () => {
    expect(failures(await certified(pack('"{{ options.key }}"')))).toEqual([]);
  });
});

test('a password that a town wrote down is told where the town wrote it, and not in the connector as well', async () => {
  const problems = await problemsOf(
    changed({
      'connectors/clerk-files/connector.yaml': [
        'transport_options:\n',
        '  pass: { type: secret, required: true }\ntransport_options:\n  password: "{{ options.pass }}"\n',
      ],
      'config/connections.yaml': ['      password: ${env:CLERK_PASSWORD}\n', '      pass: hunter2\n'],
    }),
  );
  expect(problems).toEqual([
    expect.stringMatching(/^config\/connections\.yaml:\d+:\d+ connections\.clerk\.options\.pass: .*\[SECRET_LITERAL\]$/),
  ]);
});
