import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { milliseconds } from '../options.ts';
import type { SoapSettings } from './options.ts';
import { escapeXml } from '../xml.ts';

export const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
export const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const USERNAME_PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
export const X509_PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0';
const BASE64 = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary';

/** Parts of a message that can be signed, by their names in the configuration. */
export type SignedPart = NonNullable<SoapSettings['x509']>['sign'][number];

/** What is in the header of one request, before it is signed. */
export interface SecurityHeader {
  xml: string;
  /** wsu:Id of each part that is signed; that of the body is for who writes it. */
  ids: Partial<Record<SignedPart, string>>;
}

/** Ends the header: a signature goes in front of it. */
export const END_OF_SECURITY = '</wsse:Security>';

/** The header that the settings ask for; undefined for none. `certificate`: DER of the one whose key will sign. */
export function securityHeader(
  { username_token, x509 }: Pick<SoapSettings, 'username_token' | 'x509'>,
  certificate: Buffer | undefined,
  now: Date,
): SecurityHeader | undefined {
  if (!username_token && !x509) return undefined;
  const ids: SecurityHeader['ids'] = {};
  for (const part of x509?.sign ?? []) ids[part] = `${part.replace('_', '-')}-${randomUUID()}`;
  // A signature refers to the token by its id, whether the token itself is signed or not.
  const tokenId = (ids.token ??= `token-${randomUUID()}`);
  const parts = [
    x509 ? timestamp(milliseconds(x509.ttl), ids.timestamp, now) : '',
    x509 && certificate
      ? `<wsse:BinarySecurityToken wsu:Id="${tokenId}" ValueType="${X509_PROFILE}#X509v3" EncodingType="${BASE64}">${certificate.toString('base64')}</wsse:BinarySecurityToken>`
      : '',
    username_token ? usernameToken(username_token, ids.username_token, now) : '',
  ];
  return {
    xml: `<wsse:Security xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}" soap:mustUnderstand="1">${parts.join('')}${END_OF_SECURITY}`,
    ids,
  };
}

/** WS-Security 1.0 section 10: who receives it later than this refuses it. */
function timestamp(ttlMs: number, id: string | undefined, now: Date): string {
  const expires = new Date(now.getTime() + ttlMs);
  return `<wsu:Timestamp${idOf(id)}><wsu:Created>${now.toISOString()}</wsu:Created><wsu:Expires>${expires.toISOString()}</wsu:Expires></wsu:Timestamp>`;
}

/** OASIS Web Services Security UsernameToken Profile 1.0: digest = Base64(SHA-1(nonce + created + password)). */
function usernameToken(
  { username, password, type }: NonNullable<SoapSettings['username_token']>,
  id: string | undefined,
  now: Date,
): string {
  const nonce = randomBytes(16);
  const created = now.toISOString();
  const sent = type === 'digest' ? createHash('sha1').update(nonce).update(created).update(password, 'utf8').digest('base64') : password;
  const kind = `${USERNAME_PROFILE}#${type === 'digest' ? 'PasswordDigest' : 'PasswordText'}`;
  return (
    `<wsse:UsernameToken${idOf(id)}>` +
    `<wsse:Username>${escapeXml(username)}</wsse:Username><wsse:Password Type="${kind}">${escapeXml(sent)}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${BASE64}">${nonce.toString('base64')}</wsse:Nonce><wsu:Created>${created}</wsu:Created>` +
    '</wsse:UsernameToken>'
  );
}

function idOf(id: string | undefined): string {
  return id === undefined ? '' : ` wsu:Id="${id}"`;
}
