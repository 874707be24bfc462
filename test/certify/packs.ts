import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Certificate, Finding } from '../../src/authoring/certify/finding.ts';
import { sshPort } from '../../src/cli/authoring/certify-ssh.ts';
import { tablesPort } from '../../src/cli/authoring/certify-tables.ts';
import { certifyOffline } from '../../src/authoring/certify/certify.ts';
import { readPack } from '../../src/authoring/certify/pack.ts';

const made: string[] = [];
process.once('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'certify-test-'));
  made.push(folder);
  return folder;
}

export type Files = Record<string, string | Uint8Array>;

export function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Writes a pack and gives its folder. */
export function packOf(id: string, files: Files): string {
  const folder = join(temporaryFolder(), 'connectors', id);
  write(folder, files);
  return folder;
}

export async function certified(folder: string): Promise<Certificate> {
  return certifyOffline(await readPack(folder), {
    signal: new AbortController().signal,
    startTables: await tablesPort(),
    startSsh: await sshPort(),
  });
}

/** What failed, as `check: detail`. */
export function failures({ findings }: Certificate): string[] {
  return findings.filter((f) => f.state === 'failed').map((f) => `${f.check}: ${f.detail}`);
}

export function finding({ findings }: Certificate, check: string): Finding | undefined {
  return findings.find((f) => f.check === check);
}

export const README = 'A readme that says for which system this is, from which version on, and what the town must supply for it.\n';
