import { FatalError, RetriableError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { excerpt } from '../../formats/refuse.ts';
import type { AnswerFacts } from '../answer-facts.ts';

/** Answers that pass by themselves. 501 and 505 do not. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 507, 508, 509, 520, 521, 522, 523, 524]);

/** What an HTTP status of 300 or more means for a run. `words`: the remote system's own, cleaned. Codes are `HTTP_404` and the like. */
export function statusError(
  status: number,
  headers: Record<string, string>,
  words: string,
  request: { system: string; text: string },
): FatalError | RetriableError {
  const said = words ? ` It said: ${words}` : '';
  const problem: Problem = {
    code: status === 401 ? 'AUTH_FAILED' : status === 403 ? 'ACCESS_DENIED' : `HTTP_${status}`,
    place: { system: request.system },
    message: `${request.text} was answered with ${status} ${MEANINGS[status]?.[0] ?? (status >= 500 ? 'a failure of the server' : 'a refusal')}.${said}${retryAfterRemark(headers['retry-after'])}`,
    hint:
      MEANINGS[status]?.[1] ??
      (status >= 500
        ? 'If this continues, ask the owner of the system to check its log.'
        : 'Compare the request in the connector with the documentation of the system.'),
  };
  const waitMs = retryAfter(headers['retry-after']);
  const cause: AnswerFacts = { status, ...(words ? { faultText: words } : {}), ...(waitMs === undefined ? {} : { waitMs }) };
  if (PASSING.has(status) || (status > 505 && status < 600))
    return new RetriableError(problem, { cause, waitMs, passes: status === 429 || status >= 500 });
  return new FatalError(problem, { cause });
}

const MEANINGS: Record<number, readonly [meaning: string, hint: string]> = {
  400: ['(request not understood)', 'Compare the parameters in the connector with the documentation of the system.'],
  401: [
    '(not logged in)',
    'Check the user name or client of this connection in config/connections.yaml, and that its password or key is the current one.',
  ],
  403: ['(not allowed)', "Ask the system's owner for permission for this request, and whether this machine's address is allowed."],
  404: ['(no such address)', 'Check base_url of the connection in config/connections.yaml, and the path in the connector.'],
  405: [
    '(method not allowed)',
    'Correct method of the request in the connector; the documentation of the system says which one it expects.',
  ],
  407: ['(a proxy requires a login)', 'A proxy between this machine and the system answered instead; ask whoever runs the network.'],
  409: ['(conflict)', 'The record was changed or already exists in the remote system: compare the two there.'],
  429: [
    '(too many requests)',
    'If this continues, lower rate_limit of this connection in config/connections.yaml, so that it asks less often.',
  ],
  503: ['(busy or being serviced)', 'If this continues, ask the owner of the system when it will be back.'],
};

/**
 * Retry-After in milliseconds: seconds, or a date (RFC 9110 section 10.2.3). Of several seconds, as proxies join them, the longest;
 * parts of a second count as a whole one. undefined: it says nothing that could be waited for (`-5`, words, a date that has passed),
 * and the usual pauses hold.
 */
export function retryAfter(header: string | undefined, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  const seconds = text.split(',').map((part) => part.trim());
  if (seconds.every((part) => /^\d+(?:\.\d*)?$/.test(part)))
    return Math.min(MAX_ASKED_MS, Math.max(...seconds.map((part) => Math.ceil(Number(part)))) * 1000);
  const at = HTTP_DATE.test(text) ? Date.parse(/GMT$/.test(text) ? text : `${text} GMT`) : Number.NaN;
  return at > now ? Math.min(MAX_ASKED_MS, at - now) : undefined;
}

/** What is asked for beyond a year is a mistake, and no longer to be waited for than a year. */
const MAX_ASKED_MS = 366 * 86_400_000;
/** The three forms of RFC 9110 section 5.6.7. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/** Words about a Retry-After that nothing can be made of; empty where there is none, or it was understood. */
export function retryAfterRemark(header: string | undefined, now = Date.now()): string {
  if (!header?.trim() || retryAfter(header, now) !== undefined) return '';
  const past = HTTP_DATE.test(header.trim());
  return ` It asks to wait until ${JSON.stringify(excerpt(header, 60))} (Retry-After), which ${past ? 'has passed; compare the clocks' : 'is neither seconds nor a date'}: the usual wait time is used.`;
}
