import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXCEPTION_TYPES } from '../../src/reconciliation/exceptions/types.ts';
import { playTwoYears, type TwoYears } from '../../scripts/sample-town/harbor/two-years.ts';
import { townCommand } from '../cli/command-line.ts';
import { followFigures } from '../reports/drill.ts';
import { storeOfTown } from '../store/stores.ts';

interface Listed {
  id: string;
  pipeline: string;
  type: string;
  sentence: string;
  next: string;
  records: { key: string }[];
  facts: Record<string, string | number>;
  cause: string | null;
}
interface Matched {
  pipeline: string;
  state: string;
  left: { key: string }[];
  right: { key: string }[];
}

const folder = join(mkdtempSync(join(tmpdir(), 'interlocal-harbor-')), 'harbor');
let store: Awaited<ReturnType<typeof storeOfTown>>;
let two: TwoYears;
beforeAll(async () => {
  store = await storeOfTown();
  two = await playTwoYears(folder, { store: store?.url });
}, 300_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await store?.drop();
});

async function json<T>(...args: string[]): Promise<T> {
  const { exit, out, err } = await townCommand(folder, [...args, '--json']);
  expect([exit, err]).toEqual([0, '']);
  return JSON.parse(out) as T;
}

/** What a listed exception is about, in the words of the truth. */
function nameOf({ pipeline, type, records, facts }: Listed): string {
  const { first, total, of, day, missing } = facts;
  if (type === 'missing_batch') return `${pipeline} ${type} ${of}`;
  const thing = total ?? first ?? (day === undefined ? undefined : of === undefined ? day : `${of} ${day}`) ?? missing;
  return `${pipeline} ${type} ${
    records.length
      ? records
          .map(({ key }) => key)
          .sort()
          .join(' ')
      : String(thing ?? '')
  }`;
}

const byReceipt = (a: { receipt: string }, b: { receipt: string }): number => (a.receipt < b.receipt ? -1 : 1);

describe('two fiscal years of the harbor, with their truth', () => {
  test('every exception type is found as often as it was put in, and nothing else is: precision and recall are 1 for each', async () => {
    const { exceptions } = await json<{ exceptions: Listed[] }>('exceptions', 'list');
    const found = exceptions.filter(({ cause }) => cause === null);
    // Equal bags are ambiguous together; the truth names them by their day as well.
    const planted = two.truth.exceptions.map((e) => `${e.pipeline} ${e.type} ${e.records.length ? e.records.join(' ') : e.missing}`);
    expect(found.map(nameOf).sort()).toEqual(planted.sort());
    expect(new Set(found.map(({ type }) => type))).toEqual(new Set(Object.keys(EXCEPTION_TYPES)));
    // What follows from a cause is under it: nothing is an echo of what is not in the list.
    const ids = new Set(found.map(({ id }) => id));
    expect(exceptions.filter(({ cause }) => cause !== null && !ids.has(cause))).toEqual([]);
    for (const { sentence, next } of exceptions) expect([/[.?!]$/.test(sentence), /[.?!]$/.test(next)]).toEqual([true, true]);
  });

  test('no link that was confirmed is wrong, and every true link is confirmed or needs review', async () => {
    const { matches } = await json<{ matches: Matched[] }>('matches', 'list');
    const links = (list: readonly { pipeline: string; left: readonly string[]; right: readonly string[] }[]): string[] =>
      list.flatMap(({ pipeline, left, right }) => left.flatMap((l) => right.map((r) => `${pipeline} ${l} ${r}`)));
    const truth = new Set(links(two.truth.links));
    const keys = (m: Matched) => ({ pipeline: m.pipeline, left: m.left.map(({ key }) => key), right: m.right.map(({ key }) => key) });
    const confirmed = links(matches.filter(({ state }) => state === 'confirmed').map(keys));
    expect(confirmed.filter((link) => !truth.has(link))).toEqual([]);
    const all = new Set([...confirmed, ...links(matches.filter(({ state }) => state === 'proposed').map(keys))]);
    expect([...truth].filter((link) => !all.has(link))).toEqual([]);
    expect(confirmed.length / truth.size).toBeGreaterThan(0.999);
  });

  test('the first year is closed by two people, the second is open, and its checklist says what keeps it from closing', async () => {
    const { periods } = await json<{ periods: { period: string; state: string }[] }>('period', 'list');
    expect(periods.filter(({ state }) => state === 'closed')).toHaveLength(13);
    const year = await json<{ closings: { prepared_by: string; closed_by: string }[]; reports: unknown[] }>(
      'period',
      'status',
      '2024/2025',
    );
    expect(year.closings.map((c) => [c.prepared_by, c.closed_by])).toEqual([['dana', 'lee']]);
    expect(year.reports.length).toBeGreaterThan(10);
    const open = await json<{ checklist: { item: string; state: string }[] }>('period', 'status', '2025/2026');
    const toDo = open.checklist.filter(({ state }) => state === 'to_do').map(({ item }) => item);
    expect(toDo).toEqual(expect.arrayContaining(['months', 'sources', 'exceptions']));
  });

  test('a void or refund that came after its month was closed is an adjustment that names the month', async () => {
    const { adjustments } = await json<{ adjustments: { receipt: string; booked_on: string; corrects: string; amount: string }[] }>(
      'report',
      'adjustments',
    );
    expect(adjustments.map(({ receipt, corrects, amount }) => ({ receipt, corrects, amount })).sort(byReceipt)).toEqual(
      [...two.truth.adjustments].sort(byReceipt),
    );
    expect(adjustments.length).toBeGreaterThan(1);
    // They count in the year that is open, on the day on which the harbor came to know of them, whenever it is played.
    expect(new Set(adjustments.map(({ booked_on }) => booked_on))).toEqual(new Set(['2025-09-04']));
    const { rows } = await json<{ rows: { period: string; corrects: string | null }[] }>('report', 'revenue', '--period', 'fiscal-year');
    expect([...new Set(rows.map(({ period }) => period))].sort()).toEqual(two.truth.years);
    expect([...new Set(rows.flatMap(({ period, corrects }) => (corrects === null ? [] : [period])))]).toEqual(['2025/2026']);
  });

  test(
    'from figures of every kind the command that the report names leads to the receipts, which come to the figure',
    { timeout: 300_000 },
    async () => {
      const year = ['--in', '2025-09'];
      const followed = await followFigures(
        folder,
        [
          ['revenue', '--in', '2024-07'],
          ['revenue', '--by', 'batch', ...year],
          ['years', '--in', '2025/2026', '--by', 'cashier'],
          ['reconciled', ...year],
          ['adjustments'],
          ['gaps'],
          ['aging', '--as-of', '2025-12-31'],
          ['drawers', ...year],
          ['deposits', ...year],
          ['settlements', ...year],
          ['proof-of-cash', 'slips-to-bank', ...year],
          ['outstanding', 'slips-to-bank', '--as-of', '2025-09-30'],
          ['entries', '--in', '2024-07'],
          ['clearing', ...year],
          ['journals'],
          ['journal', '1'],
          ['unposted', '--as-of', '2026-06-30'],
          ['reconciliation', 'receipts-to-ledger', '--table', 'states'],
        ],
        2,
      );
      expect([...followed]).toEqual(
        expect.arrayContaining([
          'journals journals drill',
          'journal lines drill',
          'settlements settlements drill_bank',
          'deposits deposits drill',
        ]),
      );
    },
  );

  test('played again, nothing is done', async () => {
    expect(await playTwoYears(folder, { store: store?.url })).toEqual({ truth: two.truth, before: true });
  });

  test('the finance page closes a month on it, step by step, as two people, and opens it again', { timeout: 300_000 }, async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/finance.md'), 'utf8');
    const blocks = [...page.matchAll(/^```shell\n([\s\S]*?)^```$/gm)].map(([, block]) => block!.trim().split('\n'));
    expect(blocks).toHaveLength(4);
    const ran: { who: string; command: string; exit: number; text: string }[] = [];
    for (const block of blocks) {
      let who = 'dana';
      for (const line of block)
        if (line.startsWith('# ')) who = line.slice(2);
        else if (line.startsWith('cp ')) sendAgain(line);
        else {
          const { exit, text } = await townCommand(folder, wordsOf(line), { SUDO_USER: who });
          ran.push({ who, command: line.replace(/^npx interlocal (.*) --project \S+$/, '$1'), exit, text });
        }
    }
    expect(ran.filter(({ exit }) => exit !== 0)).toEqual([]);
    const said = (start: string) => ran.filter(({ command }) => command.startsWith(start)).map(({ text }) => text);
    expect(said('period status 2025-07').map((text) => text.split('\n')[0])).toEqual([
      '2025-07, 2025-07-01 to 2025-07-31: open, 3 things to do',
      '2025-07, 2025-07-01 to 2025-07-31: open, ready to be closed',
    ]);
    expect(said('exceptions show')[0]).toContain('match 16acb176: interlocal matches confirm 16acb176');
    expect(said('report proof-of-cash')[0]).toMatch(/^Unexplained +USD +0\.00 +0\.00 +0\.00 +0\.00/m);
    expect(said('period close').map((text) => text.split('\n')[0])).toEqual([
      '2025-07, 2025-07-01 to 2025-07-31: prepared',
      '2025-07, 2025-07-01 to 2025-07-31: closed',
    ]);
    expect(said('period close')[1]).toMatch(/^Prepared by dana as \S+, closed by lee as \S+ at /m);
    expect(said('period reopen')[0]).toMatch(/lee as \S+ asked to reopen it: a bag was found\./);
    expect(said('period reopen')[1]).toContain('reopened, ready to be closed');
    expect(said('period list')[0]).toMatch(/^2025-07 +2025-07-01 +2025-07-31 +reopened\b/m);
    expect(said('report adjustments')[0]!.match(/^2025-09-04 /gm)).toHaveLength(two.truth.adjustments.length);
    expect(said('audit')[0]).toContain('The log is intact');
  });
});

/** `cp data/sample-harbor/FROM data/sample-harbor/TO/`, as if some time ago: a file of this moment is waited for. */
function sendAgain(line: string): void {
  const [from, to] = line
    .split(' ')
    .slice(1)
    .map((path) => path.replace('data/sample-harbor', folder)) as [string, string];
  const target = join(to, basename(from));
  cpSync(from, target);
  const then = Date.now() / 1000 - 600;
  utimesSync(target, then, then);
}

/** The words of a command as a shell takes them, without those that the test gives itself. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  expect([words.slice(0, 2), words.slice(-2)]).toEqual([
    ['npx', 'interlocal'],
    ['--project', 'data/sample-harbor'],
  ]);
  return words.slice(2, -2);
}
