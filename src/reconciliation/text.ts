import type { Entry, FieldPair } from './entry.ts';
import { valueOf } from './fields.ts';

/** How far references and memos of two records agree: 3 equal, 2 one names the other's reference, 1 half of the words are shared, 0 not. */
export type TextAgreement = 0 | 1 | 2 | 3;

/** A reference shorter than this is found in too many texts to mean anything. */
const MIN_REFERENCE = 4;

/** The best agreement over all pairs of fields. Empty fields agree with nothing and contradict nothing. */
export function textAgreement(left: Entry, right: Entry, pairs: readonly FieldPair[]): TextAgreement {
  let best: TextAgreement = 0;
  for (const pair of pairs) {
    const [l, r] = [valueOf(left, pair, 'left'), valueOf(right, pair, 'right')];
    if (l === null || r === null) continue;
    const found = agreement(l, r);
    if (found > best) best = found;
  }
  return best;
}

/** What a text says, as far as texts are compared. */
export interface TextParts {
  /** Its words in their order, with a space between them. */
  whole: string;
  words: ReadonlySet<string>;
  /** Its words, and what some of them in a row come to: "PAYMENT 4711-03" names 4711-03. */
  names: ReadonlySet<string>;
  /** All of it, where that is a reference. */
  reference: string | null;
}

/** null: it has no words, and agrees with nothing. */
export function textParts(text: string): TextParts | null {
  const list = words(text);
  if (!list.length) return null;
  const joined = list.join('');
  return { whole: list.join(' '), words: new Set(list), names: namesIn(list), reference: isReference(joined) ? joined : null };
}

/** A reference is written in at most so many words. */
const MOST_IN_ROW = 4;

function namesIn(list: readonly string[]): Set<string> {
  const names = new Set(list);
  for (let i = 0; i < list.length; i++)
    for (let n = 2; n <= MOST_IN_ROW && i + n <= list.length; n++) names.add(list.slice(i, i + n).join(''));
  return names;
}

function agreement(left: string, right: string): TextAgreement {
  const [l, r] = [textParts(left), textParts(right)];
  if (!l || !r) return 0;
  if (l.whole === r.whole) return 3;
  if (l.reference !== null && r.names.has(l.reference)) return 2;
  if (r.reference !== null && l.names.has(r.reference)) return 2;
  const shared = [...l.words].filter((word) => r.words.has(word)).length;
  return shared * 2 >= Math.max(l.words.size, r.words.size) ? 1 : 0;
}

/** A number or code, long enough to be rare: "BATCH" is none. */
function isReference(word: string): boolean {
  return word.length >= MIN_REFERENCE && /[0-9]/.test(word);
}

/** Words in capitals; leading zeros of numbers do not count. */
function words(text: string): string[] {
  return text
    .toUpperCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map((word) => (/^[0-9]+$/.test(word) ? word.replace(/^0+(?=.)/, '') : word));
}
