import { problemsOfRecord } from '../../../connector/sink/sink.ts';
import type { Place, Problem } from '../../../core/errors.ts';
import type { Value, Values } from '../../../core/record.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import { type Carried, type OutboxRow, REACHED } from '../../../store/outbound/outbox.ts';
import type { ScannedGolden } from '../../../store/outbound/outbound.ts';
import { keyThere, lostCurrencies, sentWithRelated } from '../made.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { Carry } from './carry.ts';
import type { LookedAtRecord, MadeCorrection } from './correction.ts';
import { type FieldVerdict, judgeField } from './field.ts';
import { type Cluster, exchange, type FoundCluster, hasEmptied, heard, type Person, textOf } from './people.ts';

/** What mapping a correction needs of a run. */
type MappingRun = Pick<OutboundRun, 'asSent' | 'currencyCheck' | 'entity' | 'mapping' | 'name' | 'now' | 'related' | 'sink'>;

/** Looks at the records that the target has of a golden record: what is to be sent of each. None where it is not wanted. `tooOften`: see findEmptiedTooOften. */
export function mapCorrections(run: MappingRun, carry: Carry, cluster: FoundCluster, tooOften: ReadonlySet<string>): LookedAtRecord[] {
  const { wanted, there } = cluster;
  if (!wanted) return [];
  const created = cluster.created.some(({ state }) => REACHED.includes(state));
  return there.map((person) => mapCorrection(run, carry, wanted, cluster, person, { created, tooOften }));
}

/** Looks at one record of the target system: field by field, what is to be sent. */
function mapCorrection(
  run: MappingRun,
  carry: Carry,
  golden: ScannedGolden,
  { people, steward }: Cluster,
  person: Person,
  options: { created: boolean; tooOften: ReadonlySet<string> },
): LookedAtRecord {
  const values = canonicalValues(run.entity, golden.columns);
  const others = people.filter((one) => one !== person);
  const pending = Object.assign({}, ...person.latest.map(waitingFields)) as Carried['fields'];
  const has: Values = { ...person.values };
  const wants: Values = { ...person.values };
  const carried: Carried = { fields: {}, changes: {}, conflicts: {} };
  const kept: LookedAtRecord['kept'] = [];
  const verdicts = new Map<string, FieldVerdict>();
  const first = person.before === undefined;
  const lastDay = new Date(run.now().getTime() + 86_400_000).toISOString().slice(0, 10);
  // What waits because of that waits until a person decided.
  const tooMany = (name: string): boolean =>
    options.tooOften.has(name) || (pending[name] !== undefined && person.latest.some((row) => row.carried?.conflicts[name]?.many === true));
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
        // What was set before the first look is a difference that was there, and one that was looked at is not news.
        corrected: !first && person.before!.said[name]?.steward !== set.id,
        changedAt: set.at,
      },
      pending: pending[name],
      mayEmpty: carry.config.emptied?.includes(name) ?? false,
      tooMany: tooMany(name),
      all: first && (options.created || carry.config.differences === 'send'),
      conflicts: carry.config.conflicts,
      lastDay,
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
    if (verdict.do === 'review') {
      const many = verdict.value === null && tooMany(name);
      carried.conflicts[name] = { ours: verdict.value, theirs: known.value, ...(many ? { many } : {}) };
    }
  }
  const made = Object.keys(carried.fields).length === 0 ? undefined : correctionOf(run, carry, golden, has, wants);
  if (made) carried.changes = made.changes;
  return { golden: golden.id, person, carried, made, kept, verdicts };
}

/** The record of a golden record that the system does not have; undefined where the mapping does not want it. */
export function mapNewRecord(run: MappingRun, carry: Carry, golden: ScannedGolden): MadeCorrection | undefined {
  const at: Place = { system: run.name };
  const wants: Values = { ...canonicalValues(run.entity, golden.columns), [carry.keys.source]: carry.connection };
  // What is sent to no system is not sent in a new record either.
  for (const { name, beside, owners } of carry.fields)
    if (owners?.length === 0) {
      wants[name] = null;
      if (beside !== undefined) wants[beside] = null;
    }
  const { values, problems } = run.mapping.apply(sentWithRelated(run, golden, wants), at, wants);
  if (problems.length) return { key: undefined, values: {}, changes: {}, problems };
  if (!values) return undefined;
  const { idempotency_key: keys } = run.sink;
  const wrong = problemsOfRecord(run.sink, values, at).filter(({ place }) => place.path === undefined || !keys.includes(place.path));
  const changes = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, [null, value] as [Value, Value]]])),
  );
  return { key: undefined, values, changes, problems: [...wrong, ...lostCurrencies(run, golden, wants, at)] };
}

/** Fields of a row that is not sent yet, which still wait; of a dismissed conflict those that were in no conflict. */
function waitingFields({ state, carried }: OutboxRow): Carried['fields'] {
  if (!carried) return {};
  if (['shadow', 'review', 'queued', 'held', 'refused', 'rejected'].includes(state)) return carried.fields;
  if (state !== 'dismissed') return {};
  const conflicts = Object.keys(carried.conflicts);
  if (conflicts.length === 0) return {};
  return Object.fromEntries(Object.entries(carried.fields).filter(([name]) => !conflicts.includes(name)));
}

/**
 * The record of the sink that makes of `has`, what the system has, what it is to have, `wants`. undefined: the mapping does not want it,
 * or for the system nothing changes.
 */
function correctionOf(run: MappingRun, carry: Carry, golden: ScannedGolden, has: Values, wants: Values): MadeCorrection | undefined {
  const at: Place = { system: run.name };
  const { values, problems } = run.mapping.apply(sentWithRelated(run, golden, wants), at, wants);
  if (problems.length) return { key: undefined, values: {}, changes: {}, problems };
  if (!values) return undefined;
  const before = run.mapping.apply(sentWithRelated(run, golden, has), at, has).values ?? {};
  const changes: MadeCorrection['changes'] = {};
  for (const [name, value] of Object.entries(values))
    if (!carry.fixed.has(name) && JSON.stringify(value) !== JSON.stringify(before[name] ?? null))
      changes[name] = [before[name] ?? null, value];
  if (Object.keys(changes).length === 0) return undefined;
  const sent =
    carry.holds === 'whole'
      ? values
      : Object.fromEntries(Object.entries(values).filter(([name]) => carry.always.has(name) || Object.hasOwn(changes, name)));
  const emptied = Object.keys(changes).filter((name) => changes[name]![1] === null);
  const unclear = carry.emptied ? Object.keys(sent).filter((name) => sent[name] === carry.emptied) : [];
  // What no value may be empty for is found before the mark for emptied takes its place.
  const missing = emptied.length === 0 ? [] : problemsOfRecord(run.sink, sent, at).filter(({ code }) => code === 'FIELD_REQUIRED');
  if (typeof carry.emptied === 'string') for (const name of emptied) sent[name] = carry.emptied;
  const key = keyThere(run.sink, sent);
  const place = key === undefined ? at : { ...at, key };
  return {
    key,
    values: sent,
    changes,
    problems: [
      ...(missing.length > 0 ? missing : problemsOfRecord(run.sink, sent, place)),
      ...unclear.map((name) => meansEmptied(name, place)),
      ...lostCurrencies(run, golden, wants, place),
    ],
  };
}

/** A value that the system would take for the mark of an emptied field. */
function meansEmptied(name: string, place: Place): Problem {
  return {
    code: 'VALUE_FORBIDDEN',
    place: { ...place, path: name },
    message: `The value of "${name}" is the text that makes a field blank in this system, so the system would erase the value. The record was not sent.`,
    hint: 'Correct the value in the system that it comes from. If the value is right, set another text for emptied in the sink of the connector.',
  };
}
