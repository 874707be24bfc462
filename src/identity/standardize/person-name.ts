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
  'col',
  'sgt',
  'fr',
]);
const SUFFIXES: Record<string, string> = {
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
};
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
 * Takes a name apart. `full` is looked at only where there is neither first nor last name: `Last, First Middle` or
 * `First Middle Last`. Titles and degrees go; a generation suffix is found in whichever part it was typed.
 */
export function personName(parts: {
  first?: string | null | undefined;
  middle?: string | null | undefined;
  last?: string | null | undefined;
  suffix?: string | null | undefined;
  full?: string | null | undefined;
}): PersonName {
  let first = words(parts.first);
  let last = words(parts.last);
  const more = words(parts.middle);
  let suffix = suffixOf(standardText(parts.suffix)?.replaceAll(' ', '') ?? '');
  if (first.length === 0 && last.length === 0 && parts.full) {
    const comma = parts.full.split(',');
    const after = comma.length > 1 ? words(comma.slice(1).join(' ')) : [];
    // `John Smith, Jr` has a comma too.
    if (after.length > 0 && after.some((word) => !suffixOf(word) && !DEGREES.has(word))) [last, first] = [words(comma[0]), after];
    else {
      const all = glued(withoutEnd([...words(comma[0]), ...after]));
      [first, last] = all.length > 1 ? [all.slice(0, -1), all.slice(-1)] : [[], all];
    }
  }
  function withoutEnd(list: string[]): string[] {
    const kept = [...list];
    while (kept.length > 1) {
      const found = suffixOf(kept.at(-1)!);
      if (!found && !DEGREES.has(kept.at(-1)!)) break;
      suffix ??= found;
      kept.pop();
    }
    return kept;
  }
  last = glued(withoutEnd(last));
  first = withoutEnd(first.length > 1 ? first.filter((word, i) => !TITLES.has(word) || i === first.length - 1) : first);
  const middle = [...new Set([...first.slice(1), ...withoutEnd(more)])].sort();
  return {
    given: first[0] ?? null,
    middle: middle.length > 0 ? middle.join(' ') : null,
    surname: last.length > 0 ? last.join(' ') : null,
    suffix,
  };
}

function words(text: string | null | undefined): string[] {
  return standardText(text)?.split(' ') ?? [];
}

function suffixOf(word: string): string | null {
  return Object.hasOwn(SUFFIXES, word) ? SUFFIXES[word]! : null;
}

function glued(list: readonly string[]): string[] {
  const out: string[] = [];
  let open = '';
  list.forEach((word, i) => {
    if (PARTICLES.has(word) && i < list.length - 1) open += word;
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
