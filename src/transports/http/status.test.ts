import { expect, test } from 'vitest';
import { FatalError, RetriableError } from '../../core/errors.ts';
import { retryAfter, statusError } from './status.ts';

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Wed, 21 Oct 2015 07:28:10 GMT', 10_000],
  ['Wed, 21 Oct 2015 07:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After %j is a wait of %s ms', (header, wait) => {
  expect(retryAfter(header, Date.parse('Wed, 21 Oct 2015 07:28:00 GMT'))).toBe(wait);
});

test.each([
  [[400, 401, 403, 404, 405, 409, 410, 415, 422, 501, 505], FatalError],
  [[408, 425, 429, 500, 502, 503, 504, 521, 599], RetriableError],
])('%j', (statuses, kind) => {
  for (const status of statuses) expect(statusError(status, {}, '', { system: 's', text: 'GET x' })).toBeInstanceOf(kind);
});
