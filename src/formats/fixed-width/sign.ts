import type { FixedField } from '../../config/schema/connector.ts';

/** Where a number of fixed width has its sign. Without a word reading takes it in front and behind, writing puts it in front. */
export type Sign = FixedField['sign'];

export interface SignedDigits {
  digits: string;
  negative: boolean;
}

/** The last digits 0 to 9 of a zoned decimal, as mainframes print them: they carry the sign. */
const POSITIVE = '{ABCDEFGHI';
const NEGATIVE = '}JKLMNOPQR';

/** A number as it is in a field, the spaces around taken off; undefined: it is none with a sign of that kind. */
export function readSigned(text: string, sign: Sign): SignedDigits | undefined {
  if (sign === 'overpunch') return readOverpunch(text);
  const parts = /^([-+]?)(\d+)([-+]?)$/.exec(text);
  if (!parts) return undefined;
  const [, before, digits, behind] = parts;
  if ((before && (behind || sign === 'trailing')) || (behind && sign === 'leading')) return undefined;
  return { digits: digits!, negative: before === '-' || behind === '-' };
}

/** What is there instead, for messages. */
export function saidOfSign(sign: Sign): string {
  if (sign === 'leading') return 'a number without a decimal point, with a leading sign';
  if (sign === 'trailing') return 'a number without a decimal point, with a trailing sign';
  if (sign === 'overpunch') return 'a number without a decimal point whose last digit carries the sign: {, A-I or a plain digit, }, J-R';
  return 'a number without a decimal point';
}

/**
 * The characters of a number right-aligned in a field of that width, filled with `pad`; more of them than the field has where
 * it does not fit. A trailing sign has a place of its own, which is empty for what is not negative.
 */
export function writeSigned({ digits, negative }: SignedDigits, sign: Sign, width: number, pad: string): string {
  if (sign === 'overpunch') {
    const last = (negative ? NEGATIVE : POSITIVE)[Number(digits.at(-1))]!;
    return (digits.slice(0, -1) + last).padStart(width, pad);
  }
  if (sign === 'trailing') return digits.padStart(width - 1, pad) + (negative ? '-' : ' ');
  if (!negative) return digits.padStart(width, pad);
  // Zeros are part of the number, so the sign comes before them.
  return pad === '0' ? `-${digits.padStart(width - 1, pad)}` : `-${digits}`.padStart(width, pad);
}

/** Is it a last digit that carries a sign? */
export function isOverpunched(character: string | undefined): boolean {
  return character !== undefined && character !== '' && (POSITIVE.includes(character) || NEGATIVE.includes(character));
}

function readOverpunch(text: string): SignedDigits | undefined {
  if (!/^\d*[\d{A-I}J-R]$/.test(text)) return undefined;
  const before = text.slice(0, -1);
  const last = text.at(-1)!;
  const minus = NEGATIVE.indexOf(last);
  if (minus >= 0) return { digits: `${before}${minus}`, negative: true };
  const plus = POSITIVE.indexOf(last);
  return { digits: plus >= 0 ? `${before}${plus}` : text, negative: false };
}
