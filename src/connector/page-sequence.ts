import type { RequestConfig, StreamConfig } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import { readAnswer, textAt } from './answer.ts';
import type { Asking } from './asking.ts';
import { IGNORED } from './error-rules.ts';
import type { Page, PageContext } from './pages.ts';
import type { Variables } from './template.ts';

/**
 * The answers to one request, page by page to the end, records numbered through all of them. `first`: the address of the first
 * page, where the service gave one. Throws FatalError when pages repeat, never end, or do not add up to their total.
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
  const size = paginator?.size ?? 0;
  let read = 0;
  let total: number | undefined;
  let cursor: string | undefined;
  let link = first;

  for (let page = 0; ; page++) {
    if (paginator && page >= paginator.max_pages)
      throw new FatalError({
        code: 'PAGES_TOO_MANY',
        place: { system: context.name },
        message: `There are more than ${paginator.max_pages} pages.`,
        hint: 'Raise paginator.max_pages if there really are so many.',
      });
    const variables: Variables = {
      ...given,
      page: String((paginator?.first ?? 1) + page),
      offset: String(read),
      size: String(size),
      cursor,
    };
    // A link says everything that its page needs; what is fetched from one that began with it is asked for plainly.
    const asked: RequestConfig =
      link === undefined ? request : first === undefined ? { ...request, query: undefined } : { headers: request.headers };
    const answer = await asking.ask(asked, variables, (raw) => readAnswer(raw, stream, context), link);
    if (answer === IGNORED)
      context.note(`${context.name}: an error that the connector says to ignore was taken for an answer without records.`);
    const { records, envelope, headers } =
      answer === IGNORED ? { records: [], envelope: {}, headers: {} as Record<string, string> } : answer;
    for (const record of records) record.number += read;
    read += records.length;
    // Of an answer that is ignored, the total stays the one that was said before: the pages may have been cut off.
    if (paginator?.total && answer !== IGNORED) total = Number(textAt(envelope, paginator.total) ?? Number.NaN);
    const before = cursor ?? link;
    cursor = paginator?.kind === 'cursor' && paginator.cursor ? textAt(envelope, paginator.cursor) : undefined;
    link = paginator?.kind === 'link' ? nextLink(headers['link']) : undefined;
    const more =
      paginator !== undefined &&
      (paginator.kind === 'cursor'
        ? cursor !== undefined && cursor !== ''
        : paginator.kind === 'link'
          ? link !== undefined
          : total !== undefined && !Number.isNaN(total)
            ? read < total && records.length > 0
            : records.length >= size);
    if (more && before !== undefined && before === (cursor ?? link))
      throw new FatalError({
        code: 'PAGES_REPEAT',
        place: { system: context.name },
        message: `Page ${page + 1} says that the next page is itself again.`,
        hint: 'Look at paginator in the connector; if it is right, tell the vendor.',
      });
    if (!more && total !== undefined && total !== read)
      throw new FatalError({
        code: 'TOTAL_DIFFERS',
        place: { system: context.name },
        message: `The system says that there are ${Number.isNaN(total) ? 'an unknown number of' : total} records, but gave ${read}.`,
        hint: 'Records may have changed while they were read: run again. If it stays so, tell the vendor.',
      });
    yield { records, last: !more, ...(answer === IGNORED ? { incomplete: true } : {}) };
    if (!more) return;
  }
}

function nextLink(header: string | undefined): string | undefined {
  return header && /<([^>]+)>\s*;\s*rel="?next"?/.exec(header)?.[1];
}
