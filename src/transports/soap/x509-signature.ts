import { createPrivateKey } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { ConfigError } from '../../core/errors.ts';
import { readCertificate } from '../certificate.ts';
import type { TransportContext } from '../transport.ts';
import type { SoapSettings } from './options.ts';
import { END_OF_SECURITY, WSSE, X509_PROFILE } from './ws-security.ts';
import type { SecurityHeader } from './ws-security.ts';

/** The certificate of this connection and what signs with its key. */
export interface Signer {
  certificate: X509Certificate;
  /** The envelope with a signature over the parts that have an id in the header. */
  sign(envelope: string, ids: SecurityHeader['ids']): string;
}

/**
 * OASIS Web Services Security X.509 Certificate Token Profile 1.0, with RSA-SHA256, SHA-256 and exclusive canonicalization; the
 * signature points at the BinarySecurityToken. Throws ConfigError when certificate and key cannot be read or do not belong together.
 */
export async function loadSigner(x509: NonNullable<SoapSettings['x509']>, context: TransportContext): Promise<Signer> {
  const certificate = await readCertificate(x509.certificate_file, 'x509.certificate_file', context);
  const key = privateKey(x509, context.connection);
  if (key.asymmetricKeyType !== 'rsa') throw keyUnusable(context.connection, 'is not an RSA key; other kinds are not supported');
  if (!certificate.checkPrivateKey(key))
    throw keyUnusable(context.connection, `does not belong to the certificate ${x509.certificate_file}`);
  // Loaded only for connections that sign.
  const { SignedXml } = await import('xml-crypto');

  function sign(envelope: string, ids: SecurityHeader['ids']): string {
    const signed = new SignedXml({
      idMode: 'wssecurity',
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }),
      signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      canonicalizationAlgorithm: EXCLUSIVE,
      getKeyInfoContent: () =>
        `<wsse:SecurityTokenReference xmlns:wsse="${WSSE}"><wsse:Reference URI="#${ids.token}" ValueType="${X509_PROFILE}#X509v3"/></wsse:SecurityTokenReference>`,
    });
    const parts = x509.sign.map((part) => ids[part]!);
    for (const id of parts)
      signed.addReference({ xpath: `//*[@*[local-name()='Id']='${id}']`, transforms: [EXCLUSIVE], digestAlgorithm: SHA256 });
    signed.computeSignature(envelope, { prefix: 'ds' });
    // Put in by hand: the library would write the whole message again, and a carriage return in it differently from what it signed.
    return envelope.replace(END_OF_SECURITY, () => signed.getSignatureXml() + END_OF_SECURITY);
  }

  return { certificate, sign };
}

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

function privateKey({ key, passphrase }: NonNullable<SoapSettings['x509']>, system: string): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    if (!key.includes('ENCRYPTED')) throw keyUnusable(system, 'is not a private key in PEM form');
    if (passphrase === undefined) throw keyUnusable(system, 'is encrypted, but no passphrase is given');
    throw keyUnusable(system, 'cannot be opened with the passphrase given');
  }
}

function keyUnusable(system: string, what: string): ConfigError {
  return new ConfigError({
    code: 'SIGNING_KEY_UNUSABLE',
    place: { system, path: 'x509.key' },
    message: `The key that requests are signed with ${what}.`,
    hint: 'Check the files or variables that x509.key and x509.passphrase refer to; convert a .pfx with: openssl pkcs12 -in FILE -nocerts.',
  });
}
