import { isAbsolute } from 'node:path';
import type { Located, Project } from '../../config/project.ts';
import type { MappingConfig } from '../../config/schema/mapping.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import type { SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import { FatalError, type Problem } from '../../core/errors.ts';
import { runSinkMappingTests } from '../../mapping/sink/sink-tests.ts';
import { type MappingTestResult, runMappingTests } from '../../mapping/tests.ts';
import { settingsOf } from './bind.ts';

/**
 * Runs the tests that are in the mappings of a pipeline, as `interlocal test` does: those of the town's own files. Throws FatalError
 * MAPPING_TEST_FAILED with every test that fails, before anything is read, mapped again or sent.
 */
export function requirePassingTests(project: Project, pipeline: PipelineConfig): void {
  const problems = [
    ...(pipeline.mappings ?? []).flatMap((name) => problemsOf(project, project.mappings.get(name)!)),
    ...(pipeline.deliver ? problemsOf(project, project.sinkMappings.get(pipeline.deliver.mapping)!) : []),
  ];
  if (problems.length) throw new FatalError(problems);
}

type AnyMapping = Located<MappingConfig> | Located<SinkMappingConfig>;

/** A mapping is loaded once; so are its tests run once, however often its pipeline is. */
const known = new WeakMap<AnyMapping, Problem[]>();

function problemsOf(project: Project, located: AnyMapping): Problem[] {
  let problems = known.get(located);
  if (!problems) known.set(located, (problems = failures(project, located)));
  return problems;
}

function failures(project: Project, located: AnyMapping): Problem[] {
  // Shipped mappings were tested where they come from, with the settings that their tests were written for.
  if (isAbsolute(located.file)) return [];
  return testsOf(project, located).flatMap((test, i): Problem[] => {
    if (test.passed) return [];
    const differences = test.differences.map(({ at, expected, got }) => `${at}: expected ${expected}, got ${got}`);
    return [
      {
        code: 'MAPPING_TEST_FAILED',
        place: { ...located.at(['tests', i]), path: `tests.${i}` },
        message: `The test "${test.name}" of ${located.value.mapping} fails: ${differences.join('; ')}.`,
        hint: 'Nothing was read, mapped or sent. Fix the mapping, the lookup or the test; interlocal test shows when all pass.',
      },
    ];
  });
}

function testsOf(project: Project, { value }: AnyMapping): MappingTestResult[] {
  if ('entity' in value) return runMappingTests(value, project.entities.get(value.entity)!.value, settingsOf(project));
  const { connector, sink } = value.sink;
  return runSinkMappingTests(value, project.connectors.get(connector)!.value.sinks[sink]!, settingsOf(project));
}
