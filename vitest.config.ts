import { existsSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Suites that talk to programs of the operating system. Where a program is not installed, its suite is left out and that is
 * said; .ci/run installs them all, and with CI=true nothing is left out. Every protocol is tested against real servers anyway.
 */
const SERVICES = [
  { suite: 'test/transports/sftp.services.test.ts', program: '/usr/sbin/sshd', install: 'openssh-server' },
  { suite: 'test/transports/soap-php.services.test.ts', program: '/usr/bin/php', install: 'php-cli php-soap' },
  { suite: 'test/outbound/soap-php.services.test.ts', program: '/usr/bin/php', install: 'php-cli php-soap' },
  { suite: 'test/web/browser.services.test.ts', program: '/usr/bin/chromium', install: 'chromium' },
];
const missing = process.env.CI === 'true' ? [] : SERVICES.filter(({ program }) => !existsSync(program));
for (const { suite, program, install } of missing)
  console.log(`Left out: ${suite}, because ${program} is not installed (apt-get install ${install}).`);

const left = [...configDefaults.exclude, ...missing.map(({ suite }) => suite)];

/** Suites about the file that a store is. */
const FILE_ONLY = ['test/engine/doctor.test.ts'];
/** Suites about what comes over the wire, whose records land as every other suite's do: over one store, for the time they take. */
const ABOUT_THE_WIRE = [
  'answers',
  'bank-statements',
  'blds',
  'changing-pages',
  'either-shape',
  'error-rules',
  'nacha',
  'packed',
  'reports',
  'secrets',
  'secrets-echoed',
].map((name) => `test/engine/${name}.test.ts`);
/** Suites over a real PostgreSQL alone. */
const POSTGRES_ONLY = ['test/postgres/**'];
/** Suites that touch a store run twice: over a file, and over a PostgreSQL server that the whole run shares. */
const OVER_BOTH = [
  'test/store/*.test.ts',
  'test/engine/*.test.ts',
  'test/outbound/*.test.ts',
  'test/web/{report,pages,outbound}.test.ts',
  'test/sample-town/sample-town.test.ts',
  'test/kill/*.test.ts',
  'test/postgres/*.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'sqlite',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...left, ...POSTGRES_ONLY],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: OVER_BOTH,
          exclude: [...left, ...FILE_ONLY, ...ABOUT_THE_WIRE],
          env: { TEST_STORE: 'postgres' },
          globalSetup: 'test/postgres.setup.ts',
        },
      },
    ],
    environment: 'node',
    // Tests talk to real servers on this machine: a slow one is not a broken one.
    testTimeout: 90_000,
    hookTimeout: 240_000,
    allowOnly: false,
    pool: 'forks',
    maxWorkers: 2,
    // The JSON is what .ci/run counts.
    reporters: ['default', ['json', { outputFile: 'coverage/tests.json' }]],
  },
});
