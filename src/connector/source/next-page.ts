import { hash } from 'node:crypto';
import type { PaginatorConfig, StreamConfig } from '../../config/schema/connector.ts';
import { FatalError } from '../../core/errors.ts';
import { valueAt } from '../../core/record.ts';
import { type Answered, textAt } from './answer/answer.ts';
import { hasNextPage } from './answer/status.ts';
import { LinkDefect, nextLink } from '../../transports/web/link-header.ts';
import { answerFacts } from '../../transports/answer-facts.ts';

/** What an answer leads on to: nothing, or the next page, for which it may have given a cursor or an address. */
export interface NextPage {
  more: boolean;
  cursor?: string | undefined;
  link?: string | undefined;
}

/**
 * Is there a page after this one? By what the answer says (more, cursor, link, total); where it says nothing, a page with fewer
 * records than were asked for is the last. `read`: records with those of this page. Throws FatalError ANSWER_REFUSED where
 * `more` is missing or contradicts the rest.
 */
export function nextPage(paginator: PaginatorConfig, answer: Answered, read: number, total: number | undefined, name: string): NextPage {
  const { kind } = paginator;
  const next = { cursor: cursorIn(paginator, answer, name), link: kind === 'link' ? linkIn(answer, name) : undefined };
  const leadsOn = kind === 'cursor' ? next.cursor !== undefined : kind === 'link' ? next.link !== undefined : undefined;
  if (paginator.more !== undefined) {
    const more = saysMore(paginator.more, answer, name);
    if (!more) return { more };
    if (leadsOn === false) throw refused(name, paginator, `there is more, but it has no ${kind} to request it with`);
    if (answer.nullList) throw refused(name, paginator, 'there is more, but it has null where the list of records should be');
    if (kind === 'offset' && answer.records.length === 0) throw refused(name, paginator, 'there is more, but it has no records');
    return { more, ...next };
  }
  if (leadsOn !== undefined) return { more: leadsOn, ...next };
  if (total !== undefined && !Number.isNaN(total)) return { more: read < total && answer.records.length > 0 };
  return { more: answer.records.length >= paginator.size || hasNextPage(answer.headers['link'], answer.url) };
}

/** Nothing but its size says that a page is the last. */
export function isGuessed(paginator: PaginatorConfig | undefined): boolean {
  return paginator !== undefined && /^(page|offset)$/.test(paginator.kind) && paginator.total === undefined && paginator.more === undefined;
}

/** JSON writes false or null where there is none, XML an empty element. One with attributes has its text under `text`. */
function cursorIn({ kind, cursor }: PaginatorConfig, { envelope }: Answered, name: string): string | undefined {
  if (kind !== 'cursor' || cursor === undefined) return undefined;
  const found = valueAt(envelope, cursor);
  const text = typeof found === 'string' ? found : textAt(envelope, `${cursor}.text`);
  if (text === undefined && found !== null && found !== undefined)
    throw new FatalError({
      code: 'ANSWER_REFUSED',
      place: { system: name, path: cursor },
      message: `The next cursor, ${cursor}, is ${Array.isArray(found) ? 'a list' : 'a group of fields'} in the answer, so it is not known whether there is a next page.`,
      hint: 'Correct paginator.cursor in the connector. Nothing after this page was read.',
    });
  return text === '' || text === 'false' ? undefined : text;
}

/** The next page that the answer's `Link` header names. Throws FatalError LINK_UNREADABLE where nobody can say whether it names one. */
function linkIn({ headers, url }: Answered, name: string): string | undefined {
  try {
    return nextLink(headers['link'], url ?? 'http://localhost/');
  } catch (error) {
    if (!(error instanceof LinkDefect)) throw error;
    throw new FatalError({
      code: 'LINK_UNREADABLE',
      place: { system: name },
      message: `The Link header of the answer ${error.message}, so it is not known whether there is a next page.`,
      hint: 'Nothing after this page was read. Show the header to the vendor; RFC 8288 says how it is written.',
    });
  }
}

const YES = ['true', '1', 'yes', 'y'];
const NO = ['false', '0', 'no', 'n'];

function saysMore(more: NonNullable<PaginatorConfig['more']>, { envelope }: Answered, name: string): boolean {
  const { path, yes, no } = typeof more === 'string' ? { path: more } : more;
  const said = textAt(envelope, path)?.trim();
  if (said !== undefined && said !== '') {
    const is = (values: readonly string[]): boolean => values.some((value) => value.toLowerCase() === said.toLowerCase());
    if (is(yes ?? YES)) return true;
    if (yes && !no ? true : is(no ?? NO)) return false;
  }
  throw new FatalError({
    code: 'ANSWER_REFUSED',
    place: { system: name, path },
    message: `The answer does not say whether there are more records: ${path} is ${said ? `"${said}"` : 'not there or empty'}.`,
    hint: 'Correct paginator.more in the connector, including which values mean yes and no. Nothing after this page was read.',
  });
}

function refused(name: string, { more }: PaginatorConfig, what: string): FatalError {
  const path = typeof more === 'string' ? more : more!.path;
  return new FatalError({
    code: 'ANSWER_REFUSED',
    place: { system: name, path },
    message: `The answer says at ${path} that ${what}.`,
    hint: 'Check paginator in the connector; if it is correct, tell the vendor.',
  });
}

/** Pages in a row without a record, though each says that there is more. */
const MAX_EMPTY = 100;

/** Notices pages that come again. Of each page and each address no more than a hash is kept. */
export function repeats(stream: StreamConfig, name: string) {
  const asked = new Set<string>();
  let before: string | undefined;
  let empty = 0;
  const again = (message: string): FatalError =>
    new FatalError({
      code: 'PAGES_REPEAT',
      place: { system: name },
      message,
      hint: 'Check paginator in the connector, and whether the request names the page in the way the service expects. If both are correct, tell the vendor.',
    });
  return {
    /** `page` counts from 1. Throws FatalError PAGES_REPEAT. */
    seen(page: number, { records }: Answered, next: NextPage): void {
      if (next.more && records.length === 0 && ++empty >= MAX_EMPTY)
        throw again(`${MAX_EMPTY} pages in a row have no record, and each says that there are more.`);
      if (records.length > 0) {
        empty = 0;
        const texts = records.map(({ values, raw }) => JSON.stringify([values, raw]));
        const now = hash('sha256', texts.join('\n'), 'base64');
        if (now === before && !(mayRepeat(stream) && new Set(texts).size === 1))
          throw again(`Page ${page} has exactly the records of the page before it, ${records.length} of them.`);
        before = now;
      }
      const address = next.cursor ?? next.link;
      if (!next.more || address === undefined) return;
      const short = hash('sha256', address, 'base64');
      if (asked.has(short)) throw again(`Page ${page} says that the next page is one that was already read.`);
      asked.add(short);
    },
  };
}

/** Equal records are different ones: a page full of the same may be followed by another. */
function mayRepeat({ primary_key: key }: StreamConfig): boolean {
  return !Array.isArray(key) && key.repeats === 'number';
}

/** The service has no such page. */
export function isNoPage(error: unknown): boolean {
  const status = error instanceof FatalError ? answerFacts(error)?.status : undefined;
  return status !== undefined && status >= 400 && status < 500;
}
