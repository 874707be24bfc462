import { ruleFields } from '../../../config/checks/exception-rules.ts';
import { type ExceptionRuleConfig, TYPES_OF_RULES } from '../../../config/schema/exception-rules.ts';
import type { ReconciliationConfig } from '../../../config/schema/pipeline.ts';
import type { ExceptionRules, PartsRule, Where } from '../../../reconciliation/exceptions/rules.ts';

/** What a reconciliation looks for besides what is open, with the defaults filled in. */
export function exceptionRulesOf(config: ReconciliationConfig): ExceptionRules {
  const rules = config.exceptions ?? [];
  return {
    unequal: config.unequal ?? 'amount_differs',
    duplicates: rules.flatMap((rule) => {
      const { duplicates: side, fields = [], entry, at, minutes, type } = rule;
      if (!side) return [];
      const given = { ...(entry === undefined ? {} : { entry }), ...(at === undefined || minutes === undefined ? {} : { at, minutes }) };
      return [{ side, type: type ?? (side === 'left' ? 'duplicate_receipt' : 'duplicate_posting'), fields, ...given }];
    }),
    voids: rules.flatMap(({ voids: side, where, on, entry, type }) => {
      const given = { ...(on === undefined ? {} : { on }), ...(entry === undefined ? {} : { entry }) };
      return side ? [{ side, type: type ?? TYPES_OF_RULES.voids[0], where: whereOf(where), ...given }] : [];
    }),
    late: rules.flatMap(({ late, type }) => (late === undefined ? [] : [{ type: type ?? TYPES_OF_RULES.late[0], businessDays: late }])),
    parts: rules.flatMap(({ parts: left, right, type }) =>
      left === undefined ? [] : [{ type: type!, left, right: rightOf(right ?? left) }],
    ),
    periods: rules.flatMap(({ period: left, right, entry, type }) =>
      left === undefined
        ? []
        : [{ type: type ?? TYPES_OF_RULES.period[0], left, right: right as string, ...(entry === undefined ? {} : { entry }) }],
    ),
    items: rules.flatMap(({ items: side, where, always, original = [], entry, type }) =>
      side
        ? [
            {
              ...{ side, type: type!, where: whereOf(where), always: always ?? type === 'chargeback', original },
              ...(entry === undefined ? {} : { entry }),
            },
          ]
        : [],
    ),
    splits: rules.flatMap(({ split: side, field, type }) => (side ? [{ side, type: type ?? TYPES_OF_RULES.split[0], field: field! }] : [])),
    afterClose: rules.flatMap(({ after_close: side, where, entered, closes = DEFAULT_CLOSES, entry, type }) => {
      const given = { where: whereOf(where), entered: entered!, closes, ...(entry === undefined ? {} : { entry }) };
      return side ? [{ side, type: type ?? TYPES_OF_RULES.after_close[0], ...given }] : [];
    }),
    gaps: rules.flatMap(({ gaps: side, number, series = [], type }) =>
      side ? [{ side, type: type ?? TYPES_OF_RULES.gaps[0], number: number!, series }] : [],
    ),
    expected: rules.flatMap(({ expected: side, by = [], days = 'business', within = 1, type }) =>
      side ? [{ side, type: type!, by, days, within }] : [],
    ),
  };
}

/** A field, or for each value the money fields that have its sum. */
function rightOf(right: NonNullable<ExceptionRuleConfig['right']>): PartsRule['right'] {
  return typeof right === 'string' ? right : Object.fromEntries(Object.entries(right).map(([value, fields]) => [value, [fields].flat()]));
}

/** Months close on this business day of the next one. */
const DEFAULT_CLOSES = 10;

/** Each field with the list of its values. */
export function whereOf(where: ExceptionRuleConfig['where']): Where {
  return Object.fromEntries(Object.entries(where ?? {}).map(([field, value]) => [field, [value].flat()]));
}

/** The fields of one side that its rules look at. */
export function fieldsOfRules(config: ReconciliationConfig, side: 'left' | 'right'): string[] {
  return (config.exceptions ?? []).flatMap((rule) => ruleFields(rule, side).map(({ field }) => field));
}
