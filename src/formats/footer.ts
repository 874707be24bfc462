import type { SourceRecord } from '../core/record.ts';
import { refuseFile } from './refuse.ts';

/** A row at the end of a file, before it is known whether it is a record. */
export interface EndRow {
  line: number;
  text: string;
}

/**
 * Refuses the file (FOOTER_MISSING) when the first of its footer rows does not have the text that it always has: this export
 * has no totals, or fewer rows of them, and a record would be taken for one. `rows`: the last of the file, as many as the footer has.
 */
export function checkFooter(rows: readonly EndRow[], { count, has, key }: { count: number; has: string; key: string }, file: string): void {
  const first = rows.at(-count);
  if (first?.text.includes(has)) return;
  const which = count === 1 ? 'the last row' : `the first of the last ${count} rows`;
  throw refuseFile(
    'FOOTER_MISSING',
    file,
    first === undefined ? {} : { line: first.line },
    first === undefined
      ? `The file ends before its footer: it has fewer than ${count} rows below its header, and none with ${JSON.stringify(has)} in it.`
      : `Row ${first.line} is ${which}, which the connector drops as a footer, but ${JSON.stringify(has)} is not in it: it may be a record.`,
    `Have the file exported with its footer; if the system no longer writes one, remove ${key} and footer_has from the decoder.`,
  );
}

/** A record as the row that it was read from. */
export function endRowOf({ line, raw, values }: SourceRecord): EndRow {
  return { line: line ?? 0, text: raw ?? Object.values(values).join(' ') };
}
