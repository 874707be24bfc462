/** One link of a `Link` header. RFC 8288 section 3. */
export interface WebLink {
  /** As it was written, without the angle brackets: relative to the address that answered. */
  target: string;
  /** Relation types, in lower case. Empty where the link has no `rel`. */
  relations: readonly string[];
  /** What the link starts from, where that is not the address that answered. */
  anchor?: string;
}

/** A header that does not follow the grammar, in words that end a sentence: "has no > after …". */
export class LinkDefect extends Error {}

/**
 * Every link in the value of a `Link` header, by the grammar of RFC 8288; several headers are joined by commas. Names of parameters
 * and relations have no case. Of parameters that come twice the first holds. Values may also are in single quotes, as some services
 * write them. Throws LinkDefect: a part that cannot be read might name the next page.
 */
export function parseLinkHeader(text: string): WebLink[] {
  const links: WebLink[] = [];
  let at = 0;

  function space(): void {
    while (text[at] === ' ' || text[at] === '\t') at++;
  }

  function matched(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }

  function fail(what: string): never {
    throw new LinkDefect(`${what} at character ${at + 1}`);
  }

  function target(): string {
    if (text[at] !== '<') fail('has no "<"');
    const end = text.indexOf('>', at);
    if (end < 0) fail('has a "<" without its ">"');
    const found = text.slice(at + 1, end).trim();
    if (/[\s<"]/.test(found)) fail('has an address with a space, a quote or another "<" in it');
    at = end + 1;
    return found;
  }

  function quoted(): string {
    const found = matched(QUOTED);
    if (found === undefined) fail('has a quote that is not closed');
    return found.slice(1, -1).replace(/\\(.)/gs, '$1');
  }

  /** The value of a parameter; empty where it has none. */
  function value(): string {
    space();
    if (text[at] !== '=') return '';
    at++;
    space();
    if (text[at] === '"') return quoted();
    const single = text[at] === "'" ? matched(SINGLE_QUOTED) : undefined;
    return single?.slice(1, -1) ?? matched(UNQUOTED) ?? fail('has a parameter without its value');
  }

  function link(): WebLink {
    const to = target();
    const parameters = new Map<string, string>();
    for (space(); text[at] === ';'; space()) {
      at++;
      space();
      if (text[at] === ';' || text[at] === ',' || at >= text.length) continue;
      const name = (matched(TOKEN) ?? fail('has something that is not a parameter')).toLowerCase();
      const given = value();
      if (!parameters.has(name)) parameters.set(name, given);
    }
    if (at < text.length && text[at] !== ',') fail('has something other than a comma between two links');
    const anchor = parameters.get('anchor');
    return {
      target: to,
      relations: (parameters.get('rel') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
      ...(anchor === undefined ? {} : { anchor }),
    };
  }

  for (;;) {
    // Lists may have empty members. RFC 9110 section 5.6.1.
    while (text[at] === ',' || text[at] === ' ' || text[at] === '\t') at++;
    if (at >= text.length) return links;
    links.push(link());
  }
}

const TOKEN = /[-!#$%&'*+.^_`|~\dA-Za-z]+/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/sy;
const SINGLE_QUOTED = /'[^']*'(?=[ \t]*(?:[;,]|$))/y;
/** More than the token of RFC 8288: RFC 5988 also allowed addresses and media types without quotes. */
const UNQUOTED = /[^\s",;<>]+/y;

/**
 * The address of the next page that a `Link` header names, absolute; undefined where it names none. `page`: the address that answered,
 * after redirects. Throws LinkDefect where the header cannot be read, names several, or does not say what a link is.
 */
export function nextLink(header: string | undefined, page: string): string | undefined {
  if (header === undefined) return undefined;
  const links = parseLinkHeader(header);
  const next = links.filter(({ relations }) => relations.includes('next'));
  const targets = new Set(next.filter((link) => isOf(link, page)).map(({ target }) => absolute(target, page)));
  if (targets.size > 1) throw new LinkDefect(`names ${targets.size} different next pages`);
  const [found] = targets;
  if (found !== undefined) return found;
  const unnamed = links.find(({ relations }) => relations.length === 0);
  if (unnamed) throw new LinkDefect('has a link without rel, which may be the next page');
  // Of the same list, asked for in another way: whether that goes on from here, nobody can say.
  const doubtful = next.find(({ anchor }) => samePlace(absolute(anchor!, page), page));
  if (doubtful) throw new LinkDefect('has a next page whose anchor is another part of the same list');
  return undefined;
}

function isOf({ anchor }: WebLink, page: string): boolean {
  return anchor === undefined || withoutFragment(absolute(anchor, page)) === withoutFragment(page);
}

function samePlace(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  return a.origin === b.origin && a.pathname === b.pathname;
}

function withoutFragment(address: string): string {
  const url = new URL(address);
  url.hash = '';
  return url.href;
}

function absolute(address: string, page: string): string {
  if (!URL.canParse(address, page)) throw new LinkDefect('has an invalid address');
  return new URL(address, page).href;
}
