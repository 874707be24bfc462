import { describe, expect, test } from 'vitest';
import type { SourceRecord } from '../../core/record.ts';
import { digestOf, prefixOf, rawOf } from '../landing/digest.ts';
import { waitingRows } from './waiting-rows.ts';

const record = (number: number): SourceRecord => ({ number, values: { key: `${number}` } });
const digest = (number: number): string => digestOf(prefixOf(['key']), rawOf([`${number}`]));

/** A file of these rows that all wait, and a store of which more and more comes. */
function waitingFor(rows: number) {
  const come = new Set<string>();
  const told: number[] = [];
  let found = 0;
  const waiting = waitingRows(
    (one) => {
      if (!come.has(one)) return false;
      found++;
      return true;
    },
    (records) => void told.push(...records.map(({ number }) => number)),
  );
  for (let number = 1; number <= rows; number++) waiting.add(record(number));
  return {
    waiting,
    told,
    lookAgain(...numbers: number[]): number {
      for (const number of numbers) come.add(digest(number));
      waiting.lookAgain(() => found);
      return waiting.count();
    },
  };
}

const upTo = (from: number, to: number, without: readonly number[] = []): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((number) => !without.includes(number));

describe('rows that wait for what comes from the store', () => {
  test('differ probably where the store is in the order of the file and has come farther', () => {
    const { waiting, told, lookAgain } = waitingFor(200);
    expect(lookAgain(...upTo(1, 80, [30, 60, 80]))).toBe(123);
    expect(told).toEqual([30, 60]);
    expect(lookAgain(...upTo(81, 200, [90]))).toBe(4);
    expect(told).toEqual([30, 60, 80, 90]);
    expect(waiting.take().map(({ number }) => number)).toEqual([30, 60, 80, 90]);
    expect(told).toEqual([30, 60, 80, 90]);
    expect(waiting.count()).toBe(0);
  });

  test('are behind a row that was found when it was read', () => {
    const { waiting, told, lookAgain } = waitingFor(40);
    lookAgain(...upTo(1, 32, [7]));
    waiting.found(41);
    expect(told).toEqual([7]);
    lookAgain(...upTo(33, 39));
    expect(told).toEqual([7, 40]);
  });

  test('do not where the store is in another order', () => {
    const { waiting, told, lookAgain } = waitingFor(200);
    lookAgain(...upTo(1, 200).filter((number) => number % 3 === 0));
    expect(told).toEqual([]);
    lookAgain(...upTo(1, 200).filter((number) => number % 3 === 1));
    expect(told).toEqual([]);
    // Nearly all have come: of those that are left, one is behind others that were found.
    lookAgain(...upTo(1, 195));
    expect(told).toEqual([197]);
    expect(waiting.take().map(({ number }) => number)).toEqual([197, 200]);
    expect(told).toEqual([197, 200]);
  });

  test('are no longer guessed at when one guess was wrong', () => {
    const { waiting, told, lookAgain } = waitingFor(300);
    lookAgain(...upTo(1, 100, [40]));
    expect(told).toEqual([40]);
    lookAgain(40, ...upTo(101, 200, [150]));
    expect(told).toEqual([40]);
    waiting.take();
    expect(told).toEqual([40, 150, ...upTo(201, 300)]);
  });
});
