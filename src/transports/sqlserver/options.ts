import { z } from 'zod';
import { secret } from '../../config/schema/common.ts';
import { allowLegacyTls } from '../legacy-tls.ts';
import { plainSecret, requiredSecret, timeoutOption, totalTimeoutOption } from '../options.ts';
import type { SecretText } from '../options.ts';

/** The protocol's versions by their number; SQL Server 2012 brought 7.4, which every later one still speaks. */
const TDS_VERSIONS = ['7.4', '7.3', '7.2'] as const;

export const STANDARD_PORT = 1433;

function shape(secretText: SecretText) {
  return {
    host: z.string().min(1).describe('Name or address of the server.'),
    port: z.int().min(1).max(65535).optional().describe('Default 1433. If instance is given too, the port is used.'),
    instance: z
      .string()
      .min(1)
      .optional()
      .describe('Named instance (SQLEXPRESS): its port is asked from the SQL Server Browser, UDP port 1434.'),
    database: z.string().min(1),
    username: z.string().min(1).describe('A login that may only read: db_datareader, or SELECT on the tables that are needed.'),
    password: requiredSecret(secretText, 'Password, as ${env:NAME} or ${file:path}.'),
    domain: z.string().min(1).optional().describe('Windows domain: the login is a Windows account (NTLM).'),
    encrypt: z.boolean().default(true).describe('false sends everything unencrypted, including passwords.'),
    trust_server_certificate: z
      .boolean()
      .default(false)
      .describe('true: any certificate is accepted, so the server may be anyone. Prefer ca_file.'),
    ca_file: z
      .string()
      .min(1)
      .optional()
      .describe("Certificate (PEM) of the server, or of the authority that issued it; relative to the town's folder."),
    read_only_intent: z.boolean().default(true).describe('Allows an availability group to use a readable secondary.'),
    timeout: timeoutOption('15s'),
    request_timeout: timeoutOption('5m'),
    total_timeout: totalTimeoutOption('4h', 'one query or statement'),
    tds_version: z
      .enum(TDS_VERSIONS, { error: "must be '7.4', '7.3' or '7.2', in quotes" })
      .default('7.4')
      .describe("Protocol. '7.3' for SQL Server 2008, '7.2' for 2005; those usually need allow_legacy: [tls1.0] too."),
    allow_legacy: allowLegacyTls,
  };
}

/** Options of a connection to Microsoft SQL Server, as configured. */
export const sqlserverOptions = z.strictObject(shape(secret));
/** The same after secrets were filled in. */
export const sqlserverSettings = z.object(shape(plainSecret));
export type SqlServerSettings = z.output<typeof sqlserverSettings>;
