import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import soap from 'soap';
import type { ClerkRecords } from '../../generate/clerk-records.ts';
import type { Register } from '../../people/register.ts';
import { clerkWsdl } from '../../generate/clerk-wsdl.ts';

export const SOAP_PATH = '/ClerkService.asmx';

export interface ClerkServiceOptions {
  records: ClerkRecords;
  register: Register;
  /** 0 takes any free port. */
  port: number;
  host?: string;
  /** WS-Security UsernameToken. */
  username: string;
  password: string;
  /** What GetBillingByDate asks for next to it. */
  portal: { id: number; key: string };
}

/** The clerk's web service: SOAP 1.1 by the `soap` package, an implementation that is not ours. */
export function startClerkService(options: ClerkServiceOptions): Promise<{ port: number; close(): Promise<void> }> {
  const host = options.host ?? '127.0.0.1';
  const http = createServer((_request, response) => void response.writeHead(404).end());
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, host, () => {
      http.removeListener('error', reject);
      const { port } = http.address() as AddressInfo;
      const service = soap.listen(http, {
        ...AS_WRITTEN,
        path: SOAP_PATH,
        xml: clerkWsdl(`http://${host}:${port}${SOAP_PATH}`),
        services: { ClerkService: { ClerkServiceSoap: operations(options) } },
        suppressStack: true,
        callback: (error) =>
          error
            ? reject(error as Error)
            : resolve({ port, close: () => new Promise((closed) => (http.close(() => closed()), http.closeAllConnections())) }),
      });
      service.authenticate = (security: unknown) => {
        if (!mayEnter(security as Security | undefined, options))
          throw fault('wsse:FailedAuthentication', 'The security token could not be authenticated or authorized');
        return true;
      };
    });
  });
}

/** Otherwise the package makes a Date of '2026-02-30' (March 2), and another day of a date in the machine's zone. Its types leave this out. */
const AS_WRITTEN = { customDeserializer: { dateTime: (text: string) => text, int: (text: string) => text } };

const MAX_ON_A_PAGE = 500;

function operations({ records, register, portal }: ClerkServiceOptions): Record<string, (input: Record<string, unknown>) => object> {
  return {
    GetDogLicenses(input) {
      const from = dateOf(input['FromDate'], 'FromDate');
      const to = dateOf(input['ToDate'], 'ToDate');
      const page = countOf(input['Page'], 'Page', 1, Number.MAX_SAFE_INTEGER);
      const size = countOf(input['PageSize'], 'PageSize', 100, MAX_ON_A_PAGE);
      if (from > to) throw fault('soap:Client', 'FromDate is later than ToDate');
      const found = records.dogLicenses.filter((license) => license.TagDate.slice(0, 10) >= from && license.TagDate.slice(0, 10) <= to);
      return {
        GetDogLicensesResult: { ResponseCode: '0', TotalCount: found.length, DogLicense: found.slice((page - 1) * size, page * size) },
      };
    },
    GetResidents(input) {
      const page = countOf(input['Page'], 'Page', 1, Number.MAX_SAFE_INTEGER);
      const { total, entries } = register.page(page, countOf(input['PageSize'], 'PageSize', 100, MAX_ON_A_PAGE));
      return { GetResidentsResult: { ResponseCode: '0', TotalCount: total, Resident: entries } };
    },
    UpdateResident(input) {
      const key = String(input['RequestKey'] ?? '');
      if (key === '') throw fault('soap:Client', 'RequestKey is missing');
      return { UpdateResidentResult: register.update(key, (input['Resident'] ?? {}) as Record<string, unknown>) };
    },
    GetBillingByDate(input) {
      if (String(input['portalId']) !== String(portal.id) || input['key'] !== portal.key)
        return { GetBillingByDateResult: { ResponseCode: '401' } };
      const from = dateOf(input['startBillDate'], 'startBillDate');
      const to = dateOf(input['endBillDate'], 'endBillDate');
      const found = records.billing.filter((bill) => bill.BillDate.slice(0, 10) >= from && bill.BillDate.slice(0, 10) <= to);
      return { GetBillingByDateResult: { ResponseCode: '0', BillingOutputParameters: found } };
    },
  };
}

/** The calendar date of an xs:date or xs:dateTime; anything else is the fault .NET gives for it, inside HTTP 200. */
function dateOf(value: unknown, parameter: string): string {
  const text = String(value ?? '');
  const date = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text)?.[1];
  const real = date !== undefined && !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);
  if (!real)
    throw fault('soap:Client', `Server was unable to read request. ---> ${parameter}: The string '${text}' is not a valid DateTime value.`);
  return date;
}

function countOf(value: unknown, parameter: string, otherwise: number, most: number): number {
  if (value === undefined || value === null) return otherwise;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > most) throw fault('soap:Client', `${parameter} must be 1 to ${most}`);
  return number;
}

interface Security {
  UsernameToken?: { Username?: TokenText; Password?: TokenText; Nonce?: TokenText; Created?: TokenText };
}
type TokenText = string | { $value?: string; attributes?: Record<string, string> };

/** PasswordText, or PasswordDigest = Base64(SHA-1(nonce + created + password)) of the UsernameToken profile 1.0. */
function mayEnter(security: Security | undefined, { username, password }: ClerkServiceOptions): boolean {
  const token = security?.UsernameToken;
  if (token === undefined || textOf(token.Username) !== username) return false;
  const type = typeof token.Password === 'object' ? (token.Password.attributes?.['Type'] ?? '') : '';
  const given = textOf(token.Password);
  if (!type.endsWith('#PasswordDigest')) return given === password;
  const nonce = Buffer.from(textOf(token.Nonce), 'base64');
  return given === createHash('sha1').update(nonce).update(textOf(token.Created)).update(password).digest('base64');
}

function textOf(value: TokenText | undefined): string {
  return String((typeof value === 'object' ? value.$value : value) ?? '');
}

function fault(faultcode: string, faultstring: string): { Fault: { faultcode: string; faultstring: string } } {
  return { Fault: { faultcode, faultstring } };
}
