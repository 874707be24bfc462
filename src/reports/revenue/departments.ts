import { ConfigError, didYouMean } from '../../core/errors.ts';
import { revenueReport } from './revenue.ts';
import type { Engine } from '../../engine/run/engine.ts';

/**
 * That there is revenue of this department at any time: a misspelled name must not look like a department without revenue. Throws
 * ConfigError (DEPARTMENT_UNKNOWN).
 */
export async function knownDepartment(engine: Engine, given: string, nameOf = '--department'): Promise<void> {
  const names = [...new Set((await revenueReport(engine, { period: 'fiscal-year' })).map((row) => row.department))];
  if (names.includes(given)) return;
  const meant = didYouMean(given, names);
  throw new ConfigError({
    code: 'DEPARTMENT_UNKNOWN',
    place: { path: nameOf },
    message: `There is no revenue of a department ${JSON.stringify(given.slice(0, 100))}, at any time.`,
    hint: meant ? `Did you mean ${meant}?` : names.length ? `Known: ${names.join(', ')}.` : 'There is no revenue at all yet.',
  });
}
