import type { RequestConfig, StreamConfig } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import { type Answered, readAnswer, textAt } from './answer.ts';
import type { Asking } from './asking.ts';
import { IGNORED } from './error-rules.ts';
import { isGuessed, isNoPage, type NextPage, nextPage, repeats } from './next-page.ts';
import type { Page, PageContext } from './pages.ts';
import type { Variables } from './template.ts';

const NOTHING: Answered = { records: [], envelope: {}, headers: {} };

/**
 * The answers to one request, page by page to the end, records numbered through all of them. `first`: the address of the first
 * page, where the service gave one. Throws FatalError when pages repeat, never end, break off, or do not add up to their total.
 */
export async function* pageSequence(
  stream: StreamConfig,
  asking: Asking,
  context: PageContext,
  given: Variables,
  first?: string,
): AsyncGenerator<Page> {
  const request = stream.retriever.request!;
  const { paginator } = stream;
  const repeated = repeats(stream, context.name);
  let read = 0;
  let total: number | undefined;
  let next: NextPage = { more: true, link: first };
  let doubtful = false;

  for (let page = 0; next.more; page++) {
    if (paginator && page >= paginator.max_pages) throw tooMany(context.name, paginator.max_pages);
    const variables: Variables = {
      ...given,
      page: String((paginator?.first ?? 1) + page),
      offset: String(read),
      size: String(paginator?.size ?? 0),
      cursor: next.cursor,
    };
    // A link says everything that its page needs; what is fetched from one that began with it is asked for plainly.
    const asked: RequestConfig =
      next.link === undefined ? request : first === undefined ? { ...request, query: undefined } : { headers: request.headers };
    const wasDoubtful: boolean = doubtful;
    const said = await asking
      .ask(asked, variables, (raw) => readAnswer(raw, stream, context), next.link)
      .catch((error: unknown) => {
        if (wasDoubtful && isNoPage(error)) return NOTHING;
        throw error;
      });
    const ignored = said === IGNORED;
    const answer = said === IGNORED ? NOTHING : said;
    if (ignored) context.note(`${context.name}: an error that the connector says to ignore was taken for an answer without records.`);
    if (wasDoubtful && answer.records.length > 0) throw brokenOff(context.name, page);
    for (const record of answer.records) record.number += read;
    read += answer.records.length;
    // Of an answer that is ignored, the total stays the one that was said before: the pages may have been cut off.
    if (paginator?.total && !ignored) total = Number(textAt(answer.envelope, paginator.total) ?? Number.NaN);
    if (ignored && page > 0 && paginator?.more !== undefined) throw cutOff(context.name, page);
    next = paginator === undefined || ignored ? { more: false } : nextPage(paginator, answer, read, total, context.name);
    repeated.seen(page + 1, answer, next);
    if (!next.more && total !== undefined && total !== read) throw totalDiffers(context.name, total, read);
    // Some write null for an empty list, and some when they fail: what comes after it tells.
    doubtful = !next.more && !wasDoubtful && page > 0 && answer.nullList === true && isGuessed(paginator);
    const past = !next.more && page === 0 && context.pastShort === true && answer.records.length > 0 && isGuessed(paginator);
    if (doubtful || past) next = { more: true };
    yield { records: answer.records, last: !next.more, ...(ignored ? { incomplete: true } : {}) };
  }
}

function tooMany(system: string, most: number): FatalError {
  return new FatalError({
    code: 'PAGES_TOO_MANY',
    place: { system },
    message: `There are more than ${most} pages.`,
    hint: 'Raise paginator.max_pages if there really are so many.',
  });
}

function totalDiffers(system: string, total: number, read: number): FatalError {
  return new FatalError({
    code: 'TOTAL_DIFFERS',
    place: { system },
    message: `The system says that there are ${Number.isNaN(total) ? 'an unknown number of' : total} records, but gave ${read}.`,
    hint: 'Records may have changed while they were read: run again. If it stays so, tell the vendor.',
  });
}

/** `page`: the one with records, from 0, which is the number of the one before it from 1. */
function brokenOff(system: string, page: number): FatalError {
  return new FatalError({
    code: 'ANSWER_REFUSED',
    place: { system },
    message: `Page ${page} has null where the list of records should be, and there are records after it.`,
    hint: 'Run again; if it stays so, tell the vendor. Where the answer says how many records there are, or whether there are more, set paginator.total or more.',
  });
}

function cutOff(system: string, page: number): FatalError {
  return new FatalError({
    code: 'ANSWER_REFUSED',
    place: { system },
    message: `Page ${page} said that there is more, and asking for it gave an error that the connector says to ignore.`,
    hint: 'Look at error_handler.rules: what is ignored on the way leaves records out.',
  });
}
