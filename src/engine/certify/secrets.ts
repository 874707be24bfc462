import type { ConnectorConfig, OptionSpec } from '../../config/schema/connector.ts';
import { fails, holds, type Verdict } from '../../connector/certify.ts';
import { defaultsOf } from '../../connector/certify-fixtures.ts';
import { textOfProblem } from '../../core/errors.ts';
import type { RunResult } from '../session.ts';
import type { Bench } from './bench.ts';

/** A secret that is nobody's: wherever it turns up, a real one would. */
export const CANARY = 'canary-7Qf3a9c51e2d84b60X';
export const CANARY_FILES = { 'secrets/canary': CANARY };
/** How a bench's options refer to it. */
export const CANARY_REFERENCE = '${file:secrets/canary}';

/** A value for every option that the manifest wants: what the recording was made with, presets, and the canary for secrets. */
export function optionsFor(connector: ConnectorConfig, recorded: Record<string, unknown>): Record<string, unknown> {
  const options: Record<string, unknown> = defaultsOf(connector);
  for (const [name, spec] of Object.entries(connector.options)) {
    if (spec.type === 'secret') options[name] = CANARY_REFERENCE;
    else if (recorded[name] !== undefined) options[name] = recorded[name];
    else if (spec.required && options[name] === undefined) options[name] = madeUp(spec);
  }
  return options;
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
): Promise<Verdict> {
  await bench.knex.raw('PRAGMA wal_checkpoint(TRUNCATE)');
  const places: [where: string, text: string][] = [
    [
      'the messages of runs',
      runs.flatMap((r) => [...r.problems.map(textOfProblem), JSON.stringify(r.problems), ...r.notes]).join('\n') + notes.join('\n'),
    ],
    ['the store, its state or the spool', (await bench.everything()).toString('latin1')],
  ];
  for (const [where, text] of places)
    for (const form of forms())
      if (text.includes(form))
        return fails(`The secret stands in ${where}.`, 'Report this; and pass secrets only in options of type secret.');
  return holds('Not in messages, notes, the store, its state or the spool.');
}

function forms(): string[] {
  return [CANARY, Buffer.from(CANARY).toString('base64').replace(/=+$/, ''), encodeURIComponent(CANARY)];
}
