import { html, type Html } from './parts/html.ts';
import type { Page } from './parts/page.ts';

export function notFoundPage(what = 'There is no page at this address.'): Page {
  return {
    title: 'Not found',
    body: html`<p>${what}</p>
      ${BACK}`,
  };
}

/** What was asked cannot be read as an address of ours. */
export function badRequestPage(): Page {
  return {
    title: 'Not understood',
    body: html`<p>The address contains something that cannot be read.</p>
      ${BACK}`,
  };
}

/** Says what to do, and nothing of what is inside. */
export function faultPage(requestId: string): Page {
  return {
    title: 'Something went wrong',
    body: html`<p>Interlocal could not build this page. No data was lost.</p>
      <p>
        Try again in a minute. If this continues, give this number, which is also in the log, to the person who manages Interlocal:
        <code>${requestId}</code>
      </p>
      ${BACK}`,
  };
}

const BACK: Html = html`<p><a href="/">Back to the overview</a></p>`;
