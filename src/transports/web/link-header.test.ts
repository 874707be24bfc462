import { describe, expect, test } from 'vitest';
import { LinkDefect, nextLink, parseLinkHeader } from './link-header.ts';

const PAGE = 'https://api.example.gov/v1/permits?page=1';
const NEXT = 'https://api.example.gov/v1/permits?page=2';

describe('the next page is found however the header is written', () => {
  test.each([
    ['as most do', `<${NEXT}>; rel="next"`],
    ['rel behind other parameters', `<${NEXT}>; title="Page 2"; type=text/html; rel=next`],
    ['in capitals', `<${NEXT}>; REL="NEXT"`],
    ['several relations in one', `<${NEXT}>; rel="prefetch next"`],
    ['spaces everywhere', `  <${NEXT}>  ;  rel = "next"  ,  `],
    ['tabs', `<${NEXT}>\t;\trel="next"`],
    ['single quotes', `<${NEXT}>; rel='next'`],
    ['escapes in quotes', `<${NEXT}>; rel="ne\\xt"`],
    ['a relative address', '<?page=2>; rel=next'],
    ['a path', '</v1/permits?page=2>; rel=next'],
    ['a neighbor', '<permits?page=2>; rel=next'],
    ['no scheme', '<//api.example.gov/v1/permits?page=2>; rel=next'],
    ['a comma and > in a title before it', `<https://x.example/>; title="a, <b>; rel=next"; rel=self, <${NEXT}>; rel=next`],
    ['a comma in an address before it', `<https://x.example/?a=1,2>; rel=self,<${NEXT}>;rel=next`],
    ['a title in another encoding', `<${NEXT}>; title*=UTF-8''n%c3%a4chste; rel=next`],
    ['empty members', `,, <${NEXT}>; rel=next ,,`],
    ['empty parameters', `<${NEXT}>;; rel=next;`],
    ['the same link twice', `<${NEXT}>; rel=next, <?page=2>; rel=next`],
    ['an anchor that is this very page', `<${NEXT}>; rel=next; anchor="${PAGE}"`],
    ['a second rel, which does not count', `<${NEXT}>; rel=next; rel=prev`],
  ])('%s', (_, header) => {
    expect(nextLink(header, PAGE)).toBe(NEXT);
  });
});

test.each([
  ['another relation that begins so', `<${NEXT}>; rel="nextset"`],
  ['another relation that ends so', `<${NEXT}>; rel="x-next"`],
  ['the word in a title', `<${NEXT}>; title="rel=next"; rel=last`],
  ['the word in an address', '<https://x.example/?rel=next>; rel=self'],
  ['the next of another page', '</b?page=2>; rel=next; anchor="/b"'],
  ['a rel that does not count', `<${NEXT}>; rel=prev; rel=next`],
  ['no link', ''],
  ['no header', undefined],
])('%s is not a next page', (_, header) => {
  expect(nextLink(header, PAGE)).toBeUndefined();
});

test.each([
  ['no brackets', `${NEXT}; rel=next`],
  ['a bracket that is not closed', `<${NEXT}; rel="next"`],
  ['a quote that is not closed', `<${NEXT}>; rel="next`],
  ['something between two links', `<${NEXT}>; rel=next <x>; rel=self`],
  ['a parameter without its value', `<${NEXT}>; rel=, <x>; rel=self`],
  ['a parameter that is not one', `<${NEXT}>; =next`],
  ['two next pages', `<${NEXT}>; rel=next, <?page=3>; rel=next`],
  ['a link that does not say what it is', `<${NEXT}>`],
  ['rel written as rel*', `<${NEXT}>; rel*=UTF-8''next`],
  ['a space in the address', '<https://api.example.gov/v1/permits ?page=2>; rel=next'],
  ['the next of the same list in another order', '<?page=2>; rel=next; anchor="?sort=name"'],
])('%s cannot be read, and is never taken for the last page', (_, header) => {
  expect(() => nextLink(header, PAGE)).toThrow(LinkDefect);
});

test('a long header is read in time that grows with it', () => {
  const links = Array.from({ length: 20_000 }, (_, i) => `<?page=${i}>; rel="item"; title="${'\\"'.repeat(5)}"`);
  expect(parseLinkHeader(links.join(', '))).toHaveLength(20_000);
  expect(() => parseLinkHeader(`<x>; rel="${'\\'.repeat(100_001)}`)).toThrow(LinkDefect);
});
