import { FatalError, RetriableError } from '../core/errors.ts';

/** Where a connection goes, for messages. */
export interface Remote {
  /** The connection's id. */
  system: string;
  host: string;
  port: number | string;
}

/**
 * What an error of a socket, of name resolution or of TLS means for a run, in plain words; undefined when it is none of these.
 * Everything that can pass by itself is retried; a certificate that is not trusted is not.
 */
export function networkError(error: unknown, remote: Remote): FatalError | RetriableError | undefined {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  const place = { system: remote.system };
  const at = `${remote.host}:${remote.port}`;
  const certificate = CERTIFICATE_ERRORS[code];
  if (certificate)
    return new FatalError({
      code: 'TLS_UNTRUSTED',
      place,
      message: `The certificate of ${at} ${certificate} (${code}), so no password or data was sent to it.`,
      hint: "Ask the system's owner to install a valid certificate, or to send the certificate of the authority that issued it (a PEM file); put that into the town's folder, and name it in ca_file of the connection.",
    });
  const reason = reasonOf(code, error);
  if (/^(ERR_SSL|EPROTO)/.test(code) || /_TOO_(SMALL|WEAK)/.test(reason))
    return new FatalError({
      code: 'TLS_FAILED',
      place,
      message: `${at} and this machine have no kind of encryption in common, so no connection was made (${code}).`,
      hint: hintOfTls(reason),
    });
  const words = SOCKET_ERRORS[code];
  if (!words) return undefined;
  const [problem, message, hint] = words;
  return new RetriableError(
    { code: problem, place, message: message.replace('%', at), ...(hint === undefined ? {} : { hint }) },
    { passes: problem === 'CONNECTION_LOST' },
  );
}

/** OpenSSL's own reason. Node gives it as a code, or, with EPROTO and UNSPECIFIED, in the message alone. */
function reasonOf(code: string, error: unknown): string {
  if (code !== 'EPROTO' && code !== 'UNSPECIFIED') return code;
  return String((error as Error).message)
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_');
}

function hintOfTls(reason: string): string {
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE/.test(reason))
    return 'The server may be old and know only TLS 1.1 or 1.0. Ask its owner to update it; until then, allow that in config/connections.yaml for this connection only: allow_legacy: [tls1.1], or [tls1.0].';
  if (/TOO_SMALL|TOO_WEAK|HANDSHAKE_FAILURE|NO_SHARED_CIPHER|SIGALGS/.test(reason))
    return 'The server may be old and have a key or ciphers that are no longer trusted. Ask its owner to update it; until then, allow them in config/connections.yaml for this connection only: allow_legacy: [weak_ciphers].';
  return 'Check that the address in config/connections.yaml begins with https only if the server uses encryption, and ask its owner whether it offers TLS 1.2 or newer.';
}

const SOCKET_ERRORS: Record<string, readonly [code: string, message: string, hint?: string]> = {
  ECONNREFUSED: [
    'CONNECTION_REFUSED',
    'No program answers at %: the machine there refused the connection.',
    'Check host and port in config/connections.yaml. If they are right, ask the owner of the system whether its service is running.',
  ],
  ENOTFOUND: [
    'HOST_UNKNOWN',
    'There is no machine with the host name in %, as far as this machine can find out (DNS).',
    'Check the spelling of the host name in config/connections.yaml. If it is right, check the DNS settings of this machine.',
  ],
  EAI_AGAIN: [
    'HOST_UNKNOWN',
    'The host name in % could not be looked up, because the DNS server did not answer.',
    'Check the network of this machine and its DNS server.',
  ],
  ETIMEDOUT: [
    'CONNECTION_TIMEOUT',
    '% did not answer in time.',
    'Check that the system is running, and that no firewall between this machine and it is in the way.',
  ],
  ECONNABORTED: [
    'CONNECTION_TIMEOUT',
    '% did not answer in time.',
    'Check that the system is running. If it is known to be slow, raise timeout of the connection in config/connections.yaml.',
  ],
  ESOCKETTIMEDOUT: [
    'CONNECTION_TIMEOUT',
    '% did not answer in time.',
    'Check that the system is running. If it is known to be slow, raise timeout of the connection in config/connections.yaml.',
  ],
  EHOSTUNREACH: ['HOST_UNREACHABLE', '% cannot be reached from this machine.', 'Check the network, VPN and firewall between the two.'],
  EHOSTDOWN: ['HOST_UNREACHABLE', 'The machine % is switched off or not connected.', 'Ask its owner whether it is running.'],
  ENETUNREACH: ['HOST_UNREACHABLE', 'No network leads from this machine to %.', 'Check the network, VPN and firewall between the two.'],
  ENETDOWN: ['HOST_UNREACHABLE', "This machine's network is down; % cannot be reached.", "Check this machine's network."],
  EACCES: [
    'HOST_UNREACHABLE',
    'This machine is not allowed to connect to %.',
    'Check the firewall of this machine: it must allow connections to that host and port.',
  ],
  ECONNRESET: [
    'CONNECTION_LOST',
    'The remote system cut the connection to %.',
    'If this continues, ask the owner of the system to check its log.',
  ],
  EPIPE: [
    'CONNECTION_LOST',
    'The remote system cut the connection to %.',
    'If this continues, ask the owner of the system to check its log.',
  ],
  ERR_STREAM_PREMATURE_CLOSE: ['CONNECTION_LOST', 'The answer of % was cut off.'],
};

const CERTIFICATE_ERRORS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed and not issued by a known authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'was issued by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'was issued by an unknown authority, or lacks its intermediate certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'was issued by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'was issued by an unknown authority',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'was revoked',
  CERT_SIGNATURE_FAILURE: 'has a wrong signature',
  CERT_UNTRUSTED: 'is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name than the one in the address',
};
