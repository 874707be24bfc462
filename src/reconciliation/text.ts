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

function agreement(left: string, right: string): TextAgreement {
  const [l, r] = [words(left), words(right)];
  if (!l.length || !r.length) return 0;
  if (l.join(' ') === r.join(' ')) return 3;
  const [inLeft, inRight] = [new Set(l), new Set(r)];
  if (isReference(l.join('')) && inRight.has(l.join(''))) return 2;
  if (isReference(r.join('')) && inLeft.has(r.join(''))) return 2;
  const shared = [...inLeft].filter((word) => inRight.has(word)).length;
  return shared * 2 >= Math.max(inLeft.size, inRight.size) ? 1 : 0;
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
