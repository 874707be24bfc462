import { expect, test } from 'vitest';
import { scheduleWords } from './schedule-words.ts';

test.each([
  ['30 2 * * *', 'every day at 2:30 am'],
  ['0 0 * * *', 'every day at 12 am'],
  ['0 12,18 * * *', 'every day at 12 pm and 6 pm'],
  ['*/15 6-20 * * 1-5', 'every 15 minutes from 6 am to 8:45 pm, Monday to Friday'],
  ['*/5 * * * *', 'every 5 minutes'],
  ['* * * * *', 'every minute'],
  ['0 * * * *', 'every hour'],
  ['20 * * * *', 'every hour at 20 minutes past the hour'],
  ['0 */4 * * *', 'every 4 hours'],
  ['10 6-20 * * *', 'every hour from 6:10 am to 8:10 pm'],
  ['0 7 * * 1-5', 'Monday to Friday at 7 am'],
  ['0 8 * * mon', 'every Monday at 8 am'],
  ['0 8 * * 1,4', 'every Monday and Thursday at 8 am'],
  ['0 6 * * 7', 'every Sunday at 6 am'],
  ['0 6 1 * *', 'on the 1st of every month at 6 am'],
  ['45 23 1,15 * *', 'on the 1st and 15th of every month at 11:45 pm'],
  ['0 6 1 7 *', 'on the 1st of July at 6 am'],
  ['0 6 * 12 *', 'every day in December at 6 am'],
])('%s reads: %s', (cron, words) => {
  expect(scheduleWords(cron)).toBe(words);
});

test.each(['0 6 L * *', '0 0 6 * * *', '0 6 * * 1#2', '5/10 * * * *', '0 6 1-7 * 1'])(
  '%s has no plain words and is given as it is, never described wrongly',
  (cron) => {
    expect(scheduleWords(cron)).toBe(`cron ${cron}`);
  },
);
