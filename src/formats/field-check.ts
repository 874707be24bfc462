import { didYouMean, FileError } from '../core/errors.ts';
import { nameList } from '../core/text/name-list.ts';
import { placesAt } from '../core/record.ts';
import type { SourceRecord, Values } from '../core/record.ts';
import type { DecodeContext } from './format.ts';
import { MAX_PROBLEMS, problemIn } from './refuse.ts';

export interface FieldCheck {
  /** Looks at records on their way. */
  see(records: readonly SourceRecord[]): void;
  /** Throws FileError COLUMN_MISSING for required fields that not one record had. */
  finish(): void;
}

/**
 * For formats without a header (XML, JSON): a required field that no record of the file has was renamed, or the file
 * is another one; a field that is unknown is new. A file without records proves nothing and passes.
 */
export function fieldCheck(context: DecodeContext): FieldCheck {
  const missing = new Set(context.requiredColumns ?? []);
  const known = new Set(context.knownColumns ?? []);
  const seen = new Set<string>();
  /** Paths whose group was there in some record. */
  const entered = new Set<string>();
  let any = false;
  let told = 0;

  function look(values: Values, fresh: string[]): void {
    for (const name in values) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (!known.has(name) && ![...known].some((path) => path.startsWith(`${name}.`))) fresh.push(name);
    }
    for (const path of missing) {
      const { groups, name } = placesAt(values, path);
      if (groups.some((group) => group[name] !== undefined)) missing.delete(path);
      else if (groups.length > 0) entered.add(path);
    }
  }

  return {
    see(records) {
      const fresh: string[] = [];
      for (const record of records) {
        if (record.problem) continue;
        any = true;
        look(record.values, fresh);
      }
      if (fresh.length && context.knownColumns) context.onNewColumns?.(fresh);
      if (seen.size > told) context.onColumns?.([...seen]);
      told = seen.size;
    },
    finish() {
      // Of a declared group or list that no record has, or that is empty in all, nothing can be missing.
      const certain = [...missing].filter((path) => entered.has(path) || !isWithin(path, known));
      if (!any || certain.length === 0) return;
      const found = [...seen];
      const problems = certain.map((name, i) => {
        const meant = didYouMean(
          name,
          found.filter((other) => !known.has(other)),
        );
        const list = i === 0 ? ` The records have: ${nameList(found, 40)}.` : '';
        return problemIn(
          'COLUMN_MISSING',
          context.file,
          {},
          `The required field ${JSON.stringify(name)} is in no record of the file.${list}${meant ? ` Did you mean ${JSON.stringify(meant)}?` : ''}`,
          'If the system renamed it, change the name in the stream of the connector; otherwise have the export corrected.',
        );
      });
      throw new FileError(problems.slice(0, MAX_PROBLEMS));
    },
  };
}

function isWithin(path: string, known: ReadonlySet<string>): boolean {
  const parts = path.split('.');
  return parts.slice(1).some((_, i) => known.has(parts.slice(0, i + 1).join('.')));
}
