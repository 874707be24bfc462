import { filledUrl, isReference } from '../../config/secrets/secrets.ts';
import { ConfigError } from '../../core/errors.ts';
import { copyStore, type CopiedTable } from '../../store/copy.ts';
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
      message: 'this is a secret and must not be in the command itself.',
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
  } finally {
    await target.destroy();
  }
}
