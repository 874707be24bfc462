import type { Condition } from '../config/schema/mapping.ts';
import { ConfigError, type Problem } from '../core/errors.ts';
import type { SourceRecord } from '../core/record.ts';
import { compileCondition } from './condition.ts';
import type { MappingContext, MappingSettings } from './mapping.ts';
import type { Scope } from './source.ts';

/** Is this a record that the pipeline says is skipped? */
export type Skips = (record: SourceRecord, context: MappingContext) => boolean;

/** Makes a closure of the `skip` of a pipeline. Throws ConfigError with everything that is wrong with it; paths begin with `skip`. */
export function compileSkip(pipeline: string, condition: Condition, settings: MappingSettings): Skips {
  const problems: Problem[] = [];
  const holds = compileCondition(condition, settings, (path, message, hint) =>
    problems.push({
      code: 'VALUE_INVALID',
      place: { file: `pipelines/${pipeline}.yaml`, path: path ? `skip.${path}` : 'skip' },
      message,
      hint,
    }),
  );
  if (problems.length) throw new ConfigError(problems);
  const scope: Scope = { values: {}, around: [], record: { values: {}, number: 0 }, context: { connection: '' } };
  return (record, context) => {
    scope.values = record.values;
    scope.record = record;
    scope.context = context;
    return holds(scope);
  };
}
