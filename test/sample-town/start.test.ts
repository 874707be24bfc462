import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adaptConnections } from '../../scripts/sample-town/local-connections.ts';
import { DEFAULT_PORTS } from '../../scripts/sample-town/systems.ts';
import { copyTown, REPOSITORY } from './maplewood.ts';

const run = promisify(execFile);
/** Each of these starts the town as a newcomer does; the first one plays the two years of the harbor as well. */
const LONG = { timeout: 300_000 };
let project: string;
beforeAll(() => {
  project = copyTown();
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** `npm start` without the page, its output going to a file or a pipe as under a service manager. */
async function start(): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [join(REPOSITORY, 'scripts/sample-town/start.ts'), '--once', '--project', project], { maxBuffer: 1 << 24 });
}

test('a newcomer sees what came in, what was rejected and why, what was refused, and revenue by department and month', LONG, async () => {
  const { stdout, stderr } = await start();
  expect(stdout).toContain('Maplewood, a sample town of 904 residents (seed 1), was made in data/sample-town.');
  expect(stdout).toMatch(/recreation-receipts +succeeded +2,499 +2,499/);
  expect(stdout).toContain('Came in: 17,217 records, of which 17,212 were new.');
  expect(stdout).toContain('permits: permits.csv:60 AppliedDate: "AppliedDate" must be a date, but is "2026-02-30".');
  expect(stdout).toContain('bank-deposits: outgoing/bai-260612.txt:37: The control total of the account …6789 is');
  expect(stdout).toMatch(/receipts-to-finance: receipts-\d{8}-0001\.xml was sent to finance-imports\.receipt-import: 114 records\./);
  expect(stdout).toContain('100418: receipts add up to 48.00, the ledger has nothing: 48.00 less');
  expect(stdout).toMatch(/recreation +2026-05 +54,497\.65 +54,497\.65 +0\.00/);
  expect(stdout).toMatch(/total +301,980\.65 +284,071\.40 +17,909\.25/);
  expect(stdout).toMatch(/3,225 records of 6 systems are \d+ residents and organizations: [\d,]+ double entries recognized\./);
  expect(stdout).toMatch(/\d+ pairs may be one and need review: npx interlocal review list/);
  expect(stdout).toContain('The next day: 9 residents are corrected, each in one system');
  expect(stdout).toMatch(
    /corrections-to-recreation: changes-\d{8}-0001\.csv was sent to recreation-residents\.resident-changes: 5 records\./,
  );
  expect(stdout).toContain('corrections-to-clerk: UpdateResident (clerk-residents.register-changes): 1 accepted. (6 times)');
  expect(stdout).toContain('corrections-to-finance: RM00101 (finance.customer-changes): 4 accepted.');
  expect(stdout).toMatch(/journal-to-finance: its journal entries: npx interlocal report journals\. In no entry: \d+ sums/);
  expect(stdout).toContain('lee closed it.');
  expect(stdout).toContain('The harbor of Maplewood, two fiscal years, is now in data/sample-harbor. Closed: 12 months and 2024/2025.');
  expect(stdout).toMatch(/composition_differs +4 /);
  // Plain lines: nothing moves a cursor or colors a log.
  expect(stdout + stderr).not.toMatch(/[\u001b\r]/);
  // Passwords stay in their files.
  expect(stdout + stderr).not.toMatch(/sample-town-(recreation|clerk|finance|portal)/);
});

test('started again, it shows that nothing was read or entered twice', LONG, async () => {
  const { stdout } = await start();
  expect(stdout).toContain('Maplewood, a sample town of 904 residents (seed 1), is in data/sample-town.');
  expect(stdout).toContain('Nothing was entered twice: 0 records are new, 0 changed, and no file was read again.');
  expect(stdout).toMatch(/recreation-receipts +succeeded +0 +0 +0 +0/);
  expect(stdout).toMatch(/receipts-\d{8}-0001\.xml \(finance-imports\.receipt-import\): 114 taken\./);
  expect(stdout).toContain('receipts-to-finance: nothing was sent again.');
  expect(stdout).not.toContain('The next day');
  expect(stdout).toContain('The harbor of Maplewood is in data/sample-harbor. Closed: 12 months and 2024/2025.');
  expect(stdout).toMatch(/corrections-to-clerk +succeeded +\d+ +0 +0/);
  expect(stdout).toContain('receipts-to-finance: needs attention: answer needed for 1 delivery.');
  expect(stdout).toMatch(/total +301,980\.65 +284,071\.40 +17,909\.25/);
});

test('other ports are laid over the configuration, and taken away when they are the usual ones again', () => {
  const file = join(project, 'config/connections.local.yaml');
  rmSync(file, { force: true });
  expect(adaptConnections(project, { sftp: 1, soap: 2, sqlserver: 3 })).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('bank: { options: { port: 1 } }\n  finance-imports: { options: { port: 1 } }');
  expect(adaptConnections(project, { ...DEFAULT_PORTS })).toBe(true);
  expect(existsSync(file)).toBe(false);
});

test("a person's own connections.local.yaml is never touched", () => {
  const file = join(project, 'config/connections.local.yaml');
  writeFileSync(file, 'connections: {}\n');
  expect(adaptConnections(project, { ...DEFAULT_PORTS })).toBe(true);
  expect(adaptConnections(project, { sftp: 1, soap: 2, sqlserver: 3 })).toBe(false);
  expect(readFileSync(file, 'utf8')).toBe('connections: {}\n');
});
