import { dateOf } from '../calendar.ts';
import type { BusinessDays, Side } from '../entry.ts';
import { exceptionId } from '../match/match-id.ts';
import type { FoundException, Rules } from '../match/work.ts';

/** A pipeline that gives records to a side, with what is known to be wrong with it. */
export interface SourceState {
  pipeline: string;
  side: Side;
  /** Days of which it gave any record of the side. */
  seen: ReadonlySet<number>;
  /** `subject`: what is missing, the same in every run: the name of a refused file. `text`: a sentence for a clerk. */
  missing: readonly { subject: string; text: string }[];
}

interface Context {
  rules: Pick<Rules, 'reconciliation' | 'open'> & Partial<Pick<Rules, 'passes'>>;
  days: BusinessDays;
  /** Day number of today. */
  asOf: number;
  currency: string;
}

/** A source has a habit when it has records on so many of a hundred business days, over so many days at least. */
const HABIT = { percent: 90, days: 20 };
/** A day without records is only named as missing when so many records of the other side, batches or senders lack it. */
const FEWEST_ECHOES = 2;

/**
 * Says of a source that it is missing: a file that was refused, a pipeline that did not run, a day of which nothing came although
 * every day something comes. What is open on the other side for that reason is its echo and names it.
 */
export function nameMissingSources(
  context: Context,
  exceptions: readonly FoundException[],
  sources: readonly SourceState[],
): FoundException[] {
  const found: FoundException[] = [];
  for (const source of sources) {
    const gaps = gapsOf(context, source);
    const open = exceptions.filter((e) => isFor(context, source, e));
    const short = exceptions.filter((e) => lacksLine(context, source, e));
    if (source.missing.length) {
      const lacking = [...open, ...short];
      const echoes = lacking.filter((e) => daysFor(context, source, e).some((day) => gaps.days.has(day)));
      const made = source.missing.map(({ subject, text }) => missingSource(context, source, subject, text, echoes));
      for (const echo of echoes) echo.cause ??= made[0]!.id;
      found.push(...made);
      continue;
    }
    if (!gaps.habit) continue;
    // What did not come since its last record is one cause, however long ago that was.
    const since = [...gaps.days].filter((day) => day > gaps.last);
    const inside = [...gaps.days].filter((day) => day < gaps.last);
    for (const lacking of [...inside.map((day) => [day]), ...(since.length ? [since] : [])]) {
      const [day] = lacking as [number];
      const isOfThem = (e: FoundException): boolean =>
        e.cause === undefined && daysFor(context, source, e).some((each) => lacking.includes(each));
      // A bag of a week of which one day did not come has less than its slip says: one trouble, whatever the number of its records.
      const [alone, less] = [open.filter(isOfThem), short.filter(isOfThem)];
      if (alone.reduce((n, e) => n + weightOf(e), less.length) < FEWEST_ECHOES) continue;
      const echoes = [...alone, ...less, ...exceptions.filter((e) => isGuess(source, e) && isOfThem(e))];
      const which = lacking.length > 1 ? `since ${dateOf(day)}` : `of ${dateOf(day)}`;
      const text = `${source.pipeline} gave nothing ${which}, although it has something on every business day.`;
      const made = missingSource(context, source, dateOf(day), text, echoes);
      for (const echo of echoes) echo.cause = made.id;
      found.push({ ...made, since: day });
    }
  }
  return found;
}

/** A batch or a sender of which nothing is there counts as one record. */
function weightOf({ holds, left, right }: FoundException): number {
  return holds ? left.length + right.length : 1;
}

function missingSource(
  context: Context,
  source: SourceState,
  subject: string,
  text: string,
  echoes: readonly FoundException[],
): FoundException {
  const days = echoes.flatMap(({ since }) => (since === null ? [] : [since]));
  return {
    id: exceptionId(context.rules.reconciliation, 'source_missing', [], [], `${source.pipeline} ${source.side} ${subject}`),
    type: 'source_missing',
    left: [],
    right: [],
    minor: echoes.reduce((sum, { minor }) => sum + minor, 0),
    currency: echoes[0]?.currency ?? context.currency,
    since: days.length ? Math.min(...days) : null,
    facts: { problem: text, source: source.pipeline, missing: subject },
    holds: false,
  };
}

/**
 * Business days since its first record on which a source has none; all days for a source that has none at all, and for one that has
 * something on fewer than half of them only those after its last record. What it has by habit is told by the days up to its last
 * record: those that have passed since say nothing about it.
 */
function gapsOf({ days, asOf }: Context, { seen }: SourceState): { days: Set<number>; last: number; habit: boolean } {
  const gaps = new Set<number>();
  let [business, without] = [0, 0];
  let [first, last] = seen.size ? [asOf, -Infinity] : [asOf - LONGEST, asOf];
  for (const day of seen) [first, last] = [Math.min(first, day), Math.max(last, day)];
  for (let day = first; day <= asOf; day++) {
    if (days.index(day) === days.index(day - 1)) continue;
    if (day <= last) business++;
    if (seen.has(day)) continue;
    if (day <= last) without++;
    gaps.add(day);
  }
  // Of a source that has something on few days, a day without is nothing to go by; only what is after its last record is.
  if (seen.size && business >= HABIT.days && without * 2 > business) for (const day of gaps) if (day < last) gaps.delete(day);
  return { days: gaps, last, habit: business >= HABIT.days && without * 100 <= business * (100 - HABIT.percent) };
}

/** So many days back, at most, is a source looked at that has nothing. */
const LONGEST = 400;

/** Whether an exception may be open because of this source: records of the other side without a partner, or days that it lacks. */
function isFor({ rules }: Context, { side }: SourceState, e: FoundException): boolean {
  const other: Side = side === 'left' ? 'right' : 'left';
  if (e.holds) return e[other].length > 0 && e[side].length === 0 && e.type === rules.open[other].type;
  return (e.type === 'missing_batch' || e.type === 'missing_settlement') && e.facts.side === side;
}

/** A settlement is only expected by habit: on a day of which no payments came, it is not known whether there was anything to settle. */
function isGuess({ side }: SourceState, { type, facts }: FoundException): boolean {
  return type === 'missing_settlement' && facts.side !== side;
}

/**
 * Whether one of several records that belong together may be in a refused file: the other side has a bag whose coin the bank credits by
 * itself, and this side has less than the bag.
 */
function lacksLine({ rules }: Context, { side }: SourceState, { holds, left, right, facts }: FoundException): boolean {
  if (!holds || !left.length || !right.length || facts.left_sum === undefined || facts.right_sum === undefined) return false;
  const pass = rules.passes?.find(({ name }) => name === facts.pass);
  const isOfSeveral =
    pass?.kind === 'key' && (pass.sides === 'many_to_many' || pass.sides === (side === 'left' ? 'many_to_one' : 'one_to_many'));
  const [own, other] = side === 'left' ? [facts.left_sum, facts.right_sum] : [facts.right_sum, facts.left_sum];
  return isOfSeveral && Number(own) < Number(other);
}

/** The business days on which the partner of an open record could have been. */
function daysFor({ rules, days }: Context, { side }: SourceState, e: FoundException): number[] {
  if (!e.holds) return e.since === null ? [] : [e.since];
  const within = Math.max(rules.open.left.within, 1);
  const found: number[] = [];
  for (const { day } of side === 'left' ? e.right : e.left) {
    if (day === null) continue;
    const index = days.index(day);
    const step = side === 'right' ? 1 : -1;
    for (let at = day; Math.abs(days.index(at) - index) <= within; at += step) found.push(at);
  }
  return found;
}
