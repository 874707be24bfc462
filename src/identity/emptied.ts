/**
 * The column in which the stored values of a source record name the fields that its system emptied: it said something there before, and says
 * that there is nothing now. It is in no table; a field that the system never filled is not in it.
 */
export const EMPTIED = '_emptied';

type Cells = Readonly<Record<string, string | number | null>>;

/** The fields that the system of a source record emptied. */
export function emptiedFields(columns: Cells): readonly string[] {
  const text = columns[EMPTIED];
  return typeof text === 'string' && text !== '' ? text.split(' ') : [];
}

/** Does a source record say nothing in a field? A code that no lookup knows has a raw value. */
export function isWithout(columns: Cells, field: string): boolean {
  return (columns[field] ?? null) === null && (columns[`${field}_raw`] ?? null) === null;
}
