import { afterEach, expect, test } from 'vitest';
import { registerDeliver } from '../../src/cli/operate/deliver/deliver.ts';
import { registerExplain } from '../../src/cli/operate/explain.ts';
import { registerRejects } from '../../src/cli/operate/rejects.ts';
import { registerReport } from '../../src/cli/operate/report/report.ts';
import { registerRun } from '../../src/cli/operate/run.ts';
import { registerStatus } from '../../src/cli/operate/status.ts';
import { BASE, receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { commandLine } from './command-line.ts';

afterEach(closeTowns);

const COMMANDS = [registerRun, registerStatus, registerRejects, registerReport, registerExplain, registerDeliver];
/** Moves the cursor, sets the window's title, turns the direction of writing, and breaks lines in two ways. */
const EVIL = '\u001b[2J\u001b]0;x\u0007\u202egnp\u2028#9 fake: all is well\u009b1A\u200b';
const HIDDEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e]/;

async function said(town: TestTown, ...args: string[]): Promise<string> {
  return (await commandLine([...args, '--project', town.folder], COMMANDS)).text;
}

test('what a file is called and what it holds is made visible in all that commands print, for people and for programs', async () => {
  const name = `receipts${EVIL}\n#8 fake.csv`;
  const town = await makeTown({
    'config/model/receipt.yaml': BASE['config/model/receipt.yaml']!.replace(
      'note: { type: text',
      'department: { type: text, class: public }\n  account: { type: text, class: public }\n  note: { type: text',
    ),
    'mappings/receipt.from-till.yaml': `${BASE['mappings/receipt.from-till.yaml']!}  department: note\n  account: note\n`,
    [`inbox/${name}`]: receipts([
      { number: '1', note: `"${EVIL}"` },
      { number: '2', tender: `"X${EVIL}"` },
      { number: '3', tender: 'YY' },
    ]),
  });
  for (const args of [
    ['run', 'receipts'],
    ['status'],
    ['rejects', 'list'],
    ['rejects', 'show', '1'],
    ['report', 'revenue'],
    ['report', 'revenue', '--format', 'csv'],
    ['explain', 'receipt', '1'],
    ['explain', 'receipt', EVIL],
    ['rejects', 'list', EVIL],
    [`no${EVIL}`],
    ['deliver', 'list', EVIL],
  ]) {
    // Lines of a CSV file end as they must.
    const text = (await said(town, ...args)).replaceAll('\r\n', '\n');
    expect([args, HIDDEN.exec(text)]).toEqual([args, null]);
    expect([args, text.split('\n').filter((line) => /^#[89] fake/.test(line))]).toEqual([args, []]);
    const json = await said(town, ...args.filter((arg) => !['--format', 'csv'].includes(arg)), '--json');
    expect([args, HIDDEN.exec(json)]).toEqual([args, null]);
  }
  // To a program, JSON says what is there.
  const { rejects } = JSON.parse(await said(town, 'rejects', 'list', '--json')) as { rejects: { file: string }[] };
  expect(rejects[0]!.file).toBe(name);
});
