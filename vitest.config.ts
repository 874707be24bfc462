import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { folderInMemory } from './test/memory-folder.ts';

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
const FILE_ONLY = ['test/engine/run/doctor.test.ts'];
/** Suites about what comes over the wire, whose records land as every other suite's do: over one store, for the time they take. */
const ABOUT_THE_WIRE = [
  'inbound/answers',
  'inbound/bank-statements',
  'inbound/blds',
  'inbound/changing-pages',
  'inbound/either-shape',
  'inbound/error-rules',
  'inbound/nacha',
  'inbound/packed',
  'inbound/reports',
  'run/secrets',
  'run/secrets-echoed',
].map((name) => `test/engine/${name}.test.ts`);
/**
 * The longest suites, which `npm run check` and CI run and `npm test` does not: packs certified with all their checks, runs that are cut off
 * at every commit, servers that are killed, a browser, towns of their own processes. What they are about is tested by shorter ones as well.
 */
const LONG = [
  'test/certify/{commands,files,header,online,packed,pieces,proven,rowversion,session,shipped}.test.ts',
  'test/certify/{discover/hard,discover/nasty,sink/online,sink/requests,sink/tables}.test.ts',
  'test/docs/json.test.ts',
  'test/engine/inbound/large-first-load-killed.test.ts',
  'test/engine/run/{interrupted,processes,secrets}.test.ts',
  'test/faults/**',
  'test/fuzz/found.test.ts',
  'test/kill/**',
  'test/outbound/carry/{changes,table,wire}.test.ts',
  'test/outbound/{interrupted,properties,soap,tables}.test.ts',
  'test/packs/{add,add-killed}.test.ts',
  'test/sample-town/{harbor,posting,start}.test.ts',
  'test/web/{browser.services,live-configuration,serve}.test.ts',
];
/** And those that are long over PostgreSQL. */
const LONG_ON_POSTGRES = [
  'test/engine/run/{again,configuration,full-disk,preview}.test.ts',
  'test/engine/inbound/{changes,file-order,large-first-load,re-export}.test.ts',
  'test/engine/identity/{identity,identity-order}.test.ts',
  'test/engine/identity/identity-scale.test.ts',
  'test/engine/periods/{clearing,finance-commands,periods}.test.ts',
  'test/engine/revenue/sums.test.ts',
  'test/outbound/carry/{carry,emptied,preview}.test.ts',
  'test/outbound/posting/{decisions,wire}.test.ts',
  'test/outbound/{odd-servers,packed,requests}.test.ts',
  'test/postgres/{copy,crash}.test.ts',
  'test/sample-town/sample-town.test.ts',
  'test/reports/drill.test.ts',
  'test/store/starters.test.ts',
  'test/web/report.test.ts',
];
/** Suites over a real PostgreSQL alone. */
const POSTGRES_ONLY = ['test/postgres/**'];
/** Suites that touch a store run twice: over a file, and over a PostgreSQL server that the whole run shares. */
const OVER_BOTH = [
  'test/store/*.test.ts',
  'test/engine/**/*.test.ts',
  'test/reports/drill.test.ts',
  'test/outbound/**/*.test.ts',
  'test/web/{report,pages,outbound}.test.ts',
  'test/sample-town/{sample-town,harbor}.test.ts',
  'test/kill/*.test.ts',
  'test/postgres/*.test.ts',
];

/** Suites of a minute and more: one of them that began last would keep one core waiting. */
const BEGIN_FIRST =
  /\/(?:certify\/(?:shipped|commands|files|proven)|kill\/kill|docs\/(?:commands|json)|run\/(?:interrupted|processes)|sample-town\/sample-town|store\/store)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = (file: TestSpecification): boolean => BEGIN_FIRST.test(file.moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** `vitest run --mode all`, what `npm run check` and CI call, runs everything; without it the longest suites are left out. */
export default defineConfig(({ mode }) => {
  const all = mode === 'all';
  // Hundreds of tests start the command: what one of them compiled, the others need not.
  const memory = folderInMemory();
  const env = {
    TEST_EFFORT: all ? 'all' : 'some',
    NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile'),
    ...(memory === undefined ? {} : { TMPDIR: memory }),
  };
  if (!all) console.log('Left out: the longest suites and most of the random cases. npm run test:all runs everything.');
  return {
    test: {
      projects: [
        {
          extends: true,
          test: {
            name: 'sqlite',
            include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
            exclude: [...left, ...POSTGRES_ONLY, ...(all ? [] : LONG)],
            env,
          },
        },
        {
          extends: true,
          test: {
            name: 'postgres',
            include: OVER_BOTH,
            exclude: [...left, ...FILE_ONLY, ...ABOUT_THE_WIRE, ...(all ? [] : [...LONG, ...LONG_ON_POSTGRES])],
            env: { ...env, TEST_STORE: 'postgres' },
            globalSetup: 'test/postgres.setup.ts',
          },
        },
      ],
      environment: 'node',
      setupFiles: 'test/seed.ts',
      // Tests talk to real servers on this machine: a slow one is not a broken one, and what takes seconds takes minutes where others work too.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
      allowOnly: false,
      pool: 'forks' as const,
      // Suites share a process and the modules it loaded: a quarter of the time was spent on loading them again for each suite.
      isolate: false,
      maxWorkers: 2,
      sequence: { sequencer: LongestFirst },
      // The JSON is what .ci/run counts.
      reporters: ['default', ['json', { outputFile: 'coverage/tests.json' }]],
    },
  };
});
