import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mssql from 'mssql';
import soap from 'soap';
import type ssh2 from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateTown, type TownTruth } from './generate/generate.ts';
import { fingerprint } from './servers/sftp/host-key.ts';
import { SOAP_PATH } from './servers/soap/server.ts';
import {
  CLERK_USER,
  FINANCE_DATABASE,
  FINANCE_LOGIN,
  PASSWORDS,
  SFTP_HOST_KEY_FINGERPRINT,
  SFTP_USER,
  startSystems,
  type TownSystems,
} from './systems.ts';

const ANY_PORTS = { sftp: 0, soap: 0, sqlserver: 0 };
const folder = mkdtempSync(join(tmpdir(), 'sample-town-'));
let truth: TownTruth;
let systems: TownSystems;
beforeAll(async () => {
  truth = generateTown({ seed: 1, folder, households: 60 });
  systems = await startSystems({ folder, ports: ANY_PORTS });
});
afterAll(async () => {
  await systems.close();
  rmSync(folder, { recursive: true });
});

describe('the systems, each spoken to by a client that is not ours', () => {
  test('recreation and bank: SFTP with the pinned host key', async () => {
    const client = new SftpClient();
    const { client: connection } = client as unknown as { client: ssh2.Client };
    connection.on('connect', () => connection.setNoDelay(true));
    await client.connect({
      host: '127.0.0.1',
      port: systems.ports.sftp,
      username: SFTP_USER,
      password: PASSWORDS.recreation,
      hostVerifier: (key: Buffer) => fingerprint(key) === SFTP_HOST_KEY_FINGERPRINT,
    });
    const exports = await client.list('/recreation/exports');
    expect(exports.filter((file) => /^gl-.*\.xml$/.test(file.name))).toHaveLength((truth.streams['recreation.gl']?.files ?? 0) + 1);
    expect(await client.list('/bank/outgoing')).toHaveLength(27);
    await client.rename('/bank/outgoing/bai-260109.txt', '/bank/archive/bai-260109.txt');
    expect(await client.list('/bank/outgoing')).toHaveLength(26);
    await client.end();
  });

  test('clerk: SOAP', async () => {
    const client = await soap.createClientAsync(`http://127.0.0.1:${systems.ports.soap}${SOAP_PATH}?wsdl`);
    client.setSecurity(new soap.WSSecurity(CLERK_USER, PASSWORDS.clerk));
    const [answer] = await client['GetDogLicensesAsync']({ FromDate: '2025-01-01', ToDate: '2026-12-31', Page: 1, PageSize: 500 });
    expect(answer.GetDogLicensesResult.DogLicense).toHaveLength(truth.streams['clerk.dog-licenses']?.records ?? 0);
  });

  test("finance: SQL Server over TLS with the town's own authority, read only", async () => {
    const pool = new mssql.ConnectionPool({
      server: 'localhost',
      port: systems.ports.sqlserver,
      database: FINANCE_DATABASE,
      user: FINANCE_LOGIN,
      password: PASSWORDS.finance,
      options: {
        encrypt: true,
        trustServerCertificate: false,
        cryptoCredentialsDetails: { ca: readFileSync(join(folder, 'keys/ca.pem'), 'utf8') },
      },
    });
    await pool.connect();
    const receipts = await pool.query(
      'SELECT dDOCSUFFIX, dTOTBAL, dCUSTNMBR, dDATE FROM CR10101 UNION ALL SELECT dDOCSUFFIX, dTOTBAL, dCUSTNMBR, dDATE FROM CR30101',
    );
    const revenue = Object.values(truth.revenue).flatMap((department) => Object.values(department));
    const cents = receipts.recordset.reduce((all: number, row: { dTOTBAL: number }) => all + Math.round(row.dTOTBAL * 100), 0);
    expect(cents).toBe(revenue.reduce((a, b) => a + b));
    expect(receipts.recordset[0].dCUSTNMBR).toHaveLength(15);
    await expect(pool.query('DELETE FROM CR10101')).rejects.toThrow();
    await pool.close();
  });
});

test('the certificate is for this machine alone and lasts ten years; a second start keeps it', async () => {
  const pem = readFileSync(join(folder, 'keys/ca.pem'), 'utf8');
  const certificate = new X509Certificate(pem);
  expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  expect(Date.parse(certificate.validTo) - Date.now()).toBeGreaterThan(9.9 * 365 * 86_400_000);
  await (await startSystems({ folder, ports: ANY_PORTS })).close();
  expect(readFileSync(join(folder, 'keys/ca.pem'), 'utf8')).toBe(pem);
});

test('if one port is taken, the start fails and leaves nothing listening', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  const free = createServer().listen(0, '127.0.0.1');
  await Promise.all([taken, free].map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const [takenPort, freePort] = [taken, free].map((server) => (server.address() as AddressInfo).port);
  await new Promise((resolve) => free.close(resolve));
  await expect(startSystems({ folder, ports: { sftp: freePort, soap: takenPort, sqlserver: 0 } })).rejects.toThrow(/EADDRINUSE/);
  const again = await startSystems({ folder, ports: { ...ANY_PORTS, sftp: freePort } });
  await again.close();
  await new Promise((resolve) => taken.close(resolve));
});
