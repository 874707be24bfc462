import type { CheckResult } from './transport.ts';

/**
 * What a connection's options, as configured, allow that is no longer safe, by the names of the settings: `tls1.0`, `ssh-rsa`. The
 * same settings mean the same at every transport. Empty for nearly all connections.
 */
export function weaknessesOf(options: Record<string, unknown>): string[] {
  const { allow_legacy: legacy, encrypt, trust_server_certificate: trust } = options;
  return [
    ...(Array.isArray(legacy) ? legacy.map(String) : []),
    ...(encrypt === false ? ['no encryption'] : []),
    ...(trust === true ? ['any certificate'] : []),
  ];
}

/** One sentence for a person. */
export function weaknessText(connection: string, weaknesses: readonly string[]): string {
  return `${connection}: weak encryption is allowed (${weaknesses.join(', ')}).`;
}

/** The warning of every check while TLS that is no longer safe is allowed. */
export function legacyTlsCheck(allowed: readonly string[]): CheckResult[] {
  if (allowed.length === 0) return [];
  return [
    {
      name: 'legacy encryption',
      ok: true,
      warning: true,
      detail: `allowed for this server: ${allowed.join(', ')}`,
      hint: 'Ask the owner of the server to update it to TLS 1.2, then remove allow_legacy from the connection.',
    },
  ];
}
