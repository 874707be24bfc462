import type { Entry } from '../entry.ts';
import { note, type Work } from '../match/work.ts';
import type { GapRule } from './rules.ts';

interface Numbered {
  number: number;
  entry: Entry;
}

/**
 * Numbers that are missing between two used ones: one exception for each run of numbers, since it has one reason. Numbers of a
 * batch that is missing as a whole are not listed again. A voided record has used its number.
 */
export function noteGaps(work: Work, rule: GapRule): void {
  const series = new Map<string, Numbered[]>();
  for (const entry of work.all[rule.side]) {
    const found = /^(.*?)(\d{1,15})$/.exec(entry.values[rule.number] ?? '');
    if (!found) continue;
    const name = JSON.stringify([found[1], ...rule.series.map((field) => entry.values[field] ?? '')]);
    let numbers = series.get(name);
    if (!numbers) series.set(name, (numbers = []));
    numbers.push({ number: Number(found[2]), entry });
  }
  for (const [name, numbers] of series) {
    // Of records with the same number, the first by id stays the first.
    const used = numbers.sort((a, b) => a.number - b.number).filter(({ number }, i) => i === 0 || number !== numbers[i - 1]!.number);
    for (let i = 1; i < used.length; i++) {
      const [before, after] = [used[i - 1]!, used[i]!];
      for (const [first, last] of unexplained(work, before.number + 1, after.number - 1))
        noteGap(work, rule, name, first, last, after, before);
    }
  }
}

function noteGap(work: Work, rule: GapRule, name: string, first: number, last: number, after: Numbered, before: Numbered): void {
  const textOf = ({ entry }: Numbered): string => entry.values[rule.number]!;
  const prefix = (JSON.parse(name) as string[])[0]!;
  const width = textOf(after).length - prefix.length;
  const shown = (number: number): string => prefix + String(number).padStart(width, '0');
  note(work, {
    type: rule.type,
    left: [],
    right: [],
    minor: 0,
    subject: `${name} ${first} ${last}`,
    ...(after.entry.day === null ? {} : { since: after.entry.day }),
    currency: after.entry.currency,
    facts: { first: shown(first), last: shown(last), count: last - first + 1, after: textOf(before), before: textOf(after) },
  });
}

/** What is left of a run of numbers without those of missing batches. */
function unexplained(work: Work, first: number, last: number): [number, number][] {
  let runs: [number, number][] = first <= last ? [[first, last]] : [];
  for (const batch of work.missingNumbers)
    runs = runs.flatMap(([from, to]): [number, number][] => {
      if (batch.last < from || batch.first > to) return [[from, to]];
      return (
        [
          [from, batch.first - 1],
          [batch.last + 1, to],
        ] as [number, number][]
      ).filter(([a, b]) => a <= b);
    });
  return runs;
}
