import { type Looked, type Said, saveLooked } from '../../../store/outbound/carry.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { Carry } from './carry.ts';
import type { LookedAtRecord } from './correction.ts';
import type { FieldVerdict } from './field.ts';
import { type Cluster, type Person, textOf } from './people.ts';
import { isEcho } from './same.ts';

/**
 * Keeps what every member says now: the next look finds what is corrected from here on. In the transaction of the rows of the outbox. Of a
 * correction that waits (`parted`, see PartedPeople) what was kept stays, so it is found again.
 */
export async function rememberSaid(
  run: Pick<OutboundRun, 'id' | 'pipeline'>,
  carry: Carry,
  landing: Landing,
  clusters: readonly Cluster[],
  lookedAt: readonly LookedAtRecord[],
  parted: { corrected: ReadonlySet<number>; together: ReadonlySet<number> },
): Promise<void> {
  const verdicts = new Map(lookedAt.map((one) => [one.person.member.id, one.verdicts]));
  const { id: runId, pipeline } = run;
  const looked: Looked[] = [];
  for (const { golden, people, steward } of clusters)
    for (const person of people) {
      if (parted.corrected.has(person.member.id)) {
        looked.push({ ...person.before!, waits: true });
        continue;
      }
      const said: Record<string, Said> = {};
      for (const { name } of carry.fields) {
        const value = textOf(person.values[name]);
        const before = person.before?.said[name];
        const same = before !== undefined && before.value === value;
        said[name] = { value, run: before === undefined ? 0 : same ? before.run : runId };
        const agreed =
          person.member.source === carry.connection && agreedNow(person, name, value, verdicts.get(person.member.id)?.get(name), runId);
        if (agreed) said[name].agreed = agreed;
        const set = steward.get(name);
        if (set) said[name].steward = set.id;
      }
      const at = parted.together.has(person.member.id) ? person.before!.golden : golden;
      looked.push({ member: person.member.id, golden: at, landed: person.landed, said });
    }
  await saveLooked(landing.rows, pipeline.pipeline, looked);
}

function agreedNow(person: Person, field: string, value: string | null, verdict: FieldVerdict | undefined, run: number): Said['agreed'] {
  const before = person.before?.said[field];
  if (!before) return { value, run: 0 };
  const agreed = before.agreed ?? { value: before.value, run: before.run };
  const dismissed = person.latest.find(
    ({ state, carried }) => state === 'dismissed' && carried !== null && Object.hasOwn(carried.conflicts, field),
  );
  if (dismissed && dismissed.carried!.conflicts[field]!.theirs === value && dismissed.run > agreed.run) return { value, run };
  const agree = verdict?.do === 'nothing' || (verdict?.do === 'keep' && verdict.why === 'newer');
  const sent = person.reached.find(({ carried }) => carried !== null && Object.hasOwn(carried.fields, field));
  const echo = sent !== undefined && sent.run > agreed.run && isEcho(sent.carried!.fields[field]!.value, value);
  // Not as long as it was not read since something was sent: then what it says is old.
  return (agree && (!sent || person.read >= sent.run)) || echo ? { value, run } : agreed;
}
