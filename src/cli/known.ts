import { ConfigError, didYouMean, type Problem } from '../core/errors.ts';
import type { Engine } from '../engine/run/engine.ts';
import { everyPipeline } from '../reports/pipelines.ts';

/** Ids of records as a person types them, `31` or `#31`, each once. Throws ConfigError (USAGE) with all that are none. */
export function idsOf(texts: readonly string[]): number[] {
  const wrong = texts.filter((text) => !/^#?[1-9]\d{0,14}$/.test(text));
  if (wrong.length)
    throw new ConfigError(
      wrong.map((text) => ({
        code: 'USAGE',
        place: {},
        message: `${JSON.stringify(text)} is not a record number.`,
        hint: 'Give it as the list shows it, such as 31 or #31.',
      })),
    );
  return [...new Set(texts.map((text) => Number(text.replace('#', ''))))];
}

/** That a file which is to be written ends as what is written into it does; one without an ending may be. Throws ConfigError (USAGE). */
export function endsIn(option: string, file: string, endings: readonly string[]): void {
  const ending = /\.([^./\\]+)$/.exec(file)?.[1]?.toLowerCase();
  if (ending === undefined || endings.includes(ending)) return;
  throw new ConfigError({
    code: 'USAGE',
    place: { path: option },
    message: `The output cannot be written as a .${ending} file.`,
    hint: `Name a file that ends in ${endings.map((one) => `.${one}`).join(' or ')}.`,
  });
}

/** A problem for a name that is not one of those known. */
export function unknownName(code: string, what: string, given: string, known: Iterable<string>): Problem {
  const names = [...new Set(known)].sort();
  const meant = didYouMean(given, names);
  return {
    code,
    place: { path: given },
    message: `There is no ${what} "${given}".`,
    hint: meant ? `Did you mean ${meant}?` : `Known: ${names.join(', ') || 'none yet'}.`,
  };
}

/** That a pipeline sends something. Throws ConfigError PIPELINE_UNKNOWN, or USAGE for one that reads or reconciles. */
export function outboundPipeline({ project }: Pick<Engine, 'project'>, given: string): void {
  const sending = [...project.pipelines.values()].flatMap(({ value }) => (value.deliver ? [value.pipeline] : []));
  if (sending.includes(given)) return;
  if (!project.pipelines.has(given)) throw new ConfigError(unknownName('PIPELINE_UNKNOWN', 'pipeline', given, sending));
  throw new ConfigError({
    code: 'USAGE',
    place: { path: given },
    message: `${given} sends nothing to another system.`,
    hint: `Pipelines that send: ${sending.join(', ') || 'none yet'}.`,
  });
}

/**
 * The pipeline as it was named, if it is in the configuration, or no longer but has records in the store. Throws ConfigError
 * (PIPELINE_UNKNOWN).
 */
export async function knownPipeline(engine: Engine, given: string | undefined): Promise<void> {
  if (given === undefined || engine.project.pipelines.has(given)) return;
  const known = await everyPipeline(engine);
  if (!known.includes(given)) throw new ConfigError(unknownName('PIPELINE_UNKNOWN', 'pipeline', given, known));
}
