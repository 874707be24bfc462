import { note, type Work } from '../match/work.ts';
import { type UsedNumber, withNumbers } from './number-ranges.ts';
import type { GapRule } from './rules.ts';

/**
 * Numbers that are missing between two used ones: one exception for each run of numbers, since it has one reason. Numbers of a
 * batch that is missing as a whole are not listed again, and those of one whose total does not hold are its echo. A voided record has used
 * its number.
 */
export function noteGaps(work: Work, rule: GapRule, i: number): void {
  const ranges = withNumbers(work.known?.numbers[i] ?? new Map(), rule, work.all[rule.side]);
  work.numbers[i] = ranges;
  for (const [name, list] of ranges)
    for (let n = 1; n < list.length; n++) {
      const [{ last: before }, { first: after }] = [list[n - 1]!, list[n]!];
      for (const [first, last] of unexplained(work, rule, name, before.number + 1, after.number - 1))
        noteGap(work, rule, name, first, last, after, before);
    }
}

function noteGap(work: Work, rule: GapRule, name: string, first: number, last: number, after: UsedNumber, before: UsedNumber): void {
  const prefix = (JSON.parse(name) as string[])[0]!;
  const width = after.text.length - prefix.length;
  const shown = (number: number): string => prefix + String(number).padStart(width, '0');
  const id = note(work, {
    type: rule.type,
    left: [],
    right: [],
    minor: 0,
    subject: `${name} ${first} ${last}`,
    ...(after.day === null ? {} : { since: after.day }),
    currency: after.currency,
    facts: { first: shown(first), last: shown(last), count: last - first + 1, after: before.text, before: after.text },
  });
  const cause = causeOf(work, rule, name, first, last);
  const gap = cause === undefined ? undefined : work.exceptions.findLast((exception) => exception.id === id);
  if (gap) gap.cause = cause!;
}

/** What is left of a run of numbers without those of the missing batches of its own series. */
function unexplained(work: Work, rule: GapRule, name: string, first: number, last: number): [number, number][] {
  let runs: [number, number][] = first <= last ? [[first, last]] : [];
  const [prefix, ...series] = JSON.parse(name) as string[];
  for (const batch of work.missingNumbers) {
    if (batch.cause !== undefined || !isOfSeries(batch, rule, prefix!, series)) continue;
    runs = runs.flatMap(([from, to]): [number, number][] => {
      if (batch.last < from || batch.first > to) return [[from, to]];
      return (
        [
          [from, batch.first - 1],
          [batch.last + 1, to],
        ] as [number, number][]
      ).filter(([a, b]) => a <= b);
    });
  }
  return runs;
}

/** The batch whose total does not hold and which has these numbers. */
function causeOf(work: Work, rule: GapRule, name: string, first: number, last: number): string | undefined {
  const [prefix, ...series] = JSON.parse(name) as string[];
  return work.missingNumbers.find(
    (batch) => batch.cause !== undefined && batch.first <= first && last <= batch.last && isOfSeries(batch, rule, prefix!, series),
  )?.cause;
}

/** A batch that does not say its place may be of each. */
function isOfSeries(batch: Work['missingNumbers'][number], rule: GapRule, prefix: string, series: readonly string[]): boolean {
  if (batch.side !== rule.side || batch.prefix !== prefix) return false;
  return rule.series.every((field, i) => (batch.values[field] ?? series[i]) === series[i]);
}
