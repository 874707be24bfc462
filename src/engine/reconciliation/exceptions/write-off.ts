import { isPerson } from '../../../config/actor.ts';
import type { Project } from '../../../config/project.ts';
import type { Problem } from '../../../core/errors.ts';
import { plainMoney } from '../../../core/money.ts';
import { dayIn, startOfDay } from '../../../core/time/time.ts';
import { monthOf } from '../../../reconciliation/periods/fiscal.ts';
import { writtenOff } from '../../../store/reconciliation/exception-history.ts';
import type { StoredException } from '../../../store/reconciliation/exceptions.ts';
import type { Knex } from '../../../store/open.ts';
import { minorOf } from './due-rules.ts';

/**
 * Why this person may not write these exceptions off; none: they may. Each has to be within the limit of the person's role, and all
 * that the person wrote off in this month of the fiscal year, with these, within the role's limit of a month. Who has no role may not
 * write off anything; of several roles the widest counts. Sums count without their sign: too much does not make up for too little.
 */
export async function writeOffProblems(
  trx: Knex,
  { config }: Pick<Project, 'config'>,
  exceptions: readonly StoredException[],
  by: { actor: string; now: Date },
): Promise<Problem[]> {
  const { currency, time_zone: zone, fiscal_year_starts: starts } = config.town;
  const problem = (message: string, hint: string): Problem => ({ code: 'WRITE_OFF_LIMIT', place: { path: by.actor }, message, hint });
  const roles = config.exceptions.write_off.filter(({ people }) => people.some((name) => isPerson(by.actor, name)));
  if (roles.length === 0)
    return [
      problem(
        `${by.actor} has no role that may write off money.`,
        'Ask somebody who has such a role, or name the role under exceptions.write_off in config/interlocal.yaml.',
      ),
    ];
  const each = Math.max(...roles.map((role) => minorOf(role.each, currency)));
  const month = Math.max(...roles.map((role) => minorOf(role.month, currency)));
  const problems = exceptions.flatMap((e): Problem[] => {
    if (e.currency !== currency)
      return [
        problem(
          `Exception ${e.id.slice(0, 8)} is in ${e.currency}, but limits for writing off are in ${currency}, so it was not written off.`,
          'Resolve it for another reason.',
        ),
      ];
    return Math.abs(e.minor) <= each
      ? []
      : [
          problem(
            `Exception ${e.id.slice(0, 8)} comes to ${plainMoney(Math.abs(e.minor), currency)}; ${by.actor} may write off ${plainMoney(each, currency)} at most.`,
            'Let somebody do it whose limit is higher.',
          ),
        ];
  });
  const since = startOfDay(monthOf(dayIn(zone, by.now), starts).first, zone);
  const before = (await writtenOff(trx, since)).filter(({ actor }) => isPerson(actor, by.actor.split(' as ')[0]!));
  const sum = [...before, ...exceptions].reduce((total, { minor }) => total + Math.abs(minor), 0);
  if (sum > month)
    problems.push(
      problem(
        `With these, ${by.actor} would have written off ${plainMoney(sum, currency)} this month; the limit is ${plainMoney(month, currency)}.`,
        'Let somebody do it whose limit is higher.',
      ),
    );
  return problems;
}
