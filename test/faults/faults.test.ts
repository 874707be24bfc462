import { expect, test } from 'vitest';
import { faultTest } from '../../scripts/fault-test/fault-test.ts';

/** One cell of each kind of fault, and each source, sink and serve once at least; `npm run test:faults` tries them all. */
const CELLS = [
  'reset/sftp-source',
  'hang-at-once/http-source',
  'sigstop-server/sqlserver-source',
  'disk-fills/sftp-sink',
  'clock-forward/http-sink',
];

test.each([...CELLS, 'reset-at-once/serve'])(
  '%s: nothing is lost, nothing comes twice, and nothing is called done that is not',
  { timeout: 180_000 },
  async (cell) => {
    const result = await faultTest({ seed: 7, rounds: 1, chosen: (name) => name === cell, say: () => {} });
    expect(result.failed).toEqual([]);
    expect(result.tried + result.skipped).toBe(1);
  },
);
