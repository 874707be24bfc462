import type { Draft } from '../../config/draft.ts';
import { storeUrl } from '../../config/secrets/secrets.ts';
import { ConfigError, type Problem } from '../../core/errors.ts';
import { storedModelProblems } from '../../store/stored-model.ts';

/** Whether the store that a configuration names is one, and goes with its model. Changes nothing there. All problems have their place. */
export async function storeProblems({ config, entities, folder }: Draft): Promise<Problem[]> {
  if (!config) return [];
  let url: string;
  try {
    url = storeUrl({ config: config.value, folder });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // That a secret is not there is told where secrets are looked for.
    return error.problems.filter(({ code }) => code === 'STORE_URL').map((problem) => storeProblem(config, problem));
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
    // Columns beside a field, such as amount_currency, stand at the entity.
    if (entity) return { ...problem, place: { ...entity.at(path), path: problem.place.path } };
    return storeProblem(config, problem);
  });
}

function storeProblem(config: NonNullable<Draft['config']>, problem: Problem): Problem {
  return { ...problem, place: { ...config.at(['store', 'url']), path: 'store.url' } };
}
