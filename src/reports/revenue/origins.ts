import type { Engine } from '../../engine/run/engine.ts';
import { originsOfGoldens, type RecordOrigin } from '../../store/landing/origins.ts';

/** The system, key, file and line that each of these records came from; one that is gone is not there. */
export async function originsOf({ knex }: Engine, entity: string, goldens: readonly number[]): Promise<Map<number, RecordOrigin>> {
  return originsOfGoldens(knex, entity, [...new Set(goldens)]);
}
