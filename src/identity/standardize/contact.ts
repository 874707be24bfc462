import { standardText } from './text.ts';

/** The last ten digits of a telephone number, or the seven of a local one; `null` when it cannot be one. */
export function phoneDigits(text: string | null | undefined): string | null {
  if (!text) return null;
  // An extension is not part of the number.
  const digits = text.replace(/(?:ext?\.?|x|#)\s*\d+\s*$/i, '').replace(/\D/g, '');
  const kept = digits.length > 10 ? digits.slice(-10) : digits;
  return kept.length < 7 || /^(\d)\1+$/.test(kept) || /^(?:\d{3})?5550000$|0000000$|^1234567/.test(kept) ? null : kept;
}

/** An e-mail address in lower case, without a name around it; `null` when it has no place for mail. */
export function emailAddress(text: string | null | undefined): string | null {
  const found = (text ?? '')
    .toLowerCase()
    .split(/[\s<>,;:"]/)
    .find(isMailbox);
  return found === undefined || /^(?:none|no|noemail|n\/a|na|unknown|test)@/.test(found) ? null : found;
}

/** Five digits of a ZIP code; another country's postal code without blanks. */
export function postalCode(text: string | null | undefined): string | null {
  const plain = standardText(text)?.replaceAll(' ', '') ?? null;
  if (plain === null || /^(\d)\1*$/.test(plain)) return null;
  return /^\d{5,}$/.test(plain) ? plain.slice(0, 5) : plain.slice(0, 8);
}

/** A whole British or Canadian code, as TQ13 8DF and K1A 0B1, without blanks: one street or less has it. */
export function isCodeOfStreet(code: string): boolean {
  return /^[a-z][a-z0-9]{1,3}\d[a-z0-9]{2}$/.test(code);
}

/** Something before the sign, and a place with a point in it behind. */
function isMailbox(word: string): boolean {
  const at = word.indexOf('@');
  const point = word.indexOf('.', at + 2);
  return at > 0 && point > 0 && point < word.length - 1;
}
