import { rowsOfSink } from '../../config/checks/outbound/sink-rows.ts';
import type { SinkConfig, Template } from '../../config/schema/connector.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { type JsonTypes, typed } from '../../formats/json/types.ts';
import { fillRecord } from './record-template.ts';
import type { Variables } from '../template.ts';

const WHOLE = /^\{\{\s*(?:record\.([^}\s]+(?:\s+[^}\s]+)*)|([\w.]+))\s*\}\}$/;

/**
 * The body of a request as JSON text, where the sink says `json_types`: fields of type integer and decimal are numbers with exactly the
 * digits that they have, boolean ones true and false. What is in the template as a number or true is one too.
 */
export function jsonBody(template: Template, sink: SinkConfig, values: Values, variables: Variables): string {
  const types = typesOfFields(sink);
  const filled = (part: Template): unknown => {
    const field = typeof part === 'string' ? WHOLE.exec(part)?.[1] : undefined;
    if (field !== undefined) return typed(valueAt(values, field) ?? null, withoutIndexes(field), types);
    if (typeof part === 'string') return fillRecord(part, values, variables);
    if (part === null || typeof part !== 'object') return part;
    if (Array.isArray(part)) return part.map(filled);
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, filled(inner)]));
  };
  return JSON.stringify(filled(template));
}

/** The types of a sink's rows for its JSON encoder; undefined: everything is written as text. */
export function jsonTypesOf(sink: SinkConfig): JsonTypes | undefined {
  if (!sink.json_types) return undefined;
  const types = typesOfFields(sink);
  if (!sink.rows) return types;
  const cells = new Map<string, string>();
  for (const { row } of rowsOfSink(sink)) for (const [name, text] of Object.entries(row)) cells.set(name, text);
  return (path) => {
    const [name = '', ...below] = path.split('.');
    const at = cells.has(path) ? path : name;
    const [, field, other] = WHOLE.exec(cells.get(at) ?? '') ?? [];
    if (field !== undefined) return types([withoutIndexes(field), ...(at === path ? [] : below)].join('.'));
    return other !== undefined && /^(?:count(?:\..+)?|number|batch|batches|total\..+)$/.test(other) ? 'number' : undefined;
  };
}

function typesOfFields({ schema: { fields } }: SinkConfig): JsonTypes {
  return (path) => {
    const type = Object.hasOwn(fields, path) ? fields[path]!.type : undefined;
    return type === 'integer' || type === 'decimal' ? 'number' : type === 'boolean' ? 'boolean' : undefined;
  };
}

/** Payments.0.Amount is the field Payments.Amount. */
function withoutIndexes(path: string): string {
  return path
    .split('.')
    .filter((part) => !/^\d+$/.test(part))
    .join('.');
}
