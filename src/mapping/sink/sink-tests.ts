import type { SinkConfig } from '../../config/schema/connector.ts';
import type { SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import { problemsOfRecord } from '../../connector/sink/sink.ts';
import { didYouMean } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import type { MappingSettings } from '../mapping.ts';
import { compileSinkMapping } from './sink-mapping.ts';
import { type Difference, type MappingTestResult, valuesOf } from '../tests.ts';

/**
 * Runs the tests that are in a mapping to a sink. Only the fields that a test names are looked at, in lists too; dates are YYYY-MM-DD and
 * amounts as the mapping gives them. What the sink would refuse is a reason for rejecting as well. Throws ConfigError when the mapping does
 * not compile.
 */
export function runSinkMappingTests(mapping: SinkMappingConfig, sink: SinkConfig, settings: MappingSettings): MappingTestResult[] {
  const compiled = compileSinkMapping(mapping, sink, settings);
  return mapping.tests.map((test) => {
    const place = { file: 'test' };
    const { values, problems: found } = compiled.apply(valuesOf(test.record), place);
    const problems = values ? problemsOfRecord(sink, values, place) : found;
    const told = problems.map((p) => `${p.message} [${p.code}]`).join(' ');
    const differences: Difference[] = [];
    if (test.rejects !== undefined) {
      if (!told.includes(test.rejects)) differences.push({ at: 'rejects', expected: test.rejects, got: told || 'not rejected' });
    } else if (problems.length) differences.push({ at: 'rejects', expected: 'not rejected', got: told });
    else if (test.gives === null) {
      if (values) differences.push({ at: 'gives', expected: 'nothing', got: JSON.stringify(values) });
    } else if (test.gives !== undefined) {
      if (!values) differences.push({ at: 'gives', expected: 'a record', got: 'nothing' });
      else compare(valuesOf(test.gives), values, '', differences);
    }
    return { name: test.name, passed: differences.length === 0, differences, problems };
  });
}

function compare(expected: Value, got: Value | undefined, at: string, differences: Difference[]): void {
  const differ = (): void => void differences.push({ at, expected: JSON.stringify(expected), got: JSON.stringify(got ?? null) });
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) differ();
    else expected.forEach((item, i) => compare(item, got[i], `${at}.${i}`, differences));
  } else if (typeof expected === 'object' && expected !== null) {
    if (typeof got !== 'object' || got === null || Array.isArray(got)) differ();
    else
      for (const [name, value] of Object.entries(expected)) compareField(name, value, got, at === '' ? name : `${at}.${name}`, differences);
  } else if ((expected ?? '') !== (got ?? '')) differ();
}

function compareField(name: string, expected: Value, got: Values, at: string, differences: Difference[]): void {
  if (Object.hasOwn(got, name) || expected === null || expected === '') return compare(expected, got[name], at, differences);
  const near = didYouMean(name, Object.keys(got));
  differences.push({ at, expected: JSON.stringify(expected), got: `not mapped${near ? `; did you mean ${near}?` : ''}` });
}
