import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import type { CheckResult, TransportContext } from './transport.ts';
import { whyNotRead } from '../core/file-error.ts';

/** Who must ask an authority for a new one needs about so long. */
const WARN_DAYS = 30;

/** The first certificate of a PEM file in the town's folder. Throws ConfigError; `option` is the one that names the file. */
export async function readCertificate(file: string, option: string, context: TransportContext): Promise<X509Certificate> {
  const refuse = (message: string): ConfigError =>
    new ConfigError({
      code: 'CERTIFICATE_UNREADABLE',
      place: { system: context.connection, path: option },
      message,
      hint: 'Export the certificate, without its key, as PEM (Base-64 encoded X.509) and name that file; convert a .pfx with: openssl pkcs12 -in FILE -nokeys.',
    });
  const text = await readFile(resolve(context.projectFolder, file)).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`The certificate file ${file} cannot be read: ${whyNotRead(error)}.`);
  });
  try {
    return new X509Certificate(text);
  } catch {
    throw refuse(`The file ${file} holds no certificate in PEM form.`);
  }
}

/** How long a certificate of ours is still good, as `check` tells it. `what`: "the certificate that requests are signed with". */
export function certificateCheck(certificate: X509Certificate, what: string, now: Date): CheckResult {
  const name = 'certificate';
  const until = dayOf(certificate.validToDate);
  if (certificate.validToDate < now)
    return {
      name,
      ok: false,
      code: 'CERTIFICATE_EXPIRED',
      detail: `${what} expired on ${until}.`,
      hint: 'Ask its issuer for a new one, and tell the owner of the system before you use it.',
    };
  if (certificate.validFromDate > now)
    return {
      name,
      ok: false,
      code: 'CERTIFICATE_EXPIRED',
      detail: `${what} is not valid before ${dayOf(certificate.validFromDate)}.`,
      hint: "Check this machine's clock; if it is correct, use the previous certificate until then.",
    };
  const days = Math.floor((certificate.validToDate.getTime() - now.getTime()) / 86_400_000);
  if (days < WARN_DAYS)
    return {
      name,
      ok: true,
      warning: true,
      detail: `${what} expires on ${until}, in ${days === 1 ? '1 day' : `${days} days`}.`,
      hint: 'Ask its issuer for a new one now, and tell the owner of the system before you use it.',
    };
  return { name, ok: true, detail: `${what} is valid until ${until}.` };
}

export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
