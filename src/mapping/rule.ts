import type { Condition, FieldRule } from '../config/schema/mapping.ts';
import { columnBeside, columnNamesOfField, type ModelField } from '../config/schema/model.ts';
import { asked, compileCondition, type Holds } from './condition.ts';
import { Fault } from './fault.ts';
import { checkCurrency, compileCurrency, currencyFields, ruleIn } from './steps/currency.ts';
import { compileLookup, valuesOfLookup } from './steps/lookup.ts';
import type { Columns, MappingSettings } from './mapping.ts';
import { compileParse, constantOf, type FieldParse, problemOfCode } from './parse.ts';
import { compileRead, levelsOf, type Read, type Scope } from './source.ts';
import { compileSum } from './steps/sum.ts';
import { compileTextSteps } from './steps/text-steps.ts';

export type Complain = (path: string, message: string, hint?: string) => void;

export interface CompiledRule {
  field: string;
  /** `a or b`, as messages name where the value comes from. */
  label: string;
  /** The source field that a problem is placed at. */
  place: string;
  columns: string[];
  sources: string[];
  personal: boolean;
  /** Writes the columns of the field, or says why it cannot. */
  apply(scope: Scope, out: Columns): Fault | undefined;
}

/**
 * One field's rule as a closure. The steps are those of the schema, in its order: when, from/const/cases/sum/concat, trim, split,
 * match, case, replace, ascii, lookup, parse, negate, default, on_error. `depth` is how many objects stand around what is read.
 */
export function compileRule(
  name: string,
  given: string | FieldRule,
  field: ModelField,
  settings: MappingSettings,
  depth: number,
  complain: Complain,
): CompiledRule {
  const rule: FieldRule = typeof given === 'string' ? { from: given, trim: true, on_error: 'reject' } : given;
  const currencyOf = compileCurrency(rule, settings);
  if (currencyOf) return inManyCurrencies(name, rule, field, settings, depth, complain, currencyOf);
  const sources = sourcesOf(rule);
  checkRule(rule, sources, depth, complain);
  const parse = compileParse(rule, field, settings, complain);
  const fallback =
    rule.default === undefined
      ? null
      : constantOf(rule.default, field, parse.currency, settings, (message, hint) => complain('default', message, hint));
  const when = rule.when && compileCondition(rule.when, settings, (path, ...rest) => complain(path ? `when.${path}` : 'when', ...rest));
  const value = compileValue(rule, field, settings, parse, complain);
  const label = labelOf(rule, sources, name);
  const write = compileWrite(name, field, parse.currency);
  if (rule.raw !== undefined && field.type !== 'code') complain('raw', `Only codes have a raw value, but ${name} is ${field.type}.`);
  const raw = rule.raw === undefined ? undefined : compileRead(rule.raw, rule.trim, settings);
  const missing = field.required
    ? new Fault('FIELD_REQUIRED', `has no value, but ${name} must have one`, {
        hint: 'Have the value filled in in the system that the record comes from, and the record sent again. Or give the rule a default in the mapping, then run interlocal rejects replay.',
      })
    : undefined;
  const ended = compileEnd(rule, fallback);
  return {
    field: name,
    label,
    place: sources[0] ?? name,
    columns: columnNamesOfField(name, field.type),
    sources: [
      ...new Set([
        ...(rule.sum === undefined ? sources : [rule.sum.slice(0, rule.sum.lastIndexOf('.'))]),
        ...(rule.raw === undefined ? [] : [rule.raw]),
        ...(rule.when ? fieldsOfCondition(rule.when) : []),
        ...(typeof rule.negate === 'object' ? fieldsOfCondition(rule.negate) : []),
        ...(rule.lookup?.on === undefined ? [] : [rule.lookup.on]),
      ]),
    ],
    personal: field.class === 'personal',
    apply: compileApply(when, value, raw, ended, fallback, missing, write),
  };
}

/** A money rule of which each record says the currency: compiled once for each currency that comes. */
function inManyCurrencies(
  name: string,
  rule: FieldRule,
  field: ModelField,
  settings: MappingSettings,
  depth: number,
  complain: Complain,
  currencyOf: (scope: Scope) => string | Fault,
): CompiledRule {
  const names = currencyFields(rule);
  checkCurrency(rule, field, complain);
  for (const one of names)
    if (levelsOf(one) > depth) complain('parse.money.currency_from', `${one} refers to something outside the record.`);
  const compiled = new Map<string, CompiledRule>();
  const rulesIn = (currency: string, hear: Complain): CompiledRule => {
    let found = compiled.get(currency);
    if (!found) compiled.set(currency, (found = compileRule(name, ruleIn(currency, rule), field, settings, depth, hear)));
    return found;
  };
  const base = rulesIn((typeof rule.parse === 'object' ? rule.parse.money?.currency : undefined) ?? settings.currency, complain);
  return {
    ...base,
    sources: [...new Set([...base.sources, ...names])],
    apply(scope, out) {
      const currency = currencyOf(scope);
      if (typeof currency === 'string') return rulesIn(currency, () => {}).apply(scope, out);
      // No amount has no currency either.
      const fault = base.apply(scope, out);
      return fault === undefined && out[name] === null ? undefined : currency;
    },
  };
}

/** What a rule makes of a scope; `raw` is what a code was before its lookup. */
interface FieldValue {
  read(scope: Scope): string | number | null | Fault;
  raw(): string | null;
}

type Write = (out: Columns, value: string | number | null, raw: string | null) => void;

function compileApply(
  when: Holds | undefined,
  value: FieldValue,
  ownRaw: Read | undefined,
  ended: (fault: Fault) => string | number | null | Fault,
  fallback: string | number | null,
  missing: Fault | undefined,
  write: Write,
): CompiledRule['apply'] {
  return (scope, out) => {
    let result: string | number | null = fallback;
    let raw: string | null = null;
    const wanted = when === undefined || asked(when, scope);
    if (wanted !== false) {
      const read = wanted === true ? value.read(scope) : wanted;
      if (typeof read === 'object' && read !== null) {
        const end = ended(read);
        if (typeof end === 'object' && end !== null) return end;
        result = end;
        raw = value.raw() ?? read.shown ?? null;
      } else {
        if (read !== null) result = read;
        raw = value.raw();
      }
    }
    if (result === null && missing !== undefined) return missing;
    if (ownRaw !== undefined) {
      const own = ownRaw(scope);
      raw = own instanceof Fault ? null : own;
    }
    write(out, result, raw);
    return undefined;
  };
}

/** An absent field is no value for a rule that says what to take then; any other fault goes by on_error. */
function compileEnd(rule: FieldRule, fallback: string | number | null): (fault: Fault) => string | number | null | Fault {
  if (rule.on_error === 'null') return () => null;
  if (rule.on_error === 'default') return () => fallback;
  return (fault) => (fault.code === 'FIELD_ABSENT' && rule.default !== undefined ? fallback : fault);
}

function compileValue(
  rule: FieldRule,
  field: ModelField,
  settings: MappingSettings,
  { parse, kind }: FieldParse,
  complain: Complain,
): FieldValue {
  if (rule.sum !== undefined) return compileSumValue(rule, rule.sum, settings, { parse, kind }, complain);
  const read = compileSource(rule, settings, complain);
  const steps = compileTextSteps(rule, complain);
  const lookup = rule.lookup && compileLookup(rule.lookup, settings, complain);
  if (lookup) checkLookupValues(rule, field, settings, complain);
  else if (field.type === 'code')
    rule.cases?.forEach((one, i) => {
      const problem = problemOfCode(String(one.const), field);
      if (problem) complain(`cases.${i}.const`, problem.message, problem.hint);
    });
  const check = compileCodeCheck(rule, field);
  const negates = compileNegate(rule, settings, complain);
  if (negates && !['money', 'integer', 'decimal'].includes(kind)) complain('negate', 'Only the sign of numbers and money can be changed.');
  let raw: string | null = null;

  function value(scope: Scope): string | number | null | Fault {
    raw = null;
    let text = read(scope);
    for (let i = 0; i < steps.length && typeof text === 'string'; i++) text = steps[i]!(text);
    if (typeof text !== 'string') return text;
    raw = text;
    if (lookup !== undefined) {
      const found = lookup(text, scope);
      if (typeof found !== 'string') return found;
      text = found;
    }
    if (parse === undefined) return check === undefined ? text : check(text);
    const parsed = parse(text);
    if (negates && !(parsed instanceof Fault)) {
      const reverse = negates(scope);
      return reverse === true ? negated(parsed) : reverse === false ? parsed : reverse;
    }
    return check !== undefined && typeof parsed === 'string' ? check(parsed) : parsed;
  }

  if (rule.const === undefined || typeof rule.negate === 'object' || lookup || rule.match || String(rule.const) === '')
    return { read: value, raw: () => raw };
  const constant = value(NOWHERE);
  if (constant instanceof Fault)
    complain(
      'const',
      `"${constant.shown ?? String(rule.const)}" ${constant.what}${constant.detail ? `: ${constant.detail}` : ''}.`,
      constant.hint,
    );
  const constantRaw = raw;
  return { read: () => constant, raw: () => constantRaw };
}

function compileSumValue(
  rule: FieldRule,
  path: string,
  settings: MappingSettings,
  { parse, kind }: Pick<FieldParse, 'parse' | 'kind'>,
  complain: Complain,
): FieldValue {
  const text = (['split', 'match', 'case', 'replace', 'ascii', 'lookup'] as const).filter((step) => rule[step] !== undefined);
  if (text.length) complain(text[0]!, `A sum is a number, but ${text[0]} is for text.`);
  if (!path.includes('.'))
    complain(
      'sum',
      `${path} does not name a list.`,
      'Write the list, a period, and the field to add up: ReceiptPaymentLevel.ReceiptPaymentAmount.',
    );
  if (kind !== 'money' && kind !== 'integer') complain('sum', 'Only money and whole numbers can be added up.');
  const sum = compileSum(path, parse ?? ((given) => given), settings);
  const negates = compileNegate(rule, settings, complain);
  return {
    read(scope) {
      const value = sum(scope);
      if (!negates || typeof value !== 'number') return value;
      const reverse = negates(scope);
      return reverse === true ? negated(value) : reverse === false ? value : reverse;
    },
    raw: () => null,
  };
}

/** Whether the sign of a record's value is reversed; undefined: that of none is. */
function compileNegate(
  { negate }: FieldRule,
  settings: MappingSettings,
  complain: Complain,
): ((scope: Scope) => boolean | Fault) | undefined {
  if (negate === undefined || negate === false) return undefined;
  if (negate === true) return () => true;
  const holds = compileCondition(negate, settings, (path, ...rest) => complain(path ? `negate.${path}` : 'negate', ...rest));
  return (scope) => asked(holds, scope);
}

const NOWHERE: Scope = { values: {}, around: [], record: { values: {}, number: 0 }, context: { connection: '' } };

function compileSource(rule: FieldRule, settings: MappingSettings, complain: Complain): Read {
  if (rule.cases) {
    const cases = rule.cases.map((one, i) => ({
      holds: compileCondition(one.when, settings, (path, ...rest) =>
        complain(path ? `cases.${i}.when.${path}` : `cases.${i}.when`, ...rest),
      ),
      value: String(one.const).trim() || null,
    }));
    return (scope) => {
      for (const { holds, value } of cases) {
        const chosen = asked(holds, scope);
        if (chosen === true) return value;
        if (chosen !== false) return chosen;
      }
      return null;
    };
  }
  if (rule.const !== undefined) {
    const text = String(rule.const);
    const value = (rule.trim ? text.trim() : text) || null;
    return () => value;
  }
  if (rule.concat) {
    const reads = rule.concat.of.map((name) => compileRead(name, rule.trim, settings));
    const { with: glue } = rule.concat;
    return (scope) => {
      const parts: string[] = [];
      for (const read of reads) {
        const part = read(scope);
        if (part instanceof Fault) return part;
        if (part !== null) parts.push(part);
      }
      return parts.length ? parts.join(glue) : null;
    };
  }
  if (rule.from === undefined) return () => null;
  if (typeof rule.from === 'string') return compileRead(rule.from, rule.trim, settings);
  const reads = rule.from.map((name) => compileRead(name, rule.trim, settings));
  return (scope) => {
    let absent: Fault | null = null;
    let empty = false;
    for (const read of reads) {
      const value = read(scope);
      if (typeof value === 'string' || (value instanceof Fault && value.code !== 'FIELD_ABSENT')) return value;
      if (value === null) empty = true;
      else absent ??= value;
    }
    return empty ? null : absent;
  };
}

function compileWrite(name: string, field: ModelField, currency: string): Write {
  if (field.type === 'money') {
    const currencyColumn = columnBeside(name, field.type)!;
    return (out, value) => {
      out[name] = value;
      out[currencyColumn] = value === null ? null : currency;
    };
  }
  if (field.type === 'code') {
    const rawColumn = columnBeside(name, field.type)!;
    return (out, value, raw) => {
      out[name] = value;
      out[rawColumn] = raw;
    };
  }
  return (out, value) => {
    out[name] = value;
  };
}

/** The values of lookup tables are checked when they are compiled; those that come from the source, for each record. */
function compileCodeCheck(rule: FieldRule, field: ModelField): ((text: string) => string | Fault) | undefined {
  if (field.type !== 'code' || !field.values || (rule.lookup && rule.lookup.unknown !== 'keep')) return undefined;
  const values = new Set(field.values);
  const list = field.values.join(', ');
  return (text) =>
    values.has(text)
      ? text
      : new Fault('CODE_UNKNOWN', `is not one of ${list}`, {
          shown: text,
          hint: 'In the mapping, give the rule a lookup that says what the code means, then run interlocal rejects replay.',
        });
}

function checkLookupValues(rule: FieldRule, field: ModelField, settings: MappingSettings, complain: Complain): void {
  const table = settings.lookups.get(rule.lookup!.table);
  if (field.type !== 'code' || !field.values || !table) return;
  for (const value of valuesOfLookup(rule.lookup!, table)) {
    const problem = problemOfCode(value, field);
    if (problem) complain('lookup', `${table.file}: ${problem.message}`, problem.hint);
  }
}

function checkRule(rule: FieldRule, sources: readonly string[], depth: number, complain: Complain): void {
  const given = [rule.from, rule.const, rule.cases, rule.sum, rule.concat].filter((x) => x !== undefined).length;
  if (given > 1) complain('', 'The rule has more than one of from, const, cases, sum and concat.', 'Keep one of them.');
  if (given === 0 && rule.default === undefined)
    complain('', 'The rule does not say where the value comes from.', 'Add from:, const:, cases:, sum: or concat:.');
  if (rule.on_error === 'default' && rule.default === undefined)
    complain('on_error', 'on_error is default, but the rule has no default.', 'Add default:, or set on_error: null.');
  for (const name of rule.raw === undefined ? sources : [...sources, rule.raw])
    if (levelsOf(name) > depth)
      complain(
        'from',
        depth === 0
          ? `${name} refers to the record around an item, but the mapping has no for_each.`
          : `${name} refers to something outside the record.`,
      );
}

function sourcesOf(rule: FieldRule): string[] {
  if (rule.concat) return rule.concat.of;
  if (rule.sum !== undefined) return [rule.sum];
  if (rule.cases) return [...new Set(rule.cases.flatMap((one) => fieldsOfCondition(one.when)))];
  return rule.from === undefined ? [] : typeof rule.from === 'string' ? [rule.from] : rule.from;
}

function fieldsOfCondition(condition: Condition): string[] {
  return [
    ...(condition.field === undefined ? [] : [condition.field]),
    ...[...(condition.all ?? []), ...(condition.any ?? [])].flatMap(fieldsOfCondition),
  ];
}

function labelOf(rule: FieldRule, sources: readonly string[], name: string): string {
  return sources.length ? sources.join(rule.concat ? ' + ' : ' or ') : `the rule of ${name}`;
}

function negated(value: string | number): string | number {
  if (typeof value === 'number') return value === 0 ? 0 : -value;
  return value.startsWith('-') ? value.slice(1) : /[1-9]/.test(value) ? `-${value}` : value;
}
