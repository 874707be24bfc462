import { expect, test } from 'vitest';
import { z } from 'zod';
import { TRANSPORTS } from '../config/schema/connector.ts';
import { transports } from './transports.ts';

test('every transport that a connector may name is there', () => {
  expect(Object.keys(transports).sort()).toEqual([...TRANSPORTS].sort());
});

test.each([
  ['sftp', { host: 'h', username: 'u' }, ['password', 'private_key', 'passphrase']],
  ['http', { base_url: 'https://h' }, ['cert_key']],
  ['soap', { endpoint: 'https://h' }, ['cert_key']],
] as const)('%s: secrets are marked, and taken as references only', (name, options, secrets) => {
  const { optionsSchema } = transports[name];
  const properties = (z.toJSONSchema(optionsSchema, { io: 'input' }) as { properties: Record<string, Record<string, unknown>> }).properties;
  for (const secret of secrets) {
    expect(properties[secret]!['x-secret']).toBe(true);
    expect(optionsSchema.safeParse({ ...options, [secret]: '${file:secrets/x}' }).success).toBe(true);
    expect(optionsSchema.safeParse({ ...options, [secret]: 'in the clear' }).success).toBe(false);
  }
});

test('a misspelled option is an error', () => {
  expect(transports.sftp.optionsSchema.safeParse({ host: 'h', username: 'u', hostkey: 'x' }).success).toBe(false);
  expect(transports.sftp.optionsSchema.safeParse({ host: 'h', username: 'u', host_key: 'aa:bb' }).success).toBe(false);
});
