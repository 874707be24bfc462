/** What a cell's number format says of its value. Only what changes the text is distinguished. */
export type NumberFormat =
  | { kind: 'general' }
  /** At least so many decimals: 0.00. */
  | { kind: 'decimals'; decimals: number }
  /** Zeros in front, and characters between the digits: 00000, 000-00-0000. */
  | { kind: 'digits'; pattern: readonly (string | undefined)[] }
  /** `fraction`: decimals of the second that are shown. `elapsed`: hours are counted on beyond 24. */
  | { kind: 'date' | 'datetime' | 'time' | 'elapsed'; fraction: number };

const GENERAL: NumberFormat = { kind: 'general' };
const of = (kind: 'date' | 'datetime' | 'time' | 'elapsed', fraction = 0): NumberFormat => ({ kind, fraction });

/** Formats that have a number instead of a code (ECMA-376, 18.8.30), with those for East Asia; others of them are general. */
export function builtInFormat(id: number): NumberFormat {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 54) || id === 57 || id === 58) return of('date');
  if (id === 22) return of('datetime');
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id === 45 || id === 55 || id === 56) return of('time');
  if (id === 46) return of('elapsed');
  if (id === 47) return of('time', 1);
  if ([2, 4, 39, 40, 43, 44].includes(id)) return { kind: 'decimals', decimals: 2 };
  return GENERAL;
}

/** One piece of a format code: a literal, something in brackets, or a character with a meaning. */
const TOKEN = /"([^"]*)"|\\(.)|[_*](.)|\[([^\]]{0,255})\]|([^"\\_*[])/gsu;

/** A format code, such as `#,##0.00` or `mm/dd/yyyy`, by its first section: that of positive numbers. */
export function formatOfCode(code: string): NumberFormat {
  const pattern: (string | undefined)[] = [];
  let meaning = '';
  let elapsed = false;
  for (const [, quoted, escaped, space, bracket, plain] of code.matchAll(TOKEN)) {
    if (plain === ';') break;
    if (quoted !== undefined || escaped !== undefined) pattern.push(...(quoted ?? escaped!));
    else if (bracket !== undefined) {
      elapsed ||= /^(h+|m+|s+)$/i.test(bracket);
      // [$€-407] shows a currency; others are colors and conditions.
    } else if (plain !== undefined) {
      meaning += plain;
      pattern.push(plain === '0' ? undefined : plain);
    } else if (space !== undefined) continue;
  }
  if (/^general$/i.test(meaning.trim())) return GENERAL;
  const letters = meaning.replace(/AM\/PM|A\/P/gi, 'h').replace(/e[+-]/gi, '');
  if (elapsed || /[ymdhs]/i.test(letters)) return dateFormat(letters, elapsed);
  const decimals = /\.(0+)/.exec(meaning)?.[1]!.length;
  if (decimals !== undefined && /^[-+()\s$€£¥#0?,.]+$/.test(meaning) && !/,[)\s]*$|,\./.test(meaning))
    return { kind: 'decimals', decimals };
  const zeros = pattern.filter((part) => part === undefined).length;
  return zeros > 1 && /^[-\s()0]+$/.test(meaning) ? { kind: 'digits', pattern } : GENERAL;
}

function dateFormat(letters: string, elapsed: boolean): NumberFormat {
  const fraction = /s\.(0+)/i.exec(letters)?.[1]!.length ?? 0;
  if (elapsed) return of('elapsed', fraction);
  const time = /[hs]/i.test(letters);
  // A single m or mm next to hours or seconds is minutes.
  const date = /[yd]|m{3}/i.test(letters) || !time;
  return of(date ? (time ? 'datetime' : 'date') : 'time', fraction);
}
