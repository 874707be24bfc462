import { ConfigError } from '../core/errors.ts';
import { askerOf } from './ask.ts';
import type { Cli } from './cli.ts';

/** What a person is about to do to many records, or to what cannot be called back. */
export interface Confirmation {
  /** What it comes to, line by line: counts and amounts first, then warnings. */
  lines: readonly string[];
  /** `Dismiss these 3 records?` */
  question: string;
  /** With --yes: said already. */
  yes: boolean | undefined;
}

/**
 * Shows what would be done and asks. True: do it. False: a person said no. Without a terminal, or with --json, nobody can be asked: throws
 * ConfigError CONFIRMATION_NEEDED, which says what it would come to, unless --yes was given.
 */
export async function confirmed(cli: Cli, { lines, question, yes }: Confirmation): Promise<boolean> {
  if (yes) {
    for (const line of lines) cli.note(line);
    return true;
  }
  const asker = askerOf(cli);
  if (!asker)
    throw new ConfigError({
      code: 'CONFIRMATION_NEEDED',
      place: {},
      message: `Nothing was changed yet. ${lines.join(' ')}`,
      hint: 'If that is what you want, add --yes.',
    });
  try {
    for (const line of lines) cli.note(line);
    return await asker.yes(question);
  } finally {
    asker.close();
  }
}

/** A reason that says something. Throws ConfigError USAGE without one; asks for it where a person can be asked. */
export async function reasonOf(cli: Cli, given: string | undefined, what: string): Promise<string> {
  const wrong = (text: string): string | undefined =>
    /\p{L}{2}/u.test(text) ? undefined : 'Say why in a few words; the reason is kept on record.';
  if (given === undefined) {
    const asker = askerOf(cli);
    if (asker)
      try {
        return await asker.line(`Why ${what}?`, '', wrong);
      } finally {
        asker.close();
      }
  }
  if (given !== undefined && wrong(given) === undefined) return given.trim();
  throw new ConfigError({
    code: 'REASON_MISSING',
    place: { path: '--reason' },
    message: given === undefined ? `A reason is needed why ${what}.` : `${JSON.stringify(given.slice(0, 60))} does not say why ${what}.`,
    hint: 'Add --reason and a few words, such as --reason "entered by hand on May 3". The reason is kept on record.',
  });
}
