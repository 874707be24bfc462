import type { NextFunction, Request, Response } from 'express';

/** Loopback, by the names that a browser on this machine uses. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const EVERYWHERE = ['0.0.0.0', '::'];

/**
 * Refuses requests that came by another name than ours: a page on the web can point a name of its own at this machine
 * (DNS rebinding) and would read the town's figures through a clerk's browser. An address cannot be rebound, so a server
 * that listens everywhere also answers to the address that the request arrived at.
 */
export function hostCheck({ host, names = [] }: { host: string; names?: readonly string[] | undefined }) {
  const known = new Set([...LOOPBACK, ...names, host].map((name) => bare(name.toLowerCase())));
  return (request: Request, response: Response, next: NextFunction): void => {
    const name = hostName(request.headers.host);
    const arrivedAt = EVERYWHERE.includes(host) ? request.socket.localAddress?.replace(/^::ffff:/, '') : undefined;
    if (name !== undefined && (known.has(name) || name === arrivedAt)) return next();
    response
      .status(421)
      .type('text/plain')
      .send('Interlocal does not answer under this host name. If the name is correct, add it to server.names in config/interlocal.yaml.\n');
  };
}

/** The Host header without its port; undefined for what is none. */
function hostName(header: string | undefined): string | undefined {
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return parts ? bare(parts[1]!.toLowerCase()) : undefined;
}

/** `[::1]` is `::1`; `town.gov.` is `town.gov`. */
function bare(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}
