import fc from 'fast-check';
import { subject } from '../../scripts/fuzz/subject.ts';

export const WAYS = ['is read', 'hangs', 'takes the process with it', 'throws'] as const;
export type Way = (typeof WAYS)[number];

/** Reads nothing, in one of four ways. */
export const badSubject = subject<Way>({
  name: 'bad',
  weight: 1,
  inputs: fc.constantFrom(...WAYS),
  async attempt(way) {
    if (way === 'throws') throw new TypeError('Cannot read properties of undefined');
    if (way === 'takes the process with it') process.exit(7);
    while (way === 'hangs');
    return { state: 'read', codes: [] };
  },
  bytesOf: (way) => Buffer.from(way),
});
