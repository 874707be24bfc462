import { didYouMean } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import type { Source } from '../explain.ts';
import { textOfPath } from '../words.ts';
import type { Path } from '../yaml/document.ts';

/** A name that stands for nothing: `there is no connection "clrek". Did you mean clerk?` */
export function unknownReference(
  what: string,
  name: string,
  known: Iterable<string>,
  part: { source: Source },
  path: Path,
  code = 'REFERENCE_UNKNOWN',
): Problem {
  return {
    code,
    place: { ...part.source.at(path), path: textOfPath(path) },
    message: `there is no ${what} "${name}".`,
    hint: suggestion(name, known, what),
  };
}

/** So many names that there are can be told in one message. */
const MAX_NAMES = 16;

/** What was probably meant, or what there is. */
export function suggestion(name: string, known: Iterable<string>, what?: string): string | undefined {
  const names = [...known];
  // Every name of one or two characters is near every other.
  const meant = name.length > 2 ? didYouMean(name, names) : undefined;
  if (meant) return `Did you mean ${meant}?`;
  if (names.length === 0) return what && `No ${what} exists yet: write it first.`;
  return `Known: ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''}.`;
}
