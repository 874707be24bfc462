import type { Problem } from '../../../core/errors.ts';
import { countMembers } from '../../../store/outbound/carry.ts';
import type { Carried } from '../../../store/outbound/outbox.ts';
import type { Outbound } from '../context.ts';
import type { Carry } from './carry.ts';
import { clustersOf, hasEmptied, heard } from './people.ts';

/** Golden records in one transaction. */
const CHUNK = 200;
/** As many records may be emptied in a field at once in any case, and this share of the records of a system. */
const FEW = 20;
const SHARE = 0.01;

/**
 * Fields that were emptied at once in more records of a system than a clerk empties in a night: its export may have lost them. Of those
 * fields every record needs review. None where the pipeline carries no emptied fields.
 */
export async function emptiedTooOften(out: Outbound, carry: Carry, goldens: readonly number[]): Promise<string[]> {
  const fields = carry.config.emptied ?? [];
  if (fields.length === 0) return [];
  const counts = new Map<string, number>();
  for (let i = 0; i < goldens.length; i += CHUNK)
    await out.session.commit(async (landing, trx) => {
      for (const { people } of await clustersOf(out, carry, landing, trx, goldens.slice(i, i + CHUNK)))
        for (const field of fields) {
          // Those that wait already, also of a run that was killed, are of the same lot.
          const waits = people.some(({ latest }) => latest.some((row) => row.carried?.conflicts[field]?.many));
          for (const person of people)
            if (hasEmptied(person, field) && (waits || heard(person, field).corrected)) {
              const name = JSON.stringify([field, person.member.source]);
              counts.set(name, (counts.get(name) ?? 0) + 1);
            }
        }
    });
  const often: string[] = [];
  for (const [name, count] of counts) {
    const [field, source] = JSON.parse(name) as [string, string];
    if (count > FEW && count > SHARE * (await countMembers(out.session.knex, out.entityId, source))) often.push(field);
  }
  return often;
}

/** Why a correction waits for a person. */
export function whyHeld(out: Outbound, key: string, { conflicts }: Carried): Problem[] {
  const names = Object.keys(conflicts);
  const many = names.filter((name) => conflicts[name]!.many);
  const both = names.filter((name) => !many.includes(name));
  const problems: Problem[] = [];
  if (both.length > 0)
    problems.push({
      code: 'CARRY_CONFLICT',
      place: { system: out.name, key },
      message: `${both.join(', ')} ${both.length === 1 ? 'was' : 'were'} changed there as well as in another system since the last exchange.`,
      hint: 'interlocal deliver conflicts shows both values. To send ours: interlocal deliver approve. To leave theirs: interlocal deliver dismiss.',
    });
  if (many.length > 0)
    problems.push({
      code: 'CARRY_EMPTIED_MANY',
      place: { system: out.name, key },
      message: `${many.join(', ')} ${many.length === 1 ? 'was' : 'were'} emptied in unusually many records at once, so each needs review.`,
      hint: 'Check whether the export of the system that owns the field is complete. If they are to be emptied: interlocal deliver approve; if not: interlocal deliver dismiss.',
    });
  return problems;
}
