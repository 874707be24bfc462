import { phoneDigits } from '../../../identity/standardize/contact.ts';
import { standardText } from '../../../identity/standardize/text.ts';
import { streetAddress } from '../../../identity/standardize/address.ts';

/**
 * Is what a system says the value that was sent to it, in its own way of writing? Upper case, blanks, punctuation and the usual short
 * forms of streets are its own way: 15 Oak Avenue comes back as 15 OAK AVE.
 */
export function isEcho(sent: string | null, said: string | null): boolean {
  if (sent === said) return true;
  if (sent === null || said === null) return false;
  if (letters(sent) !== '' && letters(sent) === letters(said)) return true;
  if (PHONE.test(sent) && PHONE.test(said)) return phoneDigits(sent) !== null && phoneDigits(sent) === phoneDigits(said);
  const [a, b] = [streetAddress(sent), streetAddress(said)];
  return a.number !== null && JSON.stringify(a) === JSON.stringify(b);
}

function letters(text: string): string {
  return (standardText(text) ?? '').replaceAll(' ', '');
}

const PHONE = /^[\d\s().+-]{7,25}$/;
