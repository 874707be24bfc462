import { closedDays } from '../../config/calendar.ts';
import { settlementFields, sidesInOrder } from '../../config/checks/passes.ts';
import type { Project } from '../../config/project.ts';
import type { PassConfig } from '../../config/schema/passes.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { parseMoney } from '../../core/money.ts';
import { businessDays, dateOf, dayNumber } from '../../reconciliation/calendar.ts';
import type { BusinessDays, FieldPair, Pass, SettlementPass, SubsetPass, Tolerance, Window } from '../../reconciliation/entry.ts';
import type { OpenRule, Rules } from '../../reconciliation/match/work.ts';
import { exceptionRulesOf, fieldsOfRules, whereOf } from './exceptions/exception-rules.ts';

/**
 * A reconciliation's passes as its pipeline declares them, with the defaults filled in. Amounts are of the town's currency.
 */
export function rulesOf(pipeline: string, config: ReconciliationConfig, town: { currency: string; fiscal_year_starts: string }): Rules {
  const { currency } = town;
  return {
    reconciliation: pipeline,
    passes: withCounts((config.passes ?? []).map((pass) => passOf(pass, currency))),
    open: openRules(config),
    currency,
    fiscalYearStarts: Number(town.fiscal_year_starts.slice(0, 2)),
    exceptions: {
      ...exceptionRulesOf(config),
      ...(config.over_short === undefined ? {} : { overShort: minorOf(config.over_short, currency) }),
    },
  };
}

/** A subset over the parts of settlements has the number of their payments from the settlement pass of its side. */
function withCounts(passes: readonly Pass[]): Pass[] {
  return passes.map((pass) => {
    if (pass.kind !== 'subset' || !pass.parts || pass.count !== undefined) return pass;
    const count = passes.find((one) => one.kind === 'settlement' && one.of === pass.one && one.count !== undefined);
    return count?.kind === 'settlement' && count.count !== undefined ? { ...pass, count: count.count } : pass;
  });
}

/** The fields of one side that its passes look at. */
export function fieldsOf(config: ReconciliationConfig, side: 'left' | 'right'): string[] {
  const fields = (config.passes ?? []).flatMap((pass) => {
    const own = settlementFields(pass).flatMap(({ field, of }) => (of === side ? [field] : []));
    if (pass.control !== undefined) return pass.of === side ? (pass.on ?? []).map((pair) => pairOf(pair).left) : [];
    const order = (pass.order ?? []).filter((pair) => sidesInOrder(pass, pair).includes(side));
    return [...own, ...[...(pass.on ?? []), ...(pass.block ?? []), ...(pass.text ?? []), ...order].map((pair) => pairOf(pair)[side])];
  });
  return [...new Set([...fields, ...fieldsOfRules(config, side), ...(config.open?.[side]?.together ?? [])])].sort();
}

/** What open records of each side are called. */
function openRules({ open }: ReconciliationConfig): Rules['open'] {
  return { left: openOf(open?.left, 'only_left'), right: openOf(open?.right, 'only_right') };
}

function openOf(open: NonNullable<ReconciliationConfig['open']>['left'], type: string): OpenRule {
  if (!open) return { type, within: 0 };
  const { together, opening, ...rest } = open;
  return {
    ...rest,
    ...(together === undefined ? {} : { together }),
    ...(opening === undefined ? {} : { opening: dayNumber(opening) }),
  };
}

/** The town's business days over everything that the records and today span. */
export function townDays(project: Project, days: Iterable<number>, today: number): BusinessDays {
  let [first, last] = [today, today];
  for (const day of days) [first, last] = [Math.min(first, day), Math.max(last, day)];
  const { weekend, holidays } = closedDays(project.config.town.calendar, dateOf(first - 31), dateOf(last + 31));
  return businessDays(weekend, holidays.map(dayNumber));
}

function passOf(pass: PassConfig, currency: string): Pass {
  const confirm = pass.confirm;
  const tolerance = pass.tolerance === undefined ? {} : { tolerance: toleranceOf(pass.tolerance, currency) };
  const block = (pass.block ?? []).map(pairOf);
  const within: Window = pass.within ?? { from: 0, to: 0 };
  if (pass.key !== undefined) {
    const dated = pass.within === undefined ? {} : { within };
    return {
      kind: 'key',
      name: pass.key,
      on: (pass.on ?? []).map(pairOf),
      sides: pass.sides ?? 'one_to_one',
      confirm,
      ...dated,
      ...tolerance,
    };
  }
  if (pass.amount !== undefined)
    return {
      kind: 'amount',
      name: pass.amount,
      block,
      within,
      text: (pass.text ?? []).map(pairOf),
      ...(pass.order === undefined ? {} : { order: pass.order.map(pairOf) }),
      chance: pass.chance ?? DEFAULT_CHANCE,
      confirm,
      ...tolerance,
    };
  if (pass.subset !== undefined)
    return {
      kind: 'subset',
      name: pass.subset,
      block,
      within,
      one: pass.one ?? 'right',
      most: pass.most ?? DEFAULT_MOST,
      together: pass.together ?? [],
      ...(pass.alike === undefined ? {} : { alike: pass.alike }),
      ...orderOf(pass),
      ...(pass.parts === undefined ? {} : { parts: partFields(pass.parts) }),
      negative: pass.negative ?? [],
      ...(pass.count === undefined ? {} : { count: pass.count }),
      chance: pass.chance ?? DEFAULT_SUBSET_CHANCE,
      confirm,
    };
  if (pass.settlement !== undefined) return settlementOf(pass, currency);
  if (pass.control !== undefined) return { kind: 'control', name: pass.control, of: pass.of!, on: (pass.on ?? []).map(pairOf) };
  return { kind: 'balance', name: pass.balance!, block, within };
}

/** The order of the many of a subset, and that of the ones where each pair names a field of both sides. */
function orderOf({ order, one = 'right' }: PassConfig): Pick<SubsetPass, 'order' | 'orderOfOne'> {
  if (order === undefined) return {};
  const pairs = order.map(pairOf);
  const many = pairs.map((pair) => pair[one === 'left' ? 'right' : 'left']);
  return order.some((pair) => typeof pair === 'string') ? { order: many } : { order: many, orderOfOne: pairs.map((pair) => pair[one]) };
}

function settlementOf(pass: PassConfig, currency: string): SettlementPass {
  const { parts = {}, monthly } = pass;
  return {
    kind: 'settlement',
    name: pass.settlement!,
    of: pass.of!,
    on: (pass.on ?? []).map(pairOf),
    sides: pass.sides ?? (pass.of === 'left' ? 'one_to_many' : 'many_to_one'),
    ...(pass.within === undefined ? {} : { within: pass.within }),
    parts: partFields(parts),
    negative: pass.negative ?? [],
    ...(pass.count === undefined ? {} : { count: pass.count }),
    contract: (pass.contract ?? []).map(({ where, from, to, percent, per_item, rounding, items, deducted }) => ({
      where: whereOf(where),
      ...(from === undefined ? {} : { from: dayNumber(from) }),
      ...(to === undefined ? {} : { to: dayNumber(to) }),
      // Ten thousandths of a percent are whole numbers by the schema.
      millionths: Math.round(percent * 10_000),
      perItem: minorOf(per_item, currency),
      rounding,
      ...(items === undefined ? {} : { items }),
      deducted,
    })),
    ...(monthly === undefined ? {} : { monthly: { where: whereOf(monthly.where), by: monthly.by } }),
    feeLimit: pass.fee_limit === undefined ? 0 : minorOf(pass.fee_limit, currency),
    confirm: pass.confirm,
  };
}

function partFields(parts: NonNullable<PassConfig['parts']>): SettlementPass['parts'] {
  return Object.fromEntries(Object.entries(parts).filter(([, field]) => field !== undefined));
}

/** In a thousand; see passes.ts of config/schema. */
const DEFAULT_CHANCE = 100;
const DEFAULT_SUBSET_CHANCE = 10;
const DEFAULT_MOST = 30;

function pairOf(pair: NonNullable<PassConfig['on']>[number]): FieldPair {
  if (typeof pair === 'string') return { left: pair, right: pair };
  const { left, right, clean } = pair;
  return { left, right, ...(clean === undefined ? {} : { clean: [clean].flat() }) };
}

function toleranceOf({ amount, percent }: NonNullable<PassConfig['tolerance']>, currency: string): Tolerance {
  return {
    ...(amount === undefined ? {} : { minor: minorOf(amount, currency) }),
    // Hundredths of a percent are whole numbers by the schema.
    ...(percent === undefined ? {} : { basisPoints: Math.round(percent * 100) }),
  };
}

function minorOf(text: string, currency: string): number {
  const minor = parseMoney(text, currency);
  if (typeof minor === 'string') throw new Error(`The amount "${text}" ${minor}.`);
  return minor;
}
