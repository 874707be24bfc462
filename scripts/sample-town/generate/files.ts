/** One file of a legacy system, made in memory first: writing it is another's business. */
export interface TownFile {
  /** Below the town's folder, with '/'. */
  path: string;
  bytes: Buffer;
  /** UTC instant that becomes its modification time. */
  modified: string;
}

export function doneMarker(file: TownFile): TownFile {
  return { path: `${file.path}.done`, bytes: Buffer.alloc(0), modified: file.modified };
}

/** Early in the morning of that date in Maplewood, when exports run. */
export function exportedOn(date: string): string {
  return `${date}T10:05:00Z`;
}

export function xmlEscape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Attributes in the order given, every value quoted. */
export function xmlAttributes(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlEscape(value)}"`)
    .join('');
}

export function csvField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export function csvLine(values: readonly string[]): string {
  return values.map(csvField).join(',');
}

/** Items by a key of theirs, keys in the order in which they first appear. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
