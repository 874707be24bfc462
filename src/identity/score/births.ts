import type { Profile } from '../roles.ts';
import type { Population } from '../model.ts';
import { isRealDay, isYearOnly } from '../standardize/dates.ts';

/** As the date of birth agrees; two dates that are January 1 agree in the year only. */
export function birthLevel({ roles: { birth } }: Population, a: Profile, levels: Int8Array): number {
  if (birth < 0) return -1;
  return levels[birth] === 0 && isYearOnly(a[birth]!) ? 2 : levels[birth]!;
}

/** 1 where two birth dates agree, -1 where they are two days in two years, 0 where that is open. */
export function birthsSay(population: Population, a: Profile, b: Profile, levels: Int8Array): number {
  const level = birthLevel(population, a, levels);
  // One day in two years: a typing error, unless a generation lies between.
  if (level >= 0 && level <= 2) return areYearsApart(population, a, b) ? -1 : 1;
  return areBornApart(population, a, b, levels, 3) ? -1 : 0;
}

/** Two days of birth that are not one day typed in two ways, in two years. */
export function areBornApart({ roles }: Population, a: Profile, b: Profile, levels: Int8Array, least = 4): boolean {
  if (roles.birth < 0 || levels[roles.birth]! < least) return false;
  const [first, second] = [a[roles.birth]!, b[roles.birth]!];
  return isRealDay(first) && isRealDay(second) && first.slice(0, 4) !== second.slice(0, 4) && areMonthsApart(first, second);
}

/** Brothers and sisters who are no twins are born nine months apart. Dates that are nearer are one, noted in two ways. */
const MONTHS = 8;

function areMonthsApart(first: string, second: string): boolean {
  const months = (date: string): number => 12 * Number(date.slice(0, 4)) + Number(date.slice(4, 6)) + Number(date.slice(6)) / 31;
  // Of which only the year is known: any day of it.
  const least = isYearOnly(first) || isYearOnly(second) ? 12 + MONTHS : MONTHS;
  return Math.abs(months(first) - months(second)) >= least;
}

/** A mother or father is so many years older at least, and so many at most. */
const GENERATION = 16;
const TWO_GENERATIONS = 50;

/** Two real birth dates a generation apart, or more. */
export function areYearsApart(population: Population, a: Profile, b: Profile): boolean {
  return yearsBetween(population, a, b) >= GENERATION;
}

/** Two real birth dates 16 to 50 years apart. */
export function areGenerationApart(population: Population, a: Profile, b: Profile): boolean {
  const years = yearsBetween(population, a, b);
  return years >= GENERATION && years <= TWO_GENERATIONS;
}

/** Two dates of one year. */
export function areOfOneYear({ roles: { birth } }: Population, a: Profile, b: Profile): boolean {
  return a[birth]!.slice(0, 4) === b[birth]!.slice(0, 4);
}

/** Two dates in two years that are not one year with one digit mistyped. */
export function areTwoYears({ roles: { birth } }: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  if (birth < 0 || levels[birth]! < 0) return false;
  const [first, second] = [a[birth]!, b[birth]!];
  return levels[birth]! >= 3 || [0, 1, 2, 3].filter((i) => first[i] !== second[i]).length > 1;
}

/** Born on two days within a generation, as brothers and sisters are: of dates that look alike. */
export function mayBeOfSiblings(population: Population, a: Profile, b: Profile, level: number): boolean {
  return (level === 1 || level === 2) && !areYearsApart(population, a, b);
}

/** -1 where one of the days is missing or does not exist. */
function yearsBetween({ roles }: Population, a: Profile, b: Profile): number {
  const first = a[roles.birth] ?? null;
  const second = b[roles.birth] ?? null;
  if (first === null || second === null || !isRealDay(first) || !isRealDay(second)) return -1;
  return Math.abs(Number(first.slice(0, 4)) - Number(second.slice(0, 4)));
}
