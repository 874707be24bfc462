import type { RequestConfig, StreamConfig } from '../config/schema/connector.ts';
import type { RequestAnswer, RequestTransport } from '../transports/transport.ts';
import { type IGNORED, judging, unlessRuled } from './error-rules.ts';
import type { PageContext } from './pages.ts';
import { retrying } from './retry.ts';
import { openSession } from './session.ts';
import { fillAll, fillBody, fillHeader, fillPath, fillQuery, fillText, type Variables } from './template.ts';

/** How one stream is asked in one run: with its session, its rules for errors, and as often as they allow. */
export interface Asking {
  /**
   * Sends a request and has its answer read; a reading that breaks off is done once more with a new answer. IGNORED where a rule
   * says so. `link`: an address that the service gave, in place of path and query.
   */
  ask<T>(
    request: RequestConfig,
    variables: Variables,
    read: (answer: RequestAnswer) => Promise<T>,
    link?: string,
  ): Promise<T | typeof IGNORED>;
  /** Logs out where there is a session. Never throws. */
  close(): Promise<void>;
}

const REPORT = /^\{\{\s*report\s*\}\}$/;

export function openAsking(stream: StreamConfig, transport: RequestTransport, context: PageContext): Asking {
  const rules = stream.error_handler?.rules ?? [];
  const session = openSession(stream.retriever.request!.login, transport, context.variables, context.name);

  return {
    async ask(request, variables, read, link) {
      const once = async () => {
        const known = { ...variables, ...(await session.variables()) };
        const contentType = Object.entries(request.headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
        // An address, not a path of the connector's own: relative ones start where the service stands.
        const address = link ?? (REPORT.test(request.path ?? '') ? fillText(request.path!, known) : undefined);
        const answer = await transport.request({
          operation: request.operation,
          body: request.body === undefined ? undefined : fillBody(request.body, known, contentType),
          header: fillHeader(request.header, known),
          method: request.method,
          path: address !== undefined || request.path === undefined ? undefined : fillPath(request.path, known),
          query: fillQuery(request.query, known),
          ...(address === undefined ? {} : { link: address }),
          headers: fillAll(request.headers, known),
        });
        return read(await unlessRuled(answer, rules, context.name));
      };
      return retrying(() => judging(once, rules, () => session.forget()), {
        maxRetries: stream.error_handler?.max_retries ?? 5,
        signal: context.signal,
        onRetry: (error, waitMs) =>
          context.note(`${(session.cleaned(error) as Error).message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`),
      }).catch((error: unknown) => {
        throw session.cleaned(error);
      });
    },
    close: () => session.close(),
  };
}
