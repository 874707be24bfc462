import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes each secret to a file of its own, as config/connections.yaml looks for them: `${file:data/sample-town/secrets/clerk}`. */
export function writeSecrets(folder: string, secrets: Record<string, string>): void {
  const below = join(folder, 'secrets');
  mkdirSync(below, { recursive: true, mode: 0o700 });
  for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(below, name), `${secret}\n`, { mode: 0o600 });
}
