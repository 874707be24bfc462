import { hash } from 'node:crypto';
import type { Project } from '../../config/project.ts';
import { appendAudit, type NewAuditEntry } from '../../store/ledger/audit.ts';
import { type Facts, readFacts, saveFacts } from '../../store/ledger/configuration.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import { weaknessesOf } from '../../transports/weaknesses.ts';
import { configuredOptions, connectionsOf } from './weak-connections.ts';

/**
 * Writes into the audit log what the configuration says otherwise than at the run before: the connections that this pipeline uses,
 * and the modes of all pipelines. What is seen for the first time is remembered; that weak encryption is allowed is written down then too.
 */
export async function auditConfiguration(knex: Knex, project: Project, pipeline: string, actor: string): Promise<void> {
  const now = new Map<string, Facts>([
    ...connectionsOf(project, pipeline).map((id): [string, Facts] => [`connection:${id}`, connectionFacts(project, id)]),
    ...[...project.pipelines.keys()].map((id): [string, Facts] => [`pipeline:${id}`, pipelineFacts(project, id)]),
  ]);
  if (changed(await readFacts(knex, [...now.keys()]), now).length === 0) return;
  // Read again under the write lock: what two runs see at once is written down by one of them.
  await landing(knex, async (_, trx) => {
    const before = await readFacts(trx, [...now.keys()]);
    for (const subject of changed(before, now)) {
      for (const entry of entriesOf(before.get(subject), now.get(subject)!))
        await appendAudit(trx, { actor, subject: subject.replace(/^\w+:/, ''), ...entry });
      await saveFacts(trx, subject, now.get(subject)!);
    }
  });
}

function changed(before: ReadonlyMap<string, Facts>, now: ReadonlyMap<string, Facts>): string[] {
  return [...now.keys()].filter((subject) => !same(before.get(subject), now.get(subject)));
}

/** Shown as they are in the log; other options only by their name, since an address may have a password in it. */
const SHOWN = ['host', 'port', 'instance', 'database'];

interface ConnectionFacts extends Facts {
  connector: string;
  /** Where the connection says one. */
  transport?: string;
  host_key: unknown;
  weak: string[];
  shown: Record<string, unknown>;
  /** Hashes. Secrets are references here. */
  settings: Record<string, string>;
}

function connectionFacts(project: Project, id: string): ConnectionFacts {
  const { connector, transport } = project.connections[id]!;
  const { host_key, allow_legacy: _, encrypt: _e, trust_server_certificate: _t, ...options } = configuredOptions(project, id);
  return {
    connector,
    ...(transport !== undefined && { transport }),
    host_key: host_key ?? null,
    weak: weaknessesOf(configuredOptions(project, id)),
    shown: Object.fromEntries(SHOWN.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])),
    settings: hashes(options, SHOWN),
  };
}

function pipelineFacts(project: Project, id: string): Facts {
  const { mode, ...rest } = project.pipelines.get(id)!.value;
  return { mode, settings: hashes(rest, ['pipeline', 'description']) };
}

function hashes(values: Record<string, unknown>, without: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name, value]) => value !== undefined && !without.includes(name))
      .map(([name, value]) => [name, hash('sha256', JSON.stringify(value)).slice(0, 16)]),
  );
}

type Entry = Pick<NewAuditEntry, 'action' | 'detail'>;

function entriesOf(before: Facts | undefined, now: Facts): Entry[] {
  const entries: Entry[] = [];
  const weak = (now.weak as string[] | undefined) ?? [];
  const weakBefore = (before?.weak as string[] | undefined) ?? [];
  if (!same(weak, weakBefore))
    entries.push(
      weak.length > 0
        ? { action: 'legacy_allowed', detail: { allowed: weak, before: weakBefore } }
        : { action: 'legacy_ended', detail: { before: weakBefore } },
    );
  if (!before) return entries;
  if (!same(before.host_key, now.host_key))
    entries.push({ action: 'host_key_changed', detail: { from: before.host_key, to: now.host_key } });
  for (const setting of ['mode', 'connector', 'transport'])
    if (!same(before[setting], now[setting]))
      entries.push({ action: 'config_changed', detail: { setting, from: before[setting] ?? null, to: now[setting] ?? null } });
  const [shownBefore, shown] = [group(before.shown), group(now.shown)];
  for (const setting of different(shownBefore, shown))
    entries.push({
      action: 'config_changed',
      detail: { setting, from: shownBefore[setting] ?? null, to: shown[setting] ?? null },
    });
  const settings = different(group(before.settings), group(now.settings));
  if (settings.length > 0) entries.push({ action: 'config_changed', detail: { settings } });
  return entries;
}

function group(value: unknown): Record<string, unknown> {
  return (value ?? {}) as Record<string, unknown>;
}

function different(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !same(a[name], b[name])).sort();
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
