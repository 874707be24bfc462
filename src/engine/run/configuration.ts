import { hash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { loadProject } from '../../config/load.ts';
import type { Project } from '../../config/project.ts';
import { FatalError } from '../../core/errors.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { transports } from '../../transports/transports.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { type Facts, readFacts, saveFacts } from '../../store/ledger/configuration.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';

/** What the store remembers of the configuration that its records were last made by. */
interface InForce extends Facts {
  fingerprint: string;
  /** Where it was read: a folder of a machine. */
  host: string;
  folder: string;
  /** UTC: when it was used first. */
  at: string;
  /** Those that were in force before it, the newest last. */
  before: string[];
}

const SUBJECT = 'town';
const MAX_REMEMBERED = 500;
const known = new WeakMap<Project, string>();

/**
 * A hash over everything in a configuration that decides what becomes of a record: model, mappings, lookups, pipelines, connectors in use.
 * Not over what may differ from machine to machine: addresses, secrets, the server, the log, the place of the store.
 */
export function configurationFingerprint(project: Project): string {
  let fingerprint = known.get(project);
  if (fingerprint === undefined) known.set(project, (fingerprint = hash('sha256', JSON.stringify(decisive(project)))));
  return fingerprint;
}

function decisive(project: Project): unknown {
  const { server: _s, log: _l, store: _st, data_folder: _d, packs: _p, ...config } = project.config;
  const used = new Set(Object.values(project.connections).map(({ connector }) => connector));
  const values = <T>(parts: ReadonlyMap<string, { value: T }>, without: readonly string[] = []): unknown =>
    [...parts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { value }]) => [name, Object.fromEntries(Object.entries(value as object).filter(([key]) => !without.includes(key)))]);
  return [
    config,
    Object.entries(project.connections)
      .map(([id, { connector }]) => [id, connector])
      .sort(),
    values(new Map([...project.connectors].filter(([name]) => used.has(name)))),
    values(project.mappings, ['tests']),
    values(project.sinkMappings, ['tests']),
    values(project.pipelines, ['description', 'schedule']),
    values(project.entities),
    [...project.lookups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { rows }]) => [name, rows]),
  ];
}

/**
 * Before records are made or changed: is this the configuration to do it by? A new one is in force from then on. One that was replaced is
 * not, unless its own folder says so again: otherwise two processes would change the same records back and forth, run by run. Throws
 * FatalError CONFIG_OUTDATED (this process read its files before they were changed) or CONFIG_REPLACED (another folder, or another machine,
 * has the newer one). `adopt`: a person says that this is the right one; the audit log has it.
 */
export async function takeConfiguration(knex: Knex, project: Project, actor: string, adopt = false): Promise<void> {
  const fingerprint = configurationFingerprint(project);
  if ((await inForce(knex))?.fingerprint === fingerprint) return;
  const here = { host: hostname(), folder: realFolder(project.folder) };
  const onDisk = await fingerprintOnDisk(project);
  await landing(knex, async (_, trx) => {
    const now = await inForce(trx);
    if (now?.fingerprint === fingerprint) return;
    if (now && onDisk !== fingerprint) throw outdated();
    const replaced = now?.before.includes(fingerprint) === true && (now.host !== here.host || now.folder !== here.folder);
    if (now && replaced && !adopt) throw replacedBy(now, project);
    const before = now ? [...now.before.filter((old) => old !== fingerprint), now.fingerprint].slice(-MAX_REMEMBERED) : [];
    await saveFacts(trx, SUBJECT, { fingerprint, ...here, at: new Date().toISOString(), before } satisfies InForce);
    if (replaced) await appendAudit(trx, { actor, action: 'config_adopted', subject: 'town', detail: { ...here, from: now!.folder } });
  });
}

/** Which configuration the store's records were made by last, if another than this one; for status. */
export async function otherInForce(knex: Knex, project: Project): Promise<{ host: string; folder: string; at: string } | undefined> {
  const now = await inForce(knex);
  if (!now || now.fingerprint === configurationFingerprint(project)) return undefined;
  const { host, folder, at } = now;
  return { host, folder, at };
}

async function inForce(knex: Knex): Promise<InForce | undefined> {
  return (await readFacts(knex, [SUBJECT])).get(SUBJECT) as InForce | undefined;
}

async function fingerprintOnDisk(project: Project): Promise<string | undefined> {
  const { project: now } = await loadProject(project.folder, { transports });
  return now && configurationFingerprint(now);
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function outdated(): FatalError {
  return new FatalError({
    code: 'CONFIG_OUTDATED',
    place: {},
    message:
      'This command did nothing, because somebody changed the configuration after the command had read it, and another run already uses the changed one.',
    hint: 'Run the command again: it then uses the files as they are now.',
  });
}

function replacedBy({ host, folder, at }: InForce, project: Project): FatalError {
  return new FatalError({
    code: 'CONFIG_REPLACED',
    place: { file: 'config/interlocal.yaml', path: 'store.url' },
    message: `Nothing was run: the records in this store were last made with the configuration in another folder, ${folder} on ${host}, in force since ${zonedTime(at, project.config.town.time_zone)}, and this folder's older configuration would change them back.`,
    hint: 'If the other folder is right, copy its files here. If this one is right, run interlocal run --adopt-configuration. If this one is only for trying things out, give it a store of its own in store.url.',
  });
}
