import { type EntityConfig, entitySchema } from './model.ts';

/** What mappings to sinks name for summarized journal entries, which Interlocal makes itself: `from: { entity: journal_entry }`. */
export const JOURNAL_ENTRY = 'journal_entry';
/** Its lines, as a list of the entry. */
export const ENTRY_LINES = 'lines';

const text = (description: string) => ({ type: 'text', class: 'internal', description });
const decimal = (description: string) => ({ type: 'decimal', class: 'internal', description });
const date = (description: string) => ({ type: 'date', class: 'internal', description });

/** How many parts of an account a mapping can ask for. */
export const SEGMENTS = 12;

/** An entry as mappings read it. It is in no table of the model. */
const journalEntry: EntityConfig = entitySchema.parse({
  entity: JOURNAL_ENTRY,
  title: 'Journal entry',
  fields: {
    number: text('Its number in Interlocal, counted up.'),
    entry_id: text('24 characters, made from what is in the entry: the same content has the same id.'),
    reference: text('The first 10 characters of entry_id in capitals, for systems with short references.'),
    period: text('What it is for: 2026-07-15, 2026-07.'),
    entry_date: date('The last day of the period.'),
    first_day: date('The first day of the period.'),
    fiscal_year: text('2026/2027, or 2026.'),
    fiscal_year_ends_in: text('The year in which the fiscal year ends: 2027.'),
    fiscal_period: text('1 to 12, from the beginning of the fiscal year.'),
    kind: text('regular or adjustment.'),
    description: text(
      'Revenue 2026-07; of an adjustment, Corrects NUMBER 2026-07, with the number that the ledger gave, or the reference. The department behind it.',
    ),
    corrects: text('Of an adjustment, the number in Interlocal of the entry that it corrects.'),
    corrects_reference: text('Of an adjustment, the reference of the entry that it corrects.'),
    corrects_their_number: text('Of an adjustment, the number that the ledger gave the entry that it corrects; empty where none is known.'),
    department: text('Where there is an entry for each department.'),
    tender: text('Where there is an entry for each way of paying.'),
    currency: text('ISO 4217 code.'),
    receipts: text('How many receipts are in it.'),
    total: decimal('All debits, which are all credits.'),
    revenue: decimal('The revenue in it: credits of its revenue lines less their debits.'),
  },
});

/** A line of an entry as mappings read it. */
export const journalEntryLine: EntityConfig = entitySchema.parse({
  entity: 'journal_entry_line',
  title: 'Line of a journal entry',
  fields: {
    line: text('1, 2, 3.'),
    fund: text('By the account.'),
    account: text('The whole account.'),
    ...Object.fromEntries(
      Array.from({ length: SEGMENTS }, (_, i) => [
        `segment_${i + 1}`,
        text(`Part ${i + 1} of the account, by ledger.fund.separator; empty where it has none.`),
      ]),
    ),
    what: text('money, clearing, revenue, due_from or due_to.'),
    side: text('debit or credit.'),
    amount: decimal('Never negative; side says which way.'),
    debit: decimal('Empty for a credit.'),
    credit: decimal('Empty for a debit.'),
    signed: decimal('Debits positive, credits negative.'),
    negated: decimal('Credits positive, debits negative: revenue as receipts have it.'),
  },
});

/** The entity that a mapping to a sink reads: of the model, or an entry. */
export function entityToSend(entities: ReadonlyMap<string, { value: EntityConfig } | undefined>, name: string): EntityConfig | undefined {
  return name === JOURNAL_ENTRY ? journalEntry : entities.get(name)?.value;
}
