import type { Page, PageContext } from './page.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { textAt } from './answer/answer.ts';
import { selectorOf } from '../stream/select.ts';
import { fillText, namesIn, type Variables } from '../template.ts';

/** One piece of a stream: what `{{ partition }}` and `{{ parent.FIELD }}` stand for. */
export interface Partition {
  value: string;
  variables: Variables;
}

export interface Partitions {
  list: Partition[];
  /** There are no others: none of the parent's records was rejected or without a value. */
  complete: boolean;
}

/**
 * The partitions of a stream, each once, in the order of the list or of the parent's records. A parent is read whole, whatever
 * changed of it: what belongs to a record may change while the record does not.
 */
export async function partitionsOf(
  stream: StreamConfig,
  context: PageContext,
  readParent: (parent: StreamConfig, context: PageContext) => AsyncGenerator<Page>,
): Promise<Partitions> {
  const { values, option, stream: parent, field } = stream.partition!;
  if (parent === undefined) {
    const given = values ?? context.variables[`options.${option}`] ?? [];
    const list = [...new Set(typeof given === 'string' ? [given] : given)];
    return { list: list.map((value) => ({ value, variables: { partition: value } })), complete: true };
  }
  const config = context.streams?.[parent];
  // Checked when the configuration was loaded.
  if (!config || field === undefined) throw new Error(`partition.stream ${parent} of ${context.name} is not known here`);
  return ofParent(stream, config, field, { ...context, name: `${context.name} (its ${parent})`, state: {}, asking: undefined }, readParent);
}

async function ofParent(
  stream: StreamConfig,
  parent: StreamConfig,
  field: string,
  context: PageContext,
  readParent: (parent: StreamConfig, context: PageContext) => AsyncGenerator<Page>,
): Promise<Partitions> {
  const wanted = parentFields(stream);
  const selector = selectorOf(parent, context.name);
  const found = new Map<string, Variables>();
  let complete = true;
  let without = 0;
  const look = (record: SourceRecord): void => {
    if (record.deleted) return;
    const value = record.raw === undefined ? textAt(record.values, field) : undefined;
    if (value === undefined || value === '') without++;
    else if (!found.has(value)) found.set(value, { partition: value, ...fieldsOf(record.values, wanted) });
  };
  for await (const page of readParent(parent, context)) {
    if (page.incomplete) complete = false;
    for (const record of selector.select(page.records)) look(record);
  }
  selector.finish();
  if (without > 0) context.note(`${context.name}: ${without} records have no ${field}, so nothing is requested for them.`);
  return { list: [...found].map(([value, variables]) => ({ value, variables })), complete: complete && without === 0 };
}

/** The fields of the parent that the stream asks for: of a hundred thousand parents no more is kept. */
function parentFields({ retriever, partition }: StreamConfig): string[] {
  const texts = namesIn(JSON.stringify([retriever, partition?.into]));
  return [...new Set(texts.filter((name) => name.startsWith('parent.')).map((name) => name.slice('parent.'.length)))];
}

function fieldsOf(values: Values, names: readonly string[]): Variables {
  return Object.fromEntries(names.map((name) => [`parent.${name}`, textAt(values, name)]));
}

/** The stream as a database is asked for it: the fields that records receive from their partition are not columns there. */
export function withoutInto(stream: StreamConfig): StreamConfig {
  const into = intoOf(stream);
  const has = (name: string): boolean => !Object.hasOwn(into, name);
  const keys = (list: readonly string[]): string[] => list.filter(has);
  return {
    ...stream,
    schema: { ...stream.schema, fields: Object.fromEntries(Object.entries(stream.schema.fields).filter(([name]) => has(name))) },
    primary_key: Array.isArray(stream.primary_key)
      ? keys(stream.primary_key)
      : { ...stream.primary_key, fields: keys(stream.primary_key.fields) },
  };
}

function intoOf({ partition }: StreamConfig): Record<string, string> {
  const into = partition!.into ?? {};
  return typeof into === 'string' ? { [into]: '{{ partition }}' } : into;
}

/** Puts the partition into records that do not say it themselves. Throws FatalError when the answer is about another. */
export function markedWith(stream: StreamConfig, { value, variables }: Partition, name: string): (record: SourceRecord) => void {
  const given = Object.entries(intoOf(stream)).map(([field, text]) => [field, fillText(text, variables)] as const);
  return (record) => {
    // What could not be read is kept as it came.
    if (record.raw !== undefined) return;
    for (const [field, text] of given) {
      const before = record.values[field];
      if (before === undefined || before === null || before === '') record.values[field] = text;
      else if (before !== text)
        throw new FatalError({
          code: 'PARTITION_DIFFERS',
          place: { system: name, record: record.number, path: field },
          message: `Records of the partition ${value} were requested, but the service also gave one with another ${field}, so the reading of this partition stopped.`,
          hint: 'Check how the request uses {{ partition }}: the service seems to ignore it. If its records contain the field themselves, remove it from partition.into.',
        });
    }
  };
}
