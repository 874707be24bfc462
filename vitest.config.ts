import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Tests talk to real servers on this machine: a slow one is not a broken one.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    allowOnly: false,
    pool: 'forks',
    maxWorkers: 2,
    // The JSON is what .ci/run counts.
    reporters: ['default', ['json', { outputFile: 'coverage/tests.json' }]],
  },
});
