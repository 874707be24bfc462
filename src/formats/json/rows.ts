import { didYouMean } from '../../core/errors.ts';
import { nameList, shortName } from '../../core/text/name-list.ts';
import type { Value } from '../../core/record.ts';
import type { JsonOptions } from '../../config/schema/connector.ts';
import { type DoubledName, jsonScanner } from './scan.ts';
import { refuseFile } from '../refuse.ts';

export interface JsonRow {
  value: Value;
  from: number;
  to: number;
  /** A name that one of its objects has twice: which of the values holds cannot be known. */
  doubled?: DoubledName | undefined;
}

/**
 * The records in a JSON document, whose list is at the dotted path `rows`. The whole document is
 * checked, behind the list too. An object where the list should be is one record (some systems write one element so).
 * null, or no list at all, is none only where `empty` says so. Throws JsonDefect for what is not JSON or has a name twice outside the
 * records, FileError JSON_ROWS_MISSING when there is no list.
 */
export function* jsonRows(
  text: string,
  { rows, empty }: Pick<JsonOptions, 'rows' | 'empty'>,
  file: string,
): Generator<JsonRow, void, void> {
  const scanner = jsonScanner(text);
  const path = rows === '' ? [] : rows.split('.');
  const end = yield* within(scanner.skipSpace(0), 0);
  const after = scanner.skipSpace(end);
  if (after < text.length) scanner.fail('something follows the document', after);
  refuseDoubled();

  /** Reads the value at `at`, the first `depth` names of the path being behind; gives the offset of its end. */
  function* within(at: number, depth: number): Generator<JsonRow, number, void> {
    if (depth === path.length) return yield* list(at);
    const name = path[depth]!;
    if (text[at] !== '{') {
      const end = scanner.skipValue(at);
      const isNull = text.startsWith('null', at);
      if (isNull && depth > 0 && mayBe('no_list')) return end;
      throw missing(depth, isNull ? 'there is null' : `there is ${text[at] === '[' ? 'a list' : 'a value'} instead of an object`, []);
    }
    let found = false;
    const names: string[] = [];
    for (const member of scanner.steps(at, depth)) {
      if (found && member.key === name) scanner.fail(`the name ${JSON.stringify(name)} is there twice`, member.at);
      const here: boolean = member.key === name;
      names.push(member.key!);
      found ||= here;
      member.next(here ? yield* within(member.at, depth + 1) : scanner.skipValue(member.at, depth + 1));
    }
    if (!found && !mayBe('no_list')) throw missing(depth, `there is no ${JSON.stringify(name)}`, names);
    return scanner.end();
  }

  function* list(at: number): Generator<JsonRow, number, void> {
    if (text[at] === '[') {
      for (const item of scanner.steps(at, path.length)) {
        refuseDoubled();
        const value = scanner.readValue(item.at, path.length + 1);
        const to = scanner.end();
        yield { value, from: item.at, to, doubled: scanner.doubled() };
        item.next(to);
      }
      return scanner.end();
    }
    refuseDoubled();
    const value = scanner.readValue(at, path.length);
    const to = scanner.end();
    if (text[at] === '{' && path.length > 0) yield { value, from: at, to, doubled: scanner.doubled() };
    else if (text.startsWith('null', at)) {
      if (!mayBe('null_list'))
        throw missing(
          path.length,
          'there is null',
          [],
          'This may mean that there are no records or that the system failed: check its answer. If it means that there are no records, set empty: [null_list] in the decoder of the connector.',
        );
    } else
      throw missing(
        path.length,
        'there is a value instead of a list',
        value !== null && typeof value === 'object' ? Object.keys(value) : [],
      );
    return to;
  }

  function mayBe(form: 'null_list' | 'no_list'): boolean {
    return empty?.includes(form) ?? false;
  }

  /** Outside the records, where no single record could be rejected for it. */
  function refuseDoubled(): void {
    const doubled = scanner.doubled();
    if (doubled) scanner.fail(`the name ${JSON.stringify(shortName(doubled.name))} is there twice in one object`, doubled.offset);
  }

  function missing(depth: number, what: string, names: string[], hint?: string): Error {
    const where = depth === 0 ? 'at the top of the document' : `at ${path.slice(0, depth).join('.')}`;
    const meant = depth < path.length ? didYouMean(path[depth]!, names) : undefined;
    const found = names.length ? ` It has: ${nameList(names)}.` : '';
    return refuseFile(
      'JSON_ROWS_MISSING',
      file,
      { path: rows },
      `The list of records is not where the connector says: ${what} ${where}.${found}${meant ? ` Did you mean ${meant}?` : ''}`,
      hint ?? 'Correct rows in the decoder of the connector, or check the answer of the system: it may be an error message.',
    );
  }
}
