import type { JsonOptions } from '../../config/schema/connector.ts';
import type { Value, Values } from '../../core/record.ts';
import type { EncodeContext } from '../format.ts';
import { typed } from './types.ts';
import { refuseRecord } from '../refuse.ts';
import { encoderOf } from '../text/encoding.ts';

/** Records to one JSON object a line, or to one document with the list at `rows`. Every scalar is a string but where `jsonTypes` says otherwise. */
export async function* encodeJson(
  records: AsyncIterable<Values[]> | Iterable<Values[]>,
  options: JsonOptions,
  context: EncodeContext,
): AsyncGenerator<Uint8Array, void, void> {
  const encode = await encoderOf(options.encoding ?? 'utf-8', context.file);
  const path = options.rows === '' ? [] : options.rows.split('.');
  const open = path.map((name) => `{${JSON.stringify(name)}:`).join('');
  const unicode = /^utf/.test(options.encoding ?? 'utf-8');
  let record = 0;
  if (!options.lines) yield encode(`${open}[`);
  for await (const list of records) {
    let text = '';
    for (const values of list) {
      record++;
      const written = objectText(values, record);
      text += options.lines ? `${open}${written}${'}'.repeat(path.length)}\n` : `${record > 1 ? ',' : ''}\n${written}`;
    }
    if (text) yield encode(text);
  }
  if (!options.lines) yield encode(`\n]${'}'.repeat(path.length)}\n`);

  function objectText(values: Values, number: number): string {
    const deep = tooDeep(values, 0);
    if (deep) throw refuseRecord('VALUE_NOT_WRITABLE', context.file, { record: number }, 'The record is nested too deep to be read again.');
    const text = JSON.stringify(context.jsonTypes ? typed(values, '', context.jsonTypes) : values);
    return unicode ? text : text.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
}

function tooDeep(value: Value, depth: number): boolean {
  if (value === null || typeof value === 'string') return false;
  return depth > 200 || Object.values(value).some((inner: Value) => tooDeep(inner, depth + 1));
}
