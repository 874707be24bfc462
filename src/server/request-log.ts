import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/** As pino has it: fields first, a constant message second. */
export interface ServerLog {
  info(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** One line for each request. What was asked for after the ? is not written down: it may name a person. */
export function requestLog(log: ServerLog) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const began = performance.now();
    const id = randomUUID();
    // Routers change it on the way.
    const { path } = request;
    response.locals.requestId = id;
    response.set('X-Request-Id', id);
    response.once('close', () =>
      log.info(
        {
          request: id,
          method: request.method,
          path: path.slice(0, 200),
          status: response.statusCode,
          ms: Math.round(performance.now() - began),
          ...(response.writableFinished ? {} : { cut: true }),
        },
        'request',
      ),
    );
    next();
  };
}
