import type { FieldRule } from '../../config/schema/mapping.ts';
import { toAscii } from './ascii.ts';
import { tooLong } from '../condition.ts';
import { Fault } from '../fault.ts';
import { compilePattern } from '../pattern/pattern.ts';

export type TextStep = (text: string) => string | null | Fault;
type Complain = (path: string, message: string, hint?: string) => void;

/** split, match, case, replace, ascii, in this order; only those that the rule has. A step that leaves nothing ends the others. */
export function compileTextSteps(rule: FieldRule, complain: Complain): TextStep[] {
  const steps: TextStep[] = [];
  if (rule.split) steps.push(compileSplit(rule.split, rule.trim, complain));
  if (rule.match) {
    const step = compileMatch(rule.match, rule.trim, rule.default !== undefined, complain);
    if (step) steps.push(step);
  }
  if (rule.case) steps.push(CASES[rule.case]);
  for (const { text: from, with: to } of rule.replace ?? []) steps.push((text) => text.replaceAll(from, () => to) || null);
  if (rule.ascii) steps.push(compileAscii(rule.trim));
  return steps;
}

/** Parts that are not there are no value. */
function compileSplit(split: NonNullable<FieldRule['split']>, trim: boolean, complain: Complain): TextStep {
  if (split.take === 0) complain('split.take', 'There is no part 0.', 'The first part is 1, the last one -1.');
  const index = split.take > 0 ? split.take - 1 : split.take;
  return (text) => {
    const part = text.split(split.on).at(index) ?? '';
    return (trim ? part.trim() : part) || null;
  };
}

function compileAscii(trim: boolean): TextStep {
  return (text) => {
    const ascii = toAscii(text);
    if (typeof ascii === 'string') return (trim ? ascii.trim() : ascii) || null;
    ascii.shown = text;
    return ascii;
  };
}

/** Without a match: a fault, or no value when the rule has a default. */
function compileMatch(
  match: NonNullable<FieldRule['match']>,
  trim: boolean,
  hasDefault: boolean,
  complain: Complain,
): TextStep | undefined {
  const pattern = compilePattern(match.pattern, (message, hint) => complain('match.pattern', message, hint));
  if (!pattern) return undefined;
  const { take } = match;
  if (take > pattern.groups) {
    const has = pattern.groups === 0 ? 'no group' : pattern.groups === 1 ? '1 group' : `${pattern.groups} groups`;
    complain(
      'match.take',
      `The pattern ${match.pattern} has ${has}; group ${take} cannot be taken.`,
      'Put parentheses around the part you want, or use take: 0 for everything that matches.',
    );
  }
  const { expression, longest } = pattern;
  return (text) => {
    if (text.length > longest) return tooLong(match.pattern, longest, text);
    const found = expression.exec(text);
    if (!found) return hasDefault ? null : new Fault('PATTERN_NO_MATCH', `does not match ${match.pattern}`, { shown: text });
    const taken = found[take] ?? '';
    return (trim ? taken.trim() : taken) || null;
  };
}

const CASES: Record<NonNullable<FieldRule['case']>, (text: string) => string> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  title,
};

/** `MARY-ANN O'BRIEN` gives `Mary-Ann O'Brien`; a letter after an apostrophe stays small in `Dog's`. */
function title(text: string): string {
  return text.toLowerCase().replace(/(?<![\p{L}\p{N}'’])\p{L}|(?<=(?<!\p{L})\p{L}['’])\p{L}(?=\p{L})/gu, (letter) => letter.toUpperCase());
}
