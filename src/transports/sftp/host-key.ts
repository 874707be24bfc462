import { FatalError } from '../../core/errors.ts';
import type { SftpSettings } from './options.ts';

export interface OfferedKey {
  /** ssh-ed25519, ssh-rsa … */
  type: string;
  /** SHA256:… without padding, as ssh-keygen -lf prints it. */
  fingerprint: string;
}

/** The server could not prove any of the pinned keys. Nothing was sent to it, and nothing may be until a person has asked. */
export function hostKeyChanged(
  system: string,
  settings: SftpSettings,
  pinned: readonly string[],
  offered: readonly OfferedKey[],
): FatalError {
  return new FatalError({
    code: 'HOST_KEY_CHANGED',
    place: { system, path: 'host_key' },
    message: `The server ${settings.host}:${settings.port} did not prove that it is the expected one. Expected ${pinned.join(' or ')}, offered ${textOf(offered)}. No password or key was sent.`,
    hint: 'Call the vendor on a number you know and have them read out the new fingerprint. Put it in host_key (next to the old one during a change) only if it is the same; otherwise someone may be listening in.',
  });
}

/** No key is pinned yet: says what the server offers, so it can be verified. */
export function hostKeyMissing(system: string, settings: SftpSettings, offered: readonly OfferedKey[]): FatalError {
  return new FatalError({
    code: 'HOST_KEY_MISSING',
    place: { system, path: 'host_key' },
    message: `This connection has no host_key, so the server ${settings.host}:${settings.port} could be anyone. It offers ${textOf(offered)}. No password or key was sent.`,
    hint: 'Have the vendor read out the fingerprint by phone, compare, and put it in host_key in config/connections.yaml.',
  });
}

function textOf(offered: readonly OfferedKey[]): string {
  return offered.map((key) => `${key.fingerprint} (${key.type})`).join(', ') || 'none that is understood here';
}
