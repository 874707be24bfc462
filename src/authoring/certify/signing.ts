import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectorConfig } from '../../config/schema/connector.ts';
import { CANARY, CANARY_REFERENCE } from './secrets.ts';

/** What a SOAP connection signs its requests with on the bench, in place of the town's certificate and key. */
export interface Signing {
  /** Does the manifest itself say that requests are signed? */
  declared: boolean;
  /** The option, with files of a bench. */
  x509: Record<string, unknown>;
  /** Those files: name below the bench's folder → text. */
  files: Record<string, string>;
  /** The option, filled in, with a certificate of its own on disk. */
  ownX509: Record<string, unknown>;
  close(): Promise<void>;
}

export async function openSigning(connector: ConnectorConfig): Promise<Signing> {
  const { certificate, key } = canarySigning();
  const declared = connector.transport_options['x509'] as Record<string, unknown> | undefined;
  const folder = await mkdtemp(join(tmpdir(), 'certify-signing-'));
  await writeFile(join(folder, 'canary.pem'), certificate);
  return {
    declared: declared !== undefined,
    x509: { ...declared, certificate_file: 'secrets/canary.pem', key: '${file:secrets/canary.key}', passphrase: CANARY_REFERENCE },
    files: { 'secrets/canary.pem': certificate, 'secrets/canary.key': key },
    ownX509: { ...declared, certificate_file: join(folder, 'canary.pem'), key, passphrase: CANARY },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A certificate of nobody's, good for a day, and its key, which only the canary opens; both PEM. */
export function canarySigning(now = new Date()): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = sequence(SHA256_WITH_RSA, der(0x05));
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('certify')))));
  const day = 86_400_000;
  const validity = sequence(time(new Date(now.getTime() - day)), time(new Date(now.getTime() + day)));
  const serial = der(0x02, Buffer.from([1]));
  const body = sequence(serial, algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }));
  const signature = createSign('sha256').update(body).sign(privateKey);
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: CANARY }) as string,
  };
}

/** Object identifiers as X.509 writes them: 1.2.840.113549.1.1.11 and 2.5.4.3. */
const SHA256_WITH_RSA = Buffer.from('06092a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** ASN.1 DER: tag, length, value. */
function der(tag: number, value: Buffer = Buffer.alloc(0)): Buffer {
  const { length } = value;
  const head = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), value]);
}

/** UTCTime. */
function time(at: Date): Buffer {
  return der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}
