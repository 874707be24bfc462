import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../core/errors.ts';
import { type TrustedKey, trustedKeyOf } from '../../packs/signature.ts';

export const TRUSTED_KEYS = 'config/trusted-keys';

/** The public keys whose packs this town installs: config/trusted-keys/NAME.pem, NAME being who signs with it. */
export async function readTrustedKeys(town: string): Promise<{ keys: TrustedKey[]; problems: Problem[] }> {
  const keys: TrustedKey[] = [];
  const problems: Problem[] = [];
  const names = await readdir(join(town, TRUSTED_KEYS)).catch(() => []);
  for (const name of names.filter((n) => n.endsWith('.pem')).sort()) {
    const file = `${TRUSTED_KEYS}/${name}`;
    const key = trustedKeyOf(name.slice(0, -'.pem'.length), await readFile(join(town, file), 'utf8').catch(() => ''), file);
    if ('code' in key) problems.push(key);
    else keys.push(key);
  }
  return { keys, problems };
}
