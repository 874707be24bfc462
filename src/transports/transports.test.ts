import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from '../config/json-schemas.ts';
import { ConfigError } from '../core/errors.ts';
import { knownTransports, TRANSPORT_NAMES, transportOf, transports } from './transports.ts';

test('every folder that declares a transport is in the registry under its own name, and nothing else is', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(import.meta.dirname, entry.name, 'declaration.ts')))
    .map((entry) => entry.name);
  expect(Object.keys(transports).sort()).toEqual(folders.sort());
});

test('every transport that a connector may name is there', async () => {
  const schema = jsonSchemaOf('connector', TRANSPORT_NAMES) as { properties: { transport: { enum: string[] } } };
  expect(schema.properties.transport.enum.sort()).toEqual(Object.keys(transports).sort());
  expect(Object.keys(await knownTransports()).sort()).toEqual(Object.keys(transports).sort());
});

test.each([
  ['sftp', { host: 'h', username: 'u' }, ['password', 'private_key', 'passphrase']],
  ['http', { base_url: 'https://h' }, ['cert_key']],
  ['soap', { endpoint: 'https://h' }, ['cert_key']],
] as const)('%s: secrets are marked, and taken as references only', async (name, given, secrets) => {
  const schema = await transports[name].optionsSchema();
  const properties = (z.toJSONSchema(schema, { io: 'input' }) as { properties: Record<string, Record<string, unknown>> }).properties;
  for (const secret of secrets) {
    expect(properties[secret]!['x-secret']).toBe(true);
    expect(schema.safeParse({ ...given, [secret]: '${file:secrets/x}' }).success).toBe(true);
    expect(schema.safeParse({ ...given, [secret]: 'in the clear' }).success).toBe(false);
  }
});

test('a misspelled option is an error', async () => {
  const schema = await transports.sftp.optionsSchema();
  expect(schema.safeParse({ host: 'h', username: 'u', hostkey: 'x' }).success).toBe(false);
  expect(schema.safeParse({ host: 'h', username: 'u', host_key: 'aa:bb' }).success).toBe(false);
});

test.each(Object.entries(await knownTransports()))('%s: what it declares fits together', (name, { reads, writes, requests, options }) => {
  expect({ files: 'file', request: 'request', query: 'table' }[reads]).toBe(writes);
  expect(requests !== undefined).toBe(reads === 'request');
  const { localPaths = [], supplies } = transportOf(name);
  expect(supplies).toMatch(/^[A-Z].*\.$/);
  // An option that is misspelled here would never be looked at.
  expect(Object.keys(options!.shape)).toEqual(expect.arrayContaining([...localPaths]));
});

test('a name that is not a transport is an error that lists those that are', () => {
  for (const name of ['ftp', 'toString', '']) expect(() => transportOf(name)).toThrow(ConfigError);
  expect(() => transportOf('ftp')).toThrow(/There is no transport "ftp"/);
});
