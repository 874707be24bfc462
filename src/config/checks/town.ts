import { didYouMean, type Problem } from '../../core/errors.ts';
import { problemAt } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { secretLiteral } from '../explain.ts';
import { MOVING_PERIODS } from '../schema/saved-report.ts';
import { eachText, isReference } from '../secrets/secrets.ts';

/** config/interlocal.yaml beyond its schema: no password in store.url, references there and in store.password and nowhere else; entities and types of exceptions that there are. */
export function checkTown(draft: Draft, exceptionTypes?: readonly string[], knowsPeriod?: KnowsPeriod): Problem[] {
  const { config } = draft;
  if (!config) return [];
  const problems: Problem[] = [];
  eachText(config.raw, [], (text, path) => {
    const isUrl = path.join('.') === 'store.url';
    if (isUrl && /:\/\/[^/@:]*:[^/@]*@|[?;&]\s*(password|pwd)\s*=/i.test(text)) problems.push(secretLiteral(config.source.at(path), path));
    else if (text.includes('${') && !((isUrl || path.join('.') === 'store.password') && isReference(text)))
      problems.push(
        problemAt(
          config,
          path,
          'VALUE_INVALID',
          isUrl
            ? 'must be either a full URL or only a reference such as ${env:INTERLOCAL_STORE}.'
            : 'a reference such as ${env:NAME} works here only in store.url and store.password.',
          isUrl ? undefined : 'Write the value itself.',
        ),
      );
  });
  for (const key of ['receipts', 'lines'] as const) {
    const name = config.value.revenue[key];
    const given = (config.raw as { revenue?: Record<string, unknown> } | null)?.revenue?.[key] !== undefined;
    if (given && !draft.entities.has(name))
      problems.push(
        problemAt(
          config,
          ['revenue', key],
          'REFERENCE_UNKNOWN',
          `there is no entity "${name}".`,
          draft.entities.size ? `Known: ${[...draft.entities.keys()].join(', ')}.` : undefined,
        ),
      );
  }
  if (exceptionTypes)
    for (const [i, type] of config.value.periods.blocking_exceptions.entries())
      if (!exceptionTypes.includes(type)) {
        const meant = didYouMean(type, exceptionTypes);
        problems.push(
          problemAt(
            config,
            ['periods', 'blocking_exceptions', i],
            'REFERENCE_UNKNOWN',
            `there is no type of exception "${type}".`,
            meant ? `Did you mean ${meant}?` : `There are: ${exceptionTypes.join(', ')}.`,
          ),
        );
      }
  problems.push(...checkReports(draft, config, knowsPeriod));
  return problems;
}

/** Whether a text names a period of a town whose fiscal year begins on a day, MM-DD. */
export type KnowsPeriod = (text: string, starts: string) => boolean;

/** Saved reports name reconciliations and periods that there are, and do not give their days twice. */
function checkReports(draft: Draft, config: NonNullable<Draft['config']>, knowsPeriod: KnowsPeriod | undefined): Problem[] {
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
      problems.push(at('in', 'VALUE_INVALID', 'in names a period: from and to have no place next to it.', 'Write one or the other.'));
    if (from !== undefined && to !== undefined && from > to)
      problems.push(at('to', 'VALUE_INVALID', `${to} is before ${from}.`, 'Write the earlier day as from.'));
    const by = 'by' in report ? [report.by].flat() : [];
    if ((fund !== undefined || by.includes('fund')) && revenue.parts.fund === undefined && ledger === undefined)
      problems.push(
        at(
          fund === undefined ? 'by' : 'fund',
          'KEY_MISSING',
          'nothing says which part of an account is the fund.',
          'Write revenue: { parts: { fund: 1 } }, or ledger.',
        ),
      );
    return problems;
  });
}
