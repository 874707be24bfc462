import { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';

/**
 * What a service looks at in a signed request: that the certificate is the one it knows and still good, that the signature is its, that
 * body and timestamp are what was signed, and that the request is not too old. Gives the name of the WS-Security fault, or undefined.
 */
export function faultOfSignature(xml: string, known: string, now = new Date()): string | undefined {
  const token = /<wsse:BinarySecurityToken[^>]*>([^<]+)</.exec(xml)?.[1];
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0];
  if (!token || !signature) return 'InvalidSecurity';
  const certificate = new X509Certificate(Buffer.from(token, 'base64'));
  if (certificate.fingerprint256 !== new X509Certificate(known).fingerprint256) return 'FailedAuthentication';
  if (certificate.validToDate < now || certificate.validFromDate > now) return 'InvalidSecurityToken';
  const signed = new SignedXml({ idMode: 'wssecurity', publicCert: certificate.toString(), getCertFromKeyInfo: () => null });
  signed.loadSignature(signature);
  if (signed.getReferences().some((reference) => reference.digestAlgorithm !== 'http://www.w3.org/2001/04/xmlenc#sha256'))
    return 'UnsupportedAlgorithm';
  try {
    if (!signed.checkSignature(xml)) return 'FailedCheck';
  } catch {
    return 'FailedCheck';
  }
  // What was signed, and not what merely is in the message.
  const parts = signed.getSignedReferences();
  if (!parts.some((part) => part.startsWith('<soap:Body'))) return 'InvalidSecurity';
  const expires = parts.map((part) => /<wsu:Expires>([^<]+)</.exec(part)?.[1]).find((text) => text !== undefined);
  return expires === undefined || new Date(expires) < now ? 'MessageExpired' : undefined;
}
