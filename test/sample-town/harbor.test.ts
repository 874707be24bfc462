import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXCEPTION_TYPES } from '../../src/reconciliation/exceptions/types.ts';
import { makeHarbor } from '../../scripts/sample-town/harbor/harbor.ts';
import { playTwoYears, type TwoYears } from '../../scripts/sample-town/harbor/two-years.ts';
import { townCommand } from '../cli/command-line.ts';
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
    const { adjustments } = await json<{ adjustments: { receipt: string; corrects: string; amount: string }[] }>('report', 'adjustments');
    expect(adjustments.map(({ receipt, corrects, amount }) => ({ receipt, corrects, amount })).sort(byReceipt)).toEqual(
      [...two.truth.adjustments].sort(byReceipt),
    );
    expect(adjustments.length).toBeGreaterThan(1);
  });

  test('played again, nothing is done', async () => {
    expect(await playTwoYears(folder, { store: store?.url })).toEqual({ truth: two.truth, before: true });
  });
});

test('the same seed makes the same harbor, and another seed another one with as many mishaps', () => {
  expect(makeHarbor(1)).toEqual(makeHarbor(1));
  const kinds = (seed: number): Record<string, number> =>
    Object.fromEntries([...Map.groupBy(makeHarbor(seed).truth.exceptions, ({ type }) => type)].map(([type, list]) => [type, list.length]));
  const { rejected: _, ...first } = kinds(1);
  const { rejected: __, ...second } = kinds(2);
  expect(second).toEqual(first);
  expect(makeHarbor(2).files).not.toEqual(makeHarbor(1).files);
});
