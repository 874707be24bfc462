import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { secret } from '../../src/config/schema/common.ts';
import { jsonSchemaFiles, jsonSchemaOf, YAML_KINDS } from '../../src/config/json-schemas.ts';
import { TRANSPORT_NAMES } from '../../src/transports/transports.ts';
import type { YamlKind } from '../../src/config/json-schemas.ts';

const folder = fileURLToPath(new URL('../../config/schemas/', import.meta.url));

describe('the JSON Schemas for editors', () => {
  it('in config/schemas are those of the schemas in the code; node scripts/generate-schemas.ts writes them', () => {
    const files = jsonSchemaFiles(TRANSPORT_NAMES);
    expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
    for (const [name, text] of Object.entries(files)) expect(readFileSync(folder + name, 'utf8'), name).toBe(text);
  });

  it('say their draft and title, refuse unknown keys, and require no key that has a default', () => {
    for (const kind of Object.keys(YAML_KINDS) as YamlKind[])
      expect(jsonSchemaOf(kind, TRANSPORT_NAMES)).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: expect.stringContaining('Interlocal: '),
        type: 'object',
        additionalProperties: false,
      });
    expect(jsonSchemaOf('interlocal', TRANSPORT_NAMES).required).toEqual(['town']);
  });

  it('know that exactly one of source, reconcile and deliver is given', () => {
    expect(jsonSchemaOf('pipeline', TRANSPORT_NAMES).oneOf).toEqual([
      { required: ['source'] },
      { required: ['reconcile'] },
      { required: ['deliver'] },
    ]);
  });

  it('keep the mark of a secret', () => {
    expect(z.toJSONSchema(z.object({ password: secret }), { io: 'input' }).properties).toMatchObject({ password: { 'x-secret': true } });
  });
});
