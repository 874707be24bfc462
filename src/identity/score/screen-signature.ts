import { bitsIn, type Least, leastMatches, LONGEST } from '../compare/letters.ts';
import { type Scale, SCALES } from '../compare/levels.ts';
import { dayLevel, phoneLevelOf } from '../compare/packed.ts';
import type { IdentityModel, Population } from '../model.ts';
import type { Profile } from '../roles.ts';
import { boundsOf } from './screen.ts';
import {
  isName,
  isText,
  layoutNumber,
  layoutOf,
  LENGTH,
  NICKNAME,
  type SignatureColumn,
  type SignatureLayout,
  SIXTEEN,
  SPECIAL,
  UNUSUAL,
  UNUSUAL_DAY,
  writeColumn,
} from './signature.ts';

/** The signatures of an entity's records. */
export interface Signatures {
  /** Words of one signature. */
  width: number;
  /** Changes with what the words mean. */
  layout: number;
  /** Writes the signature of a profile. All words are 0 where there is nothing to compare: then nothing is known. */
  write(population: number, profile: Profile | null, into: Uint32Array, at: number): void;
  /** Of which population it is; -1: nothing is known. */
  populationAt(words: Uint32Array, at: number): number;
  /**
   * Says of signatures of the same population whether the pair may be linked or need review. Never says no of a pair that `verdictOf`
   * says yes to.
   */
  screenFor(population: number, a: Profile): (words: Uint32Array, at: number) => boolean;
}

const compiled = new WeakMap<IdentityModel, Signatures>();

export function signaturesOf(model: IdentityModel): Signatures {
  let made = compiled.get(model);
  if (!made) compiled.set(model, (made = compile(model)));
  return made;
}

function compile({ populations }: IdentityModel): Signatures {
  const layouts = populations.map(layoutOf);
  const screened = populations.map((population, i) => layouts[i]!.columns.map((column) => screenedOf(population, column)));
  const width = Math.max(1, ...layouts.map(({ words }) => words));
  return {
    width,
    layout: layoutNumber(layouts),
    write(population, profile, into, at) {
      into.fill(0, at, at + width);
      const layout = layouts[population];
      if (!layout || profile === null) return;
      into[at] = population + 1;
      for (const column of layout.columns) writeColumn(column, profile[column.slot] ?? null, into, at);
    },
    populationAt: (words, at) => words[at]! - 1,
    screenFor: (population, a) => screenOf(populations[population]!, layouts[population]!, screened[population]!, a),
  };
}

/** What is known of a feature before two values are compared, the same for all records. */
interface Screened {
  column: SignatureColumn;
  /** The most that two different values can count, by themselves. */
  unequal: number;
  steps: readonly Step[];
}

function screenedOf(population: Population, column: SignatureColumn): Screened {
  const { unequal, middle } = boundsOf(population, column.slot);
  return { column, unequal, steps: stepsOf(column.feature.scale!, column.feature.weights, middle) };
}

/** The bounds of `screen`, with what a signature tells. */
function screenOf(
  population: Population,
  { columns, words: width }: SignatureLayout,
  screened: readonly Screened[],
  a: Profile,
): ReturnType<Signatures['screenFor']> {
  const own = new Uint32Array(width);
  for (const column of columns) writeColumn(column, a[column.slot] ?? null, own, 0);
  const { prior, household, link } = population;
  const enough = Math.min(link, population.review);
  const bounded: { side: Side; most: number; decides: number; swapped: number }[] = [];
  const householdSides: Side[] = [];
  const householdSwapped: number[] = [];
  const swapping = new Set(population.swaps.flat());
  let mostShared = 0;
  for (const one of screened) {
    const value = a[one.column.slot] ?? null;
    const { household: isShared, missing, weights } = one.column.feature;
    const most = value === null ? missing : Math.max(missing, one.unequal, equalOf(one, value), ...weights);
    const swapped = swapping.has(one.column.slot) ? Math.max(missing, weights[weights.length - 1]!) : -Infinity;
    if (isShared) {
      householdSwapped.push(swapped);
      householdSides.push(sideOf(one, value, own));
      mostShared += most;
    } else bounded.push({ side: sideOf(one, value, own), most, decides: most - Math.min(...weights), swapped });
  }
  // What tells most pairs apart is looked at first: of the others then nothing is.
  const sides = bounded.sort((x, y) => y.decides - x.decides).map(({ side }) => side);
  const sidesSwapped = bounded.map(({ swapped }) => swapped);
  const swaps = population.swaps.map(([first, second]) => [wordOf(columns, first), wordOf(columns, second)] as const);
  const middle = columns.find(({ slot }) => slot === population.roles.middle);
  const ownMiddle = middle !== undefined && (a[middle.slot] ?? null) !== null;
  /** So much of the person is enough, with what is shared of a household. */
  const enoughWith = (shared: number): number =>
    Math.min(enough - Math.min(Math.max(shared, household.floor), household.cap), link - shared);
  // By the place of a side: what is needed before it is looked at, where it and all after it count the most that they can.
  const needed = new Array<number>(sides.length + 1).fill(enoughWith(mostShared));
  for (let i = sides.length - 1; i >= 0; i--) needed[i] = needed[i + 1]! - bounded[i]!.most;
  /** The same where values that may be in another's place count as if they were. */
  const maySwapped: (words: Uint32Array, at: number, byMiddle: boolean) => boolean = (words, at, byMiddle) => {
    let person = prior;
    for (let i = 0; i < sides.length; i++) person += Math.max(sides[i]!(words, at, byMiddle), sidesSwapped[i]!);
    let shared = 0;
    for (let i = 0; i < householdSides.length; i++) shared += Math.max(householdSides[i]!(words, at, byMiddle), householdSwapped[i]!);
    return person >= enoughWith(shared);
  };
  return (words, at) => {
    const byMiddle = ownMiddle || (middle !== undefined && words[at + middle.word]! !== 0);
    let person = prior;
    let i = 0;
    while (i < sides.length && person >= needed[i]!) person += sides[i++]!(words, at, byMiddle);
    // Most pairs are two persons whatever they share of a household.
    if (i === sides.length && person >= needed[i]!) {
      let shared = 0;
      for (let i = 0; i < householdSides.length; i++) shared += householdSides[i]!(words, at, byMiddle);
      if (person >= enoughWith(shared)) return true;
    }
    // Two features may be in each other's place.
    for (const [first, second] of swaps)
      if (mayBeInPlace(own, first, words, at + second) || mayBeInPlace(own, second, words, at + first))
        return maySwapped(words, at, byMiddle);
    return false;
  };
}

/** What a feature counts at most. `byMiddle`: one of the two may go by the middle name. */
type Side = (words: Uint32Array, at: number, byMiddle: boolean) => number;

/** The most that a value counts with one that has the same words: the two may still differ. */
function equalOf({ column: { feature }, unequal }: Screened, value: string): number {
  const { weights, frequencies, rest } = feature;
  return Math.max(unequal, weights[0]! + (frequencies === undefined ? 0 : (frequencies.get(value) ?? rest)));
}

function sideOf(one: Screened, value: string | null, own: Uint32Array): Side {
  const { kind, word, shift, feature } = one.column;
  const { unequal, steps } = one;
  const { missing, weights } = feature;
  if (value === null) return () => missing;
  const scale = feature.scale!;
  const equal = equalOf(one, value);
  const mine = own[word]!;
  const more = own[word + 1]!;
  switch (kind) {
    case 'hash': {
      const hash = (mine >>> shift) & SIXTEEN;
      return (words, at) => {
        const other = (words[at + word]! >>> shift) & SIXTEEN;
        return other === 0 ? missing : other === hash ? equal : unequal;
      };
    }
    case 'day':
      return (words, at) => {
        const other = words[at + word]!;
        if (other === 0) return missing;
        return other === mine || other === UNUSUAL_DAY || mine === UNUSUAL_DAY ? equal : weights[dayLevel(mine, other)]!;
      };
    case 'phone':
      return (words, at) => {
        const other = words[at + word]!;
        const last = words[at + word + 1]!;
        if (other === 0) return missing;
        if (other === mine && last === more) return equal;
        return mine >= UNUSUAL || other >= UNUSUAL ? unequal : weights[phoneBetween(mine, more, other, last)]!;
      };
    case 'email':
      return (words, at) => {
        const other = words[at + word]!;
        const letters = words[at + word + 1]!;
        if (other === 0) return missing;
        if (other === mine && letters === more) return equal;
        return mayBeOneMailbox(mine, more, other, letters) ? unequal : weights[scale.levels.length - 1]!;
      };
    case 'letters': {
      if (scale === SCALES.middle_name) {
        // Of single words: an initial agrees with its name, and different ones are alike.
        const [initial, different] = [Math.max(weights[1]!, weights[2]!), weights[2]!];
        return (words, at) => {
          const other = words[at + word]!;
          const letters = words[at + word + 1]!;
          if (other === 0) return missing;
          if (other === mine && letters === more) return equal;
          if (((mine | other) & SPECIAL) !== 0) return unequal;
          return ((mine ^ other) & FIRST) === 0 || areAlike(mine, more, other, letters, SIMILAR_MIDDLE_NAMES) ? initial : different;
        };
      }
      return (words, at, byMiddle) => {
        const other = words[at + word]!;
        const letters = words[at + word + 1]!;
        if (other === 0) return missing;
        if (other === mine && letters === more) return equal;
        if (((mine | other) & SPECIAL) !== 0 || (mine & other & NICKNAME) !== 0) return unequal;
        let bound = unequal;
        for (let i = 0; i < steps.length; i++) {
          const { least, unlike, unlikeByMiddle } = steps[i]!;
          if (areAlike(mine, more, other, letters, least)) break;
          bound = byMiddle ? unlikeByMiddle : unlike;
        }
        return bound;
      };
    }
  }
}

/** A similarity below which two values have another level. */
interface Step {
  least: Least;
  /** The most that less similar values count. */
  unlike: number;
  /** The same where one of the two may go by the middle name. */
  unlikeByMiddle: number;
}

/** The similarities that part the levels of a scale, highest first; none where levels do not depend on letters alone. */
function stepsOf(scale: Scale, weights: readonly number[], middle: number): Step[] {
  const different = scale.levels.indexOf('different');
  return (isName(scale) ? SIMILAR_NAMES : isText(scale) ? SIMILAR_TEXTS : []).map((least, i) => {
    const unlike = Math.max(...weights.slice(i + 2, different + 1));
    return { least, unlike, unlikeByMiddle: middle <= different ? Math.max(unlike, weights[middle]!) : unlike };
  });
}

/** The first character of a value. */
const FIRST = 0xff00;
/** Below each of these similarities the level is the next one: see nameSimilarity and textLevel. */
const SIMILAR_NAMES = [0.92, 0.85, 0.7].map(leastMatches);
const SIMILAR_TEXTS = [0.9, 0.75].map(leastMatches);
const SIMILAR_MIDDLE_NAMES = leastMatches(0.9);
/** See areSwapped: one of the two values in the other's place is at least so similar. */
const IN_PLACE = leastMatches(0.85);

/** Can two values be as alike as `least` was made for? Their lengths, first characters and letters tell. */
function areAlike(x: number, p: number, y: number, q: number, least: Least): boolean {
  const n = x & LENGTH;
  const m = y & LENGTH;
  if (n > LONGEST || m > LONGEST) return true;
  // Three first characters are known; the fourth may be the same.
  const d = (x ^ y) >>> 8;
  const start = d === 0 ? 4 : (31 - Math.clz32(d & -d)) >> 3;
  const needed = least[start]![n * (LONGEST + 1) + m]!;
  return n - bitsIn(p & ~q) >= needed && m - bitsIn(q & ~p) >= needed;
}

function phoneBetween(x: number, a: number, y: number, b: number): number {
  return phoneLevelOf(x & 15, (x >>> 8) & 255, a, y & 15, (y >>> 8) & 255, b);
}

/** Two addresses of other names are alike where their digits are the same and at most two letters differ. */
function mayBeOneMailbox(x: number, p: number, y: number, q: number): boolean {
  if (((x ^ y) & SIXTEEN) === 0) return true;
  return x >>> 16 === y >>> 16 && bitsIn(p & ~q) <= 2 && bitsIn(q & ~p) <= 2;
}

function wordOf(columns: readonly SignatureColumn[], slot: number): number {
  return columns.find((column) => column.slot === slot)!.word;
}

/** May this value of one record be what another record has in the other place? */
function mayBeInPlace(own: Uint32Array, mine: number, words: Uint32Array, other: number): boolean {
  const x = own[mine]!;
  const y = words[other]!;
  return x !== 0 && y !== 0 && areAlike(x, own[mine + 1]!, y, words[other + 1]!, IN_PLACE);
}
