import type { Entry, FieldPair, Side } from '../entry.ts';
import { keyOf } from '../fields.ts';
import { isMatched, type Rules, type Work } from '../match/work.ts';
import { missingPart, partOf } from './explain-unequal.ts';
import type { SplitRule } from './rules.ts';

/** Of records that came in parts: which part is missing, and what it is called. */
export interface Incomplete {
  type: string;
  missing: string;
  /** The group that the parts are of. */
  group: string;
}

/**
 * The fields by which parts of one whole are found together when their text does not name it, as "bag 1/2" does not: those of the
 * last group that the passes declare, such as place and day. Undefined: no pass declares one.
 */
export function fieldsOfWhole({ passes }: Pick<Rules, 'passes'>): readonly FieldPair[] | undefined {
  return passes.flatMap((pass) => ((pass.kind === 'key' || pass.kind === 'settlement') && pass.on.length ? [pass.on] : [])).at(-1);
}

/** What a record is a part of; undefined: it is not a part, or not one of this rule. */
export function wholeOf(rules: Rules, { side, field }: SplitRule, entry: Entry): string | undefined {
  const text = entry.values[field] ?? '';
  const part = partOf(text);
  if (!part) return undefined;
  if (/\d/.test(text.replace(part.text, ''))) return JSON.stringify([entry.currency, part.whole]);
  const on = fieldsOfWhole(rules);
  return JSON.stringify([entry.currency, part.whole, (on && keyOf(entry, on, side)) ?? entry.day]);
}

/**
 * For the open records of a side: whether their money was in a part that is missing on the other side, of which another part is
 * there and tied. By the group of the record; empty where no rule looks for parts on the other side.
 */
export function incompleteFor(work: Work, side: Side): (entry: Entry) => Incomplete | undefined {
  const on = fieldsOfWhole(work.rules);
  const rules = work.rules.exceptions.splits.filter((rule) => rule.side !== side);
  if (on === undefined || !rules.length) return () => undefined;
  const found = new Map<string, Incomplete>();
  for (const { side: other, type, field } of rules) {
    const parts = work.all[other].filter((entry) => work.states.get(entry) !== 'out_of_scope' && partOf(entry.values[field] ?? ''));
    for (const [group, entries] of Map.groupBy(parts, (entry) => keyOf(entry, on, other))) {
      const missing = group === null ? undefined : missingPart(entries, field);
      if (group !== null && missing !== undefined && entries.some((entry) => isMatched(work, entry)))
        found.set(group, { type, missing, group });
    }
  }
  return (entry) => {
    const key = keyOf(entry, on, side);
    return key === null ? undefined : found.get(key);
  };
}
