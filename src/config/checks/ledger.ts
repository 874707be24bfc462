import type { Problem } from '../../core/errors.ts';
import { type Draft, problemAt } from '../draft.ts';
import { suggestion } from './references.ts';

/** What may stand in the accounts of what funds owe each other. */
const PLACEHOLDERS = ['{fund}', '{other}'];

/**
 * `ledger` of config/interlocal.yaml: its ways of paying are those of receipts, each account has a fund, and clearing accounts are for ways of
 * paying that have an account of their own. Otherwise money would be in no entry, and it would not be noticed before the month is closed.
 */
export function checkLedger(draft: Draft, config: NonNullable<Draft['config']>): Problem[] {
  const { ledger, revenue } = config.value;
  if (!ledger) return [];
  const problems: Problem[] = [];
  const add = (path: readonly string[], code: string, message: string, hint?: string): void =>
    void problems.push(problemAt(config, ['ledger', ...path], code, message, hint));
  const { segment, separator } = ledger.fund;
  const account = (path: readonly string[], text: string): void => {
    const parts = text.split(separator);
    if (parts.length > 1 && parts[segment - 1]) return;
    add(
      path,
      'VALUE_INVALID',
      `the account "${text}" does not say its fund: it has no part ${segment} when it is split at "${separator}".`,
      'Write the whole account, such as 100-1010, or say in ledger.fund how an account is built.',
    );
  };
  const tenders = draft.entities.get(revenue.receipts)?.value.fields.tender?.values;
  const wayOfPaying = (path: readonly string[], tender: string): void => {
    if (tenders && !tenders.includes(tender))
      add(path, 'REFERENCE_UNKNOWN', `receipts have no way of paying "${tender}".`, suggestion(tender, tenders));
  };
  for (const [tender, text] of Object.entries(ledger.debit)) {
    wayOfPaying(['debit', tender], tender);
    account(['debit', tender], text);
  }
  if (typeof ledger.clearing === 'string') account(['clearing'], ledger.clearing);
  else
    for (const [tender, text] of Object.entries(ledger.clearing ?? {})) {
      account(['clearing', tender], text);
      if (tenders && !tenders.includes(tender)) wayOfPaying(['clearing', tender], tender);
      else if (!(tender in ledger.debit))
        add(
          ['clearing', tender],
          'KEY_MISSING',
          `no account takes money that is paid by ${tender}, so money in the clearing account would never leave it.`,
          `Add ${tender} to ledger.debit.`,
        );
    }
  for (const key of ['due_from', 'due_to'] as const)
    for (const [placeholder] of ledger[key].matchAll(/\{[^{}]{0,100}\}/g))
      if (!PLACEHOLDERS.includes(placeholder))
        add([key], 'REFERENCE_UNKNOWN', `there is no placeholder "${placeholder}".`, suggestion(placeholder, PLACEHOLDERS));
  return problems;
}
