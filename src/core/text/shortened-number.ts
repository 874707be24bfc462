const SHORTENED = /^-?\d(?:[.,]\d+)?E\+\d{2,3}$/i;

/**
 * Is this a long number as a spreadsheet shows and saves it, `1.23E+05`? Its digits are lost, and different ones look the same. Without the
 * plus it may be a lot or a permit: `3E-02`.
 */
export function isShortenedNumber(text: string): boolean {
  // A million keys pass here: most have no plus.
  return text.includes('+') && SHORTENED.test(text.trim());
}
