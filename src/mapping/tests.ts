import type { MappingConfig } from '../config/schema/mapping.ts';
import type { EntityConfig, ModelField } from '../config/schema/model.ts';
import { didYouMean, type Problem } from '../core/errors.ts';
import { parseMoney, plainMoney } from '../core/money.ts';
import type { Value, Values } from '../core/record.ts';
import { compileMapping } from './compile.ts';
import type { Columns, MappingSettings } from './mapping.ts';

/** One column that is not what a test says it is. */
export interface Difference {
  /** `amount`, or `2: amount` for the second record of a for_each; `records` for their number, `rejects` for the reason. */
  at: string;
  expected: string;
  got: string;
}

export interface MappingTestResult {
  name: string;
  passed: boolean;
  differences: Difference[];
  /** Why the record was rejected, when it was. */
  problems: Problem[];
}

/**
 * Runs the tests that are in a mapping. Only the columns that a test names are looked at. Values are expected as people
 * write them: money `12.50` or { minor: 1250, currency: USD }, booleans true or false, null or '' for no value; and
 * `<field>_raw` and `<field>_currency` by their names. Throws ConfigError when the mapping does not compile.
 */
export function runMappingTests(mapping: MappingConfig, entity: EntityConfig, settings: MappingSettings): MappingTestResult[] {
  const compiled = compileMapping(mapping, entity, settings);
  return mapping.tests.map((test) => {
    const { candidates, problems } = compiled.apply(
      { values: valuesOf(test.record), number: 1 },
      { connection: mapping.from.connector, file: 'test' },
    );
    const got = candidates.map((candidate) => candidate.columns);
    const differences: Difference[] = [];
    const told = problems.map((p) => `${p.message} [${p.code}]`).join(' ');
    if (test.rejects !== undefined) {
      if (!told.includes(test.rejects)) differences.push({ at: 'rejects', expected: test.rejects, got: told || 'not rejected' });
    } else if (problems.length) differences.push({ at: 'rejects', expected: 'not rejected', got: told });
    else if (test.gives !== undefined) compareAll(test.gives, got, entity, settings.currency, differences);
    return { name: test.name, passed: differences.length === 0, differences, problems };
  });
}

type Expected = Record<string, unknown>;

function compareAll(
  gives: Expected | Expected[] | null,
  got: readonly Columns[],
  entity: EntityConfig,
  currency: string,
  differences: Difference[],
): void {
  const expected = gives === null ? [] : Array.isArray(gives) ? gives : [gives];
  const count = (n: number): string => (n === 0 ? 'nothing' : n === 1 ? '1 record' : `${n} records`);
  if (expected.length !== got.length) differences.push({ at: 'records', expected: count(expected.length), got: count(got.length) });
  expected.forEach((columns, i) => {
    const record = got[i];
    if (!record) return;
    for (const [name, value] of Object.entries(columns)) {
      const difference = compareColumn(name, value, record, entity, currency);
      if (difference) differences.push({ ...difference, at: Array.isArray(gives) ? `${i + 1}: ${name}` : name });
    }
  });
}

function compareColumn(name: string, expected: unknown, record: Columns, entity: EntityConfig, currency: string): Difference | undefined {
  const field = Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined;
  const known = Object.hasOwn(record, name);
  if (!known && !(field && empty(expected))) {
    const near = didYouMean(name, Object.keys(record));
    return { at: name, expected: shown(expected), got: field ? 'not mapped' : `no such column${near ? `; did you mean ${near}?` : ''}` };
  }
  const got = record[name] ?? null;
  if (field?.type === 'money' && !empty(expected)) return compareMoney(name, expected, got, record[`${name}_currency`] ?? null, currency);
  const wanted = empty(expected) ? null : plainOf(expected, field);
  return wanted === (got === null ? null : String(got)) ? undefined : { at: name, expected: shown(expected), got: shownColumn(got, field) };
}

function compareMoney(
  name: string,
  expected: unknown,
  got: string | number | null,
  gotCurrency: string | number | null,
  currency: string,
): Difference | undefined {
  const given = typeof expected === 'object' ? (expected as { minor?: unknown; currency?: unknown }) : undefined;
  const wantedCurrency = typeof given?.currency === 'string' ? given.currency : typeof gotCurrency === 'string' ? gotCurrency : currency;
  const minor = given ? given.minor : parseMoney(String(expected), wantedCurrency);
  if (typeof minor === 'number' && minor === got && (gotCurrency === wantedCurrency || got === null)) return undefined;
  const [withCurrency, gotWith] =
    given?.currency !== undefined || (got !== null && gotCurrency !== wantedCurrency)
      ? [` ${wantedCurrency}`, ` ${gotCurrency}`]
      : ['', ''];
  const wanted =
    typeof minor === 'number'
      ? `${plainMoney(minor, wantedCurrency)}${withCurrency}`
      : `${shown(expected)} (write 12.50, or { minor: 1250, currency: ${currency} })`;
  return { at: name, expected: wanted, got: got === null ? 'null' : `${plainMoney(Number(got), String(gotCurrency))}${gotWith}` };
}

function plainOf(expected: unknown, field: ModelField | undefined): string {
  if (field?.type === 'boolean')
    return ['true', '1', 'yes'].includes(String(expected)) ? '1' : ['false', '0', 'no'].includes(String(expected)) ? '0' : String(expected);
  return String(expected);
}

function shownColumn(value: string | number | null, field: ModelField | undefined): string {
  if (field?.type === 'boolean' && value !== null) return value ? 'true' : 'false';
  return value === null ? 'null' : String(value);
}

function shown(value: unknown): string {
  return empty(value) ? 'null' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function empty(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

/** A test's record as a source gives it: all values are text. YAML has already read an unquoted 0042 as 42; quote those. */
export function valuesOf(record: Record<string, unknown>): Values {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, valueOf(value)]));
}

function valueOf(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(valueOf);
  return typeof value === 'object' ? valuesOf(value as Record<string, unknown>) : String(value);
}
