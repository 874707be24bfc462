import { z } from 'zod';

/** The parts of JSON Schema that zod writes and docs tell of. */
export interface SchemaNode {
  title?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  oneOf?: { required?: string[] }[];
  $ref?: string;
}

export type Definitions = Readonly<Record<string, SchemaNode>>;

/** The JSON Schema of what `schema` takes (`input`) or gives (`output`). */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): { root: SchemaNode; definitions: Definitions } {
  const { $defs, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as SchemaNode & { $defs?: Record<string, SchemaNode> };
  return { root, definitions: $defs ?? {} };
}

/** A node with what it refers to; what is said beside the reference goes first. */
export function resolved(node: SchemaNode, definitions: Definitions): SchemaNode {
  const { $ref, ...own } = node;
  const name = $ref?.replace('#/$defs/', '');
  return name !== undefined && definitions[name] ? { ...definitions[name], ...own } : node;
}

/** Text as a cell of a table in Markdown. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
