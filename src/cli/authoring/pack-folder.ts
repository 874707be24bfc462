import type { Cli } from '../cli.ts';

/** connectors/<id> of the town's folder, then of the shipped packs; a path is taken as it is. Throws ConfigError (CONNECTOR_UNKNOWN). */
export async function packFolder(cli: Cli, name: string): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { join, resolve } = await import('node:path');
  const { fileURLToPath } = await import('node:url');
  const { ConfigError, didYouMean } = await import('../../core/errors.ts');
  const { foldersIn } = await import('../../authoring/install/list-packs.ts');
  const roots = [join(cli.project(), 'connectors'), fileURLToPath(new URL('../../../connectors', import.meta.url))];
  const candidates = /[\\/]/.test(name) ? [resolve(name)] : roots.map((root) => resolve(root, name));
  const found = candidates.find((folder) => existsSync(join(folder, 'connector.yaml'))) ?? candidates.find((folder) => existsSync(folder));
  if (found) return found;
  const known = (await Promise.all(roots.map(foldersIn))).flat();
  const meant = didYouMean(name, known);
  throw new ConfigError({
    code: 'CONNECTOR_UNKNOWN',
    place: { path: name },
    message: `There is no connector "${name}".`,
    hint: meant ? `Did you mean ${meant}?` : `To make one, run interlocal new connector ${name}.`,
  });
}

/** The town's folder, which must be one: nothing is installed next to it by mistake. */
export async function openTownFolder(cli: Cli): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { join, resolve } = await import('node:path');
  const { ConfigError } = await import('../../core/errors.ts');
  const town = resolve(cli.project());
  if (existsSync(join(town, 'config/interlocal.yaml'))) return town;
  throw new ConfigError({
    code: 'FILE_MISSING',
    place: { file: join(cli.project(), 'config/interlocal.yaml') },
    message: "this folder has no config/interlocal.yaml, so it is not a town's folder.",
    hint: "Name the town's folder with --project, or create one: interlocal init DIR",
  });
}
