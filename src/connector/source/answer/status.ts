import type { StreamConfig } from '../../../config/schema/connector.ts';
import { FatalError } from '../../../core/errors.ts';
import { LinkDefect, nextLink } from '../../../transports/web/link-header.ts';
import type { RequestAnswer } from '../../../transports/transport.ts';

/** Whole answers by their status alone. RFC 9110 section 15.3. */
const WHOLE = new Set([200, 201, 203]);
/** The status itself says that there is nothing. */
const WITHOUT_CONTENT = new Set([204, 205]);

/**
 * Does the status say that the answer has no content, and so no records? Throws FatalError ANSWER_INCOMPLETE where status or headers
 * say that this is not all of it: a part (206, Content-Range), not ready yet (202), or more pages than the stream asks for.
 */
export function isWithoutContent({ status, headers, url }: RequestAnswer, stream: StreamConfig, name: string): boolean {
  if (WITHOUT_CONTENT.has(status)) return true;
  const refuse = (message: string, hint: string) =>
    new FatalError({ code: 'ANSWER_INCOMPLETE', place: { system: name }, message, hint }, { cause: { status } });
  const range = contentRange(headers['content-range']);
  const part = range && (range.size === undefined || range.first > 0 || range.last + 1 < range.size);
  const declared = stream.retriever.request?.statuses?.includes(status) ?? false;
  if (part && !stream.paginator)
    throw refuse(
      `The system answered with status ${status} and only part of the records (Content-Range: ${range.text}).`,
      'Add a paginator to the connector; if the answer is complete anyway, ask the owner of the system what the header means.',
    );
  if (!WHOLE.has(status) && !declared && !(status === 206 && range && !part))
    throw refuse(
      `The system answered with status ${status} ${MEANINGS[status] ?? ''}`.trimEnd() + (range ? ` (Content-Range: ${range.text}).` : '.'),
      `Ask the owner of the system what it means. If such an answer is complete, add statuses: [${status}] to retriever.request in the connector. If it is an error, say in error_handler.rules whether to ignore it or try again.`,
    );
  if (!stream.paginator && hasNextPage(headers['link'], url))
    throw refuse(
      'The Link header of the answer names a next page, but the connector reads only one page.',
      'Add paginator: { kind: link } to the stream.',
    );
  return false;
}

const MEANINGS: Record<number, string> = {
  202: '(accepted, but the answer is not ready)',
  206: '(partial answer)',
  207: '(several statuses, of which some may be errors)',
};

/** An answer that has nothing in it though its status promises something. */
export function emptyAnswer(status: number, what: string, name: string): FatalError {
  return new FatalError({
    code: 'ANSWER_EMPTY',
    place: { system: name },
    message: `The system answered with status ${status} and ${what}, so it is not known whether there are no records or something failed.`,
    hint: 'Run again; if this continues, ask the owner of the system. If it means that there are no records, set empty_body: none in retriever.request of the connector.',
  });
}

interface ContentRange {
  text: string;
  first: number;
  last: number;
  size: number | undefined;
}

/** `bytes 0-2/5`, `items 0-24/*`. What is written otherwise says nothing that could be held against the answer. */
function contentRange(header: string | undefined): ContentRange | undefined {
  const [text, first, last, size] = /^\s*[\w-]+[ =]\s*(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/.exec(header ?? '') ?? [];
  if (text === undefined) return undefined;
  return { text: text.trim(), first: Number(first), last: Number(last), size: size === '*' ? undefined : Number(size) };
}

/** Does a Link header that can be read name a next page? For streams that do not page by links. */
export function hasNextPage(header: string | undefined, url: string | undefined): boolean {
  try {
    return nextLink(header, url ?? 'http://localhost/') !== undefined;
  } catch (error) {
    // Links that nobody follows need not be readable.
    if (error instanceof LinkDefect) return false;
    throw error;
  }
}
