import type { Project } from '../../config/project.ts';
import { ConfigError } from '../../core/errors.ts';
import type { LedgerRules } from '../../reconciliation/journal-entries.ts';

/** How the town's ledger is built. Throws ConfigError KEY_MISSING where config/interlocal.yaml does not say it. */
export function ledgerRules({ config }: Pick<Project, 'config'>): LedgerRules {
  const { ledger } = config;
  if (!ledger)
    throw new ConfigError({
      code: 'KEY_MISSING',
      place: { file: 'config/interlocal.yaml', path: 'ledger' },
      message: 'It does not say how the ledger is built, so no entries can be made.',
      hint: 'docs/finance.md has an example.',
    });
  const { segment, separator } = ledger.fund;
  return {
    fundOf: (account) => {
      const parts = account.split(separator);
      // An account without the separator has no segments.
      return parts.length > 1 ? parts[segment - 1] || undefined : undefined;
    },
    debit: ledger.debit,
    dueFrom: ledger.due_from,
    dueTo: ledger.due_to,
  };
}
