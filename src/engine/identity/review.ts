import { ConfigError } from '../../core/errors.ts';
import { type Bar, explainPair } from '../../identity/score/explain.ts';
import { bitsOf } from '../../identity/score/weights.ts';
import { survivors } from '../../identity/survivorship.ts';
import type { Columns } from '../../mapping/mapping.ts';
import { type Decision, listDecisions } from '../../store/identity/decisions.ts';
import { identityStore, type Member } from '../../store/identity/identity.ts';
import { landing } from '../../store/landing/landing.ts';
import { goldenPair, type WaitingPair, waitingPairs } from '../../store/identity/members.ts';
import { columnsOfRecord } from '../../store/model-tables.ts';
import { contributionsOfMembers } from '../golden/golden-records.ts';
import type { Engine } from '../run/engine.ts';
import type { MatchedKind } from './members.ts';
import { namedMember } from './matched.ts';

/** A member as a person is shown it. */
export interface ShownMember {
  id: number;
  connection: string;
  source_key: string;
  golden_id: number;
  /** How many source records its golden record has. Two golden records that are the same become one with all their records. */
  golden_records: number;
  /** What its system says, by field of the model. */
  fields: Record<string, string | number | null>;
}

/** Two records that may be one, with everything that a person needs to decide. */
export interface ReviewPair {
  /** `ID-ID`: names the pair in commands. */
  pair: string;
  /** Bits; 0 is even odds, 3 is 8 to 1. */
  score: number;
  /** Why it is not linked by itself. */
  veto: string | null;
  later: boolean;
  a: ShownMember;
  b: ShownMember;
  reasons: string[];
  waterfall: Bar[];
}

/** What is waiting: of each two golden records the pair with the best score. `total` counts all of them. */
export async function reviewList(
  engine: Engine,
  kind: MatchedKind,
  { limit, allPairs = false }: { limit: number; allPairs?: boolean },
): Promise<{ total: number; pairs: ReviewPair[] }> {
  const waiting = await waitingPairs(engine.knex, kind.entityId);
  const list = allPairs ? waiting : oneOfEach(waiting);
  return { total: list.length, pairs: await shown(engine, kind, list.slice(0, limit)) };
}

/** What was decided about records of one kind, the newest first, taken back or not. */
export function decisionsOf({ knex }: Engine, { entityId }: MatchedKind, limit: number): Promise<Decision[]> {
  return listDecisions(knex, entityId, { limit });
}

export function oneOfEach(waiting: readonly WaitingPair[]): WaitingPair[] {
  const seen = new Set<string>();
  return waiting.filter(({ goldenA, goldenB }) => {
    const name = goldenPair(goldenA, goldenB);
    return !seen.has(name) && seen.add(name);
  });
}

/** One pair, whether it waits or not, named `ID-ID` or by its two members. */
export async function reviewShow(
  engine: Engine,
  kind: MatchedKind,
  [a, b]: readonly [Member, Member],
): Promise<ReviewPair & { decisions: Decision[] }> {
  const [pair] = await shown(engine, kind, [
    { a: a.id, b: b.id, goldenA: a.golden ?? a.id, goldenB: b.golden ?? b.id, score: 0, verdict: '', veto: null, later: false },
  ]);
  const decisions = (await listDecisions(engine.knex, kind.entityId, { about: a, limit: 1000 })).filter((d) =>
    [d.a, d.b].some((m) => m.source === b.source && m.key === b.key),
  );
  return { ...pair!, later: decisions.find((d) => d.undone === null)?.verdict === 'later', decisions };
}

/** The two members that a person names: `ID-ID`, or two names. Throws ConfigError. */
export async function namedPair(engine: Engine, kind: MatchedKind, names: readonly string[]): Promise<[Member, Member]> {
  const parts = names.length === 1 ? (/^#?(\d+)-(\d+)$/.exec(names[0]!)?.slice(1) ?? []) : names;
  if (parts.length !== 2)
    throw new ConfigError({
      code: 'PAIR_UNKNOWN',
      place: { path: names.join(' ') },
      message: `"${names.join(' ')}" does not name two records.`,
      hint: 'Name a pair as review list does, such as 12-57, or as CONNECTION:KEY CONNECTION:KEY.',
    });
  return [await namedMember(engine, kind, parts[0]!), await namedMember(engine, kind, parts[1]!)];
}

/** What the systems of some members say of them, by member. */
async function sayingOf(engine: Engine, { entity }: MatchedKind, ids: readonly number[]): Promise<Map<number, Columns>> {
  const columns = columnsOfRecord(entity);
  return landing(engine.knex, async (held) => {
    const said = await contributionsOfMembers(held, ids);
    return new Map([...said].flatMap(([id, list]) => (list.length ? [[id, survivors(list, entity, columns).columns] as const] : [])));
  });
}

const NOT_PLAIN =
  'These two records agree well, but another person fits as well, or other records of the two people do not agree: it is not plain whose they are.';

async function shown(engine: Engine, kind: MatchedKind, pairs: readonly WaitingPair[]): Promise<ReviewPair[]> {
  const ids = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const members = new Map<number, Member>();
  const goldens = new Map<number, number>();
  await landing(engine.knex, async (held) => {
    const store = identityStore(held.rows, kind.entityId);
    for (const member of await store.byId(ids)) members.set(member.id, member);
    const wanted = new Set([...members.values()].flatMap((member) => member.golden ?? []));
    for (const { golden, state } of await store.ofGoldens([...wanted]))
      if (state === 'live') goldens.set(golden!, (goldens.get(golden!) ?? 0) + 1);
  });
  const said = await sayingOf(engine, kind, ids);
  const show = (member: Member): ShownMember => ({
    id: member.id,
    connection: member.source,
    source_key: member.key,
    golden_id: member.golden ?? member.id,
    golden_records: goldens.get(member.golden ?? member.id) ?? 0,
    fields: Object.fromEntries(Object.entries(said.get(member.id) ?? {}).filter(([, value]) => value !== null)),
  });
  return pairs.map(({ a, b, goldenA, goldenB, score, veto, later }) => {
    const [first, second] = [members.get(a)!, members.get(b)!];
    const population = first.population === second.population ? kind.model.populations[first.population] : undefined;
    const explained = population && first.profile && second.profile ? explainPair(population, first.profile, second.profile) : undefined;
    return {
      pair: `${a}-${b}`,
      score: explained?.score ?? bitsOf(score),
      veto: explained?.veto ?? veto,
      later,
      a: show(first),
      b: show(second),
      reasons: explained
        ? [...(explained.verdict === 'link' && goldenA !== goldenB ? [NOT_PLAIN] : []), ...explained.reasons]
        : ['They are not compared: one is a person and the other an organization, or one no longer exists.'],
      waterfall: explained?.bars ?? [],
    };
  });
}
