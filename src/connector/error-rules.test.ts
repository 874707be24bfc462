import { expect, test } from 'vitest';
import { FatalError, RetriableError } from '../core/errors.ts';
import { IGNORED, judging } from './error-rules.ts';

function answered(status: number, fault?: { code: string; text: string }): () => Promise<string> {
  return async () => {
    throw new FatalError(
      { code: `HTTP_${status}`, place: {}, message: 'said no', hint: 'ours' },
      { cause: { status, ...(fault ? { faultCode: fault.code, faultText: fault.text } : {}) } },
    );
  };
}

test('what no rule fits stays as it was', async () => {
  await expect(judging(answered(404), [{ status: [410], action: 'ignore' }])).rejects.toThrow('said no');
  await expect(judging(answered(404), [])).rejects.toThrow(FatalError);
});

test('an error can be taken for an answer without records', async () => {
  expect(await judging(answered(404), [{ status: [404], action: 'ignore' }])).toBe(IGNORED);
});

test('an error can be made one that is tried again, and one that is not', async () => {
  await expect(judging(answered(409), [{ status: [409], action: 'retry' }])).rejects.toThrow(RetriableError);
  const busy = async (): Promise<string> => {
    throw new RetriableError({ code: 'HTTP_500', place: {}, message: 'down' }, { cause: { status: 500 }, waitMs: 5 });
  };
  await expect(judging(busy, [{ status: [500], action: 'fail', hint: 'Call the vendor.' }])).rejects.toThrow('Call the vendor.');
  await expect(judging(busy, [{ status: [500], action: 'fail' }])).rejects.toThrow(FatalError);
});

test('a rule by words of a fault fits in its code and its text, whatever the case', async () => {
  const fault = answered(200, { code: 'soap:Client', text: 'No records found' });
  expect(await judging(fault, [{ fault: 'no RECORDS', action: 'ignore' }])).toBe(IGNORED);
  await expect(judging(fault, [{ fault: 'no records', status: [500], action: 'ignore' }])).rejects.toThrow('said no');
});

test('logging in again is tried once', async () => {
  let attempts = 0;
  let logins = 0;
  const expired = async (): Promise<string> => {
    attempts++;
    return answered(200, { code: 'soap:Client', text: 'session expired' })();
  };
  await expect(judging(expired, [{ fault: 'expired', action: 'login' }], () => logins++)).rejects.toThrow('said no');
  expect([attempts, logins]).toEqual([2, 1]);
});
