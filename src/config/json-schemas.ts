import { join } from 'node:path';
import { makeFolder } from '../core/make-folder.ts';
import { z } from 'zod';
import { connectorSchema, connectorSchemaOf } from './schema/connector.ts';
import { identityParametersSchema } from './schema/identity.ts';
import { connectionsSchema, interlocalSchema, localConnectionsSchema } from './schema/interlocal.ts';
import { mappingSchema } from './schema/mapping.ts';
import { entitySchema } from './schema/model.ts';
import { pipelineSchema } from './schema/pipeline.ts';
import { sinkMappingSchema } from './schema/sink-mapping.ts';
import { writeWhole } from './whole-file.ts';

/** Each kind of YAML: its schema, where such files are in a town's folder, and what they are. */
export const YAML_KINDS = {
  interlocal: { schema: interlocalSchema, files: ['config/interlocal.yaml'], title: 'The town' },
  connections: { schema: connectionsSchema, files: ['config/connections.yaml'], title: "The town's connections" },
  'connections-local': {
    schema: localConnectionsSchema,
    files: ['config/connections.local.yaml'],
    title: 'What is different on this machine',
  },
  'identity-parameters': {
    schema: identityParametersSchema,
    files: ['config/identity/*.yaml'],
    title: "An entity's trained identity parameters",
  },
  model: { schema: entitySchema, files: ['config/model/*.yaml'], title: 'A canonical entity' },
  connector: { schema: connectorSchema, files: ['connectors/*/connector.yaml'], title: 'A connector' },
  mapping: { schema: mappingSchema, files: ['mappings/*.yaml'], title: 'A mapping' },
  'sink-mapping': { schema: sinkMappingSchema, files: ['mappings/*.yaml'], title: 'A mapping to a sink' },
  pipeline: { schema: pipelineSchema, files: ['pipelines/*.yaml'], title: 'A pipeline' },
} as const satisfies Record<string, { schema: z.ZodType; files: readonly string[]; title: string }>;
export type YamlKind = keyof typeof YAML_KINDS;

/**
 * The JSON Schema (2020-12) of one kind of YAML, for editors: what may be written, before defaults are filled in. `transports`: the names
 * that a manifest may give.
 */
export function jsonSchemaOf(kind: YamlKind, transports: readonly string[]): Record<string, unknown> {
  const { title } = YAML_KINDS[kind];
  const schema = kind === 'connector' ? connectorSchemaOf(transports) : YAML_KINDS[kind].schema;
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }) as Record<string, unknown>;
  return { $schema, title: `Interlocal: ${title}`, ...rest };
}

/** Every schema as its file: `interlocal.json` → text. */
export function jsonSchemaFiles(transports: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.keys(YAML_KINDS).map((kind) => [`${kind}.json`, `${JSON.stringify(jsonSchemaOf(kind as YamlKind, transports), null, 2)}\n`]),
  );
}

/** Writes config/schemas below a town's folder; gives the names of what was written. */
export async function writeJsonSchemas(folder: string, transports: readonly string[]): Promise<string[]> {
  const target = join(folder, 'config', 'schemas');
  await makeFolder(target);
  const files = Object.entries(jsonSchemaFiles(transports));
  for (const [name, text] of files) await writeWhole(join(target, name), text);
  return files.map(([name]) => `config/schemas/${name}`);
}
