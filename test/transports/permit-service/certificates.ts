import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import selfsigned from 'selfsigned';

export interface Signing {
  /** PEM. */
  certificate: string;
  certificateFile: string;
  key: string;
  /** The same key, encrypted with the passphrase. */
  lockedKey: string;
}

/** A certificate for signing with its key, good for so many days from now (or until so many days ago). */
export async function makeSigning(folder: string, name: string, options: { days: number; passphrase: string }): Promise<Signing> {
  const day = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  const made = await selfsigned.generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: day(-400),
    notAfterDate: day(options.days),
  });
  const certificateFile = join(folder, `${name}.pem`);
  await writeFile(certificateFile, made.cert);
  const lockedKey = createPrivateKey(made.private).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: options.passphrase,
  }) as string;
  return { certificate: made.cert, certificateFile, key: made.private, lockedKey };
}
