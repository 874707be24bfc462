import type { Template } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import { type Value, type Values, valueAt } from '../../core/record.ts';
import { asContent, fill, inPath, type Variables, type WriteValue } from '../template.ts';

const WHOLE = /^\{\{\s*record\.([^}\s]+(?:\s+[^}\s]+)*)\s*\}\}$/;
const RECORD = /\{\{\s*record\./;
/** Fields may have spaces in their names, which other placeholders have not. */
const PLACEHOLDER = /\{\{\s*(?:record\.([^}\s]+(?:\s+[^}\s]+)*)|([\w.-]+(?: [\w.-]+)*))\s*\}\}/g;

/**
 * A text of a sink with `{{ record.NAME }}` and other placeholders in it. One that is nothing but a field takes its value as it
 * is, a list too; no value is null. Throws FatalError where a list is within a text. Everything is put in at once: what a
 * record says is never taken for a placeholder.
 */
export function fillRecordText(text: string, values: Values, variables: Variables, file?: string): Value {
  const whole = WHOLE.exec(text);
  if (whole) return valueAt(values, whole[1]!) ?? null;
  const done = filled(text, values, variables, plain, file);
  return done === '' ? null : done;
}

/** The same for the body of a request, nested as it is. Literal values stay what they are. */
export function fillRecord(template: Template, values: Values, variables: Variables): Value {
  if (typeof template === 'string' && RECORD.test(template)) return fillRecordText(template, values, variables);
  if (template === null || typeof template !== 'object') return fill(template, variables);
  if (Array.isArray(template)) return template.map((item) => fillRecord(item, values, variables));
  return Object.fromEntries(Object.entries(template).map(([name, item]) => [name, fillRecord(item, values, variables)]));
}

/** A body, which may be a text of the connector's own: values are written into it as its content type wants them. */
export function fillRecordBody(template: Template, values: Values, variables: Variables, contentType: string | undefined): Value {
  if (typeof template !== 'string' || contentType === undefined) return fillRecord(template, values, variables);
  return filled(template, values, variables, asContent(contentType));
}

/** A path: each value but the connection's own options is written as data, so none leads elsewhere. */
export function fillRecordPath(text: string, values: Values, variables: Variables): string {
  return filled(text, values, variables, inPath);
}

const plain: WriteValue = (value) => value;

function filled(text: string, values: Values, variables: Variables, written: WriteValue, file?: string): string {
  return text.replace(PLACEHOLDER, (_, path: string | undefined, name: string) => {
    const own = variables[name];
    if (path === undefined) return written(own === undefined ? '' : typeof own === 'string' ? own : own.join(','), name);
    const value = valueAt(values, path) ?? '';
    if (typeof value !== 'string')
      throw new FatalError({
        code: 'VALUE_NOT_TEXT',
        place: { ...(file === undefined ? {} : { file }), path },
        message: 'A list or a group of fields cannot be part of a text.',
        hint: 'In rows or target of the sink in the connector, name one field of it instead.',
      });
    return written(value, `record.${path}`);
  });
}
