import type { SinkConfig } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { fillRecordText } from './record-template.ts';
import { figuresOf } from './sink-sums.ts';
import { fillText, type Variables } from '../template.ts';

/**
 * Records to the rows of a file: one each, or as the sink's `rows` say, with header and trailer rows. `records` are written
 * values already.
 */
export function rowsOf(sink: SinkConfig, records: readonly Values[], scope: Variables, file: string): Values[] {
  if (!sink.rows) return records.map((values) => (sink.encoder?.csv || sink.encoder?.fixed_width ? complete(sink, values) : values));
  const { header, group, for_each: list, each, trailer } = sink.rows;
  const row = (template: Record<string, string>, values: Values, variables: Variables): Values =>
    Object.fromEntries(Object.entries(template).map(([name, text]) => [name, fillRecordText(text, values, variables, file)]));
  const groups = group ? groupsOf(records, group.by) : [records];
  const figures = (of: readonly Values[]): Variables => ({
    ...figuresOf(sink, of),
    ...(list === undefined ? {} : { lines: String(of.reduce((sum, values) => sum + itemsOf(values, list).length, 0)) }),
  });
  const whole: Variables = { ...scope, ...figures(records), batches: String(groups.length) };
  // What all records have in common may stand around them.
  const common = partOf(records[0]!, sink.file_per);
  let number = 0;
  return [
    ...header.map((template) => row(template, common, whole)),
    ...groups.flatMap((members, i) => {
      const within: Variables = { ...whole, batch: String(i + 1) };
      const own: Variables = { ...within, ...figures(members) };
      const shared = { ...common, ...partOf(members[0]!, group?.by ?? []) };
      return [
        ...(group?.header ?? []).map((template) => row(template, shared, own)),
        ...members.flatMap((values) => {
          const one: Variables = { ...within, number: String(++number) };
          if (list === undefined) return each.map((template) => row(template, values, one));
          return itemsOf(values, list).flatMap((item, n) =>
            each.map((template) => row(template, { ...values, [list]: item }, { ...one, line: String(n + 1) })),
          );
        }),
        ...(group?.trailer ?? []).map((template) => row(template, shared, own)),
      ];
    }),
    ...trailer.map((template) => row(template, common, whole)),
  ];
}

/** The items of a list of a record; of the list that rows are written of. */
function itemsOf(values: Values, list: string): Values[] {
  const items = valueAt(values, list);
  return (Array.isArray(items) ? items : []).filter(
    (item): item is Values => typeof item === 'object' && item !== null && !Array.isArray(item),
  );
}

/** Records with the same values of these fields together, in the order in which the first of each comes. */
export function groupsOf(records: readonly Values[], fields: readonly string[]): Values[][] {
  return [...Map.groupBy(records, (values) => keyText(values, fields)).values()];
}

/** The values of these fields as one text, which other values do not have. */
export function keyText(values: Values, fields: readonly string[]): string {
  return JSON.stringify(fields.map((field) => valueAt(values, field) ?? null));
}

function partOf(values: Values, fields: readonly string[]): Values {
  return Object.fromEntries(fields.map((field) => [field, valueAt(values, field) ?? null]));
}

/** A file name with its values. What could lead out of the folder never gets into one. */
export function fileNameOf(template: string, scope: Variables): string {
  const name = fillText(template, scope);
  if (name === '' || name.startsWith('.') || /[/\\\0]/.test(name))
    throw new FatalError({
      code: 'FILE_NAME_INVALID',
      place: {},
      message: `${JSON.stringify(name)} cannot be the name of a file to send.`,
      hint: 'Correct target.file.name of the sink in the connector: a name without / and \\, and not empty.',
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
