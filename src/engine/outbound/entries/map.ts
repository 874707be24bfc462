import { problemsOfRecord } from '../../../connector/sink/sink.ts';
import type { Place, Problem } from '../../../core/errors.ts';
import { plainMoney } from '../../../core/money.ts';
import type { LedgerRules } from '../../../reconciliation/journal-entries.ts';
import { unbalancedFunds } from '../../../reconciliation/postings.ts';
import type { EntryOnItsWay, StoredEntry } from '../../../store/outbound/entries.ts';
import { namesRead } from '../currency-check.ts';
import { hashOf, keyOfGolden, keyThere, type Made } from '../made.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { entryRecord } from './entry-record.ts';

/** What mapping an entry needs of a run. */
type MappingRun = Pick<OutboundRun, 'config' | 'mapping' | 'name' | 'project' | 'sink'>;

/** What is sent of an entry. `corrected`: the entry that it corrects. */
export function mapEntry(run: MappingRun, entry: StoredEntry, rules: LedgerRules, corrected: EntryOnItsWay | undefined): Made {
  const { config } = run.project;
  const separator = config.ledger!.fund.separator;
  const record = entryRecord(entry, { starts: config.town.fiscal_year_starts, separator, corrected });
  const at: Place = { system: run.name };
  const unbalanced = unbalancedFunds(entry.lines, rules).map((fund) => notBalanced(at, fund));
  const { values, problems } = run.mapping.apply(record, at);
  const { number: golden } = entry;
  // `when` of the mapping leaves an entry out: that its money is in the ledger would be wrong to think.
  if (!problems.length && !values)
    problems.push({
      code: 'ENTRY_NOT_WANTED',
      place: at,
      message: `The mapping ${run.mapping.name} leaves this journal entry out, but its money has to be posted.`,
      hint: 'Change the condition "when" in the mapping. To leave receipts out, use "where" in the pipeline.',
    });
  if (!values || problems.length)
    return { golden, key: keyOfGolden(golden), values: {}, hash: hashOf({}), problems: [...unbalanced, ...problems] };
  const key = keyThere(run.sink, values);
  const named = key === undefined ? at : { ...at, key };
  const found = [...unbalanced, ...problemsOfRecord(run.sink, values, named), ...currencyLost(run, entry, named)];
  return { golden, key: key ?? keyOfGolden(golden), values, hash: hashOf(values), problems: found };
}

/** An entry whose debits and credits differ in a fund is refused whole, with the lines of that fund. */
function notBalanced(place: Place, { currency, fund, lines }: ReturnType<typeof unbalancedFunds>[number]): Problem {
  const shown = lines.map(
    ({ account, debit, credit }) =>
      `${account} ${debit > 0 ? `debit ${plainMoney(debit, currency)}` : `credit ${plainMoney(credit, currency)}`}`,
  );
  return {
    code: 'ENTRY_UNBALANCED',
    place,
    message: `Debits and credits of this journal entry are not equal in fund ${fund}: ${shown.join(', ')}. The entry was not sent.`,
    hint: 'Ask the finance office for the accounts in which each fund books what other funds owe it, and write them under ledger in config/interlocal.yaml as due_from and due_to. "{fund}-1310" means account 1310 of each fund.',
  };
}

function currencyLost(run: MappingRun, { currency }: StoredEntry, place: Place): Problem[] {
  const { config } = run;
  const { town } = run.project.config;
  const mapping = run.project.sinkMappings.get(config.mapping)!.value;
  if (currency === town.currency || namesRead(mapping).has('currency')) return [];
  return [
    {
      code: 'CURRENCY_LOST',
      place,
      message: `This journal entry is in ${currency}, but the mapping sends no currency, so the ledger would take it as ${town.currency}. The entry was not sent.`,
      hint: 'In the mapping send currency to a field of the ledger too.',
    },
  ];
}
