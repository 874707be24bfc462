const SHORTENED = /^-?\d(?:[.,]\d+)?E[+-]\d{2,3}$/i;

/** Is this a long number as a spreadsheet shows and saves it, `1.23E+05`? Its digits are lost, and different ones look the same. */
export function isShortenedNumber(text: string): boolean {
  // A million keys pass here: most have no sign behind a letter.
  return (text.includes('+') || text.includes('-')) && SHORTENED.test(text.trim());
}
