import type { Problem } from '../../core/errors.ts';
import { type Draft, type Part, problemAt } from '../draft.ts';
import type { ExceptionRuleConfig } from '../schema/exception-rules.ts';
import type { EntityConfig } from '../schema/model.ts';
import type { PipelineConfig, ReconciliationConfig } from '../schema/pipeline.ts';
import { columnsOf, noField } from './entity-fields.ts';
import { unknownReference } from './references.ts';

/** The fields that a reconciliation's exception rules name, and the days that they count from. */
export function checkExceptionRules(
  part: Part<PipelineConfig>,
  reconcile: ReconciliationConfig,
  entities: Readonly<Record<'left' | 'right', EntityConfig | undefined>>,
): Problem[] {
  const problems: Problem[] = [];
  for (const side of ['left', 'right'] as const) {
    const entity = entities[side];
    (reconcile.open?.[side]?.together ?? []).forEach((field, i) => {
      if (entity && !columnsOf(entity).includes(field))
        problems.push(noField(part, entity, field, ['reconcile', 'open', side, 'together', i]));
    });
    (reconcile.exceptions ?? []).forEach((rule, i) => {
      for (const { field, path } of ruleFields(rule, side))
        if (entity && !columnsOf(entity).includes(field))
          problems.push(noField(part, entity, field, ['reconcile', 'exceptions', i, ...path]));
      const kind = (['late', 'after_close', 'expected'] as const).find((k) => rule[k] !== undefined);
      if (kind && (kind === 'late' || rule[kind] === side) && reconcile[side].date === undefined)
        problems.push(
          problemAt(
            part,
            ['reconcile', 'exceptions', i, kind],
            'KEY_MISSING',
            `counts days, but ${side} does not say which field its day is.`,
            `Write date in ${side}: { …, date: received_on }.`,
          ),
        );
    });
  }
  return problems;
}

/** The reconciliations that `echo_of` names, and the fields of both. */
export function checkEchoOf(part: Part<PipelineConfig>, reconcile: ReconciliationConfig, { pipelines, entities }: Draft): Problem[] {
  const problems: Problem[] = [];
  const has = (config: ReconciliationConfig, field: string): boolean =>
    (['left', 'right'] as const).some((side) => {
      const entity = entities.get(config[side].entity)?.value;
      return entity === undefined || columnsOf(entity).includes(field);
    });
  (reconcile.echo_of ?? []).forEach(({ pipeline, here, there }, i) => {
    const at = ['reconcile', 'echo_of', i];
    const named = pipelines.get(pipeline)?.value;
    if (!pipelines.has(pipeline)) problems.push(unknownReference('pipeline', pipeline, pipelines.keys(), part, [...at, 'pipeline']));
    else if (named && !named.reconcile?.passes)
      problems.push(
        problemAt(part, [...at, 'pipeline'], 'VALUE_INVALID', `must be a reconciliation with passes, and ${pipeline} is none.`),
      );
    else if (named?.reconcile && !has(named.reconcile, there))
      problems.push(problemAt(part, [...at, 'there'], 'REFERENCE_UNKNOWN', `neither side of ${pipeline} has a field "${there}".`));
    if (!has(reconcile, here))
      problems.push(problemAt(part, [...at, 'here'], 'REFERENCE_UNKNOWN', `neither side of this reconciliation has a field "${here}".`));
  });
  return problems;
}

/** The fields of a side that a rule names, with where in the rule. */
export function ruleFields(rule: ExceptionRuleConfig, side: 'left' | 'right'): { field: string; path: (string | number)[] }[] {
  const found: { field: string; path: (string | number)[] }[] = [];
  const add = (field: string | undefined, ...path: (string | number)[]): void => {
    if (field !== undefined) found.push({ field, path });
  };
  const own = [rule.duplicates, rule.voids, rule.items, rule.split, rule.after_close, rule.gaps, rule.expected].includes(side);
  if (own) {
    for (const list of ['fields', 'series', 'by'] as const) (rule[list] ?? []).forEach((field, i) => add(field, list, i));
    for (const key of ['at', 'on', 'field', 'entered', 'number'] as const) add(rule[key], key);
    for (const field of Object.keys(rule.where ?? {})) add(field, 'where', field);
  }
  if (own || (rule.period !== undefined && side === 'right')) add(rule.entry, 'entry');
  if (side === 'left') {
    add(rule.parts, 'parts');
    add(rule.period, 'period');
  } else if (typeof rule.right === 'object')
    for (const [value, fields] of Object.entries(rule.right)) for (const field of [fields].flat()) add(field, 'right', value);
  else add(rule.right ?? rule.parts, rule.right === undefined ? 'parts' : 'right');
  (rule.original ?? []).forEach((pair, i) => add(pair[side], 'original', i, side));
  return found;
}
