import { counted } from '../../core/text/counted.ts';
import { plainMoney } from '../../core/money.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { verifyAudit } from '../../store/ledger/audit.ts';
import { type DoctorCheck, type Examination, lastExamination, saveExamination } from '../../store/ledger/examinations.ts';
import { storeFailure } from '../../store/failures.ts';
import { examineStore, storeFile } from '../../store/integrity.ts';
import type { Knex } from '../../store/open.ts';
import { listRuns } from '../../store/ledger/runs.ts';
import { weaknessText } from '../../transports/weaknesses.ts';
import { correctionsNotThere } from '../outbound/carry/not-there.ts';
import { checkSums, remakeSums } from '../revenue/check-sums.ts';
import { keepSums } from '../revenue/keep-sums.ts';
import type { Engine } from '../run/engine.ts';
import { weakConnections } from '../run/weak-connections.ts';
import { diskCheck, folderToWatch } from './disk.ts';
import { permissionChecks } from './permissions.ts';

export type { DoctorCheck, Examination };

/**
 * Looks at what runs do not look at: is the store whole on its disk, is the audit log, may others read the data, is there room, do other
 * systems have the corrections that they took, is the clock plausible, what do connections allow that is no longer safe. What it found is kept in the store, for status and /health; also in
 * `engine`, for the case that the store cannot take it.
 */
export async function examine(engine: Engine, now = new Date()): Promise<Examination> {
  const { project, knex } = engine;
  const file = storeFile(knex);
  const whole = await guarded('store', () => storeCheck(knex));
  const found: Examination = {
    at: now.toISOString(),
    checks: [
      whole,
      await guarded('audit log', () => auditCheck(knex)),
      ...(await rightsChecks(engine)),
      await guarded('disk', () => diskCheck(folderToWatch(project, file))),
      // What a damaged store adds up to says nothing, and nothing is written to it.
      ...(whole.state === 'ok' ? [await guarded('revenue sums', () => sumsCheck(engine))] : []),
      ...(await correctionChecks(engine)),
      await guarded('clock', () => clockCheck(engine, now)),
      connectionsCheck(engine),
    ],
  };
  engine.examined = found;
  await saveExamination(knex, found).catch((error: unknown) => {
    // Damaged or full, it is told from memory; the reason is among the checks.
    if (!storeFailure(error)) throw error;
  });
  return found;
}

/** When the installation was last looked at, by this process or another; undefined before the first time. UTC. */
export async function lastLook({ knex }: Engine): Promise<string | undefined> {
  return (await lastExamination(knex))?.at;
}

/** Are the data and the secrets of a town for the account alone that runs Interlocal? */
export function rightsChecks({ project, knex }: Engine): Promise<DoctorCheck[]> {
  return permissionChecks(project, storeFile(knex));
}

/** wrong, attention or ok: the worst of its checks. Remarks are no reason to look. */
export function stateOfExamination({ checks }: Examination): 'ok' | 'attention' | 'wrong' {
  const has = (state: DoctorCheck['state']): boolean => checks.some((check) => check.state === state);
  return has('wrong') ? 'wrong' : has('attention') ? 'attention' : 'ok';
}

/** What keeps a check from being made is a finding itself. */
async function guarded(name: string, check: () => Promise<DoctorCheck>): Promise<DoctorCheck> {
  try {
    return await check();
  } catch (error) {
    const [problem] = storeFailure(error)?.problems ?? [];
    if (!problem) throw error;
    return { name, state: 'wrong', code: problem.code, detail: problem.message, ...(problem.hint ? { hint: problem.hint } : {}) };
  }
}

async function storeCheck(knex: Knex): Promise<DoctorCheck> {
  const { faults, whole } = await examineStore(knex);
  if (faults.length === 0) return { name: 'store', state: 'ok', detail: whole };
  return {
    name: 'store',
    state: 'wrong',
    code: 'STORE_DAMAGED',
    detail: `The store is damaged: ${faults.slice(0, MAX_TOLD).join('; ')}${faults.length > MAX_TOLD ? ` … (${faults.length} in all)` : ''}.`,
    hint: 'Stop Interlocal, keep a copy of the file as it is, and restore the last backup; the next run reads what is missing again.',
  };
}

const MAX_TOLD = 3;

async function auditCheck(knex: Knex): Promise<DoctorCheck> {
  const { entries, broken } = await verifyAudit(knex);
  if (broken === null) return { name: 'audit log', state: 'ok', detail: `${entries} ${entries === 1 ? 'entry' : 'entries'}, as written.` };
  return {
    name: 'audit log',
    state: 'wrong',
    code: 'AUDIT_BROKEN',
    detail: `Entry ${broken} of the audit log was changed or removed, which Interlocal itself never does.`,
    hint: 'Keep a copy of the store as it is now, and ask who had access to it. To see which entries are intact, run interlocal audit --verify; a backup has what entry was there.',
  };
}

/** Adds up what large loads left. Sums that are wrong are made again at once: a report must not go on using them. It is said, since it should not happen. */
async function sumsCheck(engine: Engine): Promise<DoctorCheck> {
  const name = 'revenue sums';
  await keepSums(engine);
  const { sums, wrong } = await checkSums(engine);
  if (wrong.length === 0)
    return { name, state: 'ok', detail: `${counted(sums, 'stored sum')} of the revenue report, each as the receipts add up.` };
  await remakeSums(engine);
  const [{ stored, right }] = wrong as [(typeof wrong)[0]];
  const { day, currency } = (stored ?? right)!;
  const money = (minor: number | undefined): string => plainMoney(minor ?? 0, currency);
  return {
    name,
    state: 'attention',
    code: 'REVENUE_SUMS_WRONG',
    detail: `${wrong.length} of ${counted(sums, 'stored sum')} of the revenue report differed from the receipts, the first one of ${day || 'no day'}: ${money(stored?.amount)} was stored, and the receipts say ${money(right?.amount)}. All sums were made again from the receipts.`,
    hint: 'Revenue reports made since the last check may be wrong: make them again. Please report this as a bug; no run should leave wrong sums.',
  };
}

/** Corrections that other systems took and do not have; no check where none are carried. */
async function correctionChecks(engine: Engine): Promise<DoctorCheck[]> {
  if (![...engine.project.pipelines.values()].some(({ value }) => value.deliver?.carry)) return [];
  const name = 'corrections';
  return [
    await guarded(name, async () => {
      const found = await correctionsNotThere(engine);
      if (found.length === 0)
        return { name, state: 'ok', detail: 'The corrections that other systems confirmed are in the records read from them since.' };
      const told = found.slice(0, MAX_TOLD).map(({ connection, number, field }) => `${field} of ${connection}:${number}`);
      const more = found.length - told.length;
      return {
        name,
        state: 'attention',
        code: 'CARRY_NOT_THERE',
        detail: `Other systems confirmed ${counted(found.length, 'correction')} more than a day ago, but the records read from them since still have the old values: ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
        hint: 'Ask the owner of the system whether its import failed or a backup was restored, and have it done again or correct it there by hand. `interlocal deliver sent` shows what was sent when.',
      };
    }),
  ];
}

/** Clocks of two machines differ by a little. */
const TOLERATED_MS = 5 * 60_000;

async function clockCheck({ project, knex }: Engine, now: Date): Promise<DoctorCheck> {
  const zone = project.config.town.time_zone;
  const [last] = await listRuns(knex, { limit: 1 });
  const ahead = last ? Date.parse(last.startedAt) - now.getTime() : 0;
  const local = zonedTime(now, zone);
  if (ahead <= TOLERATED_MS) return { name: 'clock', state: 'ok', detail: `It is ${local} in ${zone}.` };
  return {
    name: 'clock',
    state: 'attention',
    code: 'CLOCK_BEHIND',
    detail: `By the clock of this machine it is ${local}, but the newest run began later, at ${zonedTime(last!.startedAt, zone)}: the clock is wrong now or was wrong then.`,
    hint: 'Have this machine take its time from a time server. Schedules and the order in which files are read depend on the clock.',
  };
}

function connectionsCheck({ project }: Engine): DoctorCheck {
  const weak = weakConnections(project, Object.keys(project.connections));
  if (weak.length === 0) return { name: 'connections', state: 'ok', detail: 'No connection allows insecure settings.' };
  return {
    name: 'connections',
    state: 'remark',
    detail: weak.map(({ connection, allowed }) => weaknessText(connection, allowed)).join(' '),
  };
}
