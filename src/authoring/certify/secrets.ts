import type { ConnectorConfig, OptionSpec } from '../../config/schema/connector.ts';
import { fails, holds, type Verdict } from './finding.ts';
import { defaultsOf, type Fixtures } from './recordings/fixtures.ts';
import { optionVariables, type Variables } from '../../connector/template.ts';
import { textOfProblem } from '../../core/errors.ts';
import type { RunResult } from '../../engine/run/result.ts';
import type { Bench } from './bench.ts';
import { settle } from '../../store/scratch.ts';

/** A secret that is nobody's: wherever it turns up, a real one would. */
export const CANARY = 'canary-7Qf3a9c51e2d84b60X';
/** The secret files of a bench: the canary, and the keys of the recordings. */
export function secretFiles(keys: Readonly<Record<string, string>>): Record<string, string> {
  return { 'secrets/canary': CANARY, ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [`secrets/${name}`, key])) };
}
export const CANARY_FILES = secretFiles({});
/** How a bench's options refer to it. */
export const CANARY_REFERENCE = '${file:secrets/canary}';

/** A value for every option that the manifest wants: what the recording was made with, presets, and the canary for secrets. */
export function optionsFor(
  connector: ConnectorConfig,
  { options: recorded, keys }: Pick<Fixtures, 'options' | 'keys'>,
): Record<string, unknown> {
  const options: Record<string, unknown> = defaultsOf(connector);
  for (const [name, spec] of Object.entries(connector.options)) {
    if (spec.type === 'secret') options[name] = Object.hasOwn(keys, name) ? `\${file:secrets/${name}}` : CANARY_REFERENCE;
    else if (recorded[name] !== undefined) options[name] = recorded[name];
    else if (spec.required && options[name] === undefined) options[name] = madeUp(spec);
  }
  return options;
}

/** The options as texts are filled in with, keys of the recordings in place of their references. */
export function variablesFor(options: Record<string, unknown>, keys: Readonly<Record<string, string>>): Variables {
  return optionVariables({ ...options, ...keys });
}

function madeUp(spec: OptionSpec): unknown {
  if (spec.choices?.length) return spec.type === 'list' ? [spec.choices[0]] : spec.choices[0];
  return { text: 'certify', integer: 1, boolean: false, list: ['certify'], secret: CANARY_REFERENCE }[spec.type];
}

/** Looks for the canary in whatever runs said and wrote. */
export async function secretsAbsent(
  bench: Pick<Bench, 'knex' | 'everything'>,
  runs: readonly Pick<RunResult, 'problems' | 'notes'>[],
  notes: readonly string[] = [],
  keys: readonly string[] = [],
): Promise<Verdict> {
  await settle(bench.knex);
  const places: [where: string, text: string][] = [
    [
      'the messages of runs',
      runs.flatMap((r) => [...r.problems.map(textOfProblem), JSON.stringify(r.problems), ...r.notes]).join('\n') + notes.join('\n'),
    ],
    ['the store, its state or the spool', (await bench.everything()).toString('latin1')],
  ];
  for (const [where, text] of places)
    for (const form of [...forms(), ...keys.flatMap(linesOf)])
      if (text.includes(form))
        return fails(
          `The secret appears in ${where}.`,
          'In the connector, use secrets only in options of type secret. If it already does, this is a bug in Interlocal: please report it.',
        );
  return holds('Not in messages, notes, the store, its state or the spool.');
}

function forms(): string[] {
  return [CANARY, Buffer.from(CANARY).toString('base64').replaceAll('=', ''), encodeURIComponent(CANARY)];
}

/** Lines of a key that stand nowhere else. */
function linesOf(key: string): string[] {
  return key.split(/\r?\n/).filter((line) => line.length >= 40 && !line.startsWith('-'));
}
