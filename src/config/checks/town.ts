import { didYouMean, type Problem } from '../../core/errors.ts';
import { problemAt } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { secretLiteral } from '../explain.ts';
import { checkLedger } from './ledger.ts';
import { checkReports, type KnowsPeriod, type ReportTables } from './saved-reports.ts';
import { eachText, isReference } from '../secrets/secrets.ts';

/** config/interlocal.yaml beyond its schema: no password in store.url, references there and in store.password and nowhere else; entities and types of exceptions that there are. */
export function checkTown(
  draft: Draft,
  exceptionTypes?: readonly string[],
  known: { period?: KnowsPeriod | undefined; tables?: ReportTables | undefined } = {},
): Problem[] {
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
  problems.push(...checkLedger(draft, config), ...checkReports(draft, config, known.period, known.tables));
  return problems;
}
