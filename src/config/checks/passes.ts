import type { Problem } from '../../core/errors.ts';
import { type Part, problemAt } from '../draft.ts';
import type { PassConfig } from '../schema/passes.ts';
import type { EntityConfig } from '../schema/model.ts';
import type { PipelineConfig, ReconciliationConfig } from '../schema/pipeline.ts';
import { checkExceptionRules } from './exception-rules.ts';
import { columnsOf, noField } from './entity-fields.ts';

type Entities = Readonly<Record<'left' | 'right', EntityConfig | undefined>>;

/** The fields that passes name, and the days that they count from; keys of match_on have no place next to them. */
export function checkPasses(part: Part<PipelineConfig>, reconcile: ReconciliationConfig, entities: Entities): Problem[] {
  const { passes } = reconcile;
  const problems: Problem[] = [];
  for (const side of ['left', 'right'] as const) problems.push(...checkDate(part, reconcile, side, entities[side]));
  if (!passes) {
    for (const key of ['open', 'over_short', 'unequal', 'exceptions'] as const)
      if (reconcile[key] !== undefined)
        problems.push(problemAt(part, ['reconcile', key], 'VALUE_INVALID', 'is for reconciliations with passes; this one has match_on.'));
    return problems;
  }
  passes.forEach((pass, i) => {
    for (const list of ['on', 'block', 'text'] as const)
      for (const [n, pair] of (pass[list] ?? []).entries())
        for (const side of ['left', 'right'] as const) {
          const field = typeof pair === 'string' ? pair : pair[side];
          const entity = entities[side];
          const path = ['reconcile', 'passes', i, list, n, ...(typeof pair === 'string' ? [] : [side])];
          if (entity && !columnsOf(entity).includes(field)) problems.push(noField(part, entity, field, path));
        }
    if (needsDays(pass))
      for (const side of ['left', 'right'] as const)
        if (reconcile[side].date === undefined)
          problems.push(
            problemAt(
              part,
              ['reconcile', 'passes', i, 'within'],
              'KEY_MISSING',
              `counts days, but ${side} does not say which field its day is.`,
              `Write date in ${side}: { …, date: received_on }.`,
            ),
          );
  });
  problems.push(...checkExceptionRules(part, reconcile, entities));
  return problems;
}

function needsDays(pass: PassConfig): boolean {
  return pass.within !== undefined;
}

function checkDate(
  part: Part<PipelineConfig>,
  reconcile: ReconciliationConfig,
  side: 'left' | 'right',
  entity: EntityConfig | undefined,
): Problem[] {
  const { date } = reconcile[side];
  if (date === undefined || !entity) return [];
  const path = ['reconcile', side, 'date'];
  const type = entity.fields[date]?.type;
  if (type === undefined) return [noField(part, entity, date, path)];
  if (type === 'date' || type === 'datetime') return [];
  return [problemAt(part, path, 'VALUE_INVALID', `must be a date field, but ${date} of ${entity.entity} is ${type}.`)];
}
