import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import soap from 'soap';

export const WSDL = join(import.meta.dirname, 'receipts.wsdl');

/** As the package makes it of the WSDL's types. */
export interface Posted {
  Number: string;
  Date: Date;
  Amount: number;
  Payment: unknown;
}

export interface ReceiptService {
  url: string;
  /** What is in its books, each time that it was booked. */
  booked: Posted[];
  calls: string[];
  /** A session is good for so many receipts. */
  lasts: number;
  /** Throws what it answers instead of booking. */
  before: (receipt: Posted, nth: number) => void;
  open(): number;
  close(): Promise<void>;
}

/** A finance system with a SOAP service, by the `soap` package: an implementation that is not ours. It books whatever it is sent. */
export async function startReceiptService(password: string): Promise<ReceiptService> {
  const http = createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const sessions = new Map<string, number>();
  const service: ReceiptService = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/receipts`,
    booked: [],
    calls: [],
    lasts: Infinity,
    before: () => {},
    open: () => sessions.size,
    close: () => new Promise((closed) => (http.close(() => closed()), http.closeAllConnections())),
  };
  const operations = {
    OpenSession() {
      service.calls.push('OpenSession');
      const id = `session-${crypto.randomUUID()}`;
      sessions.set(id, service.lasts);
      return { SessionId: id };
    },
    CloseSession({ SessionId }: { SessionId: string }) {
      service.calls.push('CloseSession');
      sessions.delete(SessionId);
      return {};
    },
    PostReceipt({ SessionId, Receipt }: { SessionId: string; Receipt: Posted }) {
      service.calls.push(`PostReceipt ${Receipt.Number}`);
      const left = sessions.get(SessionId) ?? 0;
      if (left <= 0) throw fault('Client', `The session ${SessionId} is unknown: Session expired`);
      sessions.set(SessionId, left - 1);
      service.before(Receipt, service.calls.filter((call) => call === `PostReceipt ${Receipt.Number}`).length);
      service.booked.push(Receipt);
      return { Status: 'booked' };
    },
  };
  const server = await new Promise<soap.Server>((resolve, reject) => {
    const made = soap.listen(http, {
      path: '/receipts',
      xml: readFileSync(WSDL, 'utf8'),
      services: { ReceiptService: { ReceiptsPort: operations } },
      suppressStack: true,
      callback: (error) => (error ? reject(error as Error) : resolve(made)),
    });
  });
  server.authenticate = (security: unknown) => {
    const token = (security as { UsernameToken?: { Username: string; Password: { $value: string } } } | null)?.UsernameToken;
    return token?.Username === 'town' && token.Password.$value === password;
  };
  return service;
}

export function fault(code: string, text: string, statusCode?: number): unknown {
  return { Fault: { faultcode: `soap:${code}`, faultstring: text, ...(statusCode === undefined ? {} : { statusCode }) } };
}
