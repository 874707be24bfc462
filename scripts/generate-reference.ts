import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connectorSchemaOf } from '../src/config/schema/connector.ts';
import { TRANSPORT_NAMES, transports } from '../src/transports/transports.ts';
import { cell, type Definitions, resolved, type SchemaNode, schemaOf } from './json-schema.ts';

/** docs/connector-reference.md: every key of a manifest, from the schema that the loader checks with. */
export async function referenceText(): Promise<string> {
  const schema = schemaOf(connectorSchemaOf(TRANSPORT_NAMES), 'input');
  const sections: string[] = [];
  section('The manifest', schema.root, sections, schema.definitions);
  const lines = [
    '# Connector reference',
    '',
    'Every key of `connectors/<id>/connector.yaml`. Made from the schema that `interlocal validate` checks with, by',
    '`node scripts/generate-reference.ts`; a test fails while it is stale. How to begin: [vendor-guide.md](vendor-guide.md).',
    '',
    'In texts, `{{ options.NAME }}` takes an option of the connection. Requests also know `{{ page }}`, `{{ offset }}`, `{{ size }}`,',
    '`{{ cursor }}`, `{{ from }}`, `{{ to }}`, `{{ session }}`, `{{ partition }}`, `{{ parent.FIELD }}` and `{{ report }}`, where the stream has what gives them.',
    '',
    ...sections,
    '# Options of transports',
    '',
    'What a town gives in config/connections.yaml; a manifest sets those that every town has the same in `transport_options`.',
    '',
  ];
  for (const [name, { optionsSchema }] of Object.entries(transports)) {
    const own: string[] = [];
    const { root, definitions } = schemaOf(await optionsSchema(), 'input');
    section(name, root, own, definitions);
    lines.push(...own);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** One table for a group of keys, then one for each group within it. */
function section(path: string, node: SchemaNode, sections: string[], definitions: Definitions): void {
  const group = grouped(node, definitions);
  if (!group) return;
  const rows = Object.entries(group.properties ?? {}).map(([name, child]) => {
    const needed = group.required?.includes(name) ? ' **required**' : '';
    return `| \`${name}\`${needed} | ${cell(typeText(child, definitions))} | ${cell(defaultText(child))} | ${cell(describe(child, definitions))} |`;
  });
  const choice = (group.oneOf ?? []).flatMap((one) => one.required ?? []);
  sections.push(
    `## ${path}`,
    '',
    ...(choice.length ? [`Exactly one of ${choice.map((name) => `\`${name}\``).join(', ')}.`, ''] : []),
    '| key | what it takes | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  );
  for (const [name, child] of Object.entries(group.properties ?? {})) {
    const inner = innerGroup(child, definitions);
    if (inner) section(`${path === 'The manifest' ? '' : `${path}.`}${name}${inner.step}`, inner.node, sections, definitions);
  }
}

/** The object that a key takes: itself, an item of its list, or a value of its map. */
function innerGroup(node: SchemaNode, definitions: Definitions): { node: SchemaNode; step: string } | undefined {
  const own = grouped(node, definitions);
  if (own?.properties) return { node: own, step: '' };
  const real = resolved(node, definitions);
  if (real.items && grouped(real.items, definitions)?.properties) return { node: real.items, step: '[]' };
  const values = real.additionalProperties;
  if (typeof values === 'object' && grouped(values, definitions)?.properties) return { node: values, step: '.NAME' };
  return undefined;
}

function grouped(node: SchemaNode, definitions: Definitions): SchemaNode | undefined {
  const real = resolved(node, definitions);
  if (real.properties) return real;
  return real.anyOf?.map((one) => resolved(one, definitions)).find((one) => one.properties);
}

function typeText(node: SchemaNode, definitions: Definitions): string {
  const real = resolved(node, definitions);
  if (node.$ref !== undefined && real.anyOf) return 'text, a list or a group';
  if (real.enum) return real.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (real.const !== undefined) return `\`${String(real.const)}\``;
  if (real.anyOf) return [...new Set(real.anyOf.map((one) => typeText(one, definitions)))].join(' or ');
  if (real.properties) return 'a group, below';
  if (real.type === 'array')
    return `a list of ${
      real.items
        ? typeText(real.items, definitions)
            .replace('a group, below', 'groups, below')
            .replace(/^text$/, 'texts')
        : 'values'
    }`;
  if (real.type === 'object')
    return typeof real.additionalProperties === 'object'
      ? `names, each with ${typeText(real.additionalProperties, definitions)}`
      : 'a group';
  return (
    { string: 'text', integer: 'a whole number', number: 'a number', boolean: '`true`, `false`', null: '`null`' }[String(real.type)] ??
    'any value'
  );
}

function defaultText(node: SchemaNode): string {
  if (node.default === undefined || (typeof node.default === 'object' && node.default !== null && Object.keys(node.default).length === 0))
    return '';
  return `\`${typeof node.default === 'string' ? node.default || '""' : JSON.stringify(node.default)}\``;
}

function describe(node: SchemaNode, definitions: Definitions): string {
  return node.description ?? resolved(node, definitions).description ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('../docs/connector-reference.md', import.meta.url));
  await writeFile(file, await referenceText());
  console.log(file);
}
