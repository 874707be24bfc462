const PARTS = [
  'YYYY',
  'YY',
  'MMMM',
  'MMM',
  'MM',
  'M',
  'DD',
  'D',
  'dddd',
  'ddd',
  'HH',
  'H',
  'hh',
  'h',
  'mm',
  'ss',
  'SSS',
  'A',
  'a',
  'Z',
  'T',
];
const WHOLE = ['/Date(ms)/', 'unix'];

/** What is not a part of a date format, in words; undefined when all of it is. `[text]` stands for itself. */
export function strangeInDateFormat(format: string): string | undefined {
  if (WHOLE.includes(format)) return undefined;
  for (const [token] of format.replace(/\[[^\]]{0,200}\]/g, ' ').matchAll(/([A-Za-z])\1*/g)) {
    if (PARTS.includes(token)) continue;
    const meant = PARTS.find((part) => part.toLowerCase() === token.toLowerCase());
    return `has "${token}", which is not part of a date${meant ? `; write ${meant}` : ''}`;
  }
  return /Y|M|D/.test(format) ? undefined : 'has no year, month or day (YYYY, MM, DD)';
}
