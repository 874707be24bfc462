import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import soap from 'soap';

export interface HeaderService {
  url: string;
  /** What was called, in order. */
  calls: string[];
  /** Sessions end after this many answers. */
  lasts: number;
  /** Every envelope that came. */
  envelopes: string[];
  close(): Promise<void>;
}

/** A service that gives its session in the header of an answer and wants it in that of each request, by the `soap` package. */
export async function startHeaderService(pages: number): Promise<HeaderService> {
  const http = createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const sessions = new Map<string, number>();
  const service: HeaderService = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/waste`,
    calls: [],
    lasts: Infinity,
    envelopes: [],
    close: () => new Promise((closed) => (http.close(() => closed()), http.closeAllConnections())),
  };
  const sessionIn = (header: unknown): string => {
    const id = (header as { SessionHeader?: { SessionId?: string } } | undefined)?.SessionHeader?.SessionId ?? '';
    const left = sessions.get(id) ?? 0;
    if (left <= 0) throw { Fault: { faultcode: 'soap:Client', faultstring: `Session expired: ${id}` } };
    sessions.set(id, left - 1);
    return id;
  };
  type Header = { [name: string]: unknown };
  const operations = {
    OpenSession() {
      service.calls.push('OpenSession');
      return { Result: 'ok' };
    },
    CloseSession(_: unknown, _done: unknown, header: Header) {
      service.calls.push('CloseSession');
      sessions.delete(sessionIn(header));
      return { Result: 'ok' };
    },
    GetPickups({ Page }: { Page: string }, _done: unknown, header: Header) {
      service.calls.push(`GetPickups ${Page}`);
      sessionIn(header);
      const n = Number(Page);
      return { More: n < pages, Pickup: n <= pages ? [{ Id: `P${n}`, Street: 'Main' }] : [] };
    },
    AddPickup({ Id }: { Id: string }) {
      service.calls.push(`AddPickup ${Id}`);
      return { Result: 'ok' };
    },
  };
  await new Promise<void>((resolve, reject) => {
    const server = soap.listen(http, {
      path: '/waste',
      xml: readFileSync(join(import.meta.dirname, 'header.wsdl'), 'utf8'),
      services: { Waste: { WasteSoap: operations } },
      suppressStack: true,
      callback: (error) => (error ? reject(error as Error) : resolve()),
    });
    // Asked for each answer, before the operation itself.
    server.addSoapHeader((operation: string) => {
      if (operation !== 'OpenSession') return '';
      // Of the kind that must be escaped where it is sent.
      const id = `${crypto.randomUUID()}&1`;
      sessions.set(id, service.lasts);
      return `<h:SessionHeader xmlns:h="urn:acme:session"><h:SessionId>${id.replace('&', '&amp;')}</h:SessionId></h:SessionHeader>`;
    });
    server.log = (type, data) => type === 'received' && void service.envelopes.push(String(data));
  });
  return service;
}
