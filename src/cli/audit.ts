import type { AuditEntry, AuditVerdict } from '../store/audit.ts';
import { type Cli, wholeNumber } from './cli.ts';
import { plural, tableText } from './table.ts';

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
    .option('--since <date>', 'from this day on, YYYY-MM-DD, or this instant; UTC')
    .option('--action <action>', 'one kind only: legacy_allowed, host_key_changed, reject_dismissed …')
    .option('--subject <id>', 'one connection or pipeline only')
    .option('--limit <n>', 'how many, the newest', wholeNumber, 200)
    .option('--verify', 'go through the whole log: was anything changed or taken out?')
    .description('Who allowed, changed, dismissed or replayed what, and which host keys were refused.')
    .action(async (options: Options) => {
      const { withTown } = await import('./town.ts');
      const { listAudit, verifyAudit } = await import('../store/audit.ts');
      const since = await sinceOf(options.since);
      await withTown(cli, async ({ knex }) => {
        if (options.verify) {
          const verdict = await verifyAudit(knex);
          cli.setExit(verdict.broken === null ? 0 : 1);
          return cli.print({ verified: { whole: verdict.broken === null, ...verdict } }, () => verdictText(verdict));
        }
        const entries = await listAudit(knex, { since, action: options.action, subject: options.subject, limit: options.limit });
        cli.print({ entries }, () => (entries.length === 0 ? 'Nothing is written down.' : entriesTable(entries)));
      });
    });
}

/** A day begins at midnight UTC, as the log counts. */
async function sinceOf(text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const { ConfigError } = await import('../core/errors.ts');
  const at = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? new Date(text) : undefined;
  if (!at || Number.isNaN(at.getTime()))
    throw new ConfigError({
      code: 'USAGE',
      place: { path: '--since' },
      message: `${JSON.stringify(text)} is no date.`,
      hint: 'Write it as 2026-07-01, or as 2026-07-01T13:00:00Z.',
    });
  return at.toISOString();
}

function entriesTable(entries: readonly AuditEntry[]): string {
  return tableText(
    ['at (UTC)', 'who', 'what', 'of', 'detail'],
    entries.map((e) => [e.at.slice(0, 19).replace('T', ' '), e.actor, e.action, e.subject, detailText(e.detail)]),
  );
}

function detailText(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') || 'none' : value === null ? 'none' : String(value)}`)
    .join('; ');
}

function verdictText({ entries, head, broken }: AuditVerdict): string {
  if (broken !== null)
    return `The log was tampered with: entry ${broken} is not what was written, or what stood there was taken out. ${entries} before it are whole. Keep the store as it is, and compare with a backup.`;
  return entries === 0
    ? 'The log is whole; it has no entries yet.'
    : `The log is whole: ${plural(entries, 'entry').replace('entrys', 'entries')}, the newest with the hash ${head}.`;
}
