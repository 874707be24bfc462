import { expect, test } from 'vitest';
import { clusterRecords } from './cluster.ts';
import { NOTHING_SAID } from './input.ts';

/** Three spellings of one person: the second is tied to both others, which have little in common. */
const scores: Record<string, number> = { '0 1': 5000, '1 2': 4000, '0 2': -9000 };
const clusters = (join: { mean: number; least: number }, vetoed = false): number[] =>
  clusterRecords({
    size: 3,
    sources: [null, null, null],
    same: [],
    different: [],
    rules: [],
    near: [],
    lacks: () => false,
    edges: [
      { a: 0, b: 1, score: 5000 },
      { a: 1, b: 2, score: 4000 },
    ],
    join,
    link: 0,
    pair: (a, b) => ({ ...NOTHING_SAID, score: scores[`${a} ${b}`]!, vetoed: vetoed && a === 0 && b === 2 }),
  });

test('a record joins a cluster when it agrees with all of its records together, not with one of them alone', () => {
  expect(clusters({ mean: 3072, least: -Infinity })).toEqual([0, 0, 2]);
});

test('where the model says so, one odd spelling does not keep a record out of its cluster', () => {
  expect(clusters({ mean: 0, least: -3072 })).toEqual([0, 0, 0]);
});

test('a veto keeps it out even there', () => {
  expect(clusters({ mean: 0, least: -3072 }, true)).toEqual([0, 0, 2]);
});

/** Four records of one system that no rule or person ties or parts. */
const FOUR = { size: 4, sources: [null, null, null, null], same: [], different: [], rules: [], near: [], lacks: () => false };

/** 0 has no given name and fits everybody of the household; 1, 2 and 3 are three of them. `named`: what 1 and 2 say of each other. */
const household = (named: number): number[] =>
  clusterRecords({
    ...FOUR,
    edges: [
      { a: 0, b: 1, score: 9000 },
      { a: 0, b: 2, score: 8000 },
      { a: 0, b: 3, score: 7000 },
    ],
    join: { mean: 1536, least: -3072 },
    link: 3072,
    pair: (a, b) => ({
      ...NOTHING_SAID,
      score: 7000,
      full: named < 0 ? 6000 : 10_000 - 3500 * b,
      person: a === 0 ? 0 : b === 2 ? named : -1,
    }),
  });

test('a record without a given name makes no family one person, and waits: it may be each of them', () => {
  expect(household(-1)).toEqual([0, 1, 2, 3]);
});

test('records that say the same name are one with it', () => {
  expect(household(1)).toEqual([0, 1, 2, 3].map((i) => (i === 3 ? 3 : 0)));
});

/** 0 and 1 are records of somebody, 2 and 3 of somebody too; `other`: the pairs of the two that have two given names at one birth date. */
const born = (other: readonly string[]): number[] =>
  clusterRecords({
    ...FOUR,
    edges: [
      { a: 0, b: 1, score: 9000 },
      { a: 2, b: 3, score: 8000 },
      { a: 1, b: 2, score: 7000 },
    ],
    join: { mean: 1536, least: -3072 },
    link: 0,
    pair: (a, b) => {
      const twins = other.includes(`${a} ${b}`);
      return { ...NOTHING_SAID, score: 7000, full: 7000, person: twins ? 0 : 1, twins, sure: !twins };
    },
  });

test('one record with another given name is outvoted by the records that agree in name and birth date', () => {
  expect(born(['0 3'])).toEqual([0, 0, 0, 0]);
});

test('twins have no such records, and stay two people', () => {
  expect(born(['0 2', '0 3', '1 2', '1 3'])).toEqual([0, 0, 2, 2]);
  expect(born(['0 3', '1 3'])).toEqual([0, 0, 2, 2]);
});

/** 0, 1 and 2 are one person. 3 links to `linked` of them by itself, and has little in common with the others. */
const sparse = (linked: number, { person = 1, bornApart = false } = {}): number[] =>
  clusterRecords({
    ...FOUR,
    edges: [
      { a: 0, b: 1, score: 9000 },
      { a: 1, b: 2, score: 9000 },
      { a: 0, b: 3, score: 4000 },
    ],
    join: { mean: 6000, least: -3072 },
    link: 3072,
    pair: (a, b) => ({
      ...NOTHING_SAID,
      score: b < 3 ? 9000 : a < linked ? 5000 : 2000,
      person: b < 3 ? 1 : person,
      bornApart: b === 3 && bornApart,
    }),
  });

test('a record that links to several of a cluster joins it by somewhat less, where name and birth date say one person', () => {
  expect(sparse(3)).toEqual([0, 0, 0, 0]);
  expect(sparse(2)).toEqual([0, 0, 0, 3]);
});

/** 0 to 4 are one person; 5 links to `linked` of them, and has little in common with the others. `person`: what each of its pairs says. */
const little = (linked: number, says: Partial<typeof NOTHING_SAID> = {}, person?: number): number[] =>
  clusterRecords({
    ...FOUR,
    size: 6,
    sources: Array.from({ length: 6 }, () => null),
    edges: [0, 1, 2, 3].map((a) => ({ a, b: a + 1, score: 9000 })).concat({ a: 0, b: 5, score: 4000 }),
    join: { mean: 3500, least: -3072 },
    link: 3072,
    pair: (a, b) => ({
      ...NOTHING_SAID,
      score: b < 5 ? 9000 : a < linked ? 4000 : 1500,
      person: b < 5 ? 1 : (person ?? (a === 0 ? 1 : 0)),
      ...(a === 4 && b === 5 ? says : {}),
    }),
  });

test('a record in which little is left joins by two pairs, where nothing speaks against it', () => {
  expect(little(2)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(little(1)).toEqual([0, 0, 0, 0, 0, 5]);
  expect(little(2, { surname: -1 })).toEqual([0, 0, 0, 0, 0, 5]);
  expect(little(2, { bornApart: true })).toEqual([0, 0, 0, 0, 0, 5]);
});

test('where no pair says anything of the person, four must link, and hardly any may speak against it where two do', () => {
  expect(little(4, { person: 0 }, 0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(little(2, { person: 0 }, 0)).toEqual([0, 0, 0, 0, 0, 5]);
  expect(little(2, { surname: -1 }, 1)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(little(2, { surname: -1 }, 0)).toEqual([0, 0, 0, 0, 0, 5]);
});

test('a mother and a daughter of one name do not: they were born on two days', () => {
  expect(sparse(3, { bornApart: true })).toEqual([0, 0, 0, 3]);
  expect(sparse(3, { person: 0 })).toEqual([0, 0, 0, 3]);
});

/** 0 and 1 are records of one man of a house, 3 and 4 of another one of that first name, born on another day. 2 has no birth date. */
const twoMen = (score: number): number[] =>
  clusterRecords({
    ...FOUR,
    size: 5,
    sources: [null, null, null, null, null],
    edges: [
      { a: 0, b: 1, score: 30_000 },
      { a: 3, b: 4, score: 30_000 },
      { a: 0, b: 2, score: 20_000 },
      { a: 2, b: 3, score: 9000 },
    ],
    join: { mean: 1536, least: -3072 },
    link: 3072,
    pair: (a, b) => {
      const strangers = a < 2 && b > 2;
      const one = a < 2 === b < 2 || (a < 2 && b === 2);
      const together = strangers ? score : one ? 20_000 : 9000;
      const sure = !strangers && a !== 2 && b !== 2;
      return { ...NOTHING_SAID, score: together, full: together, person: 1, sure, bornApart: strangers, strangers };
    },
  });

test('a record without a birth date does not make one person of two who were born on two days and have two phones', () => {
  expect(twoMen(4000)).toEqual([0, 0, 0, 3, 3]);
});

test('unless the records of the two say so by themselves: a date was typed wrong and somebody moved', () => {
  expect(twoMen(14_000)).toEqual([0, 0, 0, 0, 0]);
});

/**
 * 0 and 1 are records of a house, 2 and 3 are two more; `says`: what their pairs say of one of the three; `sure`: which agree
 * in birth date and given name.
 */
const house = (
  fact: 'birth' | 'given' | 'surname',
  says: (a: number, b: number) => number,
  sure: (a: number, b: number) => boolean = () => false,
): number[] =>
  clusterRecords({
    ...FOUR,
    edges: [
      { a: 0, b: 1, score: 30_000 },
      { a: 2, b: 3, score: 29_000 },
      { a: 1, b: 2, score: 9000 },
    ],
    join: { mean: 1536, least: -3072 },
    link: 3072,
    pair: (a, b) => ({ ...NOTHING_SAID, score: 9000, full: 9000, person: 1, sure: sure(a, b), [fact]: a < 2 === b < 2 ? 1 : says(a, b) }),
  });

test.each(['birth', 'given', 'surname'] as const)('two records with one %s and two with another are two people', (fact) => {
  expect(house(fact, () => -1)).toEqual([0, 0, 2, 2]);
});

test.each(['birth', 'given', 'surname'] as const)('one record with another %s is a typing error: 3 says nothing, or agrees', (fact) => {
  expect(house(fact, (_, b) => (b === 2 ? -1 : 0))).toEqual([0, 0, 0, 0]);
  expect(house(fact, (_, b) => (b === 2 ? -1 : 1))).toEqual([0, 0, 0, 0]);
});

test('whoever married is one with her birth date and given name, whatever surname two systems have', () => {
  expect(
    house(
      'surname',
      () => -1,
      (a, b) => a === 1 && b === 2,
    ),
  ).toEqual([0, 0, 0, 0]);
});
