import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import selfsigned from 'selfsigned';

/**
 * The certificate of the finance system in `<folder>/keys`: its own authority, for 127.0.0.1 and localhost, ten years. Made once per
 * folder; unlike everything else it cannot come from the seed, since a private key that everybody can derive would be trusted by whoever
 * installs the authority.
 */
export async function tlsKeys(folder: string): Promise<{ key: string; cert: string }> {
  const keys = join(folder, 'keys');
  const certFile = join(keys, 'ca.pem');
  const keyFile = join(keys, 'ca-key.pem');
  if (!existsSync(certFile) || !existsSync(keyFile)) {
    mkdirSync(keys, { recursive: true });
    const notAfterDate = new Date();
    notAfterDate.setUTCFullYear(notAfterDate.getUTCFullYear() + 10);
    const made = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048,
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() - 86_400_000),
      notAfterDate,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    writeFileSync(keyFile, made.private, { mode: 0o600 });
    writeFileSync(`${certFile}.new`, made.cert);
    renameSync(`${certFile}.new`, certFile);
  }
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
}
