import { didYouMean, FileError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { nameList, shortName } from '../core/text/name-list.ts';
import type { DecodeContext } from './format.ts';
import { MAX_PROBLEMS, problemIn } from './refuse.ts';

/**
 * The columns of a file against what the stream knows: throws FileError with every column that is there twice
 * (COLUMN_DUPLICATE) or missing (COLUMN_MISSING), tells those that are new. Gives the columns, numbered where the decoder says so. `called`: how a person finds the column of an index.
 */
export function checkColumns(
  given: readonly string[],
  context: DecodeContext,
  place: { line?: number },
  {
    missingHint,
    called = (i) => String(i + 1),
    duplicates = 'refuse',
  }: { missingHint?: string; called?: (index: number) => string; duplicates?: 'refuse' | 'number' } = {},
): readonly string[] {
  const { file } = context;
  const columns = duplicates === 'number' ? numbered(given, usedIn(context)) : given;
  context.onColumns?.(columns);
  const problems: Problem[] = [];
  for (const [name, places] of placesOf(columns)) {
    if (places.length === 1) continue;
    if (problems.length >= MAX_PROBLEMS) break;
    const where = [
      ...places.slice(0, places.length > MAX_PLACES ? MAX_PLACES - 1 : MAX_PLACES).map(called),
      ...(places.length > MAX_PLACES ? ['…'] : []),
    ];
    problems.push(
      problemIn(
        'COLUMN_DUPLICATE',
        file,
        place,
        `The column ${JSON.stringify(shortName(name))} appears ${places.length === 2 ? 'twice' : `${places.length} times`} (columns ${where.join(' and ')}).`,
        usedIn(context).has(name)
          ? `The stream has a field ${JSON.stringify(name)}, and it is not known which one is meant: have the export changed, or name the columns in the decoder with header.`
          : 'Have the export changed so that every column has its own name. No field of the stream has this name: with duplicate_columns: number in the decoder the file is read as it is.',
      ),
    );
  }
  const missing = (context.requiredColumns ?? []).filter((name) => !columns.includes(name));
  const unclaimed = columns.filter((name) => !context.knownColumns?.includes(name));
  const strange = isAnotherFile(missing, unclaimed, context);
  if (strange)
    problems.push(
      problemIn(
        'COLUMN_MISSING',
        file,
        place,
        `None of the required columns is in this file: ${nameList(missing)}. The file has: ${listOf(columns)}.`,
        missingHint ??
          'It looks like a file of something else: have the right one sent. If the system renamed all its columns, change the names in the stream of the connector.',
      ),
    );
  for (const [i, name] of strange ? [] : missing.entries()) {
    const found = i === 0 ? ` The file has: ${listOf(columns)}.` : '';
    const meant = didYouMean(name, unclaimed.length ? unclaimed : columns);
    problems.push(
      problemIn(
        'COLUMN_MISSING',
        file,
        place,
        `The required column ${JSON.stringify(name)} is missing.${found}${meant ? ` Did you mean ${JSON.stringify(meant)}?` : ''}`,
        missingHint ?? 'If the system renamed it, change the name in the stream of the connector; otherwise have the export corrected.',
      ),
    );
  }
  if (problems.length) throw new FileError(problems.slice(0, MAX_PROBLEMS));
  if (context.knownColumns && context.onNewColumns) {
    const fresh = columns.filter((name) => !context.knownColumns!.includes(name));
    if (fresh.length) context.onNewColumns(fresh);
  }
  return columns;
}

/** Is nothing there that the stream needs, nor anything with a name like it? Then one sentence says so, not one for each column. */
function isAnotherFile(missing: readonly string[], unclaimed: readonly string[], { requiredColumns }: DecodeContext): boolean {
  return missing.length > 1 && missing.length === requiredColumns?.length && !missing.some((name) => didYouMean(name, unclaimed));
}

/** The columns that the stream says something about. */
function usedIn({ requiredColumns, knownColumns }: DecodeContext): ReadonlySet<string> {
  return new Set([...(requiredColumns ?? []), ...(knownColumns ?? [])]);
}

/** A name that is there again gets a number that no other column has, unless the stream has the name. */
function numbered(columns: readonly string[], used: ReadonlySet<string>): string[] {
  const taken = new Set(columns);
  const times = new Map<string, number>();
  return columns.map((name) => {
    let n = (times.get(name) ?? 0) + 1;
    times.set(name, n);
    if (n === 1 || used.has(name)) return name;
    while (taken.has(`${name}_${n}`) || used.has(`${name}_${n}`)) n++;
    times.set(name, n);
    taken.add(`${name}_${n}`);
    return `${name}_${n}`;
  });
}

const MAX_PLACES = 6;

/** Where each name stands: a damaged header may have thousands. */
function placesOf(columns: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, name] of columns.entries()) {
    const known = places.get(name);
    if (known) known.push(i);
    else places.set(name, [i]);
  }
  return places;
}

function listOf(columns: readonly string[]): string {
  return nameList(columns, 40);
}
