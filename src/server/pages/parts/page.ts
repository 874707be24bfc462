import type { ConfigurationFault } from '../../configuration-state.ts';

import { formatMoney } from '../../../core/money.ts';
import { html, type Html, textOfHtml } from './html.ts';
import { shownProblem } from './problem-words.ts';
import { timeText } from './words.ts';

/** What every page needs to know of the town. */
export interface Town {
  name: string;
  zone: string;
  currency: string;
  /** Of the style sheet, so a new version is fetched. */
  styleVersion: string;
}

export interface Page {
  /** The only h1, and the window's title. */
  title: string;
  /** Path of the entry of the menu that it belongs to. */
  section?: string;
  /** It is not that entry itself but below it. */
  below?: boolean;
  /** Next to the title: when, of what. */
  lead?: Html | string | undefined;
  body: Html;
}

const MENU = [
  ['/', 'Overview'],
  ['/revenue', 'Revenue'],
  ['/rejects', 'Rejected'],
] as const;

/** A whole page. */
export function pageText(town: Town, page: Page, fault?: ConfigurationFault): string {
  const entry = ([path, name]: readonly [string, string]): Html =>
    html`<li><a href="${path}" ${page.section === path ? html` aria-current="${page.below ? 'true' : 'page'}"` : ''}>${name}</a></li>`;
  return textOfHtml(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${page.title === town.name ? '' : `${page.title} · `}${town.name} · Interlocal</title>
          <link rel="icon" href="/icon.svg" type="image/svg+xml" />
          <link rel="stylesheet" href="/style.css?v=${town.styleVersion}" />
        </head>
        <body>
          <a class="skip" href="#content">Skip to the content</a>
          <header class="top">
            <div class="frame">
              <p class="brand">
                <a href="/"
                  ><svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
                    <path d="M3 21V10l9-7 9 7v11M8 21v-7m4 7v-7m4 7v-7M2 21h20" /></svg
                  ><span>Interlocal</span></a
                >
              </p>
              <nav aria-label="Main">
                <ul>
                  ${MENU.map(entry)}
                </ul>
              </nav>
            </div>
          </header>
          <main id="content" class="frame" tabindex="-1">
            <div class="title">
              ${page.title === town.name ? '' : html`<p class="eyebrow">${town.name}</p>`}
              <h1>${page.title}</h1>
              ${page.lead ? html`<p class="lead">${page.lead}</p>` : ''}
            </div>
            ${fault ? configurationBanner(town, fault) : ''} ${page.body}
          </main>
          <footer class="frame">
            <p>
              Interlocal. Times are those of ${town.zone.replaceAll('_', ' ')}, amounts in ${town.currency} unless another currency is
              named.
            </p>
          </footer>
        </body>
      </html> `,
  );
}

/** So many problems of a configuration are told on a page. */
const MAX_PROBLEMS = 20;

function configurationBanner({ zone }: Town, { since, problems }: ConfigurationFault): Html {
  return html`<div class="status status-bad" role="alert">
    <p>
      The configuration in the town's folder is not valid. The one from before
      <time datetime="${since}">${timeText(since, zone)}</time> stays in force until it is fixed; <code>interlocal validate</code> checks
      it.
    </p>
    <ul>
      ${problems.slice(0, MAX_PROBLEMS).map((p) => {
        const { where, what, todo } = shownProblem(p);
        return html`<li>${where ? html`<b>${where}</b> ` : ''}${what} ${todo}</li>`;
      })}
    </ul>
    ${problems.length > MAX_PROBLEMS ? html`<p>… and ${problems.length - MAX_PROBLEMS} more.</p>` : ''}
  </div>`;
}

/** A table that scrolls by itself where the window is narrow; by keyboard too. */
export function scrolling(name: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${table}</div>`;
}

/** An amount in a table; nothing at all stands back. */
export function figureCell(minor: number, currency: string): Html {
  return html`<td class="n${minor === 0 ? ' nil' : ''}">${formatMoney(minor, currency)}</td>`;
}
