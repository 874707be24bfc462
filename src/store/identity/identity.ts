import type { Knex } from '../open.ts';
import { type Cell, type Rows, together, TOGETHER_MARKS } from '../rows.ts';
import { type KeyStore, keyStore } from './key-pages.ts';
import { type SignatureForm, type SignaturePages, type SignatureStore, signatureStore } from './signature-pages.ts';

/** What one system calls one person (or one organization). */
export interface Member {
  /** Also the id of the golden record that it has alone. */
  id: number;
  source: string;
  key: string;
  state: 'new' | 'live' | 'gone';
  golden: number | null;
  host: number | null;
  population: number;
  profile: (string | null)[] | null;
  linkKind: 'rule' | 'score' | 'steward' | null;
  linkScore: number | null;
}

/** A pair of members, a < b by id, that is linked or waits. */
export interface StoredEdge {
  a: number;
  b: number;
  score: number;
  verdict: 'link' | 'review' | 'none';
  veto: string | null;
  rule: string | null;
}

/** A decision that holds, between the members of these names. */
export interface StoredDecision {
  id: number;
  a: { source: string; key: string };
  b: { source: string; key: string };
  verdict: 'same' | 'different' | 'later';
}

const MEMBER = ['id', 'source', 'member_key', 'state', 'golden_id', 'host', 'population', 'profile', 'link_kind', 'link_score'] as const;
type MemberColumn = (typeof MEMBER)[number];
/** What of members is written. A column that has an index is only written where it may have changed: its index would be written again. */
const WRITTEN = {
  all: MEMBER.slice(3),
  compared: ['state', 'population', 'profile'],
  tied: ['link_kind', 'link_score'],
  withoutHost: MEMBER.slice(3).filter((name) => name !== 'host'),
} satisfies Record<string, MemberColumn[]>;
const MEMBER_SELECT = `SELECT ${MEMBER.join(', ')} FROM il_member`;
const NAME_SELECT = 'SELECT id, source, member_key, state, golden_id, host FROM il_member';
const EDGE_SELECT = 'SELECT a, b, score, verdict, veto, rule FROM il_edge';
const DECISION_SELECT = 'SELECT id, source_a, key_a, source_b, key_b, verdict FROM il_decision';

/** Members, blocks, edges and decisions of one entity, inside one transaction. */
export interface IdentityStore {
  byKey(keys: readonly { source: string; key: string }[]): Promise<Member[]>;
  byId(ids: readonly number[]): Promise<Member[]>;
  ofGoldens(goldens: readonly number[]): Promise<Member[]>;
  /** The same without what they are compared by: in half of the time. */
  namesOfGoldens(goldens: readonly number[]): Promise<MemberName[]>;
  hostedBy(ids: readonly number[]): Promise<Member[]>;
  /** The next members in the order of their ids. */
  after(id: number, limit: number): Promise<Member[]>;
  /** The same without what they are compared by. */
  names(id: number, limit: number): Promise<MemberName[]>;
  insertMembers(members: readonly Member[]): Promise<void>;
  /** Writes members again, or what changed of all of them: what they are compared by, what ties them to their clusters, all but their hosts. */
  updateMembers(members: readonly Member[], what?: keyof typeof WRITTEN): Promise<void>;
  keys: KeyStore;
  /** What members are compared by, in a few words. */
  signatures(form: SignatureForm): SignatureStore;
  edgesOf(ids: readonly number[]): Promise<StoredEdge[]>;
  insertEdges(edges: readonly StoredEdge[]): Promise<void>;
  /** Writes again what is said of pairs that are there: their indexes stay as they are. */
  updateEdges(edges: readonly StoredEdge[]): Promise<void>;
  removeEdges(edges: readonly StoredEdge[]): Promise<void>;
  /** The decisions that hold about these members: of each pair the last that was not undone. */
  decisionsAbout(members: readonly { source: string; key: string }[]): Promise<StoredDecision[]>;
  /** Tells the links of a member where it belongs now. */
  moveLinks(moves: readonly { member: number; golden: number }[]): Promise<void>;
  /** Removes every block and edge of the entity, before all of them are made again. */
  clear(): Promise<void>;
}

/** `pages`: of signatures that are read, where nobody writes them. */
export function identityStore(rows: Rows, entityId: number, pages?: SignaturePages): IdentityStore {
  const keys = keyStore(rows, entityId);
  const select = async <T>(sql: string, keys: readonly Cell[][], read: (row: Cell[]) => T): Promise<T[]> =>
    (await rows.select(sql, keys)).map(read);
  return {
    byKey: (keys) =>
      select(
        `${MEMBER_SELECT} WHERE entity_id = ? AND source = ? AND member_key = ?`,
        keys.map(({ source, key }) => [entityId, source, key]),
        memberOf,
      ),
    byId: (ids) => select(`${MEMBER_SELECT} WHERE id IN (${TOGETHER_MARKS})`, together(ids), memberOf),
    ofGoldens: (goldens) =>
      select(
        `${MEMBER_SELECT} WHERE entity_id = ? AND golden_id IN (${TOGETHER_MARKS})`,
        together(goldens).map((some) => [entityId, ...some]),
        memberOf,
      ),
    namesOfGoldens: (goldens) =>
      select(
        `${NAME_SELECT} WHERE entity_id = ? AND golden_id IN (${TOGETHER_MARKS})`,
        together(goldens).map((some) => [entityId, ...some]),
        nameOf,
      ),
    hostedBy: (ids) => select(`${MEMBER_SELECT} WHERE host IN (${TOGETHER_MARKS})`, together(ids), memberOf),
    after: (id, limit) => select(`${MEMBER_SELECT} WHERE +entity_id = ? AND id > ? ORDER BY id LIMIT ?`, [[entityId, id, limit]], memberOf),
    names: (id, limit) =>
      select(
        // The plus keeps SQLite from sorting all members by an index of the entity, for each list again.
        `${NAME_SELECT} WHERE +entity_id = ? AND id > ? ORDER BY id LIMIT ?`,
        [[entityId, id, limit]],
        nameOf,
      ),
    insertMembers: (members) =>
      rows.insert(
        'il_member',
        ['entity_id', ...MEMBER],
        members.map((m) => [entityId, ...cellsOf(m)]),
      ),
    updateMembers(members, what = 'all') {
      const columns: readonly MemberColumn[] = WRITTEN[what];
      const places = columns.map((name) => MEMBER.indexOf(name));
      const cells = members.map((m) => {
        const all = cellsOf(m);
        const row = places.map((place) => all[place]!);
        row.push(m.id);
        return row;
      });
      return rows.update('il_member', columns, ['id'], cells);
    },
    keys,
    signatures: (form) => signatureStore(rows, entityId, form, pages),
    async edgesOf(ids) {
      const lists = together(ids);
      const first = await select(
        `${EDGE_SELECT} WHERE entity_id = ? AND a IN (${TOGETHER_MARKS})`,
        lists.map((some) => [entityId, ...some]),
        edgeOf,
      );
      // By its second member without the entity: SQLite would go through all pairs of the entity.
      const second = await select(`${EDGE_SELECT} WHERE b IN (${TOGETHER_MARKS})`, lists, edgeOf);
      const asked = new Set(ids);
      return [...first, ...second.filter(({ a }) => !asked.has(a))];
    },
    insertEdges: (edges) =>
      rows.insert(
        'il_edge',
        ['entity_id', 'a', 'b', 'score', 'verdict', 'veto', 'rule'],
        edges.map((e) => [entityId, e.a, e.b, e.score, e.verdict, e.veto, e.rule]),
      ),
    updateEdges: (edges) =>
      rows.update(
        'il_edge',
        ['score', 'verdict', 'veto', 'rule'],
        ['entity_id', 'a', 'b'],
        edges.map((e) => [e.score, e.verdict, e.veto, e.rule, entityId, e.a, e.b]),
      ),
    removeEdges: (edges) =>
      rows.remove(
        'il_edge',
        ['entity_id', 'a', 'b'],
        edges.map((e) => [entityId, e.a, e.b]),
      ),
    async decisionsAbout(members) {
      // Where nobody has decided anything yet, members are not asked for one by one.
      const some = await rows.select('SELECT 1 FROM il_decision WHERE entity_id = ? LIMIT 1', [[entityId]]);
      if (some.length === 0) return [];
      const names = members.map(({ source, key }): Cell[] => [entityId, source, key]);
      const found: StoredDecision[] = [];
      for (const end of ['a', 'b'])
        found.push(
          ...(await select(
            `${DECISION_SELECT} WHERE entity_id = ? AND source_${end} = ? AND key_${end} = ? AND undone_at IS NULL`,
            names,
            decisionOf,
          )),
        );
      return lastOfEachPair(found);
    },
    async moveLinks(moves) {
      await rows.update(
        'il_link',
        ['golden_id'],
        ['member_id'],
        moves.map(({ member, golden }) => [golden, member]),
      );
    },
    async clear() {
      await keys.clear();
      await rows.remove('il_edge', ['entity_id'], [[entityId]]);
    },
  };
}

/** Of decisions about one pair the last counts; they come back in the order in which they were made. */
function lastOfEachPair(decisions: readonly StoredDecision[]): StoredDecision[] {
  const last = new Map<string, StoredDecision>();
  for (const decision of [...decisions].sort((x, y) => x.id - y.id)) {
    const name = JSON.stringify([decision.a.source, decision.a.key, decision.b.source, decision.b.key]);
    last.delete(name);
    last.set(name, decision);
  }
  return [...last.values()].sort((x, y) => x.id - y.id);
}

/** Every decision that holds in an entity. */
export async function decisionsOf(knex: Knex, entityId: number): Promise<StoredDecision[]> {
  const rows = (await knex('il_decision').where({ entity_id: entityId }).whereNull('undone_at').orderBy('id')) as Record<string, unknown>[];
  return lastOfEachPair(rows.map((r) => decisionOf([r.id, r.source_a, r.key_a, r.source_b, r.key_b, r.verdict] as Cell[])));
}

/** What a member is called and where it belongs. */
export type MemberName = Pick<Member, 'id' | 'source' | 'key' | 'state' | 'golden' | 'host'>;

function nameOf(row: Cell[]): MemberName {
  return {
    id: Number(row[0]),
    source: row[1] as string,
    key: row[2] as string,
    state: row[3] as Member['state'],
    golden: row[4] === null ? null : Number(row[4]),
    host: row[5] === null ? null : Number(row[5]),
  };
}

/** A member from the columns of its row. */
export function memberOf(row: Cell[]): Member {
  return {
    ...nameOf(row),
    population: Number(row[6] ?? -1),
    profile: row[7] === null ? null : (JSON.parse(row[7] as string) as (string | null)[]),
    linkKind: row[8] as Member['linkKind'],
    linkScore: row[9] === null ? null : Number(row[9]),
  };
}

function cellsOf(m: Member): Cell[] {
  return [
    m.id,
    m.source,
    m.key,
    m.state,
    m.golden,
    m.host,
    m.population,
    m.profile === null ? null : JSON.stringify(m.profile),
    m.linkKind,
    m.linkScore,
  ];
}

function edgeOf(row: Cell[]): StoredEdge {
  return {
    a: Number(row[0]),
    b: Number(row[1]),
    score: Number(row[2]),
    verdict: row[3] as StoredEdge['verdict'],
    veto: row[4] as string | null,
    rule: row[5] as string | null,
  };
}

function decisionOf(row: Cell[]): StoredDecision {
  return {
    id: Number(row[0]),
    a: { source: row[1] as string, key: row[2] as string },
    b: { source: row[3] as string, key: row[4] as string },
    verdict: row[5] as StoredDecision['verdict'],
  };
}
