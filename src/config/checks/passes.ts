import type { Problem } from '../../core/errors.ts';
import { type Draft, type Part, problemAt } from '../draft.ts';
import type { PassConfig } from '../schema/passes.ts';
import type { EntityConfig } from '../schema/model.ts';
import type { PipelineConfig, ReconciliationConfig } from '../schema/pipeline.ts';
import { checkExceptionRules } from './exception-rules.ts';
import { columnsOf, noField } from './entity-fields.ts';
import { unknownReference } from './references.ts';

type Model = Draft['entities'];
type Entities = Readonly<Record<'left' | 'right', EntityConfig | undefined>>;

/** The fields that passes name, and the days that they count from; keys of match_on have no place next to them. */
export function checkPasses(part: Part<PipelineConfig>, reconcile: ReconciliationConfig, entities: Entities, model: Model): Problem[] {
  const { passes } = reconcile;
  const totalsOf = (pass: PassConfig): EntityConfig | undefined => (pass.totals ? model.get(pass.totals.entity)?.value : undefined);
  const problems: Problem[] = [];
  for (const side of ['left', 'right'] as const) problems.push(...checkDate(part, reconcile, side, entities[side]));
  if (!passes) {
    for (const key of ['open', 'over_short', 'unequal', 'exceptions', 'echo_of'] as const)
      if (reconcile[key] !== undefined)
        problems.push(problemAt(part, ['reconcile', key], 'VALUE_INVALID', 'is for reconciliations with passes; this one has match_on.'));
    return problems;
  }
  passes.forEach((pass, i) => {
    for (const list of ['on', 'block', 'text', 'order'] as const)
      for (const [n, pair] of (pass[list] ?? []).entries())
        for (const side of list === 'order' ? sidesInOrder(pass, pair) : SIDES) {
          const field = typeof pair === 'string' ? pair : pair[side];
          // Of control, the left field is that of the records and the right that of the totals.
          const entity = pass.control === undefined ? entities[side] : side === 'left' ? entities[pass.of ?? 'left'] : totalsOf(pass);
          const path = ['reconcile', 'passes', i, list, n, ...(typeof pair === 'string' ? [] : [side])];
          if (entity && !columnsOf(entity).includes(field)) problems.push(noField(part, entity, field, path));
        }
    for (const { field, path, of } of settlementFields(pass)) {
      const entity = of === 'totals' ? totalsOf(pass) : entities[of];
      if (!entity) continue;
      const at = ['reconcile', 'passes', i, ...path];
      const type = entity.fields[field]?.type;
      if (!columnsOf(entity).includes(field)) problems.push(noField(part, entity, field, at));
      else if ((path[0] === 'parts' || path[1] === 'amount') && type !== 'money')
        problems.push(problemAt(part, at, 'VALUE_INVALID', `must be a money field, but ${field} of ${entity.entity} is ${type}.`));
    }
    if (pass.totals && !model.has(pass.totals.entity))
      problems.push(unknownReference('entity', pass.totals.entity, model.keys(), part, ['reconcile', 'passes', i, 'totals', 'entity']));
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

const SIDES = ['left', 'right'] as const;

/** The sides whose records have an order: of a subset, that of the many, and that of the one where a field of each side is named. */
export function sidesInOrder({ subset, one }: PassConfig, pair: NonNullable<PassConfig['order']>[number]): readonly ('left' | 'right')[] {
  if (subset === undefined || typeof pair !== 'string') return SIDES;
  return one === 'left' ? ['right'] : ['left'];
}

/** The fields that a settlement or control pass names besides its keys. */
export function settlementFields(pass: PassConfig): { field: string; path: (string | number)[]; of: 'left' | 'right' | 'totals' }[] {
  const found: { field: string; path: (string | number)[]; of: 'left' | 'right' | 'totals' }[] = [];
  const of = pass.of ?? pass.one ?? 'right';
  if (pass.subset !== undefined)
    for (const key of ['together', 'alike'] as const)
      (pass[key] ?? []).forEach((field, n) => found.push({ field, path: [key, n], of: of === 'left' ? 'right' : 'left' }));
  for (const [part, field] of Object.entries(pass.parts ?? {})) if (field !== undefined) found.push({ field, path: ['parts', part], of });
  if (pass.count !== undefined) found.push({ field: pass.count, path: ['count'], of });
  (pass.contract ?? []).forEach(({ where, items }, n) => {
    for (const field of Object.keys(where)) found.push({ field, path: ['contract', n, 'where', field], of });
    if (items !== undefined) found.push({ field: items, path: ['contract', n, 'items'], of });
  });
  for (const field of Object.keys(pass.monthly?.where ?? {})) found.push({ field, path: ['monthly', 'where', field], of });
  (pass.monthly?.by ?? []).forEach((field, n) => found.push({ field, path: ['monthly', 'by', n], of }));
  const { totals } = pass;
  if (totals) {
    for (const key of ['amount', 'count', 'first', 'last', 'date'] as const)
      if (totals[key] !== undefined) found.push({ field: totals[key], path: ['totals', key], of: 'totals' });
    for (const field of Object.keys(totals.where)) found.push({ field, path: ['totals', 'where', field], of: 'totals' });
  }
  return found;
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
