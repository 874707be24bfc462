import { createHash, type Hash } from 'node:crypto';
import { refuseFile } from './refuse.ts';
import { lastDigits } from './statement-balance.ts';

/**
 * Equal entries of one statement are different ones, so a statement that is in a file twice, as after two files were put together, would be
 * counted twice. Two that are alike in everything are one.
 */
export interface StatementOnce {
  begin(line: number): void;
  /** What tells the statement, or one of its entries, from others. */
  add(what: unknown, isEntry: boolean): void;
  /** Throws FileError STATEMENT_TWICE. */
  end(account: string): void;
}

export function statementOnce(file: string): StatementOnce {
  const seen = new Map<string, number>();
  let hash: Hash = createHash('sha256');
  let entries = 0;
  let from = 0;
  return {
    begin(line) {
      [hash, entries, from] = [createHash('sha256'), 0, line];
    },
    add(what, isEntry) {
      hash.update(`${JSON.stringify(what)}\n`);
      if (isEntry) entries++;
    },
    end(account) {
      // Statements without entries may well be alike, and count for nothing.
      if (entries === 0) return;
      const all = hash.digest('hex');
      const before = seen.get(all);
      if (before !== undefined)
        throw refuseFile(
          'STATEMENT_TWICE',
          file,
          { line: from },
          `The statement of the account ${lastDigits(account)} that begins here is in the file twice: it also begins in line ${before}. Two files may have been joined.`,
          'Nothing of the file was read, since its entries would count twice. Have the bank send it again, or remove one of the two.',
        );
      seen.set(all, from);
    },
  };
}
