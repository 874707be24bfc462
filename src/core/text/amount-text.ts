/** How an amount or a number is written, beyond digits, a decimal point and one sign. */
export interface AmountFormat {
  /** Decimal point character; default `.`. */
  decimal?: '.' | ',' | undefined;
  /** Thousands separator that may be between groups of three; default none. A space is any space, an apostrophe either one. */
  group?: ',' | '.' | ' ' | "'" | undefined;
  /** CR and DR, C and D, or DB may come before or behind: what is credited is negative, or positive. Default: no amount. */
  credit?: 'negative' | 'positive' | undefined;
  /** A currency code such as USD may come before or behind. Default: no amount. */
  currencyCode?: boolean | undefined;
  /** `1E+2` is 100. Default: no amount. */
  exponent?: boolean | undefined;
}

export interface AmountText {
  negative: boolean;
  /** Digits before and behind the decimal point; either may be empty, not both. */
  whole: string;
  fraction: string;
  /** It has a decimal point. */
  point: boolean;
  /** The currency sign that stands with it: $, £ or €. */
  symbol?: string | undefined;
  /** The currency code that stands with it. */
  code?: string | undefined;
}

/**
 * The parts of an amount, or in words why it is none (`is not an amount`, `has more than one sign`). `kind` number: no
 * parentheses, currency or CR. Looks at each character a fixed number of times, whatever the text: no regular expression.
 */
export function readAmount(text: string, format: AmountFormat, kind: 'money' | 'number'): AmountText | string {
  const none = kind === 'money' ? 'is not an amount' : 'is not a number';
  const outer = peel(text, format, kind === 'money');
  if (outer.signs > 1) return 'has more than one sign';
  const { negative, symbol, code } = outer;
  let body = outer.body;
  let shift = 0;
  if (format.exponent) {
    const at = body.search(/e/i);
    if (at >= 0) {
      const exponent = body.slice(at + 1);
      if (!/^[-+]?\d{1,2}$/.test(exponent) || Math.abs(Number(exponent)) > MAX_EXPONENT) return none;
      shift = Number(exponent);
      body = body.slice(0, at);
    }
  }
  const at = body.lastIndexOf(format.decimal ?? '.');
  let whole = at < 0 ? body : body.slice(0, at);
  let fraction = at < 0 ? '' : body.slice(at + 1);
  if (format.group) {
    const groups = splitGroups(whole, format.group);
    if (groups.length > 1) {
      if (groups[0] === '' || groups[0]!.length > 3 || groups.slice(1).some((group) => group.length !== 3))
        return 'has its thousands separators in the wrong places';
      whole = groups.join('');
    }
  }
  if (!isDigits(whole) || !isDigits(fraction)) return none;
  if (whole === '' && fraction === '') return kind === 'money' ? 'is empty' : none;
  if (shift > 0) {
    fraction = fraction.padEnd(shift, '0');
    [whole, fraction] = [whole + fraction.slice(0, shift), fraction.slice(shift)];
  } else if (shift < 0) {
    whole = whole.padStart(-shift, '0');
    [whole, fraction] = [whole.slice(0, whole.length + shift), whole.slice(shift) + fraction];
  }
  return { negative, whole, fraction, point: at >= 0 || shift !== 0, symbol, code };
}

/** A text that is not an amount as it is declared, but is one as others write it: which option reads it. `of`: the key in the rule. */
export function hintForAmount(text: string, format: AmountFormat, of: 'money' | 'decimal' | 'integer'): string | undefined {
  const kind = of === 'money' ? 'money' : 'number';
  const reads = (more: AmountFormat): boolean => typeof readAmount(text, { ...format, ...more }, kind) !== 'string';
  // As it is declared it can be read: what is wrong is something else, such as a third decimal, and no option helps.
  if (reads({})) return undefined;
  const written = (option: string): string => `parse: { ${of}: { ${option} } }`;
  if (kind === 'money' && reads({ credit: 'negative' }))
    return `If that is how this system writes amounts, say which way a credit counts: ${written('credit: negative')}, or positive.`;
  if (kind === 'money' && reads({ currencyCode: true }))
    return `If this system writes the currency with the amount: ${written('currency_code: true')}.`;
  if (kind === 'money' && reads({ currencyCode: true, credit: 'negative' }))
    return `If that is how this system writes amounts: ${written('currency_code: true, credit: negative')}, or positive.`;
  if (reads({ exponent: true })) return `If this system writes numbers with an exponent: ${written('exponent: true')}.`;
  const group = ([',', '.', ' ', "'"] as const).find((one) => one !== (format.decimal ?? '.') && reads({ group: one }));
  if (group) return `If that is its thousands separator: ${written(`group: ${JSON.stringify(group)}`)}.`;
  if (of !== 'integer' && format.decimal !== ',' && reads({ decimal: ',', group: undefined }))
    return `If the comma is its decimal point: ${written('decimal: ","')}.`;
  const other = ([',', '.'] as const).find((decimal) => of !== 'integer' && reads({ decimal, group: decimal === ',' ? '.' : ',' }));
  if (other) return `If that is how this system writes numbers: ${written(`decimal: "${other}", group: "${other === ',' ? '.' : ','}"`)}.`;
  return undefined;
}

/** May a text be an amount in any of the ways that a mapping can be told of? For the type decimal of a schema. */
export function looksLikeAmount(text: string): boolean {
  const format: AmountFormat = { credit: 'negative', currencyCode: true, exponent: true };
  return ([',', ' ', "'"] as const).some((group) => typeof readAmount(text, { ...format, group }, 'money') !== 'string');
}

const MAX_EXPONENT = 30;
const SYMBOLS = '$£€';
/** U+2212, which word processors and some reports write for the hyphen. */
const SIGNS = '-+\u2212';
const MARKS: Record<string, 'credit' | 'debit'> = { CR: 'credit', C: 'credit', DR: 'debit', DB: 'debit', D: 'debit' };

interface Peeled {
  body: string;
  /** Signs, parentheses and CR or DR: all of them say which way the amount counts. */
  signs: number;
  negative: boolean;
  symbol?: string;
  code?: string;
}

/** Takes off what stands around the digits, from both ends. */
function peel(text: string, format: AmountFormat, money: boolean): Peeled {
  const peeled: Peeled = { body: '', signs: 0, negative: false };
  let from = 0;
  let to = text.length;
  let parentheses = false;
  function sign(negative: boolean): void {
    peeled.signs++;
    peeled.negative ||= negative;
  }
  function word(letters: string): boolean {
    const mark = format.credit && MARKS[letters.toUpperCase()];
    if (mark) sign((mark === 'credit') === (format.credit === 'negative'));
    else if (format.currencyCode && letters.length === 3 && letters === letters.toUpperCase() && !peeled.code) peeled.code = letters;
    else return false;
    return true;
  }
  for (;;) {
    while (from < to && isSpace(text[from]!)) from++;
    while (to > from && isSpace(text[to - 1]!)) to--;
    if (from >= to) break;
    const first = text[from]!;
    const last = text[to - 1]!;
    if (SIGNS.includes(first)) {
      sign(first !== '+');
      from++;
    } else if (SIGNS.includes(last)) {
      sign(last !== '+');
      to--;
    } else if (money && first === '(' && last === ')' && !parentheses) {
      parentheses = true;
      sign(true);
      from++;
      to--;
    } else if (money && SYMBOLS.includes(first) && !peeled.symbol) {
      peeled.symbol = first;
      from++;
    } else if (money && SYMBOLS.includes(last) && !peeled.symbol) {
      peeled.symbol = last;
      to--;
    } else if (money && isLetter(first)) {
      let end = from;
      while (end < to && end - from < 4 && isLetter(text[end]!)) end++;
      if (!word(text.slice(from, end))) break;
      from = end;
    } else if (money && isLetter(last)) {
      let start = to;
      while (start > from && to - start < 4 && isLetter(text[start - 1]!)) start--;
      if (!word(text.slice(start, to))) break;
      to = start;
    } else break;
  }
  peeled.body = text.slice(from, to);
  return peeled;
}

function splitGroups(whole: string, group: NonNullable<AmountFormat['group']>): string[] {
  if (group === ' ') return whole.split(/[ \u00a0\u2007\u2009\u202f]/);
  if (group === "'") return whole.split(/['\u2019]/);
  return whole.split(group);
}

/** As String.trim has it. */
function isSpace(character: string): boolean {
  return character === ' ' || character.trim() === '';
}

function isLetter(character: string): boolean {
  return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}
