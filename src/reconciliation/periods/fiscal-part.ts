/**
 * The first day of the part of a month that a day is in: every period of a report is made of whole parts. A month has two where the fiscal
 * year (`starts`: MM-DD) does not begin on the first of one. '' for what has no day.
 */
export function fiscalPart(day: string, starts: string): string {
  if (day === '') return '';
  const date = starts.slice(3, 5);
  return `${day.slice(0, 8)}${day.slice(8, 10) >= date ? date : '01'}`;
}

/** The first day of the part of a month that comes after the one that begins on `part`. */
export function nextPart(part: string, starts: string): string {
  const date = starts.slice(3, 5);
  if (part.slice(8, 10) < date) return `${part.slice(0, 8)}${date}`;
  const [year, month] = part.split('-').map(Number) as [number, number];
  const next = month === 12 ? [year + 1, 1] : [year, month + 1];
  return `${String(next[0]).padStart(4, '0')}-${String(next[1]).padStart(2, '0')}-01`;
}
