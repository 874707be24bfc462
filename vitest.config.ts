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

export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...missing.map(({ suite }) => suite)],
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
