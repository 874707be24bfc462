import { readFileSync } from 'node:fs';
import { registerCheck } from './check.ts';
import { type RegisterCommand, runCli } from './cli.ts';
import { registerPreview } from './preview.ts';
import { registerRejects } from './rejects.ts';
import { registerRun } from './run.ts';
import { registerStatus } from './status.ts';

const COMMANDS: RegisterCommand[] = [registerCheck, registerPreview, registerRun, registerStatus, registerRejects];

export async function main(argv: readonly string[]): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return runCli(argv, COMMANDS, version);
}
