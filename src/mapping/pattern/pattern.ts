import { costOf } from './cost.ts';
import { parsePattern } from './syntax.ts';

/** A regular expression from configuration that cannot hang: no text up to `longest` takes it more than some millions of steps. */
export interface Pattern {
  expression: RegExp;
  /** Characters; longer texts must not be given to it. */
  longest: number;
  /** Capturing groups. */
  groups: number;
}

const MAX_STEPS = 5_000_000;
const MAX_TEXT_LENGTH = 10_000;
const SHORTEST_USEFUL = 100;

/**
 * Compiles a pattern (ECMAScript, flag u). A pattern that backtracks without bound is refused here, before it meets the
 * one record in a million that stops a run: one whose time grows exponentially with the text, or with more than its
 * third power. For the others the text is bounded instead, so the worst one takes a fraction of a second.
 * `complain` hears what is wrong; then undefined.
 */
export function compilePattern(pattern: string, complain: (message: string, hint?: string) => void): Pattern | undefined {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch (error) {
    complain(
      `The pattern ${pattern} is not a regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}.`,
    );
    return undefined;
  }
  const tree = parsePattern(pattern);
  if (typeof tree === 'string') {
    complain(
      `The pattern ${pattern} ${tree}; that is not supported, because it could take unlimited time.`,
      'Use groups, when: or split: instead.',
    );
    return undefined;
  }
  const cost = costOf(tree);
  const longest = typeof cost === 'string' ? 0 : Math.min(MAX_TEXT_LENGTH, Math.floor((MAX_STEPS / cost.factor) ** (1 / cost.power)));
  if (longest < SHORTEST_USEFUL) {
    complain(
      cost === 'large'
        ? `The pattern ${pattern} is too large to be checked.`
        : `The pattern ${pattern} can take extremely long on a text that does not match: its repeated parts can be divided in many ways.`,
      'Put between repeated parts a character that neither contains, begin the pattern with ^, or use split:.',
    );
    return undefined;
  }
  return { expression, longest, groups: new RegExp(`${pattern}|`, 'u').exec('')!.length - 1 };
}
