/** Days that systems write where they know none. */
const PLACEHOLDERS = new Set(['00000000', '19000101', '18991230', '19010101', '99991231', '11111111', '99999999', '17530101']);

/**
 * A date as eight digits, year first, also when there is no such day: a typing error must still be comparable. Takes
 * `YYYY-MM-DD`, `YYYYMMDD` and `M/D/YYYY`; `null` for anything else and for days that stand for "not known".
 */
export function dateDigits(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const american = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(text);
  const digits = american
    ? `${american[3]}${american[1]!.padStart(2, '0')}${american[2]!.padStart(2, '0')}`
    : text.split('T', 1)[0]!.replace(/\D/g, '');
  return digits.length === 8 && !PLACEHOLDERS.has(digits) ? digits : null;
}

/** Is there such a day? */
export function isRealDay(digits: string): boolean {
  const year = Number(digits.slice(0, 4));
  const month = Number(digits.slice(4, 6));
  const day = Number(digits.slice(6, 8));
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

/** Systems that know only the year write January 1. */
export const YEAR_ONLY = '0101';

/** Is only the year of this date known? */
export function isYearOnly(digits: string): boolean {
  return digits.endsWith(YEAR_ONLY);
}
