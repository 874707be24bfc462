import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import soap from 'soap';

/** A person as the service writes them. */
export type SoapPerson = Partial<
  Record<'PersonNo' | 'First' | 'Last' | 'Birth' | 'Street' | 'Zip' | 'Phone' | 'Email' | 'Changed', string>
>;

export interface PeopleService {
  url: string;
  people: Map<string, SoapPerson>;
  /** Each field that it was sent, once for each request with a key of its own: `C1 Street=40 Oak Ave`. */
  got: string[];
  /** Keys of requests that it took, with the number that it answered. */
  answered: Map<string, string>;
  close(): Promise<void>;
}

/** A clerk's system with a SOAP service, by the `soap` package: an implementation that is not ours. It honors the key of a request. */
export async function startPeopleService(password: string, now: () => string): Promise<PeopleService> {
  const http = createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const service: PeopleService = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/people`,
    people: new Map(),
    got: [],
    answered: new Map(),
    close: () => new Promise((closed) => (http.close(() => closed()), http.closeAllConnections())),
  };
  const { answered } = service;
  const take = (key: string, number: string, { PersonNo: _, ...fields }: SoapPerson): string => {
    const before = answered.get(key);
    if (before !== undefined) return before;
    answered.set(key, number);
    service.people.set(number, { ...service.people.get(number), ...fields, PersonNo: number, Changed: now() });
    for (const [name, value] of Object.entries(fields)) service.got.push(`${number} ${name}=${value}`);
    return number;
  };
  const operations = {
    GetPeople: () => ({ Person: [...service.people.values()] }),
    ChangePerson({ RequestKey, Person }: { RequestKey: string; Person: SoapPerson }) {
      take(RequestKey, Person.PersonNo!, Person);
      return { Status: 'ok' };
    },
    AddPerson: ({ RequestKey, Person }: { RequestKey: string; Person: SoapPerson }) => ({
      Status: 'ok',
      PersonNo: take(RequestKey, `N${service.people.size + 1}`, Person),
    }),
  };
  const server = await new Promise<soap.Server>((resolve, reject) => {
    const made = soap.listen(http, {
      path: '/people',
      xml: readFileSync(join(import.meta.dirname, 'people.wsdl'), 'utf8'),
      services: { PeopleService: { PeoplePort: operations } },
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
