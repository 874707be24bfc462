import type { Values } from '../../../core/record.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import { type Looked, type Said, saveLooked } from '../../../store/outbound/carry.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import type { ScannedGolden } from '../../../store/outbound/outbound.ts';
import type { Carried, OutboxRow } from '../../../store/outbound/outbox.ts';
import type { Outbound } from '../context.ts';
import type { Carry } from './carry.ts';
import { type FieldVerdict, type HeldBack, judgeField } from './field.ts';
import { correctionOf } from './made.ts';
import { type Cluster, exchange, hasEmptied, heard, type Person, textOf } from './people.ts';
import { isEcho } from './same.ts';

/** What a look at one record of the target system found: what is to be sent of it, and what is held back and why. */
export interface LookedAtRecord {
  golden: number;
  person: Person;
  carried: Carried;
  made: ReturnType<typeof correctionOf>;
  kept: HeldBack[];
}

/** Fields of a row that is not sent yet, which still wait; of a dismissed conflict those that were in no conflict. */
export function waitingFields({ state, carried }: OutboxRow): Carried['fields'] {
  if (!carried) return {};
  if (['shadow', 'review', 'queued', 'held', 'refused', 'rejected'].includes(state)) return carried.fields;
  if (state !== 'dismissed') return {};
  const conflicts = Object.keys(carried.conflicts);
  if (conflicts.length === 0) return {};
  return Object.fromEntries(Object.entries(carried.fields).filter(([name]) => !conflicts.includes(name)));
}

/** Looks at one record of the target system: field by field, what is to be sent. */
export function lookAtRecord(
  out: Outbound,
  carry: Carry,
  golden: ScannedGolden,
  { people, steward }: Cluster,
  person: Person,
  options: { created: boolean },
): { found: LookedAtRecord; verdicts: Map<string, FieldVerdict> } {
  const values = canonicalValues(out.entity, golden.columns);
  const others = people.filter((one) => one !== person);
  const pending = Object.assign({}, ...person.latest.map(waitingFields)) as Carried['fields'];
  const has: Values = { ...person.values };
  const wants: Values = { ...person.values };
  const carried: Carried = { fields: {}, changes: {}, conflicts: {} };
  const kept: LookedAtRecord['kept'] = [];
  const verdicts = new Map<string, FieldVerdict>();
  const first = person.before === undefined;
  // What waits because of that waits until a person decided.
  const tooMany = (name: string): boolean =>
    carry.reviewed.has(name) || (pending[name] !== undefined && person.latest.some((row) => row.carried?.conflicts[name]?.many === true));
  for (const field of carry.fields) {
    const { name, beside } = field;
    const known = exchange(person, name);
    const set = steward.get(name);
    const verdict = judgeField({
      golden: textOf(values[name]),
      mostRecent: field.mostRecent,
      owners: field.owners,
      owned: field.owned,
      target: { ...known, changedAt: person.changedAt },
      others: others.map((one) => ({
        source: one.member.source,
        value: textOf(one.values[name]),
        emptied: hasEmptied(one, name),
        ...heard(one, name),
        changedAt: one.changedAt,
      })),
      steward: set && {
        value: textOf(values[name]),
        // What was set before the first look is a difference that was there, and one that was looked at is no news.
        corrected: !first && person.before!.said[name]?.steward !== set.id,
        changedAt: set.at,
      },
      pending: pending[name],
      mayEmpty: carry.config.emptied?.includes(name) ?? false,
      tooMany: tooMany(name),
      all: first && (options.created || carry.config.differences === 'send'),
      conflicts: carry.config.conflicts,
    });
    verdicts.set(name, verdict);
    has[name] = wants[name] = known.value;
    if (verdict.do === 'keep')
      kept.push({ record: golden.id, key: person.member.key, field: name, why: verdict.why, value: verdict.value, theirs: known.value });
    if (verdict.do !== 'send' && verdict.do !== 'review') continue;
    wants[name] = verdict.value;
    if (beside !== undefined && verdict.value === null) wants[beside] = null;
    else if (beside !== undefined) {
      const giver =
        textOf(values[name]) === verdict.value ? values : others.find((one) => textOf(one.values[name]) === verdict.value)?.values;
      wants[beside] = giver?.[beside] ?? null;
    }
    carried.fields[name] = { value: verdict.value, before: textOf(person.values[name]) };
    if (verdict.do === 'review')
      carried.conflicts[name] = {
        ours: verdict.value,
        theirs: known.value,
        ...(verdict.value === null && tooMany(name) ? { many: true as const } : {}),
      };
  }
  const made = Object.keys(carried.fields).length === 0 ? undefined : correctionOf(out, carry, golden, has, wants);
  if (made) carried.changes = made.changes;
  return { found: { golden: golden.id, person, carried, made, kept }, verdicts };
}

/** Keeps what every member says now: the next look finds what is corrected from here on. In the transaction of the rows of the outbox. */
export async function rememberSaid(
  out: Outbound,
  carry: Carry,
  landing: Landing,
  clusters: readonly Cluster[],
  verdicts: ReadonlyMap<number, ReadonlyMap<string, FieldVerdict>>,
): Promise<void> {
  const { runId, pipeline } = out.session;
  const looked: Looked[] = [];
  for (const { golden, people, steward } of clusters)
    for (const person of people) {
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
      looked.push({ member: person.member.id, golden, landed: person.landed, said });
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
