import { isAbsolute } from 'node:path';
import type { Located, Project } from '../../config/project.ts';
import type { MappingConfig } from '../../config/schema/mapping.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import type { SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import { FatalError, type Problem } from '../../core/errors.ts';
import { type MappingTestResult, runMappingTests } from '../../mapping/tests.ts';
import { settingsOf } from './bind.ts';

/**
 * Runs the tests that are in the mappings of a pipeline, as `interlocal test` does: those of the town's own files. Throws FatalError
 * MAPPING_TEST_FAILED with every test that fails, before anything is read, mapped again or sent.
 */
export async function requirePassingTests(project: Project, pipeline: PipelineConfig): Promise<void> {
  const mappings = [
    ...(pipeline.mappings ?? []).map((name) => project.mappings.get(name)!),
    ...(pipeline.deliver ? [project.sinkMappings.get(pipeline.deliver.mapping)!] : []),
  ];
  const problems = (await Promise.all(mappings.map((mapping) => problemsOf(project, mapping)))).flat();
  if (problems.length) throw new FatalError(problems);
}

type AnyMapping = Located<MappingConfig> | Located<SinkMappingConfig>;

/** A mapping is loaded once; so are its tests run once, however often its pipeline is. */
const known = new WeakMap<AnyMapping, Promise<Problem[]>>();

function problemsOf(project: Project, located: AnyMapping): Promise<Problem[]> {
  let problems = known.get(located);
  if (!problems) known.set(located, (problems = failures(project, located)));
  return problems;
}

async function failures(project: Project, located: AnyMapping): Promise<Problem[]> {
  // Shipped mappings were tested where they come from, with the settings that their tests were written for.
  if (isAbsolute(located.file)) return [];
  return (await testsOf(project, located)).flatMap((test, i): Problem[] => {
    if (test.passed) return [];
    const differences = test.differences.map(({ at, expected, got }) => `${at}: expected ${expected}, got ${got}`);
    return [
      {
        code: 'MAPPING_TEST_FAILED',
        place: { ...located.at(['tests', i]), path: `tests.${i}` },
        message: `The test "${test.name}" of ${located.value.mapping} fails: ${differences.join('; ')}.`,
        hint: 'Nothing was read, mapped or sent. Fix the mapping, the lookup or the test; to see whether all pass, run interlocal test.',
      },
    ];
  });
}

async function testsOf(project: Project, { value }: AnyMapping): Promise<MappingTestResult[]> {
  if ('entity' in value) return runMappingTests(value, project.entities.get(value.entity)!.value, settingsOf(project));
  // With the encoders of all formats, which no other run needs.
  const { runSinkMappingTests } = await import('../../mapping/sink/sink-tests.ts');
  const { connector, sink } = value.sink;
  return runSinkMappingTests(value, project.connectors.get(connector)!.value.sinks[sink]!, settingsOf(project));
}
