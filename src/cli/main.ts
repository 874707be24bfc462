import { readFileSync } from 'node:fs';
import { registerAdd } from './add.ts';
import { registerAudit } from './audit.ts';
import { registerCertify } from './certify.ts';
import { registerCheck } from './check.ts';
import { type RegisterCommand, runCli } from './cli.ts';
import { registerDeliver } from './deliver.ts';
import { registerDoctor } from './doctor.ts';
import { registerDiscover } from './discover.ts';
import { registerExceptions } from './exceptions.ts';
import { registerExplain } from './explain.ts';
import { registerInit } from './init.ts';
import { registerMatches } from './matches.ts';
import { registerNew } from './new.ts';
import { registerPacks } from './packs.ts';
import { registerPreview } from './preview.ts';
import { registerRejects } from './rejects.ts';
import { registerReport } from './report.ts';
import { registerRun } from './run.ts';
import { registerSchemas } from './schemas.ts';
import { registerServe } from './serve.ts';
import { registerSign } from './sign.ts';
import { registerStatus } from './status.ts';
import { registerStore } from './store.ts';
import { registerTest } from './test.ts';
import { registerValidate } from './validate.ts';

/** Every command, in the order in which a town meets them. */
export const COMMANDS: readonly RegisterCommand[] = [
  registerInit,
  registerValidate,
  registerTest,
  registerCheck,
  registerPreview,
  registerRun,
  registerStatus,
  registerDoctor,
  registerRejects,
  registerDeliver,
  registerMatches,
  registerExceptions,
  registerExplain,
  registerReport,
  registerAudit,
  registerStore,
  registerServe,
  registerDiscover,
  registerNew,
  registerCertify,
  registerSign,
  registerAdd,
  registerPacks,
  registerSchemas,
];

/** Runs one command line; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return runCli(argv, COMMANDS, version);
}
