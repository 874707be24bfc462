import { z } from 'zod';

/** What an old server may need, each by name. `weak_ciphers`: keys and signatures (1024 bits, SHA-1) that are no longer trusted. */
const LEGACY_TLS = ['tls1.0', 'tls1.1', 'weak_ciphers'] as const;

/** The option of every transport that speaks TLS. */
export const allowLegacyTls = z
  .array(z.enum(LEGACY_TLS))
  .default([])
  .describe('Weak encryption that this server needs, by name. Shown by every check and in status, and written into the audit log.');

/** TLS 1.2 and today's keys and signatures, but for what is allowed by name; for Node's TLS. */
export function tlsLimits(allowed: readonly string[]): { minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2'; ciphers?: string } {
  const minVersion = allowed.includes('tls1.0') ? 'TLSv1' : allowed.includes('tls1.1') ? 'TLSv1.1' : 'TLSv1.2';
  // OpenSSL offers nothing below TLS 1.2, and no SHA-1 or 1024-bit key, above security level 0.
  return allowed.length > 0 ? { minVersion, ciphers: 'DEFAULT:@SECLEVEL=0' } : { minVersion };
}
