import { visible } from '../../../core/text/visible.ts';

const MARKUP = Symbol('markup');

/** Text that is HTML already; only `html` and `markup` make it. */
export interface Html {
  [MARKUP]: string;
}

export type HtmlPart = Html | string | number | null | undefined | false | readonly HtmlPart[];

/** A template whose parts are escaped, unless they come from `html` themselves; null, undefined and false leave nothing. */
export function html(texts: TemplateStringsArray, ...parts: HtmlPart[]): Html {
  let text = texts[0]!;
  parts.forEach((part, i) => {
    text += textOf(part) + texts[i + 1]!;
  });
  return { [MARKUP]: text };
}

/** Says that a text of our own is HTML as it stands. Never for anything that came from outside. */
export function markup(text: string): Html {
  return { [MARKUP]: text };
}

/** What goes over the wire. */
export function textOfHtml(part: Html): string {
  return part[MARKUP];
}

function textOf(part: HtmlPart): string {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  if (isList(part)) return part.map(textOf).join('');
  return part[MARKUP];
}

function isList(part: Html | readonly HtmlPart[]): part is readonly HtmlPart[] {
  return Array.isArray(part);
}

/** For text and for attributes in double or single quotes. What could hide or turn around words is written out. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
