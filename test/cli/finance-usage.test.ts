import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleFile } from '../engine/base-town.ts';
import { COMPARED } from '../engine/compared-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { receiptCsv, reportTown, settlementCsv } from '../reports/report-town.ts';
import { commandLine, type Said } from './command-line.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Moves the cursor, turns the direction of writing, and breaks lines in two ways. */
const EVIL = '\u001b[2J\u202egnp\u2028#9 fake\u009b1A\n#8 fake';
const HIDDEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e]/;

let town: TestTown;
beforeAll(async () => {
  town = await reportTown({
    'desk/r.csv': receiptCsv([
      { no: '1', amount: '40.00', tender: 'cash', dept: 'Clerk', place: 'Hall', cashier: 'Ann', batch: `A${EVIL}` },
      { no: `2${EVIL}`, amount: '20.00', tender: 'check', dept: `Parks${EVIL}`, place: `=Pool${EVIL}`, cashier: `@Bo${EVIL}`, batch: 'B' },
      { no: '3', amount: '30.00', tender: 'card', dept: 'Clerk', place: 'Hall', cashier: 'Ann', batch: 'C' },
    ]),
    'processor/s.csv': settlementCsv([{ no: 'C', gross: '30.00', fees: '0.70', net: '29.30' }]),
  });
});
afterAll(closeTowns);

function cli(...args: string[]): Promise<Said> {
  return commandLine([...args, '--project', town.folder]);
}

async function refused(...args: string[]): Promise<{ code: string; places: unknown[]; hints: unknown[] }> {
  const { exit, out } = await cli(...args, '--json');
  expect([args, exit]).toEqual([args, 2]);
  const { error } = JSON.parse(out) as { error: { code: string; problems: { place: { path?: string }; hint: string }[] } };
  return { code: error.code, places: error.problems.map(({ place }) => place.path), hints: error.problems.map(({ hint }) => hint) };
}

test.each([
  [['report', 'receipts', '--place', 'Hal'], 'REPORT_NAME_UNKNOWN', 'Did you mean Hall?'],
  [['report', 'receipts', '--department', 'Clrk'], 'REPORT_NAME_UNKNOWN', 'Did you mean Clerk?'],
  [['report', 'receipts', '--tender', 'csh', '--in', '2026-07'], 'REPORT_NAME_UNKNOWN', 'Did you mean cash?'],
  [['report', 'revenue', '--system', 'dsk'], 'REPORT_NAME_UNKNOWN', 'Did you mean desk?'],
  [['report', 'revenue', '--by', 'tender', '--channel', 'web'], 'REPORT_NAME_UNKNOWN', 'Known: (no channel).'],
  [['report', 'drawer', '--cashier', 'An'], 'REPORT_NAME_UNKNOWN', 'Did you mean Ann?'],
  [['exceptions', 'list', '--owner', 'nobody-of-that-name'], 'USAGE', 'Known: none yet.'],
  [['exceptions', 'note', '--owner', 'nobody-of-that-name', '--text', 'called the bank', '--yes'], 'USAGE', 'Known: none yet.'],
])('a name in a report or a list that nothing has is never an empty answer: %j', async (args, code, hint) => {
  expect(await refused(...args)).toMatchObject({ code, hints: [hint] });
});

test('all names that there are not are told at once', async () => {
  expect((await refused('report', 'receipts', '--place', 'Hal', '--tender', 'csh', '--department', 'Clrk')).places).toEqual([
    '--department',
    '--tender',
    '--place',
  ]);
  const missing = await refused('matches', 'add', 'to-bank', '--left', 'desk:99', '98', '--right', 'bank:97', '--reason', 'same slip');
  expect([missing.code, missing.hints.length]).toEqual(['RECORD_UNKNOWN', 3]);
});

test.each([
  ['--place', 'Hall', '--in', '2025-07'],
  ['--place', '(no place)'],
  ['--system', 'pool'],
])('what there is, but not in the time asked for, is an empty report: %j', async (...filter) => {
  const { exit, text } = await cli('report', 'receipts', ...filter);
  expect([exit, text]).toEqual([0, expect.stringContaining('Nothing.')]);
});

test('what stays on record says something: reasons, notes, owners', async () => {
  const { matches } = JSON.parse((await cli('matches', 'list', '--json')).out) as { matches: { id: string }[] };
  const { exceptions } = JSON.parse((await cli('exceptions', 'list', '--json')).out) as { exceptions: { id: string }[] };
  const [match, exception] = [matches[0]!.id, exceptions[0]!.id];
  for (const args of [
    ['matches', 'revoke', match, '--reason', ' '],
    ['matches', 'confirm', match, '--reason', '.'],
    ['matches', 'add', 'to-bank', '--left', 'desk:1', '--right', 'bank:1', '--reason', ''],
    ['exceptions', 'note', exception, '--text', ''],
    ['exceptions', 'resolve', exception, '--reason', 'other', '--text', '-'],
  ])
    expect([args, (await refused(...args)).code]).toEqual([args, 'REASON_MISSING']);
  for (const args of [
    ['exceptions', 'assign', exception, '--to', ' '],
    ['exceptions', 'wait', exception, '--on', '?'],
  ])
    expect([args, (await refused(...args)).code]).toEqual([args, 'USAGE']);
  const { matches: still } = JSON.parse((await cli('matches', 'list', '--json')).out) as { matches: { id: string }[] };
  expect(still.map(({ id }) => id)).toContain(match);
  expect((await cli('exceptions', 'show', exception)).text).not.toMatch(/noted|resolved|assigned/);
});

test('what a file holds is made visible in what finance reads, and cannot begin a line', async () => {
  const { matches } = JSON.parse((await cli('matches', 'list', '--json')).out) as { matches: { id: string }[] };
  const { exceptions } = JSON.parse((await cli('exceptions', 'list', '--json')).out) as { exceptions: { id: string }[] };
  const commands = [
    ['exceptions', 'list'],
    ...exceptions.map(({ id }) => ['exceptions', 'show', id]),
    ...matches.map(({ id }) => ['matches', 'show', id]),
    ...[
      'reconciled',
      'exceptions',
      'gaps',
      'drawers',
      'drawer',
      'deposits',
      'settlements',
      'receipts',
      'aging',
      'unposted',
      'journals',
    ].map((name) => ['report', name]),
    ['report', 'records', 'to-bank'],
    ['report', 'outstanding', 'to-bank'],
    ['report', 'trace', '3'],
    ['report', 'revenue', '--by', 'place'],
    ['report', 'drawer', '--cashier', 'no such cashier'],
    ['period', 'status', '2026-07'],
  ];
  for (const args of commands)
    for (const more of args[0] === 'report' ? [[], ['--format', 'csv'], ['--format', 'html'], ['--json']] : [[], ['--json']]) {
      const text = (await cli(...args, ...more)).text.replaceAll('\r\n', '\n');
      expect([args, more, HIDDEN.exec(text)]).toEqual([args, more, null]);
      // A cell of a CSV file, in quotation marks, keeps its lines.
      if (more.length === 0) expect([args, text.split('\n').filter((line) => /^#[89] fake/.test(line))]).toEqual([args, []]);
      if (more[1] === 'csv') expect([args, /(?:^|,|\n)"?[=@]/.exec(text)]).toEqual([args, null]);
    }
}, 60_000);

test('who is who is a list that a spreadsheet can open without harm, and JSON as docs/json.md has it', async () => {
  const people = await makeTown({
    ...COMPARED,
    'inbox/clerk.csv': peopleFile([['=1+1', 'ada@example.org', 'Ada Marsh', '', '2026-01-01']]),
    'inbox/pool.csv': peopleFile([['P\u202e\u009b1', 'bo@example.org', 'Bo Quill', '', '2026-01-01']]),
  });
  const before = town;
  town = people;
  try {
    await town.run('clerk');
    await town.run('pool');
    const csv = (await cli('identity', 'clusters', 'person', '--format', 'csv')).out;
    expect(csv.split('\r\n')).toEqual([
      'golden_id,connection,source_key,link_kind,score',
      "1,clerk,'=1+1,,",
      '2,pool,P\\u202e\\x9b1,,',
      '',
    ]);
    const json = (await cli('identity', 'clusters', 'person', '--json')).out;
    expect(HIDDEN.exec(json)).toBeNull();
    expect(JSON.parse(json)).toMatchObject({ entity: 'person', clusters: [{ source_key: '=1+1' }, { source_key: 'P\u202e\u009b1' }] });
    expect((await refused('identity', 'clusters', 'person', '--format', 'csv')).code).toBe('USAGE');
  } finally {
    town = before;
  }
});

test('a report never takes the place of a device, and output on a full disk is a failure that is told', async () => {
  expect((await cli('report', 'deposits', '--out', '/dev/null')).exit).toBe(2);
  for (const args of [['status'], ['report', 'deposits', '--format', 'csv'], ['report', 'reconciliation', '--json']]) {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [MAIN, ...args, '--project', town.folder], { stdio: ['ignore', full, 'pipe'] });
    let err = '';
    child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect([args, exit, err.trim()]).toEqual([
      args,
      1,
      expect.stringMatching(
        /The command did its work, but not all of its output could be written: its disk is full\..*\[OUTPUT_NOT_WRITTEN\]$/,
      ),
    ]);
    expect(err).not.toContain('    at ');
  }
});

test('a file of an exception is given back as it was, and its name is told', async () => {
  const { exceptions } = JSON.parse((await cli('exceptions', 'list', '--json')).out) as { exceptions: { id: string }[] };
  town.write({ 'slip.pdf': '%PDF-1.4\n%%EOF\n' });
  await cli('exceptions', 'attach', exceptions[0]!.id, join(town.folder, 'slip.pdf'));
  const out = join(town.folder, 'given.pdf');
  expect((await cli('exceptions', 'file', exceptions[0]!.id, '1', '--out', out)).text).toBe(`Wrote slip.pdf to ${out}.\n`);
  expect(town.text('given.pdf')).toBe('%PDF-1.4\n%%EOF\n');
});
