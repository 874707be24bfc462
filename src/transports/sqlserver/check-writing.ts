import { InterlocalError } from '../../core/errors.ts';
import type { CheckResult, WriteSpec } from '../transport.ts';
import { checkTarget, isUniqueKey } from './write-target.ts';
import type { WriteTarget } from './write-target.ts';

interface Looking {
  system: string;
  username(): string;
  /** The table as the catalogue has it. */
  target(): Promise<WriteTarget>;
}

/** What the catalogue says of rows that are to be written: nothing is written to find it out. */
export async function checkWriting(
  { columns, ...spec }: Omit<WriteSpec, 'rows'> & { columns: string[] },
  { system, username, target }: Looking,
): Promise<CheckResult[]> {
  const name = `table ${spec.table}`;
  try {
    const found = await target();
    const row = Object.fromEntries(columns.map((column) => [column, null]));
    checkTarget(found, { ...spec, rows: [row] }, system, username());
    const there = `${found.name} has the ${columns.length === 1 ? 'column' : `${columns.length} columns`}, and may be written to.`;
    if (isUniqueKey(found, spec.key)) return [{ name, ok: true, detail: `${there} ${spec.key.join(', ')} is unique.` }];
    return [
      {
        name,
        ok: true,
        warning: true,
        detail: `${there} No unique index says that two rows cannot have the same ${spec.key.join(', ')}.`,
        hint: `Ask the owner of the database for a unique index on ${spec.key.join(', ')}, so that another program cannot double a row either.`,
      },
    ];
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return error.problems.map((problem) => ({
      name,
      ok: false,
      detail: problem.message,
      hint: problem.hint ?? 'Look at target.table of the sink.',
    }));
  }
}
