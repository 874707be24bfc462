import { z } from 'zod';
import { parseDuration } from '../core/time/time.ts';
import { duration, SECRET, upload } from '../config/schema/common.ts';
import { ConfigError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';

/**
 * Each transport describes its options once, as a function of what a secret is: a reference (as configured) or the text
 * itself (when the transport is opened).
 */
export type SecretText = z.ZodType<string>;
export const plainSecret: SecretText = z.string().min(1);

/** An optional secret; carries the mark on the option itself, so the loader finds it without unwrapping. */
export function secretOption(secretText: SecretText, description: string) {
  return secretText.optional().meta({ [SECRET]: true, description });
}

/** A required secret. */
export function requiredSecret(secretText: SecretText, description: string) {
  return secretText.meta({ [SECRET]: true, description });
}

export function timeoutOption(standard: string) {
  return duration.default(standard).describe('How long to wait for the remote system before giving up, such as 30s.');
}

/** How long one exchange may take in all, however steadily something comes. */
export function totalTimeoutOption(standard: string, what: string) {
  return duration
    .default(standard)
    .describe(`How long ${what} may take in total, even while data keeps arriving. After that it fails, and the next run tries again.`);
}

/** Of transports of files. */
export const uploadOption = upload
  .default('rename')
  .describe(
    'How files are written. rename: under a temporary name, then moved, so nobody sees half a file. direct: the server allows no renames, so a file is written under its own name. taken: like direct, but the server removes each file as soon as it is closed.',
  );

export function milliseconds(text: string): number {
  return parseDuration(text) ?? 30_000;
}

/**
 * The options as the transport uses them, with defaults. Keys that the transport does not know belong to the connector and are
 * left out. Throws ConfigError with all problems; the values themselves are never shown, since secrets are among them.
 */
export function readOptions<T extends z.ZodObject>(schema: T, options: Record<string, unknown>, connection: string): z.output<T> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue): Problem => ({
      code: 'OPTION_INVALID',
      place: { system: connection, path: issue.path.join('.') },
      message: `The option ${issue.path.join('.') || '(all)'} of this connection is wrong: ${issue.message}.`,
      hint: 'Correct it in config/connections.yaml.',
    })),
  );
}
