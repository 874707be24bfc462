import { FatalError } from '../../core/errors.ts';
import { ownWords, redactor } from '../redact.ts';

const BEGINS = /^(?:<!doctype\s+html|<html[\s>])/i;

/** Without white space and comments at its beginning. A pattern for them would try every way to divide many comments. */
function withoutComments(text: string): string {
  let rest = text.replace(/^\ufeff/, '').trimStart();
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->', 4);
    if (end < 0) return rest;
    rest = rest.slice(end + 3).trimStart();
  }
  return rest;
}

/**
 * What a browser would show in place of an answer: a login page, a proxy, a notice of maintenance. undefined where the text does
 * not begin as one.
 */
export function webPageError(beginning: string, system: string): FatalError | undefined {
  if (!BEGINS.test(withoutComments(beginning))) return undefined;
  const title = /<title[^>]*>([^<]*)/i.exec(beginning)?.[1] ?? '';
  const words = ownWords(
    title,
    redactor(() => []),
  );
  return new FatalError({
    code: 'ANSWER_IS_WEB_PAGE',
    place: { system },
    message: `The answer is a web page${words ? ` ("${words}")` : ''} instead of the requested data.`,
    hint: 'A login page, a proxy or a maintenance notice may have answered: check base_url and path, the login of the connection, and the network between this machine and the system.',
  });
}
