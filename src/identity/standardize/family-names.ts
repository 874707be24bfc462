import { COMMON_SURNAMES, isKnownGivenName } from '../score/common-names.ts';

/** Vietnamese family names that are hardly given names. */
const VIETNAMESE = new Set('nguyen tran pham huynh phan vu vo dang bui ngo duong truong trinh luong'.split(' '));
/** Chinese and Korean ones. */
const OTHERS = new Set(
  'zhang wang chen liu huang zhao zhou wu xu zhu guo luo yang deng xie zheng cheng jiang cai shen wong chan cheung leung lau kwok choi kwon hwang'.split(
    ' ',
  ),
);
/** Also given names, or names of other languages. */
const ALSO_OTHERS = new Set(
  'le ho do ly lam cao mai hoang phan kim lee lin li he ma sun han song tang fu jin park lu lo kang gao hu yu tan lim'.split(' '),
);
/** Stand between family name and given name. */
const VIETNAMESE_MIDDLE = new Set(['van', 'thi']);

/** Is it a family name that stands first where these people come from? */
function isFamilyNameFirst(word: string): boolean {
  return VIETNAMESE.has(word) || OTHERS.has(word);
}

/** Is it one of them, or what may be one? */
function isFamilyName(word: string): boolean {
  return isFamilyNameFirst(word) || ALSO_OTHERS.has(word);
}

/** Is `van` among these words a middle name, and no part of a surname as in van der Berg? */
export function isVietnamese(words: readonly string[]): boolean {
  return words.some((word) => VIETNAMESE.has(word));
}

/**
 * First and last names in the order that registers here have: `Nguyen` and `Van Minh` of a form that was filled in as people are called at
 * home are `Minh Van` and `Nguyen`. Only where the one is a family name and the other is none.
 */
export function givenNameFirst(first: string[], last: string[]): { first: string[]; last: string[] } {
  const called = last.at(-1);
  if (first.length === 1 && called !== undefined && isFamilyNameFirst(first[0]!))
    if (!last.some(isFamilyNameFirst) && (isKnownGivenName(called) || !COMMON_SURNAMES.has(called)))
      return { first: [called, ...last.slice(0, -1)], last: first };
  // The middle name first: `Van Minh`.
  if (first.length > 1 && VIETNAMESE_MIDDLE.has(first[0]!) && last.length === 1 && isFamilyName(last[0]!))
    return { first: [first.at(-1)!, ...first.slice(0, -1)], last };
  return { first, last };
}
