import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { problem } from '../src/reports/shapes/parts.ts';
import { SHAPES } from '../src/reports/shapes/shapes.ts';
import { cell, type Definitions, resolved, type SchemaNode, schemaOf } from './json-schema.ts';

/** The table of keys of each shape stands between these. */
const TABLE = /^<!-- keys of: (.+) -->\n[\s\S]*?^<!-- end -->$/gm;
const SCHEMAS: Readonly<Record<string, z.ZodType>> = { ...SHAPES, problem };

/** docs/json.md with the tables of its keys made from src/reports/shapes. Throws for a table of what is no shape. */
export function jsonDocs(markdown: string): string {
  return markdown.replace(TABLE, (_, name: string) => {
    const schema = SCHEMAS[name];
    if (!schema) throw new Error(`docs/json.md has a table of "${name}", which is no shape of src/reports/shapes/shapes.ts.`);
    return `<!-- keys of: ${name} -->\n\n${tableOf(schema)}\n\n<!-- end -->`;
  });
}

/** The shapes that have a table in it. */
export function tablesIn(markdown: string): string[] {
  return [...markdown.matchAll(TABLE)].map(([, name]) => name!);
}

/** One line for each key at any depth: `runs[].outcome`. */
export function tableOf(schema: z.ZodType): string {
  const { root, definitions } = schemaOf(schema, 'output');
  const rows: string[] = [];
  rowsOf(resolved(root, definitions), '', rows, definitions);
  return ['| key | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

function rowsOf(node: SchemaNode, path: string, rows: string[], definitions: Definitions): void {
  const isReport = ['report', 'definition', 'notes'].every((key) => node.properties?.[key] !== undefined);
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    // All reports that are made of tables have these; docs/json.md tells of them once.
    if (/^drill(_|$)/.test(key) && path !== '') continue;
    if (path === '' && isReport && ['report', 'definition', 'notes'].includes(key)) continue;
    const optional = node.required?.includes(key) ? '' : ', *optional*';
    const meaning = child.description ?? resolved(child, definitions).description ?? '';
    rows.push(`| \`${path}${key}\` | ${typeOf(child, definitions)}${optional} | ${cell(meaning)} |`);
    if (/(?:^|, )as in `/.test(meaning)) continue;
    const inner = innerOf(child, definitions);
    if (inner) rowsOf(inner.node, `${path}${key}${inner.step}.`, rows, definitions);
  }
  if (typeof node.additionalProperties === 'object' && node.properties)
    rows.push(`| others | ${typeOf(node.additionalProperties, definitions)} | ${node.additionalProperties.description ?? ''} |`);
}

/** The object below a key, in a list or where it may be null. A problem has its own table. */
function innerOf(node: SchemaNode, definitions: Definitions): { node: SchemaNode; step: string } | undefined {
  if (isProblem(node)) return undefined;
  const at = resolved(node, definitions);
  if (at.type === 'array' && at.items) {
    const inner = innerOf(at.items, definitions);
    return inner && { node: inner.node, step: `[]${inner.step}` };
  }
  const alternative = at.anyOf?.find((one) => resolved(one, definitions).type === 'object');
  if (alternative) return innerOf(alternative, definitions);
  return at.type === 'object' && at.properties ? { node: at, step: '' } : undefined;
}

function typeOf(node: SchemaNode, definitions: Definitions): string {
  if (node.title) return node.title;
  if (isProblem(node)) return '[problem](#a-problem)';
  const at = resolved(node, definitions);
  if (at.title) return at.title;
  if (Array.isArray(at.type)) return at.type.map((type) => typeOf({ ...at, type }, definitions)).join(' or ');
  if (at.anyOf) return at.anyOf.map((one) => typeOf(one, definitions)).join(' or ');
  if (at.const !== undefined) return `\`${String(at.const)}\``;
  if (at.enum) return at.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (at.type === 'array') return at.items ? `list of ${plural(typeOf(at.items, definitions))}` : 'list';
  if (at.type === 'string') return 'text';
  if (at.type === 'integer') return 'whole number';
  if (at.type === 'boolean') return 'true or false';
  return at.type ?? 'any value';
}

function plural(type: string): string {
  return type.startsWith('[') ? type.replace(']', 's]') : `${type}s`;
}

function isProblem(node: SchemaNode): boolean {
  return node.$ref === '#/$defs/problem';
}

if (import.meta.main) {
  const file = fileURLToPath(new URL('../docs/json.md', import.meta.url));
  await writeFile(file, jsonDocs(await readFile(file, 'utf8')));
}
