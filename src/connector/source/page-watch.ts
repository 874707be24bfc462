import type { PaginatorConfig, StreamConfig } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { Answered } from './answer/answer.ts';
import { keyOf } from '../stream/keys.ts';

/** The list changed while its pages were read, so a record may have slipped from one page to another unseen. */
export class PagesChanged extends Error {
  /** Where the end and the total do not agree; the same figures twice are no change but a mistake. */
  readonly figures: { total: number; read: number } | undefined;
  constructor(why: string, figures?: { total: number; read: number }) {
    super(why);
    this.figures = figures;
  }
}

/** Keys of earlier pages that are kept to see whether they come again. */
const MAX_KEYS = 50_000;

/**
 * Checks whether pages are still pages of one list: the total stays, no key of an earlier page comes again where pages are counted (page,
 * offset), and each page begins with the records that the one before ended with where the paginator says `overlap`. `agreed` holds keys
 * that came twice in an earlier reading too, and so are twice in the list; those that are found are put into it.
 */
export function pageWatch(stream: StreamConfig, agreed: Set<string>) {
  const { paginator } = stream;
  const overlap = overlapOf(paginator);
  const counted = paginator?.kind === 'page' || paginator?.kind === 'offset';
  const { fields, mayRepeat } = keyFieldsOf(stream);
  const earlier: Set<string>[] = [];
  let kept = 0;
  let tail: string[] = [];
  let total: number | undefined;

  function keysComeAgain(page: number, records: readonly SourceRecord[]): void {
    if (!counted || mayRepeat) return;
    const own = new Set<string>();
    let again: string | undefined;
    for (const record of records) {
      const key = keyOf(record, fields);
      if (typeof key !== 'string') continue;
      own.add(key);
      if (agreed.has(key) || !earlier.some((keys) => keys.has(key))) continue;
      agreed.add(key);
      again ??= key;
    }
    if (again !== undefined) throw new PagesChanged(`a record of an earlier page is on page ${page} again`);
    earlier.push(own);
    kept += own.size;
    while (kept > MAX_KEYS && earlier.length > 1) kept -= earlier.shift()!.size;
  }

  return {
    /** So many records of the next page are those that the page before ended with. */
    overlapping: () => tail.length,
    /** `page` counts from 1; `said`: the total that it says. Throws PagesChanged. */
    look(page: number, { records }: Answered, said: number | undefined): void {
      if (total !== undefined && said !== undefined && !Number.isNaN(said) && said !== total)
        throw new PagesChanged(`the system said that there are ${total} records, and on page ${page} that there are ${said}`);
      total = said ?? total;
      const identities = overlap === 0 ? [] : records.map((record) => identityOf(record, fields));
      if (!tail.every((identity, i) => identities[i] === identity))
        throw new PagesChanged(`page ${page} does not begin where the previous page ended`);
      const own = records.slice(tail.length);
      if (overlap > 0) tail = [...tail, ...identities.slice(tail.length)].slice(-overlap);
      keysComeAgain(page, own);
    },
  };
}

/** Records at the beginning of a page that the page before ended with. */
export function overlapOf(paginator: PaginatorConfig | undefined): number {
  return paginator?.kind === 'offset' ? (paginator.overlap ?? 0) : 0;
}

function keyFieldsOf({ primary_key: key }: StreamConfig): { fields: readonly string[]; mayRepeat: boolean } {
  return Array.isArray(key) ? { fields: key, mayRepeat: false } : { fields: key.fields, mayRepeat: key.repeats === 'number' };
}

function identityOf(record: SourceRecord, fields: readonly string[]): string {
  const key = keyOf(record, fields);
  return typeof key === 'string' ? `key ${key}` : `values ${JSON.stringify([record.values, record.raw])}`;
}

export function pagesChanged(system: string, { message }: PagesChanged, times: number, { paginator }: StreamConfig): FatalError {
  return new FatalError({
    code: 'PAGES_CHANGED',
    place: { system },
    message: `The list changed each of the ${times} times that its pages were read: ${message}.`,
    hint:
      paginator?.kind === 'cursor' || paginator?.kind === 'link'
        ? 'Run again at a quieter time.'
        : 'Run again at a quieter time. If this continues, the system may return its pages in no fixed order: request one (sort by the key), or page by cursor if it has one.',
  });
}

export function totalDiffers(system: string, { total, read }: { total: number; read: number }): FatalError {
  return new FatalError({
    code: 'TOTAL_DIFFERS',
    place: { system },
    message: `The system says that there are ${Number.isNaN(total) ? 'an unknown number of' : total} records, but gave ${read}, so some may be missing.`,
    hint: 'Nothing is considered deleted. Records may have changed while they were read: run again. If this continues, tell the vendor.',
  });
}
