import { expect, test } from 'vitest';
import { FatalError, RetriableError } from '../../core/errors.ts';
import { retryAfter, retryAfterRemark, statusError } from './status.ts';

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Wed, 21 Oct 2015 07:28:10 GMT', 10_000],
  ['Wednesday, 21-Oct-15 07:28:10 GMT', 10_000],
  ['Wed Oct 21 07:28:10 2015', 10_000],
  ['1.5', 2000],
  ['3, 3', 3000],
  ['3, 5', 5000],
  [`1${'0'.repeat(400)}`, 366 * 86_400_000],
  ['Wed, 21 Oct 2015 07:00:00 GMT', undefined],
  ['-5', undefined],
  ['3, soon', undefined],
  ['3,', undefined],
  ['2015-10-21 08:00', undefined],
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

test('a Retry-After that says nothing is told, with what is done instead', () => {
  const now = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');
  expect(retryAfterRemark('-5', now)).toContain('"-5" (Retry-After), which is neither seconds nor a date: the usual wait time is used');
  expect(retryAfterRemark('Wed, 21 Oct 2015 07:00:00 GMT', now)).toContain('has passed');
  expect(retryAfterRemark('3, 3', now) + retryAfterRemark(undefined, now)).toBe('');
  expect(statusError(503, { 'retry-after': 'soon' }, '', { system: 's', text: 'GET x' }).message).toContain('the usual wait time is used');
});
