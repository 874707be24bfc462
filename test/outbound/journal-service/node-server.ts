import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import soap from 'soap';

/** As the package makes it of the WSDL's types. */
export interface PostedJournal {
  Reference: string;
  Date: Date;
  Line: { Account: string; Side: string; Amount: number }[];
}

export interface JournalService {
  url: string;
  /** What is in its books, each time that it was booked; journal 501 is the first. */
  booked: PostedJournal[];
  /** How many answers get lost from now on: the connection breaks after the journal was booked. */
  losesAnswers: number;
  /** Accounts that it does not know. */
  closedAccounts: Set<string>;
  close(): Promise<void>;
}

/** A ledger with a SOAP service, by the `soap` package: an implementation that is not ours. It books whatever it is sent, and twice when it is sent twice. */
export async function startJournalService(): Promise<JournalService> {
  const http = createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const service: JournalService = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/journals`,
    booked: [],
    losesAnswers: 0,
    closedAccounts: new Set(),
    close: () => new Promise((closed) => (http.close(() => closed()), http.closeAllConnections())),
  };
  const operations = {
    PostJournal({ Journal }: { Journal: PostedJournal }) {
      const wrong = Journal.Line.find(({ Account }) => service.closedAccounts.has(Account));
      if (wrong) return { Status: 'refused', Message: `Account ${wrong.Account} is closed` };
      service.booked.push(Journal);
      if (service.losesAnswers > 0) {
        service.losesAnswers--;
        http.closeAllConnections();
      }
      return { Status: 'posted', JournalNumber: String(500 + service.booked.length) };
    },
    FindJournal({ Reference }: { Reference: string }) {
      const at = service.booked.findIndex((journal) => journal.Reference === Reference);
      return at < 0 ? {} : { JournalNumber: String(501 + at) };
    },
  };
  await new Promise<void>((resolve, reject) => {
    soap.listen(http, {
      path: '/journals',
      xml: readFileSync(join(import.meta.dirname, 'journals.wsdl'), 'utf8'),
      services: { JournalService: { JournalsPort: operations } },
      suppressStack: true,
      callback: (error) => (error ? reject(error as Error) : resolve()),
    });
  });
  return service;
}
