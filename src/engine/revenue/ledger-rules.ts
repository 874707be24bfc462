import type { Project } from '../../config/project.ts';
import { ConfigError } from '../../core/errors.ts';
import type { LedgerRules } from '../../reconciliation/journal-entries.ts';

/** How the town's ledger is built; undefined where config/interlocal.yaml does not say it. */
export function ledgerRulesOf({ config }: Pick<Project, 'config'>): LedgerRules | undefined {
  const { ledger } = config;
  if (!ledger) return undefined;
  const { clearing = {} } = ledger;
  return {
    fundOf: (account) => partOf(ledger.fund, account),
    debit: ledger.debit,
    clearing: typeof clearing === 'string' ? Object.fromEntries(Object.keys(ledger.debit).map((tender) => [tender, clearing])) : clearing,
    dueFrom: ledger.due_from,
    dueTo: ledger.due_to,
  };
}

/** A part of an account; an account without the separator has no parts. */
export function partOf({ segment, separator }: { segment: number; separator: string }, account: string): string | undefined {
  const parts = account.split(separator);
  return parts.length > 1 ? parts[segment - 1] || undefined : undefined;
}

/** The fund of an account, as `revenue.parts` or the ledger says it; undefined where neither does. */
export function fundFinder({ config }: Pick<Project, 'config'>): ((account: string) => string | undefined) | undefined {
  const { parts } = config.revenue;
  const rule = parts.fund === undefined ? config.ledger?.fund : { segment: parts.fund, separator: parts.separator };
  return rule && ((account) => partOf(rule, account));
}

/** How the town's ledger is built. Throws ConfigError KEY_MISSING where config/interlocal.yaml does not say it. */
export function ledgerRules(project: Pick<Project, 'config'>): LedgerRules {
  const rules = ledgerRulesOf(project);
  if (rules) return rules;
  throw new ConfigError({
    code: 'KEY_MISSING',
    place: { file: 'config/interlocal.yaml', path: 'ledger' },
    message: 'No journal entries can be made, because the key "ledger", which names their accounts, is missing.',
    hint: 'Add ledger to config/interlocal.yaml; docs/finance.md has an example.',
  });
}
