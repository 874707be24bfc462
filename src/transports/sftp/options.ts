import { z } from 'zod';
import { secret } from '../../config/schema/common.ts';
import { plainSecret, secretOption, timeoutOption, totalTimeoutOption, uploadOption } from '../options.ts';
import type { SecretText } from '../options.ts';
import { LEGACY_ALGORITHMS } from './algorithms.ts';

const fingerprint = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'must be a fingerprint such as SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU');

function shape(secretText: SecretText) {
  return {
    host: z.string().min(1).describe('Name or address of the server.'),
    port: z.int().min(1).max(65535).default(22),
    username: z.string().min(1),
    password: secretOption(secretText, 'Password, as ${env:NAME} or ${file:path}.'),
    private_key: secretOption(secretText, 'Private key in OpenSSH or PEM form, as ${file:path}.'),
    passphrase: secretOption(secretText, 'Passphrase of the private key.'),
    agent: z.string().optional().describe('Path of the socket of an SSH agent that holds the key; pageant on Windows.'),
    host_key: z
      .union([fingerprint, z.array(fingerprint).min(1)])
      .optional()
      .describe(
        "SHA256 fingerprint of the server's host key, as the vendor gave it; a list while a key is being replaced. Without it nothing is read: interlocal check shows what the server offers.",
      ),
    root: z.string().default('.').describe('Folder on the server that everything is relative to.'),
    upload: uploadOption,
    timeout: timeoutOption('30s'),
    total_timeout: totalTimeoutOption('2h', 'one file'),
    allow_legacy: z
      .array(z.enum(LEGACY_ALGORITHMS))
      .default([])
      .describe('Weak algorithms that this server needs, by name: ssh-rsa. Shown as a warning by every check.'),
  };
}

/** Options of a connection to an SFTP server, as configured. */
export const sftpOptions = z.strictObject(shape(secret));
/** The same after secrets were filled in. */
export const sftpSettings = z.object(shape(plainSecret));
export type SftpSettings = z.output<typeof sftpSettings>;
