import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import soap from 'soap';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPeople } from '../../people/files.ts';
import { openRegister, type Register } from '../../people/register.ts';
import { SOAP_PATH, startClerkService } from './server.ts';
import { makeTown } from '../../town.ts';

const { clerk, people } = makeTown(1, 120);
const folder = mkdtempSync(join(tmpdir(), 'sample-town-'));
const [firstLicense] = clerk.dogLicenses;
let register: Register;
let service: Awaited<ReturnType<typeof startClerkService>>;
let client: soap.Client;
beforeAll(async () => {
  startPeople(folder, people);
  register = openRegister(folder);
  service = await startClerkService({
    records: clerk,
    register,
    port: 0,
    username: 'interlocal',
    password: 'right',
    portal: { id: 1, key: 'key' },
  });
  client = await soap.createClientAsync(`http://127.0.0.1:${service.port}${SOAP_PATH}?wsdl`);
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

describe('GetDogLicenses', () => {
  test('gives every license once, page by page', async () => {
    const ids: string[] = [];
    for (let page = 1; ; page++) {
      const {
        ResponseCode,
        TotalCount,
        DogLicense = [],
      } = await licenses({ FromDate: '2025-01-01', ToDate: '2026-12-31', Page: page, PageSize: 40 });
      expect([ResponseCode, TotalCount]).toEqual(['0', clerk.dogLicenses.length]);
      ids.push(...DogLicense.map((license: { AnimalID: string }) => license.AnimalID));
      if (DogLicense.length < 40) break;
    }
    expect(ids).toEqual(clerk.dogLicenses.map((license) => license.AnimalID));
  });

  test('one license is a single element, none is not an element', async () => {
    const date = firstLicense?.TagDate.slice(0, 10);
    const alone = await post(
      `<GetDogLicenses xmlns="http://tempuri.org/"><FromDate>${date}</FromDate><ToDate>${date}T00:00:00</ToDate><Page>1</Page><PageSize>1</PageSize></GetDogLicenses>`,
    );
    expect(alone.data.match(/<DogLicense>/g)).toHaveLength(1);
    expect(alone.data).toContain(`<AnimalID>${firstLicense?.AnimalID}</AnimalID><TagNumber>${firstLicense?.TagNumber}</TagNumber>`);
    const none = await licenses({ FromDate: '2020-01-01', ToDate: '2020-01-02', Page: 1, PageSize: 1 });
    expect([none.TotalCount, none.DogLicense]).toEqual([0, undefined]);
  });

  test('a bad date is a fault inside HTTP 200', async () => {
    const answer = await post(
      '<GetDogLicenses xmlns="http://tempuri.org/"><FromDate>2026-02-30</FromDate><ToDate>2026-03-01</ToDate><Page>1</Page><PageSize>10</PageSize></GetDogLicenses>',
    );
    expect(answer.status).toBe(200);
    expect(answer.data).toMatch(
      /<soap:Fault><faultcode>soap:Client<\/faultcode><faultstring>.*FromDate: The string .*2026-02-30.* is not a valid DateTime/,
    );
    client.setSecurity(new soap.WSSecurity('interlocal', 'right'));
    await expect(client['GetDogLicensesAsync']({ FromDate: 'Jan 1, 2026', ToDate: '2026-03-01' })).rejects.toThrow(
      /'Jan 1, 2026' is not a valid DateTime/,
    );
    await expect(client['GetDogLicensesAsync']({ FromDate: '2026-03-02', ToDate: '2026-03-01' })).rejects.toThrow(/later than/);
    await expect(client['GetDogLicensesAsync']({ FromDate: '2026-03-01', ToDate: '2026-03-01', PageSize: 501 })).rejects.toThrow(
      /PageSize must be 1 to 500/,
    );
  });
});

test('GetBillingByDate gives the bills of the time asked for, to whoever has the portal key', async () => {
  client.setSecurity(new soap.WSSecurity('interlocal', 'right', { passwordType: 'PasswordDigest' }));
  const [bills] = await client['GetBillingByDateAsync']({
    portalId: 1,
    key: 'key',
    startBillDate: '2026-02-01',
    endBillDate: '2026-03-01',
  });
  expect(bills.GetBillingByDateResult.BillingOutputParameters).toHaveLength(120);
  const [refused] = await client['GetBillingByDateAsync']({
    portalId: 1,
    key: 'other',
    startBillDate: '2026-02-01',
    endBillDate: '2026-03-01',
  });
  expect(refused.GetBillingByDateResult).toEqual({ ResponseCode: '401' });
});

describe('WS-Security', () => {
  test.each([
    ['password text', new soap.WSSecurity('interlocal', 'right')],
    ['password digest', new soap.WSSecurity('interlocal', 'right', { passwordType: 'PasswordDigest', hasNonce: true })],
  ])('%s is accepted', async (_, security) => {
    client.setSecurity(security);
    const [answer] = await client['GetDogLicensesAsync']({ FromDate: '2020-01-01', ToDate: '2020-01-02' });
    expect(answer.GetDogLicensesResult.ResponseCode).toBe('0');
  });

  test.each([
    ['a wrong password', new soap.WSSecurity('interlocal', 'wrong')],
    ['a wrong digest', new soap.WSSecurity('interlocal', 'wrong', { passwordType: 'PasswordDigest' })],
    ['another user', new soap.WSSecurity('nobody', 'right')],
    ['no token', new soap.BasicAuthSecurity('interlocal', 'right')],
  ])('%s is a fault', async (_, security) => {
    client.setSecurity(security);
    await expect(client['GetDogLicensesAsync']({ FromDate: '2020-01-01', ToDate: '2020-01-02' })).rejects.toThrow(
      /could not be authenticated/,
    );
  });
});

async function licenses(input: object) {
  client.setSecurity(new soap.WSSecurity('interlocal', 'right'));
  const [answer] = await client['GetDogLicensesAsync'](input);
  return answer.GetDogLicensesResult;
}

function post(body: string) {
  const operation = /<(\w+)/.exec(body)?.[1];
  const envelope = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><wsse:UsernameToken><wsse:Username>interlocal</wsse:Username><wsse:Password>right</wsse:Password></wsse:UsernameToken></wsse:Security></s:Header><s:Body>${body}</s:Body></s:Envelope>`;
  return axios.post<string>(`http://127.0.0.1:${service.port}${SOAP_PATH}`, envelope, {
    headers: { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: `"http://tempuri.org/${operation}"` },
    validateStatus: () => true,
  });
}
