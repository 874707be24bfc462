import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeHtml, html, textOfHtml } from './html.ts';

test('what a source wrote cannot become markup, as text, in an attribute or in a list', () => {
  const evil = `"><script>alert('x')</script>&amp;`;
  const text = textOfHtml(html`<p title="${evil}">${evil}${[evil, html`<b>${evil}</b>`]}</p>`);
  expect(text.match(/<[^>]*>/g)).toEqual([expect.stringMatching(/^<p title="[^"<>]*">$/), '<b>', '</b>', '</p>']);
});

test('nothing is left where there is nothing to tell', () => {
  expect(textOfHtml(html`<p>${null}${undefined}${false}${''}${0}${[]}</p>`)).toBe('<p>0</p>');
});

test('a text that looks like our own markup object is still escaped', () => {
  fc.assert(fc.property(fc.string(), (text) => !/[<>"']/.test(escapeHtml(text)) && !/&(?!#\d+;)/.test(escapeHtml(text))));
});
