import type { Problem } from '../../../core/errors.ts';
import { identityStore, type Member } from '../../../store/identity/identity.ts';
import type { Moved } from '../../../store/outbound/carry.ts';
import type { OutboundRun } from '../outbound-run.ts';
import type { Carry } from './carry.ts';
import { CHUNK, clustersOf, type FindingRun } from './clusters.ts';
import type { HeldBack } from './field.ts';
import { heard, type Person, textOf } from './people.ts';

/**
 * Who was corrected, and is not one with a record of the target anymore since then: a resident who moves and gets another telephone number
 * may have nothing left in common but a name. Nothing is sent, and the correction is not forgotten, until a person says whether they are the
 * same.
 */
export interface PartedPeople {
  /** They are looked at in every run until then. */
  goldens: readonly number[];
  /** Members whose correction waits: what they said before is kept. */
  corrected: ReadonlySet<number>;
  /** Members that keep the golden record in which both were. */
  together: ReadonlySet<number>;
  heldBack: readonly HeldBack[];
  problem: Problem | undefined;
}

type PartedPair = { person: Person; there: Member };

/** `moved`: golden records that lost a member since the last look, and where it is now. */
export async function findParted(
  run: FindingRun & Pick<OutboundRun, 'commit' | 'config' | 'name'>,
  carry: Carry,
  moved: readonly Moved[],
): Promise<PartedPeople> {
  const pairs: PartedPair[] = [];
  const left = new Set(moved.map(({ before }) => before));
  const goldens = [...new Set(moved.flatMap(({ before, golden }) => [before, golden]))];
  const people = new Map<number, Pick<Person, 'before' | 'member'>[]>();
  const corrected = new Map<number, Person>();
  for (let i = 0; i < goldens.length; i += CHUNK) {
    const clusters = await run.commit((landing, trx) => clustersOf(run, carry, landing, trx, goldens.slice(i, i + CHUNK)));
    for (const person of clusters.flatMap((cluster) => cluster.people)) {
      if (!person.before || !left.has(person.before.golden)) continue;
      const list = people.get(person.before.golden);
      if (list) list.push(person);
      else people.set(person.before.golden, [person]);
      if (person.member.source !== carry.connection && wasCorrected(carry, person)) corrected.set(person.member.id, person);
    }
  }
  await run.commit(async ({ rows }) => {
    const store = identityStore(rows, run.entityId);
    for (const person of corrected.values()) {
      const others = people.get(person.before!.golden)!.map(({ member }) => member);
      const there = others.filter(({ source, golden }) => source === carry.connection && golden !== person.member.golden);
      if (there.length === 0) continue;
      const decided = (await store.decisionsAbout([person.member]))
        .filter(({ verdict }) => verdict === 'different')
        .flatMap(({ a, b }) => [a, b]);
      for (const one of there)
        if (!decided.some(({ source, key }) => source === one.source && key === one.key)) pairs.push({ person, there: one });
    }
  });
  return {
    goldens: [...new Set(pairs.flatMap(({ person, there }) => [person.member.golden!, there.golden!]))],
    corrected: new Set(pairs.map(({ person }) => person.member.id)),
    together: new Set(pairs.flatMap(({ person, there }) => [person.member.id, there.id])),
    heldBack: pairs.map(({ person, there }) => ({
      record: there.golden!,
      key: there.key,
      field: null,
      why: 'parted',
      value: nameOf(person.member),
      theirs: null,
    })),
    problem: problemOf(run, pairs),
  };
}

/** Does it say something else in a field that is carried than when the pipeline last looked? */
function wasCorrected(carry: Carry, person: Person): boolean {
  return carry.fields.some(
    ({ name, owned, owners }) =>
      !owned && (owners?.includes(person.member.source) ?? true) && textOf(person.values[name]) !== null && heard(person, name).corrected,
  );
}

function problemOf({ config, name }: Pick<OutboundRun, 'config' | 'name'>, pairs: readonly PartedPair[]): Problem | undefined {
  const [first] = pairs;
  if (!first) return undefined;
  const pair = `${nameOf(first.person.member)} ${nameOf(first.there)}`;
  const count = new Set(pairs.map(({ person }) => person.member.id)).size;
  return {
    code: 'CARRY_PARTED',
    place: { system: name },
    message:
      count === 1
        ? `${nameOf(first.person.member)} was corrected, and with what it says now it is not recognized as the same as ${nameOf(first.there)} anymore. The correction was not sent to ${config.connection}; it waits.`
        : `${count} records were corrected, and with what they say now they are not recognized as the same as their records in ${config.connection} anymore, such as ${nameOf(first.person.member)} and ${nameOf(first.there)}. Their corrections were not sent; they wait.`,
    hint: `If they are the same, run interlocal review same ${pair}; if not, interlocal review different ${pair}. The next run goes on with them.${count === 1 ? '' : ` All of them: interlocal deliver preview, under "Not sent".`}`,
  };
}

function nameOf({ source, key }: Member): string {
  return `${source}:${key}`;
}
