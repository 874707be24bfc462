import type { Project } from '../../../config/project.ts';
import { parseMoney } from '../../../core/money.ts';
import type { DueRules } from '../../../reconciliation/exceptions/types.ts';

/** How soon exceptions are due in a town, as config/interlocal.yaml says it. */
export function dueRules({ config }: Pick<Project, 'config'>): DueRules {
  const { theft_possible: taken, large, large_from, other } = config.exceptions.due;
  return { taken, large, other, largeMinor: minorOf(large_from, config.town.currency) };
}

/** An amount of the configuration in minor units; its schema has checked the digits. Throws where the currency has fewer decimals. */
export function minorOf(text: string, currency: string): number {
  const minor = parseMoney(text, currency);
  if (typeof minor === 'string') throw new Error(`${text} ${currency}: ${minor}`);
  return minor;
}
