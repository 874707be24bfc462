import type { Asking } from './page.ts';
import type { Page, PageContext } from './page.ts';
import type { RequestConfig, StreamConfig } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import { type Answered, readAnswer, textAt } from './answer/answer.ts';
import { IGNORED } from '../error-rules.ts';
import { isGuessed, isNoPage, type NextPage, nextPage, repeats } from './next-page.ts';
import { overlapOf, PagesChanged, pagesChanged, pageWatch, totalDiffers } from './page-watch.ts';
import type { Variables } from '../template.ts';

const NOTHING: Answered = { records: [], envelope: {}, headers: {} };

/** Readings in all of a list that changes while its pages are read. */
const MAX_READINGS = 4;

/**
 * The answers to one request, page by page to the end, records numbered through all of them. `first`: the address of the first
 * page, where the service gave one. Where the list changed meanwhile its pages are given again from the first, which is marked `again`.
 * Throws FatalError when pages repeat, never end, break off, do not add up to their total, or change each time.
 */
export async function* pageSequence(
  stream: StreamConfig,
  asking: Asking,
  context: PageContext,
  given: Variables,
  first?: string,
): AsyncGenerator<Page> {
  const agreed = new Set<string>();
  let before: PagesChanged | undefined;
  for (let reading = 1; ; reading++) {
    try {
      let again = reading > 1;
      for await (const page of pagesOnce(stream, asking, context, { given, first, agreed })) {
        yield again ? { ...page, again } : page;
        again = false;
      }
      return;
    } catch (error) {
      if (!(error instanceof PagesChanged)) throw error;
      const { figures } = error;
      const same = figures !== undefined && figures.total === before?.figures?.total && figures.read === before.figures.read;
      // Figures of a trailer would count the records of both readings.
      if (same || reading >= MAX_READINGS || stream.control !== undefined)
        throw figures ? totalDiffers(context.name, figures) : pagesChanged(context.name, error, reading, stream);
      context.note(`${context.name}: while its pages were read, ${error.message}. They are being read again from the first page.`);
      before = error;
    }
  }
}

async function* pagesOnce(
  stream: StreamConfig,
  asking: Asking,
  context: PageContext,
  { given, first, agreed }: { given: Variables; first: string | undefined; agreed: Set<string> },
): AsyncGenerator<Page> {
  const request = stream.retriever.request!;
  const { paginator } = stream;
  const repeated = repeats(stream, context.name);
  const watch = pageWatch(stream, agreed);
  const overlap = overlapOf(paginator);
  let read = 0;
  let total: number | undefined;
  let next: NextPage = { more: true, link: first };
  let doubtful = false;

  for (let page = 0; next.more; page++) {
    if (paginator && page >= paginator.max_pages) throw tooMany(context.name, paginator.max_pages);
    const variables: Variables = {
      ...given,
      page: String((paginator?.first ?? 1) + page),
      offset: String(Math.max(0, read - overlap)),
      size: String(paginator?.size ?? 0),
      cursor: next.cursor,
    };
    // A link says everything that its page needs; what is fetched from one that began with it is asked for plainly.
    const asked: RequestConfig =
      next.link === undefined ? request : first === undefined ? { ...request, query: undefined } : { headers: request.headers };
    const wasDoubtful: boolean = doubtful;
    const got = await asking
      .ask(asked, variables, (raw) => readAnswer(raw, stream, context), next.link)
      .catch((error: unknown) => {
        if (wasDoubtful && isNoPage(error)) return NOTHING;
        throw error;
      });
    const ignored = got === IGNORED;
    const answer = got === IGNORED ? NOTHING : got;
    if (ignored) context.note(`${context.name}: an error that the connector says to ignore was treated as an answer without records.`);
    if (wasDoubtful && answer.records.length > 0) throw brokenOff(context.name, page);
    // Of an answer that is ignored or has nothing in it, the total stays the one that was said before: the pages may have been cut off.
    const silent = ignored || answer.noContent === true;
    const said = paginator?.total && !silent ? Number(textAt(answer.envelope, paginator.total) ?? Number.NaN) : undefined;
    if (silent && page > 0 && paginator?.more !== undefined) throw cutOff(context.name, page, ignored);
    const fresh = answer.records.slice(watch.overlapping());
    total = said ?? total;
    for (const [i, record] of fresh.entries()) record.number = read + i + 1;
    read += fresh.length;
    next = paginator === undefined || silent ? { more: false } : nextPage(paginator, answer, read, total, context.name);
    repeated.seen(page + 1, answer, next);
    if (!ignored) watch.look(page + 1, answer, said);
    if (!next.more && total !== undefined && total !== read) {
      if (Number.isNaN(total)) throw totalDiffers(context.name, { total, read });
      throw new PagesChanged(`the system said that there are ${total} records and gave ${read}`, { total, read });
    }
    // Some write null for an empty list, and some when they fail: what comes after it tells.
    doubtful = !next.more && !wasDoubtful && page > 0 && answer.nullList === true && isGuessed(paginator);
    const past = !next.more && page === 0 && context.pastShort === true && answer.records.length > 0 && isGuessed(paginator);
    if (doubtful || past) next = { more: true };
    yield { records: fresh, last: !next.more, ...(ignored ? { incomplete: true } : {}) };
  }
}

function tooMany(system: string, most: number): FatalError {
  return new FatalError({
    code: 'PAGES_TOO_MANY',
    place: { system },
    message: `The service gave more than ${most} pages, so reading stopped there. The records that were read are stored; none count as deleted.`,
    hint: 'Ask the owner of the service how many records there are. If there are so many, raise paginator.max_pages of the stream in the connector. If not, the service never says which page is the last: tell the vendor.',
  });
}

/** `page`: the one with records, from 0, which is the number of the one before it from 1. */
function brokenOff(system: string, page: number): FatalError {
  return new FatalError({
    code: 'ANSWER_REFUSED',
    place: { system },
    message: `Page ${page} has null where the list of records should be, but later pages have records, so some may be missing.`,
    hint: 'Run again; if this continues, tell the vendor. If the answer says how many records there are, or whether there are more, set paginator.total or more.',
  });
}

function cutOff(system: string, page: number, ignored: boolean): FatalError {
  return new FatalError({
    code: 'ANSWER_REFUSED',
    place: { system },
    message: `Page ${page} said that there is more, but the system answered the request for it with ${ignored ? 'an error that the connector says to ignore' : 'nothing'}, so records may be missing.`,
    hint: ignored
      ? 'Check error_handler.rules: an error that is ignored between pages leaves records out.'
      : 'Run it again. If it happens a second time, send this message to whoever runs that system.',
  });
}
