import { isKnownGivenName } from '../score/common-names.ts';
import { givenNameFirst, isVietnamese } from './family-names.ts';
import { standardText } from './text.ts';

/** The parts of a person's name as they are compared; `null` is not known. */
export interface PersonName {
  given: string | null;
  /** The other given names, sorted, with a blank between. */
  middle: string | null;
  surname: string | null;
  /** jr, sr, ii, iii or iv. */
  suffix: string | null;
}

const TITLES = new Set([
  'mr',
  'mrs',
  'ms',
  'miss',
  'mx',
  'dr',
  'rev',
  'hon',
  'prof',
  'sir',
  'dame',
  'lady',
  'lord',
  'capt',
  'captain',
  'col',
  'colonel',
  'lt',
  'lieutenant',
  'sgt',
  'sergeant',
  'fr',
  'reverend',
  'professor',
]);
const ALSO_NAMES = new Set(['hon', 'dame', 'lady', 'col']);
const SUFFIXES = new Map(
  Object.entries({
    jr: 'jr',
    jnr: 'jr',
    junior: 'jr',
    sr: 'sr',
    snr: 'sr',
    senior: 'sr',
    ii: 'ii',
    '2nd': 'ii',
    iii: 'iii',
    '3rd': 'iii',
    iv: 'iv',
    '4th': 'iv',
  }),
);
/** After a name, these are a degree or an office and no part of it. */
const DEGREES = new Set(['md', 'phd', 'esq', 'esquire', 'cpa', 'dds', 'rn', 'jd']);
/** These belong to the word after them: `De La Cruz`, `van der Berg`, `Mc Donald`. */
const PARTICLES = new Set([
  'de',
  'la',
  'del',
  'della',
  'di',
  'da',
  'dos',
  'du',
  'le',
  'van',
  'von',
  'der',
  'den',
  'ter',
  'mc',
  'mac',
  'st',
  'el',
  'al',
  'bin',
  'ben',
  'o',
]);

/**
 * Takes a name apart. `full` is `Last, First Middle` or `First Middle Last`; beside a first or last name it gives only what they
 * leave out. Titles and degrees go; a generation suffix is found in whichever part it was typed.
 */
export function personName(parts: {
  first?: string | null | undefined;
  middle?: string | null | undefined;
  last?: string | null | undefined;
  suffix?: string | null | undefined;
  full?: string | null | undefined;
}): PersonName {
  let first = withoutTitles(words(parts.first));
  let last = words(parts.last);
  let more = words(parts.middle);
  let suffix = suffixOf(standardText(parts.suffix)?.replaceAll(' ', '') ?? '');
  if (parts.full) {
    if (first.length === 0 && last.length === 0) {
      const whole = splitFull(parts.full);
      [first, last] = [withoutTitles(whole.first), whole.last];
      suffix ??= whole.suffix;
    } else {
      const found = leftOut(parts.full, first, last);
      suffix ??= found?.suffix ?? null;
      const rest = found?.rest ?? [];
      if (last.length === 0 && rest.length === 0) {
        // The whole name is one word that nobody is called by: `Cromer`.
        if (found && first.length === 1 && !isKnownGivenName(first[0]!)) [first, last] = [[], first];
      } else if (last.length === 0) {
        last = rest.slice(-1);
        if (more.length === 0) more = rest.slice(0, -1);
      } else if (first.length === 0) first = rest;
      else if (more.length === 0) more = rest;
    }
  }
  const cut = (list: readonly string[]): string[] => {
    const { kept, suffix: found } = withoutEnd(list);
    suffix ??= found;
    return kept;
  };
  ({ first, last } = givenNameFirst(cut(first), cut(last)));
  last = glued(last);
  const middle = [...new Set([...first.slice(1), ...cut(more)])].sort();
  return {
    given: first[0] ?? null,
    middle: middle.length > 0 ? middle.join(' ') : null,
    surname: last.length > 0 ? last.join(' ') : null,
    suffix,
  };
}

/** A title that stands alone was typed in place of a name, unless people have it as a name. */
function withoutTitles(list: readonly string[]): string[] {
  return list.filter((word) => !TITLES.has(word) || (list.length === 1 && ALSO_NAMES.has(word)));
}

interface Split {
  first: string[];
  last: string[];
  suffix: string | null;
}

function splitFull(full: string): Split {
  const comma = full.split(',');
  const after = comma.length > 1 ? words(comma.slice(1).join(' ')) : [];
  // `John Smith, Jr` has a comma too.
  if (after.some((word) => !suffixOf(word) && !DEGREES.has(word))) return { first: after, last: words(comma[0]), suffix: null };
  const { kept, suffix } = withoutEnd([...words(comma[0]), ...after]);
  const all = glued(kept);
  return all.length > 1 ? { first: all.slice(0, -1), last: all.slice(-1), suffix } : { first: [], last: all, suffix };
}

/** Words of a full name beside the first and last name that are known; undefined where it is not a name of that person alone. */
function leftOut(full: string, first: readonly string[], last: readonly string[]): { rest: string[]; suffix: string | null } | undefined {
  if (/&|\band\b/i.test(full)) return undefined;
  const known = glued([...withoutEnd(first).kept, ...withoutEnd(last).kept]);
  // `Thomas Clifford, 1st Baron of Chudleigh`: what follows the comma is not a name when all of the name stands before it.
  for (const text of [full.split(',')[0]!, full]) {
    const split = splitFull(text);
    const { kept, suffix } = withoutEnd(split.first);
    const rest = glued([...kept, ...withoutEnd(split.last).kept]).filter((word) => !TITLES.has(word));
    const missing = known.filter((word) => {
      const at = rest.indexOf(word);
      if (at >= 0) rest.splice(at, 1);
      return at < 0 && !TITLES.has(word);
    });
    if (missing.length === 0) return { rest, suffix: split.suffix ?? suffix ?? withoutEnd(split.last).suffix };
  }
  return undefined;
}

/** The words without a suffix or degree at the end. */
function withoutEnd(list: readonly string[]): { kept: string[]; suffix: string | null } {
  const kept = [...list];
  let suffix: string | null = null;
  while (kept.length > 1) {
    const found = suffixOf(kept.at(-1)!);
    if (!found && !DEGREES.has(kept.at(-1)!)) break;
    suffix ??= found;
    kept.pop();
  }
  return { kept, suffix };
}

function words(text: string | null | undefined): string[] {
  return standardText(text)?.split(' ') ?? [];
}

function suffixOf(word: string): string | null {
  return SUFFIXES.get(word) ?? null;
}

function glued(list: readonly string[]): string[] {
  const out: string[] = [];
  const vietnamese = isVietnamese(list);
  let open = '';
  list.forEach((word, i) => {
    if (PARTICLES.has(word) && i < list.length - 1 && !(vietnamese && word === 'van')) open += word;
    else {
      out.push(open + word);
      open = '';
    }
  });
  return out;
}

/** Different persons by their suffix alone: father and son, first and second of the name. `Jr` may be the `II`. */
export function suffixesConflict(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return false;
  return !((a === 'jr' && b === 'ii') || (a === 'ii' && b === 'jr'));
}
