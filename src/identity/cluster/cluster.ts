import { fixed } from '../score/weights.ts';
import type { ClusterInput, Pair } from './input.ts';
import { neighborsOf, openIn, tells } from './two-of-a-house.ts';

/** So many pairs that are surely one person outvote one that looks like twins. */
const SURE_FOR_TWINS = 3;

/** Where pairs link often enough, two clusters may be joined by a mean that is so much lower. */
const LESS = fixed(1.5);
/** So many pairs must link for that, if some speak against it. */
const SEVERAL = 3;
/** So many where hardly any does. */
const TWO = 2;
/** By so much more must records say that they are one person that were born on two days and have two phones or e-mail addresses. */
const STRANGERS = fixed(10);

/**
 * Greedy average linkage: rules first, then edges from the strongest. Two clusters are joined when nothing keeps any two of
 * their records apart and the mean score of all their cross pairs reaches `join.mean`; somewhat less is enough where several pairs
 * link by themselves, and names and birth dates say one person nearly everywhere. A cluster that fits two others, of which
 * something says that they are not one, joins neither, unless one is plainly likelier: a record without birth date may be the
 * father's or the son's. What a person decided is above all:
 * whole clusters are one where two of their records are, whatever vetoes say, and none is joined that would bring two
 * together that are different. Gives for each record the smallest number of its cluster. The same input gives the same
 * clusters, whatever the order of its lists.
 */
export function clusterRecords(input: ClusterInput): number[] {
  const different = new Set(input.different.map(([a, b]) => number(a, b)));
  function number(a: number, b: number): number {
    return a < b ? a * input.size + b : b * input.size + a;
  }
  /** Clusters by what the records say. */
  const said = grouping(input.size);
  /** The same with what people decided: what comes out in the end. */
  const whole = grouping(input.size);
  const apart = (a: number, b: number): boolean => whole.members(a).some((x) => whole.members(b).some((y) => different.has(number(x, y))));
  // A pair that is decided both ways by detours stays apart; the last decision about the pair itself is the one that is here.
  for (const [a, b] of input.same) if (whole.of[a] !== whole.of[b] && !apart(a, b)) whole.join(a, b);
  const cache = new Map<number, Pair>();
  const pair = (a: number, b: number): Pair => {
    const id = number(a, b);
    let found = cache.get(id);
    if (!found) cache.set(id, (found = a < b ? input.pair(a, b) : input.pair(b, a)));
    return found;
  };
  const { connections } = input;
  const inOneSource = (a: number, b: number): boolean => connections !== undefined && connections[a] === connections[b];
  const inTwoSources = (a: number, b: number): boolean => connections !== undefined && connections[a] !== connections[b];
  const neighbors = neighborsOf(input.size, input.edges);
  /** James Goodwin and William Goodwin are no twins where a third record is of James William, unless one system has them in one house. */
  const goesByMiddle = (a: number, b: number): boolean => {
    const isBoth = (r: number, middle: number, given: number): boolean =>
      pair(middle, r).byMiddle && pair(given, r).sure && (inTwoSources(a, b) || !pair(middle, r).sameHome);
    return neighbors[a]!.some((r) => isBoth(r, a, b)) || neighbors[b]!.some((r) => isBoth(r, b, a));
  };
  /**
   * How likely two clusters are one: the mean of all cross pairs, in full, and what their names and birth dates say all together.
   * undefined where something keeps them apart.
   */
  const compared = (x: number, y: number): { enough: boolean; full: number; person: number } | undefined => {
    let sum = 0;
    let full = 0;
    let person = 0;
    let twins = 0;
    let sure = 0;
    let linked = 0;
    let bornApart = 0;
    let contrary = 0;
    let strangers = 0;
    let ofStrangers = 0;
    let otherSurname = 0;
    let otherPhone = false;
    let agrees = false;
    let told = false;
    let suffixMissing = false;
    const [first, second] = [said.members(x), said.members(y)];
    const pairs = first.length * second.length;
    const several = first.length > 1 && second.length > 1;
    const births = tally();
    const names = tally();
    const surnames = tally();
    const middles = tally();
    for (const a of first)
      for (const b of second) {
        if (input.sources[a] !== null && input.sources[a] === input.sources[b]) return undefined;
        const found = pair(a, b);
        if (found.vetoed || (found.twoEntries && inOneSource(a, b))) return undefined;
        sum += Math.max(found.score, input.join.least) - input.join.mean;
        full += found.full;
        person += found.person;
        if (found.twins && !goesByMiddle(a, b)) twins++;
        if (tells(found)) told = true;
        if (found.surname < 0) otherSurname++;
        if (found.phone < 0) otherPhone = true;
        if (found.birth > 0 || found.phone > 0 || found.ownMail) agrees = true;
        if (found.suffixMissing) suffixMissing = true;
        if (found.sure) sure++;
        if (several) {
          births.count(a, b, found.birth);
          names.count(a, b, found.given);
          surnames.count(a, b, found.surname);
          middles.count(a, b, found.middle);
        }
        if (found.score >= input.link) linked++;
        if (found.bornApart || Math.min(found.person, found.birth, found.given, found.surname) < 0) contrary++;
        if (found.bornApart) bornApart++;
        if (found.strangers) {
          strangers++;
          ofStrangers += found.score;
        }
      }
    // One record between them leaves out both the suffix and the birth date.
    if (suffixMissing && !told) return undefined;
    // David Palmer and David Logan of one building, who have two phones.
    if (pairs > 1 && otherSurname === pairs && otherPhone && !agrees) return undefined;
    // Of twins no pair agrees in both. Where nearly all do, one record has another name of the same person.
    if (twins > 0 && sure < SURE_FOR_TWINS * twins) return undefined;
    if (several && (births.areTwo() || names.areTwo() || middles.areTwo())) return undefined;
    // Who changed the name has a birth date in both.
    if (several && sure === 0 && surnames.areTwo()) return undefined;
    const single = first.length === 1 || second.length === 1;
    const less = linkOften({ pairs, linked, person, bornApart, contrary, single }) ? LESS : 0;
    // A record without a birth date cannot say of two people that they are one: their own records must.
    const twoPeople = sure === 0 && ofStrangers < (input.link + STRANGERS) * strangers;
    const enough = sum >= -less * pairs && person >= 0 && !twoPeople;
    return { enough, person: twoPeople ? Math.min(person, -1) : person, full: full / pairs };
  };
  const isOpen = openIn(input, pair, (a, b) => said.of[a] === said.of[b]);
  /** Is there somebody else, who is not y, that x may just as well be? */
  const hasRival = (x: number, y: number, { full, person }: { full: number; person: number }): boolean => {
    const others = new Set(said.members(x).flatMap((a) => neighbors[a]!.map((b) => said.of[b]!)));
    for (const z of others) {
      if (z === said.of[x] || z === said.of[y]) continue;
      const between = compared(y, z);
      // Two of a family are rivals for a record that says neither what it is called nor when it was born.
      if (between !== undefined && (between.person >= 0 || person > 0)) continue;
      const other = apart(x, z) ? undefined : compared(x, z);
      if (other?.enough && full - other.full < Math.max(0, input.link)) return true;
    }
    return false;
  };
  const attempt = (a: number, b: number, byScore: boolean): boolean => {
    if (said.of[a] === said.of[b]) return false;
    const together = whole.of[a] === whole.of[b];
    if (!together && apart(a, b)) return false;
    const found = compared(a, b);
    if (!found || (byScore && !found.enough)) return false;
    if (byScore && !together && isOpen(said.members(a), said.members(b))) return false;
    if (byScore && !together && (hasRival(a, b, found) || hasRival(b, a, found))) return false;
    said.join(a, b);
    if (!together) whole.join(a, b);
    return true;
  };
  for (const [a, b] of ordered(input.rules)) attempt(a, b, false);
  const edges = input.edges
    .map(({ a, b, score }) => (a < b ? { a, b, score } : { a: b, b: a, score }))
    .map((edge) => ({ ...edge, full: input.size > 2 ? pair(edge.a, edge.b).full : 0 }))
    .sort((p, q) => q.score - p.score || q.full - p.full || p.a - q.a || p.b - q.b);
  // What was refused may fit when other records have joined.
  for (let joined = true; joined;) {
    joined = false;
    for (const { a, b } of edges) if (attempt(a, b, true)) joined = true;
  }
  return whole.of;
}

/** Of the pairs of two clusters: how many link, what their names and birth dates say all together, and how many speak against one person. */
interface Counts {
  pairs: number;
  linked: number;
  person: number;
  bornApart: number;
  contrary: number;
  /** One of the clusters is one record. */
  single: boolean;
}

/** Do so many pairs link that the mean may be lower? */
function linkOften({ pairs, linked, person, bornApart, contrary, single }: Counts): boolean {
  // Records in which little is left: few will do where hardly anything speaks against it, and somewhat more where nothing of the person speaks at all.
  const plain = contrary === 0 ? person > 0 || linked > SEVERAL : contrary * 4 <= pairs && person * 2 >= pairs;
  if (plain && linked >= TWO && linked * 6 >= pairs) return true;
  if (linked < SEVERAL || person === 0 || bornApart * 8 > pairs) return false;
  // A record without a given name fits everybody of a family, and would make one person of them. One record joins nobody else to them.
  return single ? linked * 4 >= pairs : linked * 3 >= pairs && person * 2 >= pairs;
}

/**
 * Counts what pairs of two clusters say of one fact. One record with another birth date may be mistyped. Where two records of each side have
 * theirs, and no pair agrees, there are two birth dates.
 */
function tally(): { count: (a: number, b: number, says: number) => void; areTwo: () => boolean } {
  const differ: [number, number][] = [];
  let agree = 0;
  return {
    count(a, b, says) {
      if (says > 0) agree++;
      else if (says < 0) differ.push([a, b]);
    },
    areTwo() {
      if (agree > 0 || differ.length < 2) return false;
      const [one, other] = differ[0]!;
      return differ.some(([a]) => a !== one) && differ.some(([, b]) => b !== other);
    },
  };
}

/** Groups of records that are joined; each is named by its smallest number. */
function grouping(size: number): { of: number[]; members: (a: number) => readonly number[]; join: (a: number, b: number) => void } {
  const of = Array.from({ length: size }, (_, i) => i);
  const lists: (readonly number[])[] = of.map((i) => [i]);
  return {
    of,
    members: (a) => lists[of[a]!]!,
    join(a, b) {
      const [x, y] = [of[a]!, of[b]!];
      const [into, from] = x < y ? [x, y] : [y, x];
      for (const member of lists[from]!) of[member] = into;
      lists[into] = [...lists[into]!, ...lists[from]!].sort((p, q) => p - q);
      lists[from] = [];
    },
  };
}

function ordered(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return pairs.map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const))).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
}
