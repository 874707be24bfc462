import type { Ambiguous, BusinessDays, Entry, FoundMatch, SubsetPass, Unequal } from '../../entry.ts';
import { pairName } from '../../fields.ts';
import { sumOf } from '../../sums.ts';
import { balancedNeeds, type Need } from '../balanced.ts';
import type { KeyGroups } from '../../match/key-groups.ts';
import { manyOf, type View } from '../candidates.ts';
import { claimsOf, type IsClaimed } from './claims.ts';
import { areCrossed } from './in-order.ts';
import { jointWays } from '../joint.ts';
import { partsOf } from '../settlement.ts';
import { type Answer, type Solution, type SubsetSearch, subsetSearch } from './subset-search.ts';
import type { Target } from './target.ts';

export interface SubsetResult {
  matches: FoundMatch[];
  ambiguous: Ambiguous[];
  /** Key groups of earlier passes that are complete now, or that one of `unequal` replaces. */
  completed: Unequal[];
  /** Settlements whose sales are known, but not their refunds. */
  unequal: Unequal[];
  /** Matches that are proposed in the end, unless a later pass finds more; with the key group that one completes. */
  weak: { match: FoundMatch; group?: Unequal }[];
  /** Records for which nothing was found and not all could be tried, since too many candidates are near. */
  untried: number;
}

/**
 * Finds records of one side that add up to one record of the other, or to what a key group lacks. A solution counts only when
 * a second one was looked for and there is none. All that is certain is taken at once, then the rest is looked at again without it:
 * the order of the records never matters. Targets that could share a record are ambiguous. `others`: the subset passes of the
 * reconciliation. `keys`: what the numbers of the many say.
 */
export function matchBySubset(
  pass: SubsetPass,
  open: { left: readonly Entry[]; right: readonly Entry[] },
  unequal: readonly Unequal[],
  days: BusinessDays,
  others: readonly SubsetPass[] = [],
  keys?: KeyGroups,
): SubsetResult {
  const targets = targetsOf(pass, open, unequal);
  const search = subsetSearch(pass, open[manyOf(pass)], targets, days, refundViews(pass, others), keys);
  const result: SubsetResult = { matches: [], ambiguous: [], completed: [], unequal: [], weak: [], untried: 0 };
  let answers = targets.map((target) => search.answer(target));
  for (;;) {
    const balanced = balancedNeeds(answers.flatMap(({ sums }) => sums));
    const isClaimed = claimsOf(pass, answers, days);
    answers = answers.map((answer) => withoutChance(answer, balanced, isClaimed));
    const certain = withoutRivals(answers, ({ found }) => found && !found.doubts.length);
    if (!certain.size) {
      const narrowed = narrow(pass, answers, search);
      if (!narrowed.size) break;
      answers = answers.map((answer) => (narrowed.has(answer) ? search.answer(answer.target) : answer));
      continue;
    }
    for (const answer of certain) take(pass, answer.target, answer.found!, result);
    const used = new Set([...certain].flatMap(({ found }) => found!.chosen));
    search.use([...used]);
    answers = answers
      .filter((answer) => !certain.has(answer))
      // Where too many were near, there may be few enough now.
      .map((answer) => (answer.untried || answer.near.some((entry) => used.has(entry)) ? search.answer(answer.target) : answer));
  }
  const alone = withoutRivals(answers, ({ found }) => found !== undefined);
  const ofSales = withoutRivals(answers, ({ sales }) => sales !== undefined, alone);
  for (const answer of answers) {
    const { target, found, sales, several, untried } = answer;
    if (untried && !found && !sales && !several) result.untried++;
    if (alone.has(answer)) take(pass, target, found!, result, isWeak(found!));
    else if (ofSales.has(answer)) keepSales(pass, target, sales!, several, result);
    else {
      const records = [...((found ?? sales)?.chosen ?? []), ...(several ?? [])];
      if (records.length) result.ambiguous.push(ambiguousOf(pass, target, records));
    }
  }
  return result;
}

/**
 * Where refunds are looked for before one is taken: where this pass looks, where the others of the same settlements do, and as far back
 * again. One that waits longer than was thought is not less likely than one that fits by its amount.
 */
export function refundViews(pass: SubsetPass, others: readonly SubsetPass[]): View[] {
  if (!pass.parts) return [];
  const views: View[] = [pass, ...others.filter((other) => other !== pass && other.parts && other.one === pass.one)];
  return views.map(({ block, within: { from, to } }) => {
    const more = Math.max(to - from, LEAST_MORE);
    return { block, within: pass.one === 'right' ? { from, to: to + more } : { from: from - more, to } };
  });
}

/** Business days. */
const LEAST_MORE = 3;

function targetsOf(pass: SubsetPass, open: { left: readonly Entry[]; right: readonly Entry[] }, unequal: readonly Unequal[]): Target[] {
  const targets: Target[] = open[pass.one].map((anchor) => ({ anchor, kept: [] }));
  for (const group of unequal) {
    const [anchor] = group[pass.one];
    if (anchor && group[pass.one].length === 1) targets.push({ anchor, kept: group[manyOf(pass)], group });
  }
  return targets.filter(({ anchor }) => anchor.day !== null);
}

/** An answer of which the sums that balance with all others do not fit by chance, nor do those whose records no other target may want. */
function withoutChance(answer: Answer, balanced: ReadonlySet<Need>, isClaimed: IsClaimed): Answer {
  const sure = answer.sums.filter((sum) => balanced.has(sum)).map(({ of }) => of);
  const without = ({ doubts, ...solution }: Solution): Solution => ({
    ...solution,
    doubts: doubts.filter(({ of, why }) => why === 'equal' || (!sure.includes(of) && (why === 'many' || solution.chosen.some(isClaimed)))),
  });
  const { found, sales } = answer;
  return { ...answer, ...(found ? { found: without(found) } : {}), ...(sales ? { sales: without(sales) } : {}) };
}

/** Leaves to each sum only what it has in a solution of all of them together; the answers for which this says more. */
function narrow(pass: SubsetPass, answers: readonly Answer[], search: SubsetSearch): Set<Answer> {
  const sums = answers.flatMap((answer) => answer.sums.filter(({ ways }) => ways.length).map((sum) => ({ ...sum, answer })));
  const narrowed = jointWays(
    sums,
    pass.orderOfOne && ((a, ofA, b, ofB) => areCrossed(pass, [a.answer.target.anchor, ofA], [b.answer.target.anchor, ofB])),
  );
  for (const [{ answer, of }, ways] of narrowed) search.narrow(answer.target.anchor, of, ways);
  return new Set([...narrowed.keys()].map(({ answer }) => answer));
}

/** The answers that are wanted, where no record of one is in another. `than`: those that have theirs already. */
function withoutRivals(
  answers: readonly Answer[],
  isWanted: (answer: Answer) => boolean | undefined,
  than?: ReadonlySet<Answer>,
): Set<Answer> {
  const wanted = new Map<Entry, number>();
  const recordsOf = ({ found, sales }: Answer): readonly Entry[] => (found ?? sales)?.chosen ?? [];
  for (const answer of answers) for (const entry of recordsOf(answer)) wanted.set(entry, (wanted.get(entry) ?? 0) + 1);
  return new Set(
    answers.filter((answer) => isWanted(answer) && !than?.has(answer) && recordsOf(answer).every((entry) => wanted.get(entry) === 1)),
  );
}

/** Whether another record may want its records, and nothing else is doubted. */
function isWeak({ doubts, lacking }: Solution): boolean {
  return lacking === undefined && doubts.length > 0 && doubts.every(({ why }) => why === 'claimed');
}

function take(pass: SubsetPass, target: Target, { kept, chosen, doubts, lacking }: Solution, result: SubsetResult, isLast = false): void {
  const { anchor, group } = target;
  const many = [...kept, ...chosen];
  if (isLast) {
    result.weak.push({ match: { ...matchOf(pass, target, many, true), takenLast: true }, ...(group ? { group } : {}) });
    return;
  }
  if (group) result.completed.push(group);
  if (lacking === undefined) {
    result.matches.push(matchOf(pass, target, many, doubts.length > 0));
    return;
  }
  // The difference stays what it is, with the refunds on the side of what was settled.
  const paid = sumOf(many);
  const [left, right] = pass.one === 'right' ? [paid, paid - lacking] : [paid - lacking, paid];
  const { pass: name, fields } = group!;
  const records = sided(pass, { one: [anchor], many });
  result.unequal.push({ pass: name, left: records.left, right: records.right, difference: right - left, fields, sums: { left, right } });
}

/** The sales are tied in the end, unless a later pass finds the refunds too. */
function keepSales(
  pass: SubsetPass,
  target: Target,
  { kept, chosen, doubts }: Solution,
  several: readonly Entry[] | undefined,
  result: SubsetResult,
): void {
  const { anchor, group } = target;
  const many = [...kept, ...chosen];
  if (several)
    result.ambiguous.push(
      many.length ? { ...sided(pass, { one: [], many: several }), oneSided: anchor } : ambiguousOf(pass, target, several),
    );
  if (!many.length || (group?.otherwise && !chosen.length)) return;
  if (group) result.completed.push(group);
  const match = matchOf(pass, target, many, doubts.length > 0);
  const { left, right, difference, evidence } = match;
  result.unequal.push({ pass: group?.pass ?? pass.name, left, right, difference, fields: evidence.fields, otherwise: match });
}

function matchOf(pass: SubsetPass, { anchor, group }: Target, many: readonly Entry[], byChance: boolean): FoundMatch {
  const { left, right } = sided(pass, { one: [anchor], many });
  const doubt = pass.confirm === 'suggest' ? 'suggested' : byChance ? 'by_chance' : undefined;
  return {
    pass: pass.name,
    state: doubt ? 'proposed' : 'confirmed',
    left,
    right,
    difference: sumOf(right) - sumOf(left),
    evidence: {
      fields: [...(group?.fields ?? []), ...pass.block.map(pairName)],
      lag: null,
      rivals: 0,
      ...(pass.parts === undefined ? {} : { parts: partsOf({ parts: pass.parts, negative: pass.negative }, anchor) }),
      ...(doubt ? { doubt } : {}),
    },
  };
}

/** A settlement whose payments add up to its gross is tied, whatever becomes of its refunds; only these are in doubt. */
function ambiguousOf(pass: SubsetPass, { anchor, group }: Target, many: readonly Entry[]): Ambiguous {
  return group?.otherwise ? { ...sided(pass, { one: [], many }), oneSided: anchor } : sided(pass, { one: [anchor], many });
}

function sided(
  pass: SubsetPass,
  { one, many }: { one: readonly Entry[]; many: readonly Entry[] },
): { pass: string; left: Entry[]; right: Entry[] } {
  const [left, right] = pass.one === 'left' ? [one, many] : [many, one];
  return { pass: pass.name, left: [...left], right: [...right] };
}
