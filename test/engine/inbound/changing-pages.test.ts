import { afterEach, describe, expect, test } from 'vitest';
import { closeAll, office, service } from '../service.ts';
import { makeTown } from '../town.ts';

afterEach(closeAll);

interface Permit {
  id: string;
  name: string;
}
type Change = (list: Permit[]) => void;

const fields = '    schema: { fields: { id: {}, name: {} } }\n    primary_key: [id]\n';
const permits = (...ids: number[]): Permit[] => ids.map((id) => ({ id: String(id), name: `P${id}` }));
const dropFirst: Change = (list) => void list.shift();
const addFirst: Change = (list) => void list.unshift(...permits(99));

interface Came {
  ids: number[];
  outcome: string;
  codes: string[];
  notes: string;
  asked: string[];
}

/** Reads seven permits, three on a page, while the list changes after the requests that are named. */
async function read(paginator: string, changes: Record<number, Change>, lines = ''): Promise<Came> {
  const list = permits(1, 2, 3, 4, 5, 6, 7);
  let times = 0;
  const kind = /kind: (\w+)/.exec(paginator)![1]!;
  const { url, asked } = await service((request, response) => {
    const at = Number(request.query['at']);
    const from = kind === 'page' ? (at - 1) * 3 : at;
    response.json({ total: list.length, permits: list.slice(from, from + 3), next: from + 3 < list.length ? String(from + 3) : null });
    changes[++times]?.(list);
  });
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits, query: { at: "{{ ${kind} }}" } } }\n    decoder: { json: { rows: permits } }\n    paginator: { ${paginator}, size: 3 }\n${lines}${fields}`,
    ),
  );
  const run = await town.run('permits');
  const ids = (await town.rows('permit')).map((row) => Number(row.number)).toSorted((a, b) => a - b);
  return { ids, outcome: run.outcome, codes: run.problems.map((p) => p.code), notes: run.notes.join('\n'), asked };
}

describe('a list that changes while its pages are read is read again, so no record is passed over', () => {
  test.each([
    ['offset, total', 'kind: offset, total: total'],
    ['page number, total', 'kind: page, total: total'],
    ['offset, overlap', 'kind: offset, overlap: 1'],
    ['offset, overlap and total', 'kind: offset, overlap: 2, total: total'],
  ])('a record in front is deleted: %s', async (_, paginator) => {
    const came = await read(paginator, { 1: dropFirst });
    expect(came).toMatchObject({ ids: [1, 2, 3, 4, 5, 6, 7], outcome: 'succeeded' });
    expect(came.notes).toContain('They are being read again from the first page.');
  });

  test('one is deleted and one added, so the total stays: the overlap shows it', async () => {
    const swap: Change = (list) => (list.shift(), void list.push(...permits(8)));
    const came = await read('kind: offset, overlap: 1, total: total', { 1: swap });
    expect(came).toMatchObject({ ids: [1, 2, 3, 4, 5, 6, 7, 8], outcome: 'succeeded' });
  });

  test.each([
    ['offset', 'kind: offset'],
    ['page number', 'kind: page'],
  ])('a record is added in front, without total: %s', async (_, paginator) => {
    const came = await read(paginator, { 1: addFirst });
    expect(came).toMatchObject({ ids: [1, 2, 3, 4, 5, 6, 7, 99], outcome: 'succeeded' });
    expect(came.notes).toContain('a record of an earlier page is on page 2 again');
  });

  test('a total that the last page contradicts is looked at once more before it is an error', async () => {
    const came = await read('kind: cursor, cursor: next, total: total', { 1: dropFirst });
    expect(came).toMatchObject({ outcome: 'succeeded', ids: [1, 2, 3, 4, 5, 6, 7] });
  });

  test('a list that changes each time fails the run, with what can be done', async () => {
    let id = 100;
    const changes = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [i + 1, (list: Permit[]) => void list.unshift(...permits(++id))]),
    );
    const came = await read('kind: offset, total: total', changes);
    expect(came).toMatchObject({ outcome: 'failed', codes: ['PAGES_CHANGED'] });
    expect(came.asked).toHaveLength(8);
  });

  test('a key that the list itself has twice is no change: the second reading says the same', async () => {
    const came = await read('kind: offset', { 0: () => {}, 1: (list) => void list.splice(3, 1, ...permits(1)) });
    expect(came).toMatchObject({ outcome: 'succeeded' });
    const stable = await read('kind: offset, total: total', { 1: (list) => void list.splice(4, 1, ...permits(2)) });
    expect(stable).toMatchObject({ outcome: 'succeeded', ids: [1, 2, 3, 4, 6, 7] });
  });

  test('what is gone by the second reading is deleted where a list without it means so', async () => {
    const came = await read('kind: offset, total: total', { 1: dropFirst }, '    deletes: { when_absent: true, max_percent: 100 }\n');
    expect(came).toMatchObject({ ids: [2, 3, 4, 5, 6, 7], outcome: 'succeeded' });
  });
});

test('with an overlap each page is asked for from the last record of the one before, and the end is found', async () => {
  const came = await read('kind: offset, overlap: 1', {});
  expect(came.asked).toEqual(['/permits?at=0', '/permits?at=2', '/permits?at=4', '/permits?at=6']);
  expect(came).toMatchObject({ ids: [1, 2, 3, 4, 5, 6, 7], notes: '' });
});
