import type { Echoed, Entry, FieldPair, Side } from '../entry.ts';
import { cleaned, keyOf } from '../fields.ts';
import { type FoundException, SIDES, type Work } from '../match/work.ts';
import { takingsOf } from '../passes/settlement.ts';
import { sumOf } from '../sums.ts';

/** What is open on one side because its counterpart never came is an echo of that, and names it. */
export function nameEchoes(work: Work): void {
  nameByTotals(work);
  nameMissingBatches(work);
  nameHeld(work);
}

function nameByTotals(work: Work): void {
  if (!work.echoing.length) return;
  const pairs = work.rules.passes.flatMap((pass) => (pass.kind === 'key' || pass.kind === 'settlement' ? pass.on : []));
  const index = new Map<string, string>();
  const shapes = new Map<string, { pairs: FieldPair[]; other: Side; day: boolean }>();
  for (const echoed of work.echoing) {
    const other: Side = echoed.of === 'left' ? 'right' : 'left';
    const own = Object.keys(echoed.values).map((field) => pairs.find((pair) => pair[echoed.of] === field));
    if (!own.length || own.some((pair) => pair === undefined)) continue;
    const shape = { pairs: own as FieldPair[], other, day: echoed.day !== null };
    const name = JSON.stringify([other, shape.day, shape.pairs.map((pair) => [pair.left, pair.right])]);
    const key = keyOfEchoed(echoed, shape.pairs);
    if (key === null) continue;
    shapes.set(name, shape);
    index.set(`${name} ${key}`, echoed.cause);
  }
  const openTypes = new Set([work.rules.open.left.type, work.rules.open.right.type]);
  for (const exception of [...work.exceptions, ...(work.known?.kept ?? [])]) {
    if (!exception.holds || !openTypes.has(exception.type)) continue;
    for (const [name, shape] of shapes) {
      const causes = new Set(exception[shape.other].map((entry) => index.get(`${name} ${keyOfEntry(entry, shape)}`)));
      const [cause] = causes;
      if (causes.size === 1 && cause !== undefined) exception.cause = cause;
    }
  }
}

function keyOfEchoed({ values, day, of }: Echoed, pairs: readonly FieldPair[]): string | null {
  const parts = pairs.map((pair) => (values[pair[of]] === null ? null : cleaned(values[pair[of]]!, pair.clean ?? [])));
  return parts.includes(null) ? null : JSON.stringify([day, ...parts]);
}

function keyOfEntry(
  { values, day }: Entry,
  { pairs, other, day: dated }: { pairs: readonly FieldPair[]; other: Side; day: boolean },
): string {
  return JSON.stringify([dated ? day : null, ...pairs.map((pair) => cleaned(values[pair[other]] ?? '', pair.clean ?? []))]);
}

/**
 * Of a batch that did not come, its slip may not name the till, and the settlement has the payments of other tills too: what has more on
 * the other side and is of its place and day is an echo.
 */
function nameMissingBatches(work: Work): void {
  const missing = work.echoing.filter(({ isMissing }) => isMissing);
  if (!missing.length) return;
  const pairs = work.rules.passes.flatMap((pass) => (pass.kind === 'key' || pass.kind === 'settlement' ? pass.on : []));
  for (const exception of [...work.exceptions, ...(work.known?.kept ?? [])]) {
    if (!exception.holds || exception.cause !== undefined) continue;
    const causes = new Set(missing.filter((batch) => lacksBatch(work, exception, batch, pairs)).map(({ cause }) => cause));
    const [cause] = [...causes].sort();
    if (cause !== undefined) exception.cause = cause;
    else nameByAmount(work, exception, missing, pairs);
  }
  for (const batch of missing) nameTwoByAmount(work, batch, missing, pairs);
}

/**
 * The cards of an office are settled by two processors: what is of the day of a missing batch, and comes to just what its total says
 * together with one other, is its echo, where only these two do.
 */
function nameTwoByAmount(work: Work, batch: Echoed, missing: readonly Echoed[], pairs: readonly FieldPair[]): void {
  const other: Side = batch.of === 'left' ? 'right' : 'left';
  const { minor } = batch;
  if (minor === undefined || [...work.exceptions, ...(work.known?.kept ?? [])].some(({ holds, cause }) => holds && cause === batch.cause))
    return;
  const near = [...work.exceptions, ...(work.known?.kept ?? [])].filter((e) => {
    if (!e.holds || e.cause !== undefined || e[batch.of].length || e.type !== work.rules.open[other].type) return false;
    return e[other].every((entry) =>
      agreesWith(batch.values, (field) => counterpartOf(entry, field, batch.values[field], batch.of, pairs), true, 0),
    );
  });
  const found: [FoundException, FoundException][] = [];
  const sums = near.map((e) => sumsOf(work, e[other], other).at(-1)!);
  for (const [i, sum] of sums.entries())
    for (let j = 0; j < i && found.length < 2; j++) if (sum + sums[j]! === minor) found.push([near[i]!, near[j]!]);
  const [two, second] = found;
  const isOfAnother = missing.some((one) => one !== batch && one.minor === minor && one.of === batch.of);
  if (two && !second && !isOfAnother) for (const e of two) e.cause = batch.cause;
}

/**
 * The settlement of an office does not name the office: what is of the day of one missing batch, and comes to just what its total says, is
 * its echo.
 */
function nameByAmount(work: Work, exception: FoundException, missing: readonly Echoed[], pairs: readonly FieldPair[]): void {
  const fitting = missing.filter(({ of, values, minor }) => {
    const other: Side = of === 'left' ? 'right' : 'left';
    if (minor === undefined || exception[of].length || exception.type !== work.rules.open[other].type) return false;
    if (!sumsOf(work, exception[other], other).includes(minor)) return false;
    return exception[other].every((entry) => agreesWith(values, (field) => counterpartOf(entry, field, values[field], of, pairs), true, 0));
  });
  const [batch, second] = fitting;
  if (batch && !second) exception.cause = batch.cause;
}

/** What these records come to: their sum, and of settlements what their payments add up to. */
function sumsOf({ rules }: Work, entries: readonly Entry[], side: Side): number[] {
  const sums = [sumOf(entries)];
  for (const pass of rules.passes) {
    if (pass.kind !== 'settlement' || pass.of !== side) continue;
    const takings = entries.map((entry) => takingsOf(pass, entry)[0]);
    if (takings.every((one) => one !== undefined)) sums.push(takings.reduce((sum, one) => sum + one, 0));
  }
  return sums;
}

function lacksBatch({ rules }: Work, exception: FoundException, { of, values }: Echoed, pairs: readonly FieldPair[]): boolean {
  const other: Side = of === 'left' ? 'right' : 'left';
  const { left_sum: left, right_sum: right } = exception.facts;
  if (!exception[other].length) return false;
  if (exception[of].length) {
    const more = Number(right) - Number(left);
    if (left === undefined || right === undefined || (of === 'left' ? more : -more) <= 0) return false;
    return exception[of].some((entry) => agreesWith(values, (field) => entry.values[field] ?? null, false));
  }
  if (exception.type !== rules.open[other].type) return false;
  return exception[other].every((entry) => agreesWith(values, (field) => counterpartOf(entry, field, values[field], of, pairs), true));
}

/** What a record has in place of a field of the other side, by the passes that tie the two: the wanted value, if it is among them. */
function counterpartOf(
  entry: Entry,
  field: string,
  wanted: string | null | undefined,
  of: Side,
  pairs: readonly FieldPair[],
): string | null {
  const other: Side = of === 'left' ? 'right' : 'left';
  const own = pairs.filter((pair) => pair[of] === field).map((pair) => cleaned(entry.values[pair[other]] ?? '', pair.clean ?? []));
  return own.find((value) => value === wanted) ?? own.find((value) => value !== null) ?? null;
}

/** Whether a record is of the same day, and agrees in so many other fields. `strict`: it disagrees in none. */
function agreesWith(
  wanted: Readonly<Record<string, string | null>>,
  valueOf: (field: string) => string | null,
  strict: boolean,
  fewest = 1,
): boolean {
  let [day, others] = [false, 0];
  for (const [field, value] of Object.entries(wanted)) {
    const own = valueOf(field);
    if (value === null || own === null) continue;
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value);
    if (own === value && isDay) day = true;
    else if (own === value) others++;
    else if (strict || isDay) return false;
  }
  return day && others >= fewest;
}

/**
 * What an entry that finance rejected was to post is open because of it; and what belongs to the records of a batch whose total does not
 * hold, by any number or day that they have in common.
 */
function nameHeld(work: Work): void {
  const held = [...work.exceptions, ...(work.known?.kept ?? [])].filter(({ type }) => HELD.has(type));
  if (!held.length) return;
  for (const pass of work.rules.passes) {
    if ((pass.kind !== 'key' && pass.kind !== 'settlement') || !pass.on.length) continue;
    for (const of of SIDES) {
      const other: Side = of === 'left' ? 'right' : 'left';
      const causes = new Map<string, string | null>();
      for (const { id, [of]: entries } of held)
        for (const entry of entries) {
          const key = keyOf(entry, pass.on, of);
          // A number of two batches says nothing of which of them is the cause.
          if (key !== null) causes.set(key, causes.has(key) && causes.get(key) !== id ? null : id);
        }
      if (!causes.size) continue;
      for (const exception of [...work.exceptions, ...(work.known?.kept ?? [])]) {
        if (!exception.holds || exception.type !== work.rules.open[other].type || exception.cause !== undefined) continue;
        const found = new Set(exception[other].map((entry) => causes.get(keyOf(entry, pass.on, other) ?? '')));
        const [cause] = found;
        if (found.size === 1 && typeof cause === 'string') exception.cause = cause;
      }
    }
  }
}

/** Types of exceptions whose records no pass may tie. */
const HELD: ReadonlySet<string> = new Set(['rejected', 'control_total_differs']);
