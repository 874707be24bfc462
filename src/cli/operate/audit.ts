import { counted } from '../../core/text/counted.ts';
import { isCalendarDate } from '../../core/time/time.ts';
import { utcOf, zoneOf } from '../../core/time/zones.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import type { AuditEntry, AuditVerdict } from '../../reports/audit-log.ts';
import { type Cli, countOption } from '../cli.ts';
import { tableText } from '../table.ts';

interface Options {
  since?: string;
  action?: string;
  subject?: string;
  limit: number;
  verify?: boolean;
}

/** `interlocal audit [--verify]` */
export function registerAudit(cli: Cli): void {
  cli.program
    .command('audit')
    .option('--since <date>', "from this day (YYYY-MM-DD) or time on, in the town's time zone")
    .option('--action <action>', 'only this kind: legacy_allowed, host_key_changed, reject_dismissed …')
    .option('--subject <id>', 'only this connection or pipeline')
    .option('--limit <n>', 'how many of the newest entries', countOption, 200)
    .option('--verify', 'verify the whole log: was anything changed or removed?')
    .description('Who allowed, changed, dismissed or replayed what, and which host keys were refused.')
    .action(async (options: Options) => {
      const { withTown } = await import('../town.ts');
      const { auditEntries, auditNames, auditVerdict } = await import('../../reports/audit-log.ts');
      const { unknownName } = await import('../known.ts');
      const { ConfigError } = await import('../../core/errors.ts');
      await withTown(cli, async (engine) => {
        const zone = engine.project.config.town.time_zone;
        const since = await sinceOf(options.since, zone);
        const { actions, subjects } = await auditNames(engine);
        const wrong = [
          ...(options.action === undefined || actions.includes(options.action)
            ? []
            : [unknownName('AUDIT_UNKNOWN', 'action', options.action, actions)]),
          ...(options.subject === undefined || subjects.includes(options.subject)
            ? []
            : [unknownName('AUDIT_UNKNOWN', 'connection or pipeline', options.subject, subjects)]),
        ];
        if (wrong.length) throw new ConfigError(wrong);
        if (options.verify) {
          const verdict = await auditVerdict(engine);
          cli.setExit(verdict.broken === null ? 0 : 1);
          return cli.print('audit --verify', { verified: { whole: verdict.broken === null, ...verdict } }, () => verdictText(verdict));
        }
        const entries = await auditEntries(engine, { since, action: options.action, subject: options.subject, limit: options.limit });
        cli.print('audit', { entries }, () => (entries.length === 0 ? 'The audit log has no entries.' : entriesTable(entries, zone)));
      });
    });
}

/** A day begins at midnight in the town's zone; a time without a zone is one of its clocks. */
async function sinceOf(text: string | undefined, zone: string): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const { ConfigError } = await import('../../core/errors.ts');
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  const at =
    parts && isCalendarDate(year, month, day) && hour < 24 && minute < 60 && second < 60
      ? new Date(zoneOf(zone).instantOf(utcOf(year, month, day, hour, minute, second)))
      : /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text)
        ? new Date(text)
        : undefined;
  if (!at || Number.isNaN(at.getTime()))
    throw new ConfigError({
      code: 'USAGE',
      place: { path: '--since' },
      message: `${JSON.stringify(text)} is not a date.`,
      hint: 'Write it as 2026-07-01, as 2026-07-01T13:00, or with a zone as 2026-07-01T13:00:00Z.',
    });
  return at.toISOString();
}

function entriesTable(entries: readonly AuditEntry[], zone: string): string {
  return tableText(
    ['at', 'who', 'what', 'of', 'detail'],
    entries.map((e) => [zonedTime(e.at, zone), e.actor, e.action, e.subject, detailText(e.detail)]),
  );
}

function detailText(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join('; ');
}

/** `revenue.csv 1f3a…, revenue.json 77b0…` of what a closing kept. */
function valueText(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.map(valueText).join(', ') || 'none';
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${valueText(one)}`)
    .join(', ');
}

function verdictText({ entries, head, broken }: AuditVerdict): string {
  if (broken !== null)
    return `The log was tampered with: entry ${broken} was changed or removed. The ${entries} before it are intact. Keep the store as it is, and compare it with a backup.`;
  return entries === 0
    ? 'The log is intact; it has no entries yet.'
    : `The log is intact: ${counted(entries, 'entry', 'entries')}, the newest with the hash ${head}.`;
}
