import type { StreamConfig } from '../../config/schema/connector.ts';
import { isNested } from '../../config/checks/source-fields.ts';

/** Whether a required field has nothing to be in, and that is as the schema says: a group that may be empty, a list without items. */
export function mayBeAbsent(name: string, { schema: { fields } }: StreamConfig): boolean {
  return groupsAround(name).some((group) => {
    const field = Object.hasOwn(fields, group) ? fields[group] : undefined;
    return field !== undefined && (field.type === 'list' || !field.required);
  });
}

/** Does the stream give rows with columns? A column that is missing says nothing; in XML and JSON, what is not there is empty. */
export function isTable({ retriever, decoder }: StreamConfig): boolean {
  return retriever.query !== undefined || decoder?.csv !== undefined || decoder?.fixed_width !== undefined || decoder?.xlsx !== undefined;
}

/** Is the field, or a group around it, declared as something that a person can be recognized by? */
export function isPersonal(name: string, { schema: { fields } }: StreamConfig): boolean {
  return [name, ...groupsAround(name)].some((path) => Object.hasOwn(fields, path) && fields[path]!.class === 'personal');
}

/** The columns that a file's decoder must find, and those that it may: fields of a parent are in other records. */
export function columnsOf(stream: StreamConfig): { requiredColumns: string[]; knownColumns: string[] } {
  const parents = stream.record_selector?.parents ?? [];
  const names = Object.keys(stream.schema.fields).filter((name) => !parents.includes(name.split('.')[0]!) || !isNested(name, stream));
  const requiredColumns = names.filter((name) => !stream.schema.fields[name]!.optional && !parents.includes(name));
  return { requiredColumns, knownColumns: Object.keys(stream.schema.fields) };
}

/** `a.b.c` → `a`, `a.b` */
function groupsAround(name: string): string[] {
  const parts = name.split('.');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('.'));
}
