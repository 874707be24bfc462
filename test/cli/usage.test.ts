import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerAudit } from '../../src/cli/operate/audit.ts';
import { registerCertify } from '../../src/cli/authoring/certify.ts';
import { registerDeliver } from '../../src/cli/operate/deliver/deliver.ts';
import { registerRejects } from '../../src/cli/operate/rejects.ts';
import { registerReport } from '../../src/cli/operate/report/report.ts';
import { registerRun } from '../../src/cli/operate/run.ts';
import { registerSign } from '../../src/cli/authoring/sign.ts';
import { receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { commandLine, type Said } from './command-line.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const COMMANDS = [registerRejects, registerDeliver, registerAudit, registerReport, registerRun, registerCertify, registerSign];

let town: TestTown;
beforeAll(async () => {
  town = await makeTown({
    'inbox/receipts.csv': receipts([...Array.from({ length: 60 }, (_, i) => ({ number: String(i), tender: 'XX' }))]),
  });
  await town.run('receipts');
});
afterAll(closeTowns);

function cli(...args: string[]): Promise<Said> {
  return commandLine([...args, '--project', town.folder], COMMANDS);
}

/** Exit code 2, and what is on stdout is the problem. */
async function refused(...args: string[]): Promise<{ code: string; messages: string[]; hints: string[] }> {
  const { exit, out } = await cli(...args, '--json');
  expect([args, exit]).toEqual([args, 2]);
  const { error } = JSON.parse(out) as { error: { code: string; problems: { message: string; hint?: string }[] } };
  return { code: error.code, messages: error.problems.map((p) => p.message), hints: error.problems.map((p) => p.hint ?? '') };
}

test.each([
  [['rejects', 'lst'], /Unknown command 'lst'/],
  [['rejects', 'list', '--stat', 'open'], /Unknown option '--stat'/],
  [['rejects', 'list', '--state', 'closed'], /Allowed choices are open, replayed, superseded/],
  [['rejects', 'list', '--limit', '0'], /whole number, 1 or more/],
  [['rejects', 'show'], /Missing required argument 'id'/],
  [['rejects'], /A command is missing/],
  [['rejects', 'list', 'receipts', 'more'], /Too many arguments/],
  [['deliver', 'settle', '1', '--accepted', '--rejected'], /Use either --accepted or --rejected/],
  [['run'], /Name the pipelines to run/],
  [['run', 'receipts', '--all'], /--all runs every pipeline/],
  [['audit', '--since', '2026-02-30'], /is not a date/],
])('wrong usage gives a program a problem to read: %j', async (args, message) => {
  const { code, messages } = await refused(...args);
  expect(code).toBe('USAGE');
  expect(messages.join()).toMatch(message);
});

test.each([
  [['rejects', 'dismiss', '777', '778', '--reason', 'a test'], 'REJECT_UNKNOWN', ''],
  [['rejects', 'reopen', '777', '--reason', 'a test'], 'REJECT_UNKNOWN', ''],
  [['rejects', 'replay', '777'], 'REJECT_UNKNOWN', ''],
  [['rejects', 'show', 'x1'], 'USAGE', ''],
  [['rejects', 'list', 'receits'], 'PIPELINE_UNKNOWN', 'Did you mean receipts?'],
  [['rejects', 'replay', '--pipeline', 'receits'], 'PIPELINE_UNKNOWN', 'Did you mean receipts?'],
  [['deliver', 'list', 'receits'], 'PIPELINE_UNKNOWN', 'Did you mean receipts?'],
  [['deliver', 'sent', 'receits'], 'PIPELINE_UNKNOWN', 'Did you mean receipts?'],
  [['deliver', 'retry', '--pipeline', 'receits', '--yes'], 'PIPELINE_UNKNOWN', 'Did you mean receipts?'],
  [['deliver', 'approve', '12'], 'OUTBOX_UNKNOWN', ''],
  [['deliver', 'show', '12'], 'DELIVERY_UNKNOWN_ID', ''],
  [['deliver', 'undo', '--delivery', '12', '--reason', 'a test'], 'DELIVERY_UNKNOWN_ID', ''],
  [['deliver', 'settle', '12.5', '--accepted'], 'USAGE', ''],
  [['audit', '--action', 'reject_dismised'], 'AUDIT_UNKNOWN', 'Did you mean reject_dismissed?'],
  [['audit', '--subject', 'til'], 'AUDIT_UNKNOWN', 'Did you mean till?'],
  [['report', 'revenue', '--department', 'recreaton'], 'DEPARTMENT_UNKNOWN', ''],
])('a name or number that there is not is never an empty answer: %j', async (args, code, hint) => {
  const found = await refused(...args);
  expect(found.code).toBe(code);
  if (hint) expect(found.hints).toContain(hint);
});

test('all numbers that there are not are told at once', async () => {
  expect((await refused('rejects', 'dismiss', '777', '778', '--reason', 'a test')).messages).toEqual([
    'There is no rejected record 777.',
    'There is no rejected record 778.',
  ]);
});

test.each([
  ['x.pdf', []],
  ['x.xls', []],
  ['x.csv.gz', []],
  ['x.table', []],
  ['x.xlsx', ['--format', 'csv']],
  ['x.pdf', ['--format', 'table']],
])('a report is not written into a file that its name says is something else: %s', async (file, more) => {
  const { code, hints } = await refused('report', 'revenue', '--out', join(town.folder, file), ...more);
  expect([code, hints[0]]).toEqual(['USAGE', expect.stringContaining('.')]);
  expect(town.has(file)).toBe(false);
});

test.each([
  [['certify', 'till', '--offline', '--report', 'x.pdf'], '.html'],
  [['pack', 'till', '--out', 'x.tar'], '.zip'],
])('nor is a certificate or an archive: %j', async (args, hint) => {
  const { code, hints } = await refused(...args);
  expect([code, hints[0]]).toEqual(['USAGE', expect.stringContaining(hint)]);
});

test('a new town has no connections yet, and whoever names one is told so', async () => {
  const empty = await makeTown({}, { 'config/interlocal.yaml': 'town: { name: New, time_zone: America/New_York, currency: USD }\n' });
  for (const args of [
    ['check', 'acme'],
    ['discover', 'acme'],
  ]) {
    const { exit, err } = await commandLine([...args, '--project', empty.folder]);
    expect([args, exit, err]).toEqual([args, 2, expect.stringMatching(/There is no connection "acme"\. Known: none yet/)]);
  }
});

test('a program that stops reading early ends the command quietly', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [MAIN, 'rejects', 'list', '--project', town.folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdout.destroy();
  const exit = await new Promise((resolve) => child.once('close', resolve));
  expect([exit, err]).toEqual([0, '']);
});

test('a run whose words nobody reads goes on to its end', { timeout: 60_000 }, async () => {
  writeFileSync(join(town.folder, 'inbox/receipts-2.csv'), receipts([{ number: '901' }, { number: '902', tender: 'YY' }]));
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: '901' }, { number: '902', tender: 'YY' }]) });
  const child = spawn(process.execPath, [MAIN, 'run', 'receipts', '--project', town.folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(3);
  expect((await town.rows('receipt')).map((row) => row.number)).toEqual(['901']);
});
