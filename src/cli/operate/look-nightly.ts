import { schedule } from 'node-cron';
import type { Logger } from 'pino';
import { redact } from '../../config/secrets/secrets.ts';
import { examine, type Examination, lastLook, stateOfExamination } from '../../engine/doctor/doctor.ts';
import type { Engine } from '../../engine/run/engine.ts';

/**
 * Looks at the installation each night, and soon after the start when the last night was missed: at `engineNow`, whose configuration may be
 * another one by then. `onFound` is told what was found, for the case that the store cannot keep it. Gives what ends that.
 */
export async function lookNightly(
  engineNow: () => Engine,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
  { soonMs = SOON_MS, onFound = () => {} }: { soonMs?: number; onFound?: (found: Examination) => void } = {},
): Promise<() => Promise<void>> {
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= examine(engineNow())
      .then((found) => {
        onFound(found);
        const state = stateOfExamination(found);
        const findings = found.checks.filter((check) => check.state === 'attention' || check.state === 'wrong');
        const fields = { state, findings: findings.map(({ name, code, detail }) => redact(`${name}: ${detail} [${code}]`)) };
        if (state === 'wrong') log.error(fields, 'doctor: something is wrong');
        else if (state === 'attention') log.warn(fields, 'doctor: something needs attention');
        else log.info(fields, 'doctor: everything is fine');
      })
      .catch((error: unknown) => log.error({ error: redact(String(error)) }, 'doctor: the installation could not be checked'))
      .finally(() => (looking = undefined));
  };
  const nightly = schedule(NIGHTLY, look, { timezone: engineNow().project.config.town.time_zone });
  const last = await lastLook(engineNow());
  const missed = last === undefined || Math.abs(Date.now() - Date.parse(last)) > DAY_MS;
  const soon = missed ? setTimeout(look, soonMs).unref() : undefined;
  return async () => {
    clearTimeout(soon);
    await nightly.destroy();
    await looking;
  };
}

/** Not on the hour, when pipelines run. */
const NIGHTLY = '23 3 * * *';
const DAY_MS = 86_400_000;
const SOON_MS = 60_000;
