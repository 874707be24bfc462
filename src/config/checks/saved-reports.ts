import { didYouMean, type Problem } from '../../core/errors.ts';
import { type Draft, isGiven, problemAt } from '../draft.ts';
import { MOVING_PERIODS } from '../schema/saved-report.ts';
import { suggestion } from './references.ts';

/** Whether a text names a period of a town whose fiscal year begins on a day, MM-DD. */
export type KnowsPeriod = (text: string, starts: string) => boolean;

/** The tables that a report has, by its name; undefined for what is not a report. */
export type ReportTables = (report: string) => readonly string[] | undefined;

/** Saved reports name reconciliations and periods that there are, and do not give their days twice. */
export function checkReports(
  draft: Draft,
  config: NonNullable<Draft['config']>,
  knowsPeriod?: KnowsPeriod,
  tablesOf?: ReportTables,
): Problem[] {
  const { reports, revenue, ledger, town } = config.value;
  const reconciliations = [...draft.pipelines.values()].flatMap((part) => (part?.value.reconcile ? [part.value.pipeline] : []));
  return Object.entries(reports).flatMap(([name, report]): Problem[] => {
    const at = (key: string, code: string, message: string, hint?: string): Problem =>
      problemAt(config, ['reports', name, key], code, message, hint);
    const {
      in: period,
      from,
      to,
      pipeline,
      fund,
    } = report as { in?: string; from?: string; to?: string; pipeline?: string; fund?: string };
    const problems: Problem[] = [];
    if (pipeline !== undefined && !reconciliations.includes(pipeline)) {
      const meant = didYouMean(pipeline, reconciliations);
      problems.push(
        at(
          'pipeline',
          'REFERENCE_UNKNOWN',
          `there is no reconciliation "${pipeline}".`,
          meant ? `Did you mean ${meant}?` : `Known: ${reconciliations.join(', ') || 'none yet'}.`,
        ),
      );
    }
    const moves = (MOVING_PERIODS as readonly string[]).includes(period ?? '');
    if (period !== undefined && !moves && knowsPeriod && !knowsPeriod(period, town.fiscal_year_starts))
      problems.push(
        at(
          'in',
          'VALUE_INVALID',
          `"${period}" is not a period of this town.`,
          `Write a day, a month or a fiscal year, such as 2026-07-15 or 2026-07; or ${MOVING_PERIODS.join(', ')}.`,
        ),
      );
    if (period !== undefined && (from ?? to) !== undefined)
      problems.push(
        at(
          'in',
          'VALUE_INVALID',
          'in already says which days the report covers, so from and to cannot be given with it.',
          'Remove in, or remove from and to.',
        ),
      );
    if (from !== undefined && to !== undefined && from > to)
      problems.push(at('to', 'VALUE_INVALID', `${to} is before ${from}.`, 'Write the earlier day as from.'));
    const { table } = report;
    const tables = tablesOf?.(report.report);
    if (table !== undefined && tables && !tables.includes(table))
      problems.push(at('table', 'REFERENCE_UNKNOWN', `the report ${report.report} has no table "${table}".`, suggestion(table, tables)));
    for (const field of ['tender', 'channel'] as const) {
      const value = (report as Partial<Record<typeof field, string>>)[field];
      const values = draft.entities.get(revenue.receipts)?.value.fields[field]?.values;
      if (value !== undefined && values && value !== `(no ${field})` && !values.includes(value))
        problems.push(at(field, 'REFERENCE_UNKNOWN', `receipts have no ${field} "${value}".`, suggestion(value, values)));
    }
    const by = 'by' in report ? [report.by].flat() : [];
    if (
      (fund !== undefined || by.includes('fund')) &&
      revenue.parts.fund === undefined &&
      ledger === undefined &&
      !isGiven(config, 'ledger')
    )
      problems.push(
        at(
          fund === undefined ? 'by' : 'fund',
          'KEY_MISSING',
          'a report by fund needs to know which part of an account is the fund, and nothing says so.',
          'Write revenue: { parts: { fund: 1 } }, or ledger.',
        ),
      );
    return problems;
  });
}
