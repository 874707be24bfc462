import { SEGMENTS } from '../../../config/schema/journal-entry.ts';
import { plainMoney } from '../../../core/money.ts';
import type { Values } from '../../../core/record.ts';
import { fiscalPeriod, fiscalYear } from '../../../core/time/time.ts';
import type { EntryLine } from '../../../reconciliation/journal-entries.ts';
import type { EntryOnItsWay, StoredEntry } from '../../../store/outbound/entries.ts';

/** How mappings to sinks read an entry: the fields of config/schema/journal-entry.ts, all as plain text. */
export function entryRecord(
  entry: StoredEntry,
  { starts, separator, corrected }: { starts: string; separator: string; corrected: EntryOnItsWay | undefined },
): Values {
  const { currency, last } = entry;
  const year = fiscalYear(last, starts);
  return {
    number: String(entry.number),
    entry_id: entry.id,
    reference: referenceOf(entry.id),
    period: entry.period,
    entry_date: last,
    first_day: entry.first,
    fiscal_year: year,
    fiscal_year_ends_in: year.slice(-4),
    fiscal_period: String(fiscalPeriod(last, starts)),
    kind: entry.corrects === null ? 'regular' : 'adjustment',
    description: descriptionOf(entry, corrected),
    corrects: entry.corrects === null ? null : String(entry.corrects),
    corrects_reference: corrected ? referenceOf(corrected.id) : null,
    corrects_their_number: corrected?.theirNumber ?? null,
    department: entry.department,
    tender: entry.tender,
    currency,
    receipts: String(entry.receipts),
    total: plainMoney(entry.total, currency),
    revenue: plainMoney(
      entry.lines.reduce((sum, line) => sum + (line.what === 'revenue' ? line.credit - line.debit : 0), 0),
      currency,
    ),
    lines: entry.lines.map((line, i) => lineRecord(line, i + 1, separator)),
  };
}

/** What the ledger knows an entry by where its own ids are short: 40 bits of the id. */
export function referenceOf(id: string): string {
  return id.slice(0, 10).toUpperCase();
}

function descriptionOf({ period, department, corrects }: StoredEntry, corrected: EntryOnItsWay | undefined): string {
  const of = corrects === null ? 'Revenue' : `Corrects ${corrected?.theirNumber ?? (corrected ? referenceOf(corrected.id) : corrects)}`;
  return [of, period, ...(department === null ? [] : [department])].join(' ');
}

function lineRecord({ fund, account, what, currency, debit, credit }: EntryLine, line: number, separator: string): Values {
  const parts = account.split(separator);
  return {
    line: String(line),
    fund,
    account,
    ...Object.fromEntries(Array.from({ length: SEGMENTS }, (_, i) => [`segment_${i + 1}`, parts[i] || null])),
    what: what.replace(' ', '_'),
    side: debit > 0 ? 'debit' : 'credit',
    amount: plainMoney(debit + credit, currency),
    debit: debit > 0 ? plainMoney(debit, currency) : null,
    credit: credit > 0 ? plainMoney(credit, currency) : null,
    signed: plainMoney(debit - credit, currency),
    negated: plainMoney(credit - debit, currency),
  };
}
