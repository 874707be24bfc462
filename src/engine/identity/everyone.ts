import { type ProfileTable, tableBuilder } from '../../identity/block/table.ts';
import type { Columns } from '../../mapping/mapping.ts';
import type { IdentityStore, Member } from '../../store/identity/identity.ts';
import type { Landing } from '../../store/landing/landing.ts';
import { contributionOf } from '../golden/golden-records.ts';
import { type MatchedKind, profileOf } from './members.ts';

/** Members read at once. */
const CHUNK = 500;

/** What ties a member to its cluster, by number. */
export const LINK_KINDS: readonly Member['linkKind'][] = [null, 'rule', 'score', 'steward'];

/** All members of an entity, in the order of their ids, by column: a million of them in some hundred megabytes. */
export interface Everyone {
  size: number;
  ids: Float64Array;
  sources: string[];
  keys: string[];
  /** They were never compared. */
  isNew: Uint8Array;
  /** A record of it is left. */
  live: Uint8Array;
  /** The golden record that all its links name; -1: none, or they differ. */
  linked: Float64Array;
  /** −1: none. */
  golden: Float64Array;
  host: Float64Array;
  /** It had one when it was read. */
  hadHost: Uint8Array;
  population: Int32Array;
  /** Its place in the table of its population; −1: none. */
  record: Int32Array;
  /** By LINK_KINDS. */
  linkKind: Uint8Array;
  /** NaN: none. */
  linkScore: Float64Array;
  /** By population: what its members are compared by, and who they are. */
  tables: { table: ProfileTable; members: Int32Array }[];
  /** The place of each member in the order of source and key. */
  rank: Int32Array;
}

/** Reads all members, and again what each is compared by; one that no record is left of is gone. */
export async function readEveryone(landing: Landing, store: IdentityStore, kind: MatchedKind): Promise<Everyone> {
  const ids: number[] = [];
  const sources: string[] = [];
  const keys: string[] = [];
  const isNew: number[] = [];
  const golden: number[] = [];
  const host: number[] = [];
  const names = new Map<string, string>();
  for (;;) {
    const some = await store.names(ids.at(-1) ?? -1, CHUNK);
    if (some.length === 0) break;
    for (const member of some) {
      ids.push(member.id);
      const source = names.get(member.source) ?? member.source;
      names.set(source, source);
      sources.push(source);
      keys.push(member.key);
      isNew.push(member.state === 'new' ? 1 : 0);
      golden.push(member.golden ?? -1);
      host.push(member.host ?? -1);
    }
  }
  const size = ids.length;
  const everyone: Everyone = {
    size,
    ids: Float64Array.from(ids),
    sources,
    keys,
    isNew: Uint8Array.from(isNew),
    live: new Uint8Array(size),
    linked: new Float64Array(size).fill(-1),
    golden: Float64Array.from(golden),
    host: Float64Array.from(host),
    hadHost: Uint8Array.from(host, (id) => (id < 0 ? 0 : 1)),
    population: new Int32Array(size).fill(-1),
    record: new Int32Array(size).fill(-1),
    linkKind: new Uint8Array(size),
    linkScore: new Float64Array(size).fill(NaN),
    tables: [],
    rank: ranksOf(sources, keys),
  };
  await readProfiles(landing, kind, everyone);
  return everyone;
}

async function readProfiles(landing: Landing, kind: MatchedKind, everyone: Everyone): Promise<void> {
  const { size, ids, population, record, live, linked, golden, host } = everyone;
  const builders = kind.model.populations.map(({ features }) => ({ table: tableBuilder(features.length, size), members: [] as number[] }));
  const sourceOf = await landing.sources();
  for (let from = 0; from < size; from += CHUNK) {
    const to = Math.min(size, from + CHUNK);
    const links = await landing.linksOfMemberRange(ids[from]!, ids[to - 1]!);
    for (let i = from, at = 0; i < to; i++) {
      // A member of another entity may have an id in between.
      while (at < links.length && links[at]!.member! < ids[i]!) at++;
      const said = [];
      for (; at < links.length && links[at]!.member === ids[i]; at++) {
        const link = links[at]!;
        const named = link.golden ?? -1;
        linked[i] = said.length === 0 || linked[i] === named ? named : -1;
        said.push(contributionOf(sourceOf(link.sourceId), link, JSON.parse(link.mapped ?? '{}') as Columns));
      }
      const one = profileOf(kind, said);
      population[i] = one.population;
      if (one.profile !== null) {
        live[i] = 1;
        host[i] = -1;
        const builder = builders[one.population];
        if (builder) {
          record[i] = builder.members.length;
          builder.members.push(i);
          builder.table.add(one.profile);
        }
      } else if (golden[i]! < 0) golden[i] = ids[i]!;
    }
  }
  everyone.tables = builders.map(({ table, members }) => ({ table: table.finish(), members: Int32Array.from(members) }));
}

/** Members in the order in which they are put into clusters: what they are called, not when they came. */
function ranksOf(sources: readonly string[], keys: readonly string[]): Int32Array {
  const order = Int32Array.from(keys.keys()).sort((x, y) => {
    const [a, b] = [sources[x]!, sources[y]!];
    if (a !== b) return a < b ? -1 : 1;
    const [k, l] = [keys[x]!, keys[y]!];
    return k < l ? -1 : k > l ? 1 : 0;
  });
  const rank = new Int32Array(order.length);
  order.forEach((member, at) => (rank[member] = at));
  return rank;
}
