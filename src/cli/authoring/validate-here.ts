import { existsSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { optionsOf } from '../../config/connection-options.ts';
import type { Draft } from '../../config/draft.ts';
import { connectorOver } from '../../config/project.ts';
import { didYouMean, type Problem } from '../../core/errors.ts';
import { storeProblems } from '../../engine/run/store-problems.ts';
import { transportOf, transports } from '../../transports/transports.ts';

/**
 * What can be known on this machine alone: whether the store is one and goes with the model, and whether the folders and files that
 * connections name are there. All problems have their place.
 */
export async function checkHere(draft: Draft): Promise<Problem[]> {
  return [...(await storeProblems(draft)), ...pathProblems(draft)];
}

function pathProblems({ connections, connectors, folder }: Draft): Problem[] {
  if (!connections) return [];
  return Object.entries(connections.value).flatMap(([id, { connector: name, transport, options }]) => {
    const part = connectors.get(name);
    const connector = part && connectorOver(part.value, transport);
    // One that does not exist is a problem of its own.
    const local = connector && Object.hasOwn(transports, connector.transport) && transportOf(connector.transport).localPaths;
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
          message: `${JSON.stringify(given)} does not exist in the town's folder or on this machine.`,
          hint:
            near(path) ??
            'Create it, correct the path here, or mount the share. On a build server that has no such folder, run interlocal validate --no-secrets.',
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
