import { explainPair } from '../../identity/score/explain.ts';
import { bitsOf } from '../../identity/score/weights.ts';
import { type Decision, listDecisions } from '../../store/identity/decisions.ts';
import { edgesInside, memberByName, memberOfId, membersOfGolden, membersByKey, memberIdsOf } from '../../store/identity/members.ts';
import type { Engine } from '../run/engine.ts';
import type { MatchedKind } from './members.ts';

/** Which source records are one golden record, and why. */
export interface ExplainedCluster {
  golden_id: number;
  /** Ids that it had before, or that its records had alone: each leads here. */
  aliases: number[];
  members: { connection: string; source_key: string; id: number; link_kind: string | null; score: number | null }[];
  /** The pairs that tie them: a rule, a score with its reasons, or a decision. */
  links: { a: string; b: string; kind: 'rule' | 'score' | 'steward'; rule: string | null; score: number | null; reasons: string[] }[];
  decisions: Decision[];
}

/** The golden ids that a person's key names in an entity with members: `#ID` of any id that ever was, `CONNECTION:KEY`, or a key of any system. */
export async function goldensNamed({ knex }: Engine, { entityId }: MatchedKind, key: string, limit: number): Promise<number[]> {
  if (/^#\d+$/.test(key)) {
    const member = await memberOfId(knex, entityId, Number(key.slice(1)));
    return member ? [member.golden ?? member.id] : [];
  }
  const colon = key.indexOf(':');
  const named = colon > 0 ? await memberByName(knex, entityId, { source: key.slice(0, colon), key: key.slice(colon + 1) }) : undefined;
  if (named) return [named.golden ?? named.id];
  return [...new Set((await membersByKey(knex, entityId, key, limit)).map((m) => m.golden ?? m.id))];
}

export async function explainCluster({ knex }: Engine, { entityId, model }: MatchedKind, golden: number): Promise<ExplainedCluster> {
  const members = await membersOfGolden(knex, entityId, golden);
  const byId = new Map(members.map((m) => [m.id, m]));
  const name = (m: { source: string; key: string }): string => `${m.source}:${m.key}`;
  const links: ExplainedCluster['links'] = [];
  for (const edge of await edgesInside(knex, entityId, golden)) {
    const [a, b] = [byId.get(edge.a), byId.get(edge.b)];
    if (!a || !b || (edge.verdict !== 'link' && edge.rule === null)) continue;
    const population = model.populations[a.population];
    const explained = population && a.profile && b.profile ? explainPair(population, a.profile, b.profile) : undefined;
    links.push({
      a: name(a),
      b: name(b),
      kind: edge.rule === null ? 'score' : 'rule',
      rule: edge.rule,
      score: bitsOf(edge.score),
      reasons: explained?.reasons ?? [],
    });
  }
  const decisions = new Map<number, Decision>();
  for (const member of members) for (const d of await listDecisions(knex, entityId, { about: member, limit: 200 })) decisions.set(d.id, d);
  const inside = new Set(members.map(name));
  for (const d of decisions.values())
    if (d.verdict === 'same' && d.undone === null && inside.has(name(d.a)) && inside.has(name(d.b)))
      links.unshift({
        a: name(d.a),
        b: name(d.b),
        kind: 'steward',
        rule: null,
        score: null,
        reasons: [`Decided by ${d.actor}${d.reason ? `: ${d.reason}` : ''}.`],
      });
  const aliases = (await memberIdsOf(knex, entityId, golden)).filter((id) => id !== golden);
  return {
    golden_id: golden,
    aliases,
    members: members.map((m) => ({
      connection: m.source,
      source_key: m.key,
      id: m.id,
      link_kind: m.linkKind,
      score: m.linkScore === null ? null : bitsOf(m.linkScore),
    })),
    links,
    decisions: [...decisions.values()].sort((x, y) => y.id - x.id),
  };
}
