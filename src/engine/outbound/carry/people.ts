import { emptiedFields } from '../../../identity/emptied.ts';
import { survivors } from '../../../identity/survivorship.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import type { Values } from '../../../core/record.ts';
import { type Looked, lookedAt, runsOfLanded } from '../../../store/outbound/carry.ts';
import { identityStore, type Member } from '../../../store/identity/identity.ts';
import { type StewardValue, stewardValuesOf } from '../../../store/identity/steward-values.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import { columnsOfRecord } from '../../../store/model-tables.ts';
import type { Knex } from '../../../store/open.ts';
import { latestOfMembers, type OutboxRow, reachedOfMembers } from '../../../store/outbound/outbox.ts';
import { contributionsOfMembers } from '../../golden/golden-records.ts';
import type { Outbound } from '../context.ts';
import type { Carry } from './carry.ts';
import { isEcho } from './same.ts';

/** A member of a golden record: what its system says, and what is known of what was sent to it. */
export interface Person {
  member: Member;
  /** Its canonical values as plain text. */
  values: Values;
  /** Fields that its system owns and emptied. */
  emptied: readonly string[];
  landed: number;
  /** The run that landed it last. */
  read: number;
  changedAt: string | null;
  before: Looked | undefined;
  /** What reached it or may have, the newest first, of every pipeline. */
  reached: OutboxRow[];
  /** Of this pipeline, for it: what is not sent, or was sent last. */
  latest: OutboxRow[];
}

/** A golden record and everybody who says something about it. */
export interface Cluster {
  golden: number;
  people: Person[];
  /** Ids of all its members, also of those that are gone: every id that it ever had. */
  ids: number[];
  /** Field → what a person set in it. */
  steward: ReadonlyMap<string, StewardValue>;
}

/** The people behind these golden records. */
export async function clustersOf(out: Outbound, carry: Carry, landing: Landing, trx: Knex, goldens: readonly number[]): Promise<Cluster[]> {
  const { session, entity, entityId } = out;
  const { pipeline } = session.pipeline;
  const store = identityStore(landing.rows, entityId);
  const all = await store.ofGoldens([...goldens]);
  const live = all.filter((m) => m.state === 'live');
  const ids = live.map((m) => m.id);
  const said = new Map([...(await contributionsOfMembers(landing, ids))].filter(([, list]) => list.length > 0));
  const newest = new Map([...said].map(([id, list]) => [id, Math.max(...list.map((c) => c.landed))]));
  const runs = await runsOfLanded(landing.rows, [...newest.values()]);
  const before = await lookedAt(landing.rows, pipeline, ids);
  const reached = Map.groupBy(await reachedOfMembers(trx, ids), (row) => row.member!);
  const latest = Map.groupBy(
    await latestOfMembers(
      trx,
      pipeline,
      live.filter((m) => m.source === carry.connection).map((m) => m.id),
    ),
    (row) => row.member!,
  );
  const columns = columnsOfRecord(entity);
  const people = live.flatMap((member): Person[] => {
    const list = said.get(member.id);
    if (!list) return [];
    const values = canonicalValues(entity, survivors(list, entity, columns).columns);
    const landed = newest.get(member.id)!;
    return [
      {
        member,
        values,
        emptied: [...new Set(list.flatMap(({ columns: said }) => emptiedFields(said)))],
        landed,
        read: runs.get(landed) ?? 0,
        changedAt: textOf(carry.latestBy === undefined ? null : values[carry.latestBy]),
        before: before.get(member.id),
        reached: reached.get(member.id) ?? [],
        latest: latest.get(member.id) ?? [],
      },
    ];
  });
  const byGolden = Map.groupBy(people, (one) => one.member.golden!);
  const everyId = Map.groupBy(all, (m) => m.golden!);
  const steward = await stewardValuesOf(landing.rows, entityId, goldens);
  return goldens.map((golden) => ({
    golden,
    people: (byGolden.get(golden) ?? []).sort((a, b) => order(a.member, b.member)),
    ids: (everyId.get(golden) ?? []).map((m) => m.id),
    steward: steward.get(golden) ?? new Map(),
  }));
}

function order(a: Member, b: Member): number {
  return a.source < b.source ? -1 : a.source > b.source ? 1 : a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

export function textOf(value: Values[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Does the person's system say that there is nothing in a field that it owns and had something in? */
export function hasEmptied({ values, emptied }: Person, field: string): boolean {
  return textOf(values[field]) === null && emptied.includes(field);
}

/** What was sent of a field last. */
export function sentLast(person: Person, field: string): { value: string | null; before: string | null; run: number } | undefined {
  const row = person.reached.find(({ carried }) => carried !== null && Object.hasOwn(carried.fields, field));
  return row && { ...row.carried!.fields[field]!, run: row.run };
}

/** Did the person's system correct the field since the pipeline last looked, or does it repeat what was sent to it? */
export function heard(person: Person, field: string): { corrected: boolean; echo: boolean } {
  const value = textOf(person.values[field]);
  const before = person.before?.said[field];
  const sent = sentLast(person, field);
  const echo = sent !== undefined && isEcho(sent.value, value);
  // A value that is another only because the mapping changed is no correction: nothing was read again.
  if (!before || before.value === value || person.landed === person.before!.landed) return { corrected: false, echo };
  return echo && sent.run >= before.run ? { corrected: false, echo: true } : { corrected: true, echo: false };
}

/** What the target has, as far as that is known, and whether it changed the field itself since the last exchange. */
export function exchange(person: Person, field: string): { value: string | null; changed: boolean } {
  const said = textOf(person.values[field]);
  const sent = sentLast(person, field);
  const known = person.before?.said[field];
  const agreed = known?.agreed ?? known;
  // It was not read again since something was sent: what was sent is what it has.
  const value = sent && person.read < sent.run ? sent.value : said;
  if (sent && sent.run > (agreed?.run ?? -1)) return { value, changed: said !== sent.before && !isEcho(sent.value, said) };
  return { value, changed: agreed !== undefined && agreed.value !== said };
}
