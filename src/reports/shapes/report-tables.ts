import { z } from 'zod';
import { amount, dayOrNull, object, text, textOrNull, texts, wholeOrNull } from './parts.ts';

/** The command that leads from a row to what is behind it: `drill`, and `drill_x` for the figures of one column. */
export const drill = z.array(z.string()).nullable().optional().meta({
  title: 'texts or null',
  description:
    'arguments of the command that gives what is behind the row, each with file and line, or leads there: `["report","receipts","--in","2026-04"]`; null where nothing is behind it; not in what an older version kept',
});

/**
 * A report that is made of tables, by their names; each row may have a `drill`. With `--table` only that one is there, otherwise all but those of `sometimes`.
 */
export function report<T extends Record<string, z.ZodObject>>(
  tables: T,
  about: Record<keyof T, string>,
  sometimes: readonly (keyof T & string)[] = [],
) {
  const lists = Object.fromEntries(
    Object.entries(tables).map(([name, row]) => [name, z.array(row.extend({ drill })).optional().describe(about[name]!)]),
  );
  return object({
    report: text('its title'),
    definition: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable())
      .meta({ title: 'object', description: 'what it was asked for; `report` is its name, null what was not asked for' }),
    notes: texts('sentences about what it is based on, and what is missing'),
    ...lists,
  }).refine((given) => {
    const missing = Object.keys(tables).filter((name) => !(name in given));
    return missing.every((name) => sometimes.includes(name)) || missing.length === Object.keys(tables).length - 1;
  }, 'A table is missing.');
}

export const place = { file: textOrNull('the file that it came from'), line: wholeOrNull('the line in it') };
export const split = {
  reconciled: amount('of it, what a match proves'),
  in_transit: amount('of it, what is on its way and not late yet'),
  exception: amount('of it, what needs attention'),
  not_covered: amount('of it, what no reconciliation covers'),
};
export const receipt = {
  receipt: textOrNull('number of the receipt'),
  source: text('the connection that it came from'),
  day: dayOrNull('the day on which it was taken'),
};
export const corrects = textOrNull('the closed period that it corrects');
