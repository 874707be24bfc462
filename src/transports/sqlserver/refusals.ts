import type { Place, Problem } from '../../core/errors.ts';

/**
 * Why the server does not take a row, when that is the row's own fault; undefined for every other error. By number: the server's
 * words are in its own language, and quote values that may be personal. Only what a trigger or a rule of the system says itself
 * (RAISERROR, THROW: numbers from 50000) is passed on as it was said.
 */
export function refusalOf(error: unknown, place: Place): Problem | undefined {
  const said = ownError(error);
  if (!said) return undefined;
  const { number, message } = said;
  const names = [...message.matchAll(/['"«]([^'"«»]*)['"»]/g)].map((m) => m[1]!);
  const problem = (code: string, text: string, hint: string): Problem => ({ code, place, message: `${text} (SQL error ${number}).`, hint });
  if (number === 2627 || number === 2601) {
    const index = number === 2627 ? names[0] : names[1];
    return problem(
      'SQL_ROW_DUPLICATE',
      `Another row already has the same values${index ? ` in ${index}` : ''}`,
      'Look at the existing row. If it is the same record, nothing needs to be sent; if not, correct the value that must differ in the system that the record comes from.',
    );
  }
  if (number === 515)
    return problem(
      'SQL_ROW_EMPTY',
      `${names[0] ? `Column ${names[0]}` : 'A column'} must have a value, but this row has none`,
      'Give the column a value in the mapping.',
    );
  if (number === 547)
    return problem(
      'SQL_ROW_RULE',
      `The row breaks a rule of the database${names[0] ? `, ${names[0]}` : ''}: it refers to something that does not exist, or a value is not allowed`,
      'Look up that rule: a code or number that the row refers to must exist first.',
    );
  if (number === 8152 || number === 2628)
    return problem(
      'SQL_ROW_VALUE',
      `A text is longer than its column${number === 2628 && names[1] ? ` ${names[1]}` : ''}`,
      'Shorten it in the mapping.',
    );
  if (VALUES.has(number))
    return problem(
      'SQL_ROW_VALUE',
      'The server cannot convert a value of this row to the type of its column',
      'Check the values of the row in the mapping; if they are right, ask the owner of the database about the triggers of the table.',
    );
  if (number >= 50_000 || RULES.has(number)) {
    const words = number >= 50_000 ? `: ${message.replace(/\s+/g, ' ').trim().replace(/\.$/, '')}` : '';
    return problem(
      'SQL_ROW_RULE',
      `A rule of the system (a trigger) rejects this row${words}`,
      'If its message does not say which rule it is, ask the vendor.',
    );
  }
  return undefined;
}

/** The first of the errors that the server gave: those after it follow from it (3609: a trigger ended the transaction). */
function ownError(error: unknown): { number: number; message: string } | undefined {
  const own = error as { number?: unknown; message?: unknown; class?: unknown; precedingErrors?: unknown[] } | undefined;
  const first = (own?.precedingErrors?.[0] ?? own) as { number?: unknown; message?: unknown; class?: unknown } | undefined;
  if (typeof first?.number !== 'number' || typeof first.message !== 'string') return undefined;
  return Number(first.class ?? 16) >= 17 ? undefined : { number: first.number, message: first.message };
}

const VALUES = new Set([220, 232, 235, 241, 242, 244, 245, 248, 293, 295, 296, 517, 8114, 8115, 8134, 8169, 9420, 9803, 9807]);
/** WITH CHECK OPTION of a view; a trigger that ended the transaction; an error inside a trigger. */
const RULES = new Set([550, 3609, 3616]);
