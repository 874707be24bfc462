import type { FieldRule } from '../../config/schema/mapping.ts';
import type { ModelField } from '../../config/schema/model.ts';
import { Fault } from '../fault.ts';
import type { MappingSettings } from '../mapping.ts';
import { compileRead, type Scope } from '../source.ts';

/** The source fields that say which currency an amount is in; none where it is the same for all. */
export function currencyFields(rule: FieldRule): string[] {
  const from = typeof rule.parse === 'object' ? rule.parse.money?.currency_from : undefined;
  return from === undefined ? [] : [from].flat();
}

/**
 * Reads the currency of a record's amount: the first of `currency_from` that has a value, otherwise the rule's own `currency`. Gives an
 * ISO 4217 code, or why there is none: an amount of an unknown currency is not taken for one of the town's.
 */
export function compileCurrency(rule: FieldRule, settings: MappingSettings): ((scope: Scope) => string | Fault) | undefined {
  const names = currencyFields(rule);
  if (names.length === 0) return undefined;
  const reads = names.map((name) => compileRead(name, true, settings));
  const fallback = typeof rule.parse === 'object' ? rule.parse.money?.currency : undefined;
  return (scope) => {
    let absent: Fault | undefined;
    for (const read of reads) {
      const value = read(scope);
      if (value instanceof Fault) absent ??= value;
      else if (value !== null) return known(value, names);
    }
    if (fallback !== undefined) return fallback;
    return (
      absent ??
      new Fault('CURRENCY_UNKNOWN', 'is empty, so the currency of the amount is not known', { field: names.join(' or '), hint: HINT })
    );
  };
}

const HINT =
  'Have the currency corrected in the system that the record comes from. If an empty one means the currency of the town, add "@currency" to currency_from in the mapping, then run interlocal rejects replay.';

function known(text: string, names: readonly string[]): string | Fault {
  const code = text.toUpperCase();
  if (CURRENCIES.has(code)) return code;
  return new Fault('CURRENCY_UNKNOWN', 'is not an ISO 4217 currency code', { shown: text, field: names.join(' or '), hint: HINT });
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Signs that only amounts in some currencies have. */
const SIGNS: Record<string, readonly string[]> = {
  $: [
    'USD',
    'CAD',
    'AUD',
    'NZD',
    'BBD',
    'BSD',
    'BZD',
    'BMD',
    'KYD',
    'XCD',
    'JMD',
    'TTD',
    'MXN',
    'SGD',
    'HKD',
    'TWD',
    'FJD',
    'GYD',
    'LRD',
    'NAD',
    'SRD',
    'CLP',
    'COP',
    'ARS',
    'UYU',
    'DOP',
    'BND',
    'SBD',
  ],
  '£': ['GBP', 'GIP', 'FKP', 'SHP', 'EGP', 'LBP', 'SYP', 'SDG', 'SSP'],
  '€': ['EUR'],
};

/** Why a sign in an amount contradicts its currency: `€5.00` is not an amount in dollars. */
export function contradiction(text: string, currency: string): Fault | undefined {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 36 && code !== 163 && code !== 8364) continue;
    const sign = text[i]!;
    if (SIGNS[sign]!.includes(currency)) continue;
    return new Fault('CURRENCY_CONTRADICTED', `is marked ${sign}, but the mapping says that the amount is in ${currency}`, {
      shown: text,
      hint: 'Set the currency in the mapping: parse.money.currency, or currency_from with the field that holds it. Then run interlocal rejects replay.',
    });
  }
  return undefined;
}

/** The rule as it is for amounts of one currency. */
export function ruleIn(currency: string, rule: FieldRule): FieldRule {
  const parse = rule.parse as Exclude<FieldRule['parse'], string | undefined>;
  const { currency_from: _, ...money } = parse.money!;
  return { ...rule, parse: { ...parse, money: { ...money, currency } } };
}

/** May the rule say by a field which currency it is? */
export function checkCurrency(rule: FieldRule, field: ModelField, complain: (path: string, message: string, hint?: string) => void): void {
  if (currencyFields(rule).length > 0 && field.type !== 'money')
    complain('parse.money.currency_from', `Only money has a currency, but the field is ${field.type}.`, 'Leave currency_from out.');
}
