import type { SinkConfig } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import { type Values, valueAt } from '../core/record.ts';
import { fillRecordText } from './record-template.ts';
import { figuresOf } from './sink-sums.ts';
import { fillText, type Variables } from './template.ts';

/**
 * Records to the rows of a file: one each, or as the sink's `rows` say, with header and trailer rows. `records` are written
 * values already.
 */
export function rowsOf(sink: SinkConfig, records: readonly Values[], scope: Variables, file: string): Values[] {
  if (!sink.rows) return records.map((values) => (sink.encoder?.csv || sink.encoder?.fixed_width ? complete(sink, values) : values));
  const around: Variables = { ...scope, ...figuresOf(sink, records) };
  // What all records of the file have in common may stand around them.
  const common = Object.fromEntries(sink.file_per.map((field) => [field, valueAt(records[0]!, field) ?? null]));
  const row = (template: Record<string, string>, values: Values, variables: Variables): Values =>
    Object.fromEntries(Object.entries(template).map(([name, text]) => [name, fillRecordText(text, values, variables, file)]));
  return [
    ...sink.rows.header.map((template) => row(template, common, around)),
    ...records.flatMap((values, i) => sink.rows!.each.map((template) => row(template, values, { ...around, number: String(i + 1) }))),
    ...sink.rows.trailer.map((template) => row(template, common, around)),
  ];
}

/** A file name with its values. What could lead out of the folder never gets into one. */
export function fileNameOf(template: string, scope: Variables): string {
  const name = fillText(template, scope);
  if (name === '' || name.startsWith('.') || /[/\\\0]/.test(name))
    throw new FatalError({
      code: 'FILE_NAME_INVALID',
      place: {},
      message: `${JSON.stringify(name)} cannot be the name of a file to send.`,
      hint: 'Correct target.file.name of the sink in the connector.',
    });
  return name;
}

/** Every column of the sink, in its order: files with columns have the same ones in each row. */
function complete(sink: SinkConfig, values: Values): Values {
  return Object.fromEntries(
    Object.keys(sink.schema.fields)
      .filter((name) => !name.includes('.') || Object.hasOwn(values, name))
      .map((name) => [name, values[name] ?? null]),
  );
}
