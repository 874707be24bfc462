import { filledUrl, isReference } from '../../config/secrets/secrets.ts';
import { ConfigError, FatalError } from '../../core/errors.ts';
import { copyStore, type CopiedTable } from '../../store/copy.ts';
import { storeFailure } from '../../store/failures.ts';
import { migrateModel } from '../../store/model-tables.ts';
import { openKnex } from '../../store/open.ts';
import type { Engine } from './engine.ts';

export type { CopiedTable };

/**
 * The URL of a store that a command line names, with its password. Throws ConfigError SECRET_LITERAL for a password that is in the command
 * itself: commands are kept in histories and seen in lists of processes.
 */
export function targetUrl({ to, password }: { to: string; password?: string | undefined }, folder: string): string {
  if ((password !== undefined && !isReference(password)) || (!isReference(to) && URL.parse(to)?.password))
    throw new ConfigError({
      code: 'SECRET_LITERAL',
      place: { path: '--password' },
      message: 'A password must not be typed into the command itself, where others on this machine can read it. Nothing was copied.',
      hint: "Write --password '${env:NAME}' for an environment variable, or '${file:secrets/name}' for a file.",
    });
  return filledUrl({ url: to, password }, folder);
}

/** Copies a town's store into an empty one, and makes there what the town's model wants. */
export async function copyTown(
  { project, knex }: Engine,
  to: string,
  onTable: (table: string, rows: number) => void,
): Promise<CopiedTable[]> {
  const target = await openKnex(to, project.folder);
  try {
    const tables = await copyStore(knex, target, onTable);
    await migrateModel(
      target,
      [...project.entities.values()].map((entity) => entity.value),
    );
    return tables;
  } catch (error) {
    throw ofTarget(error);
  } finally {
    await target.destroy();
  }
}

const OF_WHO_WRITES: ReadonlySet<string> = new Set(['STORE_FULL', 'STORE_READ_ONLY']);

/** The old store is only read: what cannot be written is the new one, which the configuration does not name. */
function ofTarget(error: unknown): unknown {
  const failure = storeFailure(error);
  if (!failure?.problems.every(({ code }) => OF_WHO_WRITES.has(code))) return error;
  return new FatalError(
    failure.problems.map(({ code, message }) => ({
      code,
      place: { path: '--to' },
      message: `Nothing was copied, because the new store could not be written: ${message}`,
      hint: 'Remove the cause, or name another place with --to, then copy again.',
    })),
    { cause: error },
  );
}
