import { existsSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { optionsOf } from '../../config/connection-options.ts';
import type { Draft } from '../../config/draft.ts';
import { isReference, resolveSecrets } from '../../config/secrets.ts';
import { ConfigError, didYouMean, type Problem } from '../../core/errors.ts';
import { storedModelProblems } from '../../store/stored-model.ts';
import { transports } from '../../transports/transports.ts';

/**
 * What can be known on this machine alone: whether the store is one and goes with the model, and whether the folders and files that
 * connections name are there. All problems have their place.
 */
export async function checkHere(draft: Draft): Promise<Problem[]> {
  return [...(await storeProblems(draft)), ...pathProblems(draft)];
}

async function storeProblems({ config, entities, folder }: Draft): Promise<Problem[]> {
  if (!config) return [];
  let { url } = config.value.store;
  if (isReference(url))
    try {
      url = String(resolveSecrets({ url }, { connection: 'store', folder }).url);
    } catch (error) {
      // That it is not there is told where secrets are looked for.
      if (error instanceof ConfigError) return [];
      throw error;
    }
  const right = [...entities.values()].filter((part) => part !== undefined);
  const problems = await storedModelProblems(
    url,
    folder,
    right.map((part) => part.value),
  );
  return problems.map((problem) => {
    const path = (problem.place.path ?? '').split('.');
    const entity = right.find((part) => part.file === problem.place.file);
    // Columns next to a field, such as amount_currency, are at the entity.
    if (entity) return { ...problem, place: { ...entity.at(path), path: problem.place.path } };
    return { ...problem, place: { ...config.at(['store', 'url']), path: 'store.url' } };
  });
}

function pathProblems({ connections, connectors, folder }: Draft): Problem[] {
  if (!connections) return [];
  return Object.entries(connections.value).flatMap(([id, { connector: name, options }]) => {
    const connector = connectors.get(name)?.value;
    const local = connector && transports[connector.transport as keyof typeof transports]?.localPaths;
    if (!connector || !local) return [];
    const all = optionsOf(connector, options);
    return local.flatMap((option): Problem[] => {
      const given = all[option];
      if (typeof given !== 'string' || given === '' || given.includes('{{') || /^[a-z][a-z0-9+.-]*:\/\//i.test(given)) return [];
      const path = resolve(folder, given);
      if (existsSync(path)) return [];
      const place = { ...connections.source.at(['connections', id, 'options', option]), path: `connections.${id}.options.${option}` };
      return [
        {
          code: 'PATH_MISSING',
          place,
          message: `${JSON.stringify(given)} does not exist, as seen from the town's folder.`,
          hint: near(path) ?? 'Create it, correct the path, or mount the share. A build server that has no such folders uses --no-secrets.',
        },
      ];
    });
  });
}

/** A folder next to it with nearly the same name. */
function near(path: string): string | undefined {
  const parent = dirname(path);
  if (!existsSync(parent)) return undefined;
  const meant = didYouMean(path.slice(parent.length + 1), readdirSync(parent));
  return meant ? `Did you mean ${meant}?` : undefined;
}
