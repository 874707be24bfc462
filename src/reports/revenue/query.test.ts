import { expect, test } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import { readRevenueQuery } from './query.ts';

const read = (given: Parameters<typeof readRevenueQuery>[0]) => readRevenueQuery(given, (name) => `--${name}`);
function problems(given: Parameters<typeof readRevenueQuery>[0]): string[] {
  try {
    read(given);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.map((p) => `${p.place.path}: ${p.message} ${p.hint}`);
  }
}

test('an empty form asks for all months', () => {
  expect(read({ period: '', from: '', to: '', department: '' })).toEqual({
    period: 'month',
    from: undefined,
    to: undefined,
    department: undefined,
  });
});

test('everything that is wrong is said at once, with what to write instead', () => {
  expect(problems({ period: 'moth', from: '2026-02-29', to: '1/7/2026' })).toEqual([
    '--period: "moth" is not a period. Did you mean month?',
    '--from: "2026-02-29" is not a date. Write it as YYYY-MM-DD, such as 2026-07-01.',
    '--to: "1/7/2026" is not a date. Write it as YYYY-MM-DD, such as 2026-07-01.',
  ]);
  expect(problems({ from: '2026-07-01', to: '2026-06-30' })).toEqual([
    '--to: 2026-06-30 is before 2026-07-01. Give the earlier date first.',
  ]);
});

test('one day can be asked for', () => {
  expect(read({ period: 'day', from: '2028-02-29', to: '2028-02-29' })).toMatchObject({ from: '2028-02-29', to: '2028-02-29' });
});
