import { readFileSync } from 'node:fs';
import { registerAdd } from './authoring/add.ts';
import { registerAudit } from './operate/audit.ts';
import { registerCertify } from './authoring/certify.ts';
import { registerCheck } from './operate/check.ts';
import { type RegisterCommand, runCli } from './cli.ts';
import { registerDeliver } from './operate/deliver/deliver.ts';
import { registerDoctor } from './operate/doctor.ts';
import { registerDiscover } from './authoring/discover.ts';
import { registerExceptions } from './operate/exceptions.ts';
import { registerExplain } from './operate/explain.ts';
import { registerIdentity } from './operate/identity.ts';
import { registerInit } from './authoring/init.ts';
import { registerMatches } from './operate/matches.ts';
import { registerNew } from './authoring/new.ts';
import { registerPacks } from './authoring/packs.ts';
import { registerPeriod } from './operate/period.ts';
import { registerPreview } from './operate/preview.ts';
import { registerRejects } from './operate/rejects.ts';
import { registerReport } from './operate/report/report.ts';
import { registerReview } from './operate/review.ts';
import { registerRun } from './operate/run.ts';
import { registerSchemas } from './authoring/schemas.ts';
import { registerServe } from './operate/serve.ts';
import { registerSign } from './authoring/sign.ts';
import { registerStatus } from './operate/status.ts';
import { registerStore } from './operate/store.ts';
import { registerTest } from './authoring/test.ts';
import { registerValidate } from './authoring/validate.ts';

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
  registerIdentity,
  registerReview,
  registerMatches,
  registerExceptions,
  registerExplain,
  registerReport,
  registerPeriod,
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
