import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import soap from 'soap';

export interface SessionService {
  url: string;
  /** What was called, in order: `OpenSession`, `GetBills 2`. */
  calls: string[];
  /** Sessions end after this many answers. */
  lasts: number;
  /** Sessions that are open now. */
  open(): number;
  close(): Promise<void>;
}

export const PASSWORD = 'bills-Password-7';

/** A paged service with a login, by the `soap` package: an implementation that is not ours. */
export async function startSessionService(count: number): Promise<SessionService> {
  const http = createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/bills`;
  const sessions = new Map<string, number>();
  const service: SessionService = {
    url,
    calls: [],
    lasts: Infinity,
    open: () => sessions.size,
    close: () => new Promise((closed) => (http.close(() => closed()), http.closeAllConnections())),
  };
  const bills = Array.from({ length: count }, (_, i) => ({
    BillNo: String(i + 1).padStart(7, '0'),
    Account: `A${i % 9}`,
    OwnerName: 'Pat Sample',
    DueDate: '2026-04-01',
    Amount: `${10 + i}.50`,
  }));
  const fault = (text: string): unknown => ({ Fault: { faultcode: 'soap:Client', faultstring: text } });
  const operations = {
    OpenSession({ UserName, Password }: Record<string, string>) {
      service.calls.push('OpenSession');
      if (UserName !== 'town' || Password !== PASSWORD) throw fault(`Unknown user or password ${Password}`);
      const id = `session-${crypto.randomUUID()}`;
      sessions.set(id, service.lasts);
      return { OpenSessionResult: { SessionId: id } };
    },
    CloseSession({ SessionId }: Record<string, string>) {
      service.calls.push('CloseSession');
      sessions.delete(SessionId!);
      return { CloseSessionResult: 'ok' };
    },
    GetBills({ SessionId, Page, PageSize }: Record<string, string>) {
      service.calls.push(`GetBills ${Page}`);
      const left = sessions.get(SessionId!) ?? 0;
      if (left <= 0) throw fault(`The session ${SessionId} is unknown: Session expired`);
      sessions.set(SessionId!, left - 1);
      const from = (Number(Page) - 1) * Number(PageSize);
      return { GetBillsResult: { Code: '0', Total: bills.length, Bill: bills.slice(from, from + Number(PageSize)) } };
    },
  };
  await new Promise<void>((resolve, reject) =>
    soap.listen(http, {
      path: '/bills',
      xml: readFileSync(join(import.meta.dirname, 'bills.wsdl'), 'utf8'),
      services: { Bills: { BillsSoap: operations } },
      suppressStack: true,
      callback: (error) => (error ? reject(error as Error) : resolve()),
    }),
  );
  return service;
}
