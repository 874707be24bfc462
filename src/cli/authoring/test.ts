import { isAbsolute } from 'node:path';
import type { Located, Project } from '../../config/project.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import type { MappingConfig } from '../../config/schema/mapping.ts';
import type { SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import type { Problem } from '../../core/errors.ts';
import type { MappingTestResult } from '../../mapping/tests.ts';
import type { Cli } from '../cli.ts';

interface MappingReport {
  mapping: string;
  /** `untested`: it has no tests. `invalid`: it does not compile. */
  state: 'passed' | 'failed' | 'untested' | 'invalid';
  tests: MappingTestResult[];
  problems: Problem[];
}

/** `interlocal test [MAPPING…]` */
export function registerTest(cli: Cli): void {
  cli.program
    .command('test')
    .argument('[mappings...]', "mappings to test; none: all in the town's folder")
    .description('Run the tests that are in the mappings: what a record must give, and what must be rejected.')
    .action(async (names: string[]) => {
      const { openProject } = await import('../../config/load.ts');
      const { transports } = await import('../../transports/transports.ts');
      const project = await openProject(cli.project(), { transports, unused: true });
      const { runMappingTests } = await import('../../mapping/tests.ts');
      const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };
      const reports: MappingReport[] = [];
      const { runSinkMappingTests } = await import('../../mapping/sink/sink-tests.ts');
      for (const located of await chosen(project, names)) {
        const { mapping } = located.value;
        try {
          const tests =
            'entity' in located.value
              ? runMappingTests(located.value, project.entities.get(located.value.entity)!.value, settings)
              : runSinkMappingTests(located.value, sinkOf(project, located.value), settings);
          const state = tests.length === 0 ? 'untested' : tests.every((t) => t.passed) ? 'passed' : 'failed';
          reports.push({ mapping, state, tests, problems: [] });
        } catch (error) {
          const { ConfigError } = await import('../../core/errors.ts');
          if (!(error instanceof ConfigError)) throw error;
          reports.push({ mapping, state: 'invalid', tests: [], problems: error.problems.map((p) => placed(p, located)) });
        }
      }
      const { textOfProblem } = await import('../../core/errors.ts');
      cli.setExit(reports.some((r) => r.state === 'invalid') ? 2 : reports.some((r) => r.state === 'failed') ? 1 : 0);
      cli.print('test', { mappings: reports }, () =>
        [...reports.map((report) => textOf(report, textOfProblem)), '', summary(reports)].join('\n').trimStart(),
      );
    });
}

type AnyMapping = Located<MappingConfig> | Located<SinkMappingConfig>;

function sinkOf(project: Project, { sink }: SinkMappingConfig): SinkConfig {
  return project.connectors.get(sink.connector)!.value.sinks[sink.sink]!;
}

async function chosen(project: Project, names: readonly string[]): Promise<AnyMapping[]> {
  const { ConfigError, didYouMean } = await import('../../core/errors.ts');
  const mappings = new Map<string, AnyMapping>([...project.mappings, ...project.sinkMappings]);
  const all = [...mappings.keys()].sort();
  // Shipped mappings were tested where they come from, with the settings that their tests were written for.
  const own = all.filter((name) => !isAbsolute(mappings.get(name)!.file));
  const problems: Problem[] = [];
  for (const name of names) {
    if (mappings.has(name)) continue;
    const near = didYouMean(name, all);
    problems.push({
      code: 'MAPPING_UNKNOWN',
      place: { path: name },
      message: `There is no mapping "${name}".`,
      hint: near ? `Did you mean ${near}?` : `Known: ${all.join(', ') || 'none yet'}.`,
    });
  }
  if (problems.length) throw new ConfigError(problems);
  return (names.length ? [...new Set(names)] : own).map((name) => mappings.get(name)!);
}

/** With the line and column that the loader knows for the path. */
function placed(problem: Problem, located: AnyMapping): Problem {
  const path = (problem.place.path ?? '')
    .split('.')
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return { ...problem, place: { ...located.at(path), path: problem.place.path } };
}

function textOf(report: MappingReport, textOfProblem: (problem: Problem) => string): string {
  const lines: string[] = [];
  if (report.state === 'untested') lines.push(`- ${report.mapping}: untested`);
  if (report.state === 'invalid')
    lines.push(`✗ ${report.mapping}: cannot be used`, ...report.problems.map((p) => `    ${textOfProblem(p)}`));
  if (report.tests.length) lines.push(`${report.state === 'passed' ? '✓' : '✗'} ${report.mapping}`);
  for (const test of report.tests) {
    lines.push(`  ${test.passed ? '✓' : '✗'} ${test.name}`);
    for (const { at, expected, got } of test.differences)
      lines.push(`      ${at}: expected ${expected}`, `      ${' '.repeat(at.length)}  got      ${got}`);
  }
  return lines.join('\n');
}

function summary(reports: readonly MappingReport[]): string {
  if (reports.length === 0) return 'There are no mappings yet.';
  const tests = reports.flatMap((r) => r.tests);
  const failed = tests.filter((t) => !t.passed).length;
  const untested = reports.filter((r) => r.state === 'untested').length;
  const invalid = reports.filter((r) => r.state === 'invalid').length;
  return [
    `${count(reports.length, 'mapping')}, ${count(tests.length, 'test')}: ${tests.length - failed} passed, ${failed} failed`,
    untested ? `${count(untested, 'mapping')} untested` : '',
    invalid ? `${count(invalid, 'mapping')} that cannot be used` : '',
  ]
    .filter(Boolean)
    .join('; ');
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}
