import type { FieldRule } from '../config/schema/mapping.ts';
import type { FieldType, ModelField } from '../config/schema/model.ts';
import { didYouMean } from '../core/errors.ts';
import { plainMoney } from '../core/money.ts';
import { isTimeZone } from '../core/time/zones.ts';
import { compileDate, compileDateTime, ISO_DATETIMES } from './steps/dates.ts';
import { Fault } from './fault.ts';
import type { MappingSettings } from './mapping.ts';
import { compileBoolean, compileDecimal, compileInteger, compileMoney, PLAIN_BOOLEANS } from './steps/numbers.ts';

export type Parse = (text: string) => string | number | Fault;
type Complain = (path: string, message: string, hint?: string) => void;
type ParseRule = Exclude<NonNullable<FieldRule['parse']>, string>;
type Kind = Exclude<FieldType, 'text' | 'code' | 'reference'>;

/** How text becomes a value of a field. */
export interface FieldParse {
  /** undefined: it stays text. */
  parse: Parse | undefined;
  kind: FieldType;
  /** Of money fields: its ISO code. */
  currency: string;
}

/**
 * The parse of a rule, or what the type of the field says when it has none: money with a decimal point, YYYY-MM-DD, ISO
 * 8601 moments, plain numbers, true/yes/1 and false/no/0. Text and code fields take any parse and keep it as text.
 */
export function compileParse(rule: FieldRule, field: ModelField, settings: MappingSettings, complain: Complain): FieldParse {
  const currencyOf = (parse: FieldRule['parse']): string =>
    (typeof parse === 'object' ? parse.money?.currency : undefined) ?? settings.currency;
  const currency = currencyOf(rule.parse);
  if (rule.parse === undefined) {
    // No mapping gives a reference; compileRules says so.
    const kind = field.type === 'reference' ? 'integer' : field.type;
    return { parse: kind === 'text' || kind === 'code' ? undefined : compileKind(kind, {}, settings, complain), kind, currency };
  }
  const [kind, given] = typeof rule.parse === 'string' ? [rule.parse, {}] : [kindOf(rule.parse), rule.parse];
  if (field.type === 'text' || field.type === 'code') {
    const parse = compileKind(kind, given, settings, complain);
    return { parse: parse && ((text) => asText(parse(text), kind, currency)), kind: field.type, currency };
  }
  const fits = kind === field.type || (kind === 'integer' && field.type === 'decimal');
  if (!fits)
    complain('parse', `The field is ${a(field.type)} and cannot be parsed as ${a(kind)}.`, `Use parse: ${field.type}, or leave parse out.`);
  const parse = compileKind(kind, given, settings, complain);
  return {
    parse: parse && field.type === 'decimal' && kind === 'integer' ? (text) => asText(parse(text), kind, currency) : parse,
    kind: field.type,
    currency,
  };
}

/**
 * A default or constant as the column has it. It is written as a person writes values: money 12.50, dates YYYY-MM-DD,
 * true. A wrong one is a complaint, and null.
 */
export function constantOf(
  given: string | number | boolean,
  field: ModelField,
  currency: string,
  settings: MappingSettings,
  complain: (message: string, hint?: string) => void,
): string | number | null {
  const text = String(given);
  if (text === '') return null;
  if (field.type === 'text') return text;
  if (field.type === 'code') {
    const problem = problemOfCode(text, field);
    if (problem) complain(problem.message, problem.hint);
    return text;
  }
  const value = compileKind(
    field.type === 'reference' ? 'integer' : field.type,
    field.type === 'money' ? { money: { currency } } : {},
    settings,
    () => {},
  )!(text);
  if (!(value instanceof Fault)) return value;
  complain(`"${text}" ${value.what}${value.detail ? `: ${value.detail}` : ''}.`);
  return null;
}

/** Is this one of the values that the model lists for a code? */
export function problemOfCode(value: string, field: ModelField): { message: string; hint?: string } | undefined {
  if (!field.values || field.values.includes(value)) return undefined;
  const near = didYouMean(value, field.values);
  return {
    message: `"${value}" is not one of the values in the model: ${field.values.join(', ')}.`,
    hint: near ? `Did you mean ${near}?` : undefined,
  };
}

function compileKind(kind: Kind, given: ParseRule, settings: MappingSettings, complain: Complain): Parse | undefined {
  const wrongFormat = (message: string): void => complain(`parse.${kind}`, message);
  if (given.zone !== undefined && kind !== 'date' && kind !== 'datetime')
    complain('parse.zone', 'A zone is only for dates and times.', 'Remove it.');
  switch (kind) {
    case 'date':
    case 'datetime': {
      const zone = given.zone ?? settings.timeZone;
      if (!isTimeZone(zone)) {
        complain('parse.zone', `${zone} is not a time zone.`, 'Use an IANA name such as America/New_York.');
        return undefined;
      }
      if (kind === 'date') return compileDate(asList(given.date ?? 'YYYY-MM-DD'), settings.timeZone, wrongFormat, given.zone);
      return compileDateTime(given.datetime === undefined ? ISO_DATETIMES : asList(given.datetime), zone, wrongFormat);
    }
    case 'money': {
      const {
        currency,
        implied_decimals: impliedDecimals,
        currency_code: currencyCode,
        decimal,
        group,
        credit,
        exponent,
      } = given.money ?? {};
      if (group !== undefined && group === (decimal ?? '.'))
        complain('parse.money.group', 'The decimal point and the thousands separator are the same.');
      return compileMoney(currency ?? settings.currency, { decimal, group, impliedDecimals, currencyCode, credit, exponent });
    }
    case 'decimal':
      return compileDecimal(given.decimal ?? {});
    case 'integer':
      return compileInteger(given.integer ?? {});
    case 'boolean':
      return compileBoolean(given.boolean ?? PLAIN_BOOLEANS);
  }
}

function kindOf(parse: ParseRule): Kind {
  return (['date', 'datetime', 'money', 'decimal', 'integer', 'boolean'] as const).find((kind) => parse[kind] !== undefined)!;
}

function asText(value: string | number | Fault, kind: Kind, currency: string): string | Fault {
  if (typeof value !== 'number') return value;
  if (kind === 'money') return plainMoney(value, currency);
  return kind === 'boolean' ? (value ? 'true' : 'false') : String(value);
}

function asList(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value];
}

function a(kind: string): string {
  return kind === 'integer' ? 'an integer' : kind === 'money' ? 'money' : `a ${kind}`;
}
