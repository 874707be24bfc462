import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClerkRecords } from './generate/clerk-records.ts';
import { closeOffices, type Offices, openOffices } from './people/offices.ts';
import { type ImportWatch, startImportWatch } from './import-watch.ts';
import { writeSecrets } from './secrets.ts';
import { sampleTownHostKey } from './servers/sftp/host-key.ts';
import { startSftpServer, type SftpUser } from './servers/sftp/server.ts';
import { startClerkService } from './servers/soap/server.ts';
import { startTdsEndpoint } from './servers/tds/endpoint.ts';
import { tlsKeys } from './tls-keys.ts';

export { SFTP_HOST_KEY_FINGERPRINT } from './servers/sftp/host-key.ts';

export interface TownSystems {
  ports: { sftp: number; soap: number; sqlserver: number };
  imports: ImportWatch;
  /** The offices that know the same residents, and are told what the others correct. */
  offices: Offices;
  close(): Promise<void>;
}

export interface TownSystemsOptions {
  /** A folder that generateTown has filled. */
  folder: string;
  /** 0 takes any free port. */
  ports?: { sftp?: number; soap?: number; sqlserver?: number };
  passwords?: Partial<typeof PASSWORDS>;
  /** Public keys, in OpenSSH's one-line form, that let the SFTP user in, as its password does. */
  sftpPublicKeys?: readonly string[];
}

export const DEFAULT_PORTS = { sftp: 8651, soap: 8652, sqlserver: 8653 } as const;

/** Known to everybody: they guard generated data on loopback ports. The environment can set others. */
export const PASSWORDS = {
  recreation: 'sample-town-recreation',
  clerk: 'sample-town-clerk',
  finance: 'sample-town-finance',
};

export const SFTP_USER = 'interlocal';
export const CLERK_USER = 'interlocal';
const CLERK_PORTAL = { id: 1, key: 'sample-town-portal' } as const;
/** May read all tables. */
export const FINANCE_LOGIN = 'interlocal_reader';
/** May write as well: for corrections of customers. */
const FINANCE_WRITER = 'interlocal';
export const FINANCE_DATABASE = 'TWO';

const HOST = '127.0.0.1';

/** Brings the town's legacy systems up on loopback. If one of them cannot start, those that did are closed again. */
export async function startSystems(options: TownSystemsOptions): Promise<TownSystems> {
  const { folder } = options;
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  const passwords = { ...PASSWORDS, ...fromEnvironment(), ...options.passwords };
  const tls = await tlsKeys(folder);
  writeSecrets(folder, { ...passwords, 'billing-portal': CLERK_PORTAL.key });
  const user: SftpUser = { name: SFTP_USER, password: passwords.recreation, publicKeys: options.sftpPublicKeys ?? [] };
  const records = JSON.parse(readFileSync(join(folder, 'clerk.json'), 'utf8')) as ClerkRecords;
  const offices = openOffices(folder);
  const starting = [
    startSftpServer({ root: join(folder, 'sftp'), host: HOST, port: ports.sftp, users: [user], hostKeys: [sampleTownHostKey()] }),
    startClerkService({
      records,
      register: offices.clerk,
      host: HOST,
      port: ports.soap,
      username: CLERK_USER,
      password: passwords.clerk,
      portal: CLERK_PORTAL,
    }),
    startTdsEndpoint({
      database: join(folder, 'finance.db'),
      databaseName: FINANCE_DATABASE,
      host: HOST,
      port: ports.sqlserver,
      logins: [
        { user: FINANCE_LOGIN, password: passwords.finance, readOnly: true },
        { user: FINANCE_WRITER, password: passwords.finance },
      ],
      tls,
    }),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    closeOffices(offices);
    await Promise.all(outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value.close()));
    throw failed.reason;
  }
  const [sftp, soap, sqlserver] = await Promise.all(starting);
  const imports = startImportWatch({ folder: join(folder, 'sftp/finance'), reports: join(folder, 'finance-reports') });
  return {
    imports,
    offices,
    ports: { sftp: sftp.port, soap: soap.port, sqlserver: sqlserver.port },
    close: async () => {
      await Promise.all([sftp.close(), soap.close(), sqlserver.close()]);
      imports.close();
      closeOffices(offices);
    },
  };
}

function fromEnvironment(): Partial<typeof PASSWORDS> {
  const {
    SAMPLE_TOWN_RECREATION_PASSWORD: recreation,
    SAMPLE_TOWN_CLERK_PASSWORD: clerk,
    SAMPLE_TOWN_FINANCE_PASSWORD: finance,
  } = process.env;
  return { ...(recreation ? { recreation } : {}), ...(clerk ? { clerk } : {}), ...(finance ? { finance } : {}) };
}
